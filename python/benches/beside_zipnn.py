"""Coding in memory on one thread, beside ZipNN: in one process, run by run in turn.

    python beside_zipnn.py FILE.safetensors... --zipnn DIR [--runs 5] [--profile balanced]

In DIR lies the package zipnn, unpacked. Times are those that the process had a processor for, and
of each the best run counts, so that a shared machine shows little. ZipNN takes a tensor at a time,
and of a file those of BF16, F16 and F32.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_KNOWN = ("bfloat16", "float16", "float32")
_Blobs = list[Any]


class Wcodec:
    """A file of all tensors."""

    def __init__(self, tensors: dict[str, Any], profile: str) -> None:
        self.tensors = tensors
        self.profile = profile

    def encode(self) -> _Blobs:
        import wcodec.torch

        return [wcodec.torch.save(self.tensors, profile=self.profile)]

    def decode(self, blobs: _Blobs) -> list[Any]:
        import wcodec.torch

        return list(wcodec.torch.load(blobs[0]).values())


class ZipNN:
    """A tensor at a time, as its scripts for safetensors do."""

    def __init__(self, tensors: dict[str, Any]) -> None:
        self.tensors = tensors
        # It changes what it encodes.
        self.copies: list[Any] = []

    def encode(self) -> _Blobs:
        from zipnn import ZipNN as Codec

        blobs = []
        for tensor, copy in zip(self.tensors.values(), self.copies, strict=True):
            dtype = str(tensor.dtype).removeprefix("torch.")
            codec = Codec(input_format="torch", bytearray_dtype=dtype, threads=1)
            blobs.append(codec.compress(copy))
        return blobs

    def decode(self, blobs: _Blobs) -> list[Any]:
        from zipnn import ZipNN as Codec

        codec = Codec(input_format="torch", threads=1)
        return [codec.decompress(blob) for blob in blobs]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of a processor that work takes, and what it gives."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def compare(path: Path, runs: int, profile: str) -> None:
    """Prints a line for each codec."""
    import torch
    import wcodec.torch

    known = [getattr(torch, name) for name in _KNOWN]
    loaded = wcodec.torch.load_file(path)
    tensors = {name: one for name, one in loaded.items() if one.dtype in known and one.nbytes}
    total = sum(tensor.nbytes for tensor in tensors.values())
    if not tensors:
        print(f"{path.name}: no tensor of {', '.join(_KNOWN)}")
        return
    codecs: list[Any] = [Wcodec(tensors, profile), ZipNN(tensors)]
    best = [[float("inf")] * 2 for _ in codecs]
    sizes = [0] * len(codecs)
    for _ in range(runs):
        for codec, times, number in zip(codecs, best, range(2), strict=True):
            codec.copies = [tensor.clone() for tensor in tensors.values()]
            encode, blobs = timed(codec.encode)
            decode, decoded = timed(lambda codec=codec, blobs=blobs: codec.decode(blobs))
            assert len(decoded) == len(tensors)
            sizes[number] = sum(len(blob) for blob in blobs)
            times[:] = min(times[0], encode), min(times[1], decode)
    print(f"{path.name}, {total / 1e6:.0f} MB of floats: ratio, encode MB/s, decode MB/s")
    for codec, times, size in zip(codecs, best, sizes, strict=True):
        rates = "  ".join(f"{total / seconds / 1e6:6.0f}" for seconds in times)
        print(f"  {type(codec).__name__:7} {total / size:.3f}  {rates}", flush=True)


def main() -> None:
    """Compares both on each file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--zipnn", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", default="balanced")
    arguments = parser.parse_args()
    # Before the package is imported, which makes its threads when it decodes first.
    os.environ["RAYON_NUM_THREADS"] = "1"
    sys.path.insert(0, str(arguments.zipnn))
    import torch

    torch.set_num_threads(1)
    for path in arguments.files:
        compare(path, arguments.runs, arguments.profile)


if __name__ == "__main__":
    main()
