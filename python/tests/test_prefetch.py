"""Tensors that are decoded in the background."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wcodec
import wcodec.numpy
from weights import same, weights

# More than a batch of them.
MODEL = {f"layer.{n}": weights("F32", 700, 1500, seed=n) for n in range(9)} | {
    "scalar": weights("F64").reshape(()),
    "none": weights("F32", 0, 4),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[wcodec.safe_open]:
    path = tmp_path_factory.mktemp("prefetch") / "model.wcodec"
    wcodec.numpy.save_file(MODEL, path)
    with wcodec.safe_open(path, "np") as opened:
        yield opened


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_all_tensors_once(file: wcodec.safe_open, threads: int) -> None:
    with file.prefetch(threads=threads) as loader:
        assert loader.names() == file.offset_keys()
        assert len(loader) == len(MODEL)
        found = dict(loader)
        assert sorted(found) == sorted(MODEL)
        assert all(same(found[name], MODEL[name]) for name in MODEL)
        assert list(loader) == []


def test_taken_tensors_are_not_handed_out_again(file: wcodec.safe_open) -> None:
    with file.prefetch() as loader:
        # The last first, which has to wait.
        for name in reversed(loader.names()[4:]):
            assert same(loader.take(name), MODEL[name])
            with pytest.raises(wcodec.ArgumentError, match="handed out before"):
                loader.take(name)
        assert sorted(name for name, _ in loader) == sorted(loader.names()[:4])


INDICES: dict[str, Any] = {
    "layer.1": slice(5, 60),
    "layer.2": (slice(None, None, -7), slice(3, 9)),
    "layer.3": -1,
    "layer.4": None,
    "scalar": ...,
    "none": slice(0, 0),
}


def test_parts_are_those_of_numpy(file: wcodec.safe_open) -> None:
    with file.prefetch(INDICES) as loader:
        found = dict(loader)
    assert sorted(found) == sorted(INDICES)
    for name, index in INDICES.items():
        expected = MODEL[name] if index is None else MODEL[name][index]
        assert same(found[name], np.asarray(expected)), name


def test_plans_that_are_refused_at_once(file: wcodec.safe_open) -> None:
    with pytest.raises(KeyError, match="absent"):
        file.prefetch({"layer.1": None, "absent": None})
    with pytest.raises(IndexError):
        file.prefetch({"layer.1": 700})
    with pytest.raises(wcodec.ArgumentError, match="a plan is a dict"):
        file.prefetch(["layer.1"])  # type: ignore[arg-type]
    for threads in (0, 65):
        with pytest.raises(wcodec.ArgumentError, match="from 1 to 64"):
            file.prefetch(threads=threads)
    with file.prefetch({"layer.1": None}) as loader, pytest.raises(KeyError, match=r"layer\.2"):
        loader.take("layer.2")


def test_a_loader_that_is_closed(file: wcodec.safe_open) -> None:
    loader = file.prefetch()
    assert "of 11 tensors ready" in repr(loader)
    loader.close()
    loader.close()
    assert repr(loader).endswith("closed>")
    with pytest.raises(wcodec.ArgumentError, match="the loader is closed"):
        loader.take("scalar")
    with pytest.raises(wcodec.ArgumentError, match="the loader is closed"):
        next(iter(loader))


def test_closing_ends_a_wait(file: wcodec.safe_open) -> None:
    raised: list[BaseException] = []

    def wait(loader: wcodec.PrefetchLoader) -> None:
        try:
            dict(loader)
        except wcodec.ArgumentError as error:
            raised.append(error)

    before = threading.active_count()
    loader = file.prefetch(threads=1)
    taker = threading.Thread(target=wait, args=[loader])
    taker.start()
    loader.close()
    taker.join()
    assert threading.active_count() == before


def test_damage_is_raised_by_whoever_waits() -> None:
    wcodec.numpy.save_file(MODEL, "model.wcodec")
    content = bytearray(Path("model.wcodec").read_bytes())
    content[len(content) // 2] ^= 1
    Path("model.wcodec").write_bytes(content)
    with wcodec.safe_open("model.wcodec", "np") as file:
        with file.prefetch() as loader, pytest.raises(wcodec.BadDataError):
            dict(loader)
        with file.prefetch() as loader, pytest.raises(wcodec.BadDataError):
            {name: loader.take(name) for name in loader.names()}


def test_a_file_that_is_closed_meanwhile() -> None:
    wcodec.numpy.save_file(MODEL, "model.wcodec")
    file = wcodec.safe_open("model.wcodec", "np")
    file.close()
    with pytest.raises(wcodec.ArgumentError, match="closed"):
        file.prefetch()


ABANDONED = """
import atexit, time, wcodec
from wcodec._source import Source

decode, calls = Source.decode_wanted, 0

def counted(self, *arguments, **options):
    global calls
    calls += 1
    time.sleep(0.05)
    return decode(self, *arguments, **options)

Source.decode_wanted = counted
atexit.register(lambda: print(calls))
file = wcodec.safe_open("model.wcodec", "np")
file.prefetch(threads=1).take("0")
raise SystemExit(3)
"""


def test_a_program_that_ends_does_not_wait_for_the_rest() -> None:
    """As after Ctrl-C: each tensor is a batch of its own here."""
    array = weights("F32", 2048, 2048)
    wcodec.numpy.save_file({str(n): array + n for n in range(12)}, "model.wcodec")
    command = [sys.executable, "-c", ABANDONED]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert 1 <= int(ended.stdout) < 12
