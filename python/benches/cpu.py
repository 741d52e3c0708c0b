"""The package on a CPU: cost of a small call, and time of the import.

Of each the best, and the median: on a shared machine others take some of the time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def best_and_median(seconds: list[float], unit: float) -> tuple[float, float]:
    """The least of some times, and the one in their middle, in a unit."""
    return min(seconds) / unit, statistics.median(seconds) / unit


def times(work: Callable[[], object], runs: int) -> list[float]:
    """Seconds that work takes, each time."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def small_calls() -> dict[str, tuple[float, float]]:
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
            return {name: best_and_median(times(call, 2001), 1e-6) for name, call in calls.items()}


def import_time(module: str) -> tuple[float, float]:
    """Milliseconds that an import takes in a new interpreter, beyond its start."""
    code = f"import time; a = time.perf_counter(); import {module}; print(time.perf_counter() - a)"
    command = [sys.executable, "-c", code]
    seconds = [float(subprocess.check_output(command, text=True)) for _ in range(9)]
    return best_and_median(seconds, 1e-3)


def main() -> None:
    """Prints the figures."""
    for name, (best, median) in small_calls().items():
        print(f"{name} of 4 KB: {best:.1f} µs, median {median:.1f}")
    for module in ("wcodec", "wcodec.numpy", "numpy"):
        best, median = import_time(module)
        print(f"import {module}: {best:.1f} ms, median {median:.1f}")


if __name__ == "__main__":
    main()
