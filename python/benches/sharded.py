"""How fast a model is loaded to one GPU, and its parts to several, from the page cache.

`python sharded.py FOLDER GIGABYTES` writes a model of random BF16 weights there, loads it whole to
one GPU, and then shared by rows and by columns to 1, 2, 4 ... processes, as many as there are GPUs,
or two on one GPU; and sends a step of a hundredth of changed weights by `wcodec.torch.sync`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch.distributed as dist
import torch.multiprocessing as mp

import torch
import wcodec
import wcodec.torch
from wcodec.torch.sync import Receiver, Sender

ROWS, COLUMNS = 14336, 4096
RUNS = 3


def write(path: Path, gigabytes: float) -> None:
    """A model of equal matrices."""
    count = max(1, round(gigabytes * 1e9 / (2 * ROWS * COLUMNS)))
    weights = {f"layer.{n}": (torch.randn(ROWS, COLUMNS) / 50).bfloat16() for n in range(count)}
    wcodec.torch.save_file(weights, path, profile="fast")


def timed(work: Callable[[], object], group: bool) -> float:
    """The least seconds of some runs, each until all processes are done."""
    least = float("inf")
    for _ in range(RUNS):
        torch.cuda.synchronize()
        if group:
            dist.barrier()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        if group:
            dist.barrier()
        least = min(least, time.perf_counter() - start)
    return least


def load(rank: int, count: int, path: str, meeting: str) -> None:
    """One process's part, by rows and by columns."""
    device = torch.device("cuda", rank % torch.cuda.device_count())
    torch.cuda.set_device(device)
    backend = "nccl" if torch.cuda.device_count() >= count else "gloo"
    dist.init_process_group(backend, init_method=meeting, rank=rank, world_size=count)
    names = wcodec.safe_open(path, "pt").keys()
    decoded = 2 * ROWS * COLUMNS * len(names) / 1e9
    for axis, extent in enumerate((ROWS, COLUMNS)):
        part = slice(rank * extent // count, (rank + 1) * extent // count)
        plan = dict.fromkeys(names, part if axis == 0 else (slice(None), part))
        read = 0

        def work(plan: dict[str, object] = plan) -> None:
            nonlocal read
            read = wcodec.torch.load_sharded(path, plan, device).bytes_read

        seconds = timed(work, True)
        share = read / Path(path).stat().st_size
        if rank == 0:
            by = ("rows", "columns")[axis]
            rate = decoded / seconds
            print(f"{count} processes ({backend}) by {by}: {rate:.2f} GB/s, read {share:.4f} each")
    send(rank, device)
    dist.destroy_process_group()


def send(rank: int, device: torch.device) -> None:
    """A step of a hundredth of changed weights."""
    if dist.get_world_size() < 2:
        return
    torch.manual_seed(0)
    weights = {f"{n}": (torch.randn(4096, 4096, device=device) / 50).bfloat16() for n in range(16)}
    end = Sender(weights) if rank == 0 else Receiver(weights)
    act = end.send if isinstance(end, Sender) else end.receive
    size = sum(2 * weight.numel() for weight in weights.values())
    for step in range(3):
        if rank == 0 and step:
            for weight in weights.values():
                weight.view(-1)[:: 100 + step] *= 1.01
        dist.barrier()
        start = time.perf_counter()
        done = act()
        seconds = time.perf_counter() - start
        if rank == 0:
            kind = "whole" if done.is_anchor else "changes"
            share = done.byte_len / size
            print(f"step {step} {kind}: {size / 1e9:.2f} GB, {share:.4f} sent, {seconds:.2f} s")


def main() -> None:
    """Writes the model, and loads it in all ways."""
    folder, gigabytes = Path(sys.argv[1]), float(sys.argv[2])
    path = folder / "model.wcodec"
    if not path.exists():
        write(path, gigabytes)
    decoded = timed(lambda: wcodec.torch.load_file(path, "cuda:0"), False)
    names = len(wcodec.safe_open(path, "pt").keys())
    size = 2 * ROWS * COLUMNS * names / 1e9
    print(torch.cuda.get_device_name(0), f"{size:.2f} GB of BF16, {path.stat().st_size} bytes")
    print(f"whole to one GPU: {size / decoded:.2f} GB/s", flush=True)
    torch.cuda.empty_cache()
    for count in (1, 2, 4):
        if count <= max(2, torch.cuda.device_count()):
            meeting = f"file://{folder.absolute()}/meeting-{count}-{time.time_ns()}"
            mp.spawn(load, (count, str(path), meeting), count)


if __name__ == "__main__":
    main()
