"""What the package does to the program that it is in: as little as can be."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import wcodec
import wcodec.numpy
from weights import same, weights


def run(code: str, *arguments: str) -> str:
    """Runs code in an interpreter of its own, and returns what it prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_is_imported_that_was_not_asked_for() -> None:
    modules = run("import sys, wcodec; print(*sys.modules)").split()
    assert "wcodec" in modules
    assert not {"numpy", "torch", "jax", "ml_dtypes"} & set(modules)
    modules = run("import sys, wcodec; wcodec.numpy.load_file; print(*sys.modules)").split()
    assert not {"torch", "jax"} & set(modules)


def test_the_names_of_the_package() -> None:
    assert {"safe_open", "numpy", "torch", "jax", "__version__"} <= set(dir(wcodec))
    assert all(hasattr(wcodec, name) for name in wcodec.__all__)
    with pytest.raises(AttributeError, match="no attribute 'tensorflow'"):
        wcodec.tensorflow  # noqa: B018


def test_everything_public_is_described() -> None:
    described = [getattr(wcodec, name) for name in wcodec.__all__ if name != "__version__"]
    for kind in [one for one in described if inspect.isclass(one)]:
        for name, member in vars(kind).items():
            if not name.startswith("_") and inspect.isfunction(member):
                described.append(member)
    assert len(described) > 20
    assert [one for one in described if not inspect.getdoc(one)] == []
    assert (Path(wcodec.__file__).parent / "py.typed").exists()


def test_other_threads_go_on_meanwhile() -> None:
    array = weights("BF16", 4096, 2048)
    wcodec.numpy.save_file({"a": array}, "a.wcodec")
    turns, stop = 0, threading.Event()

    def take_turns() -> None:
        nonlocal turns
        while not stop.is_set():
            turns += 1
            time.sleep(0)

    interval = sys.getswitchinterval()
    # A thread keeps the interpreter's lock until it gives it up by itself.
    sys.setswitchinterval(1000)
    try:
        with wcodec.safe_open("a.wcodec", "np") as file:
            other = threading.Thread(target=take_turns)
            other.start()
            before = turns
            decoded = file.get_tensor("a")
            after = turns
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        other.join()
    assert after > before
    assert same(decoded, array)


# Where the tests run in the background, Ctrl-C is ignored from the start.
SAVE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np, wcodec.numpy
array = np.random.default_rng(1).normal(size=1 << 20)
print("begun", flush=True)
wcodec.numpy.save_file({str(n): array for n in range(4000)}, "a.wcodec")
"""


def test_ctrl_c_stops_and_leaves_nothing() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", SAVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    while not list(Path().iterdir()):
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    assert said.endswith("KeyboardInterrupt\n")
    assert list(Path().iterdir()) == []


def load_whole(path: str) -> int:
    try:
        return int(wcodec.numpy.load_file(path)["a"].nbytes)
    except wcodec.InternalError as error:
        return -1 if error.code == "threads" else -2


def test_processes_that_are_forked_and_spawned() -> None:
    array = weights("BF16", 4096, 1024)
    wcodec.numpy.save_file({"a": array}, "a.wcodec")
    assert load_whole("a.wcodec") == array.nbytes
    # Its threads are not in a forked process: an error, where it would wait for them forever.
    child = os.fork()
    if child == 0:
        os._exit(0 if load_whole("a.wcodec") == -1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(load_whole, ["a.wcodec"]) == array.nbytes
