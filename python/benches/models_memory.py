"""Loading models of transformers, and running one on less memory than it takes, on one GPU.

`python models_memory.py [load] [offload]`: both unless one is named. Files are written to /dev/shm.
"""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import accelerate
import transformers
from model_shapes import llama_8b, random_model, seconds, weight_bytes

import torch
import wcodec.torch
import wcodec.transformers

LAYERS = 8
BUDGET = 4 << 30
TOKENS = 6


def free() -> None:
    gc.collect()
    torch.cuda.empty_cache()


def load() -> None:
    """Prints how long folders take, from memory, once they were read."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        model = random_model(llama_8b(LAYERS))
        size = weight_bytes(model)
        model.save_pretrained(folder / "dense")
        wcodec.torch.pack_(model)
        del model
        free()
        report("dense folder, dense", folder / "dense", size)
        packed = report("dense folder, packed", folder / "dense", size, packs=True)
        packed.save_pretrained(folder / "packed")
        del packed
        free()
        report("packed folder", folder / "packed", size)
        wcodec.compress(folder / "dense", folder / "archives", device="cpu")
        report("folder of archives, dense", folder / "archives", size)
        report("folder of archives, packed", folder / "archives", size, packs=True)
    finally:
        shutil.rmtree(folder)


def report(name: str, folder: Path, size: int, packs: bool = False) -> Any:
    """Loads twice, and prints the second."""
    arguments: dict[str, Any] = {"device_map": {"": 0}}
    if packs:
        arguments["quantization_config"] = wcodec.transformers.WcodecConfig()
    auto = transformers.AutoModelForCausalLM
    for _ in range(2):
        model = None
        free()
        torch.cuda.reset_peak_memory_stats()
        took, model = seconds(lambda: auto.from_pretrained(folder, **arguments))
    peak = torch.cuda.max_memory_allocated()
    print(
        f"{name}: {size / took / 1e9:.1f} GB/s of BF16, at most {peak / 1e9:.2f} GB on the device "
        f"for {weight_bytes(model) / 1e9:.2f}",
        flush=True,
    )
    return model


def offload() -> None:
    """Prints tokens a second of 8B on a budget, beside accelerate with pinned memory."""
    bus = bus_bandwidth()
    print(f"host to device, pinned: {bus / 1e9:.1f} GB/s", flush=True)
    model = random_model(llama_8b()).cpu()
    took, found = seconds(lambda: wcodec.torch.offload(model, BUDGET))
    print(f"offloading 8B took {took:.1f} s, {found.host_bytes / 1e9:.2f} GB in pinned memory")
    run(model, 2)
    found.reset()
    took, _ = seconds(lambda: run(model, TOKENS))
    traffic = found.traffic
    share = traffic.bytes_moved / took / bus
    print(
        f"offload, {found.device_bytes / 1e9:.2f} GB for weights, {found.frames} frames: "
        f"{TOKENS / took:.3f} tokens/s, hit rate {traffic.hit_rate:.3f}, "
        f"{traffic.bytes_moved / took / 1e9:.1f} GB/s moved, {share:.3f} of the bus",
        flush=True,
    )
    found.remove()
    del found
    free()
    for parameter in model.parameters():
        parameter.data = parameter.data.cpu().pin_memory()
    wcodec.torch.unpack_(model)
    accelerate.cpu_offload(model, torch.device("cuda", 0))
    run(model, 1)
    theirs, _ = seconds(lambda: run(model, 2))
    print(
        f"accelerate's cpu_offload, pinned: {2 / theirs:.3f} tokens/s; "
        f"ours {(TOKENS / took) / (2 / theirs):.2f}x",
        flush=True,
    )


def run(model: Any, tokens: int) -> None:
    """Tokens one after another, each of which has to see all layers."""
    ids = torch.randint(128256, (1, 1), device="cuda")
    for _ in range(tokens):
        model(ids)


def bus_bandwidth() -> float:
    """Bytes a second that one copy of pinned memory moves."""
    source = torch.empty(1 << 30, dtype=torch.uint8, pin_memory=True)
    target = torch.empty(1 << 30, dtype=torch.uint8, device="cuda")
    times = [seconds(lambda: target.copy_(source, non_blocking=True))[0] for _ in range(4)]
    return source.numel() / min(times)


PARTS = {"load": load, "offload": offload}


def main() -> None:
    print(torch.cuda.get_device_name(), "torch", torch.__version__, flush=True)
    with torch.no_grad():
        for name in sys.argv[1:] or PARTS:
            PARTS[name]()
            free()


if __name__ == "__main__":
    main()
