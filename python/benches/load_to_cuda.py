"""Loading a model to a GPU, beside other loaders, each in a process of its own.

    python load_to_cuda.py FOLDER [--gigabytes 4] [--runs 5] [--peers DIR]

FOLDER has room for the model twice, and is on a disk whose files stay in the page cache. In DIR
lie other packages, each unpacked to a folder: `safetensors`, newer than the one installed, and
`instanttensor`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

ROWS, COLUMNS = 8192, 8192


def write_model(folder: Path, gigabytes: float) -> None:
    """Gaussian weights in BF16, as safetensors and compressed."""
    import safetensors.torch

    import wcodec

    torch.manual_seed(1)
    count = max(1, round(gigabytes * 1e9 / (2 * ROWS * COLUMNS)))
    weights = {
        f"layers.{n}.weight": (torch.randn(ROWS, COLUMNS, device="cuda") * 0.02).bfloat16().cpu()
        for n in range(count)
    }
    safetensors.torch.save_file(weights, folder / "model.safetensors")
    summary = wcodec.compress(
        folder / "model.safetensors", folder / "model.wcodec", overwrite=True, progress=False
    )
    print(f"{summary.input_bytes} bytes became {summary.output_bytes}")


def load_wcodec(folder: Path) -> dict[str, Any]:
    """By the function of wcodec that safetensors has too."""
    import wcodec.torch

    return wcodec.torch.load_file(folder / "model.wcodec", device="cuda")


def prefetch_wcodec(folder: Path) -> dict[str, Any]:
    """In the background, but all of it waited for."""
    import wcodec

    path = folder / "model.wcodec"
    with wcodec.safe_open(path, "pt", device="cuda") as file, file.prefetch() as loader:
        return dict(loader)


def load_safetensors(folder: Path) -> dict[str, Any]:
    """By the function that most programs call."""
    import safetensors.torch

    return safetensors.torch.load_file(folder / "model.safetensors", device="cuda")


def prefetch_safetensors(threads: int) -> Callable[[Path], dict[str, Any]]:
    """With so many threads."""

    def load(folder: Path) -> dict[str, Any]:
        import safetensors

        path = folder / "model.safetensors"
        with (
            safetensors.safe_open(path, "pt", device="cuda") as file,
            file.prefetch(device="cuda", threads=threads) as loader,
        ):
            return dict(loader)

    return load


def load_instanttensor(folder: Path) -> dict[str, Any]:
    """By the backend that is fastest where the file is in memory."""
    import instanttensor

    path, backend = str(folder / "model.safetensors"), instanttensor.Backend.MMAP
    with instanttensor.safe_open([path], framework="pt", device=0, backend=backend) as file:
        return dict(file.tensors())


# The loader, and the folder of peers that it comes from.
LOADERS: dict[str, tuple[Callable[[Path], dict[str, Any]], str | None]] = {
    "wcodec load_file": (load_wcodec, None),
    "wcodec prefetch": (prefetch_wcodec, None),
    "safetensors load_file": (load_safetensors, None),
    "safetensors prefetch, 8": (prefetch_safetensors(8), "safetensors"),
    "safetensors prefetch, 16": (prefetch_safetensors(16), "safetensors"),
    "instanttensor, MMAP": (load_instanttensor, "instanttensor"),
}


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(name: str, folder: Path, runs: int) -> dict[str, Any]:
    """Times of a loader in this process, the first one apart; and a sum that tells of errors."""
    load = LOADERS[name][0]
    torch.zeros(1, device="cuda")
    torch.cuda.synchronize()
    seconds = []
    for _ in range(1 + runs):
        before, free = resident(), torch.cuda.mem_get_info()[0]
        start = time.perf_counter()
        loaded = load(folder)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
        loaded_bytes = sum(tensor.nbytes for tensor in loaded.values())
        if len(seconds) == 1:
            grown, taken = resident() - before, free - torch.cuda.mem_get_info()[0]
        total = sum(int(tensor.view(torch.int16).long().sum()) for tensor in loaded.values())
        del loaded
    return {
        "first": seconds[0],
        "median": statistics.median(seconds[1:]),
        "best": min(seconds[1:]),
        "bytes": loaded_bytes,
        "sum": total,
        "host": grown,
        "device": taken - loaded_bytes,
    }


def copy_rate() -> float:
    """Bytes that pinned memory gives to the GPU in a second."""
    host, device = torch.empty(1 << 30, dtype=torch.uint8).pin_memory(), None
    for _ in range(3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        device = host.to("cuda", non_blocking=True)
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    assert device is not None
    return host.nbytes / seconds


def in_process(name: str, arguments: argparse.Namespace) -> dict[str, Any] | str:
    """The result of a loader in a process of its own, or the last line of its error."""
    peers = LOADERS[name][1]
    environment = dict(os.environ)
    if peers is not None and arguments.peers is not None:
        paths = [str(arguments.peers / peers), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    options = ["--runs", str(arguments.runs), "--loader", name]
    command = [sys.executable, __file__, str(arguments.folder), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["no message"])[-1]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--loader")
    arguments = parser.parse_args()
    if arguments.loader is not None:
        print(json.dumps(measure(arguments.loader, arguments.folder, arguments.runs)))
        return
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    write_model(arguments.folder, arguments.gigabytes)
    for path in arguments.folder.iterdir():
        # Into the page cache.
        path.read_bytes()
    print(f"pinned memory to the GPU: {copy_rate() / 1e9:.1f} GB/s")
    print("loader                    GB/s  best  first s  host MB  device MB  sum")
    for name in LOADERS:
        result = in_process(name, arguments)
        if isinstance(result, str):
            print(f"{name:25} {result}")
            continue
        rates = [result["bytes"] / result[which] / 1e9 for which in ("median", "best")]
        sizes = [result[which] / 1e6 for which in ("host", "device")]
        print(
            f"{name:25} {rates[0]:4.1f}  {rates[1]:4.1f}  {result['first']:7.3f}"
            f"  {sizes[0]:7.0f}  {sizes[1]:9.0f}  {result['sum']}"
        )


if __name__ == "__main__":
    main()
