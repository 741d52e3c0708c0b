"""The package on a CPU: cost of a call, time of the import, and rates beside ZipNN.

    python cpu.py FILE.safetensors [--zipnn DIR] [--runs 5]

FILE is a model; in DIR lies the package zipnn, unpacked. Each has one thread in a process of its
own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def median(work: Callable[[], object], runs: int) -> float:
    """Seconds that work takes."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def small_calls() -> dict[str, float]:
    """Microseconds of a call that decodes 4 KB."""
    import numpy as np

    import wcodec.numpy

    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.wcodec"
        tensors = {str(n): rng.normal(0, 20, 4096).astype(np.int8) for n in range(3)}
        wcodec.numpy.save_file(tensors, path)
        with wcodec.safe_open(path, "np") as file:
            part = file.get_slice("1")
            layer, _ = wcodec.Encoder().encode_layer(tensors["1"].reshape(64, 64))
            decoder = wcodec.Decoder()
            calls: dict[str, Callable[[], object]] = {
                "get_tensor": lambda: file.get_tensor("1"),
                "get_slice": lambda: part[:],
                "decode_layer": lambda: decoder.decode_layer(layer, 64, 64),
            }
            return {name: 1e6 * median(call, 2001) for name, call in calls.items()}


def import_time(module: str) -> float:
    """Milliseconds that an import takes in a new interpreter, beyond its start."""
    code = f"import time; a = time.perf_counter(); import {module}; print(time.perf_counter() - a)"
    command = [sys.executable, "-c", code]
    seconds = [float(subprocess.check_output(command, text=True)) for _ in range(9)]
    return 1e3 * statistics.median(seconds)


def floats(path: Path) -> dict[str, Any]:
    """The tensors that ZipNN can code."""
    import torch
    import wcodec.torch

    known = (torch.bfloat16, torch.float16, torch.float32)
    tensors = wcodec.torch.load_file(path)
    return {name: tensor for name, tensor in tensors.items() if tensor.dtype in known}


def wcodec_rates(path: Path, runs: int) -> dict[str, float]:
    """Ratio, and decoded MB/s of coding a file's tensors of floats in memory."""
    import wcodec.torch

    tensors = floats(path)
    total = sum(tensor.nbytes for tensor in tensors.values())
    data = wcodec.torch.save(tensors)
    encode = median(lambda: wcodec.torch.save(tensors), runs)
    decode = median(lambda: wcodec.torch.load(data), runs)
    return {
        "ratio": total / len(data),
        "encode": total / encode / 1e6,
        "decode": total / decode / 1e6,
    }


def zipnn_rates(path: Path, runs: int) -> dict[str, float]:
    """The same of ZipNN, a tensor at a time, as its scripts for safetensors do."""
    from zipnn import ZipNN

    tensors = floats(path)
    total = sum(tensor.nbytes for tensor in tensors.values())

    def encode() -> list[Any]:
        encoded = []
        for tensor in tensors.values():
            dtype = str(tensor.dtype).removeprefix("torch.")
            codec = ZipNN(input_format="torch", bytearray_dtype=dtype, threads=1)
            encoded.append(codec.compress(tensor.clone()))
        return encoded

    data = encode()
    codec = ZipNN(input_format="torch", threads=1)
    for blob, tensor in zip(data, tensors.values(), strict=True):
        assert codec.decompress(blob).equal(tensor)
    encoded = median(encode, runs)
    decoded = median(lambda: [codec.decompress(blob) for blob in data], runs)
    ratio = total / sum(len(blob) for blob in data)
    return {"ratio": ratio, "encode": total / encoded / 1e6, "decode": total / decoded / 1e6}


def in_process(what: str, arguments: argparse.Namespace, paths: list[Path]) -> dict[str, float]:
    """Rates of one codec, on one thread."""
    path = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"RAYON_NUM_THREADS": "1", "PYTHONPATH": path}
    options = [str(arguments.file), "--only", what, "--runs", str(arguments.runs)]
    output = subprocess.check_output([sys.executable, __file__, *options], env=environment)
    rates: dict[str, float] = json.loads(output.splitlines()[-1])
    return rates


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--zipnn", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["wcodec", "zipnn"])
    arguments = parser.parse_args()
    if arguments.only is not None:
        import torch

        torch.set_num_threads(1)
        rates = wcodec_rates if arguments.only == "wcodec" else zipnn_rates
        print(json.dumps(rates(arguments.file, arguments.runs)))
        return
    for name, micros in small_calls().items():
        print(f"{name} of 4 KB: {micros:.1f} µs")
    for module in ("wcodec", "wcodec.numpy", "numpy"):
        print(f"import {module}: {import_time(module):.1f} ms")
    print(f"{arguments.file.name}: ratio, encode MB/s, decode MB/s, on one thread")
    peers = [] if arguments.zipnn is None else [("zipnn", [arguments.zipnn])]
    for what, paths in [("wcodec", []), *peers]:
        rates = in_process(what, arguments, paths)
        print(f"{what:7} {rates['ratio']:.3f}  {rates['encode']:6.0f}  {rates['decode']:6.0f}")


if __name__ == "__main__":
    main()
