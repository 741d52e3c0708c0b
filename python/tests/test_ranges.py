"""Archives in stores and in file objects: what is asked for, and what it gives."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

import wcodec
import wcodec.numpy
from wcodec._ranges import RangeReader, coalesce
from weights import same, weights

MODEL = {f"layer.{n}": weights("F32", 600, 700, seed=n) for n in range(4)}
MODEL |= {f"bias.{n}": weights("F16", 33, seed=n) for n in range(50)}
URL = "memory://models/model.wcodec"

Asked = list[tuple[int, int]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """The ranges that the store with the model is asked for."""
    with fsspec.open(URL, "wb") as file:
        file.write(wcodec.numpy.save(MODEL))
    ranges: Asked = []
    cat_file = MemoryFileSystem.cat_file

    def recorded(self: Any, path: str, start: int, end: int, **options: Any) -> Any:
        ranges.append((start, end))
        return cat_file(self, path, start=start, end=end, **options)

    monkeypatch.setattr(MemoryFileSystem, "cat_file", recorded)
    yield ranges
    MemoryFileSystem.store.clear()


def test_a_tensor_costs_its_bytes_and_the_header(asked: Asked) -> None:
    with wcodec.safe_open(URL, "np") as file:
        # The preamble, and the header.
        assert len(asked) == 2
        header = sum(end - start for start, end in asked)
        assert header < 4000
        asked.clear()
        assert same(file.get_tensor("layer.2"), MODEL["layer.2"])
        assert len(asked) == 1
        (start, end) = asked.pop()
        assert end - start < MODEL["layer.2"].nbytes
        # Small ones lie together.
        names = [name for name in MODEL if name.startswith("bias")]
        found = file.get_tensors(names)
        assert all(same(found[name], MODEL[name]) for name in names)
        assert len(asked) == 1


def test_neighbours_are_asked_for_at_once(asked: Asked) -> None:
    loaded = wcodec.numpy.load_file(URL)
    assert all(same(loaded[name], MODEL[name]) for name in MODEL)
    assert len(asked) == 3


def test_large_ranges_are_shared_by_requests(asked: Asked, monkeypatch: Any) -> None:
    monkeypatch.setattr("wcodec._ranges._PART", 100_000)
    loaded = wcodec.numpy.load_file(URL)
    assert all(same(loaded[name], MODEL[name]) for name in MODEL)
    assert len(asked) > 20
    assert max(end - start for start, end in asked[2:]) == 100_000


def test_little_is_held_at_a_time(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wcodec._source._HELD", 2_000_000)
    loaded = wcodec.numpy.load_file(URL)
    assert all(same(loaded[name], MODEL[name]) for name in MODEL)
    assert len(asked) > 4


def test_slices_prefetching_and_threads(asked: Asked) -> None:
    with wcodec.safe_open(URL, "np") as file:
        assert same(file.get_slice("layer.1")[5:80, ::9], MODEL["layer.1"][5:80, ::9])
        with file.prefetch() as loader:
            assert all(same(array, MODEL[name]) for name, array in loader)
        found: dict[str, Any] = {}
        threads = [
            threading.Thread(target=lambda name=name: found.update({name: file.get_tensor(name)}))
            for name in MODEL
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(same(found[name], MODEL[name]) for name in MODEL)
    assert len(asked) > 2


def test_file_objects() -> None:
    wcodec.numpy.save_file(MODEL, "model.wcodec")
    content = Path("model.wcodec").read_bytes()
    with Path("model.wcodec").open("rb") as plain, fsspec.open("file://model.wcodec") as store:
        for file in (plain, io.BytesIO(content), store):
            loaded = wcodec.numpy.load_file(file)
            assert all(same(loaded[name], MODEL[name]) for name in MODEL)
    with fsspec.open("memory://model.wcodec.gz", "wb", compression="gzip") as file:
        file.write(content)
    with fsspec.open("memory://model.wcodec.gz", "rb", compression="gzip") as file:
        assert same(wcodec.numpy.load_file(file)["layer.0"], MODEL["layer.0"])
    MemoryFileSystem.store.clear()


def test_what_cannot_be_read() -> None:
    with pytest.raises(FileNotFoundError):
        wcodec.safe_open("memory://absent.wcodec", "np")
    with pytest.raises(wcodec.BadDataError, match=r"not a \.wcodec file"):
        wcodec.safe_open(io.BytesIO(b"weights" * 99), "np")
    Path("text").write_text("weights")
    with Path("text").open() as file, pytest.raises(wcodec.ArgumentError, match="mode 'rb'"):
        wcodec.safe_open(file, "np")  # type: ignore[arg-type]


def test_an_object_that_is_cut_short_meanwhile() -> None:
    content = wcodec.numpy.save(MODEL)
    file = io.BytesIO(content)
    opened = wcodec.safe_open(file, "np")
    file.truncate(len(content) // 4)
    with pytest.raises(wcodec.BadDataError, match="cut short"):
        opened.get_tensor("layer.3")
    file.truncate(0)
    file.write(bytes(len(content)))
    with pytest.raises(wcodec.BadDataError, match=r"layer\.3"):
        opened.get_tensor("layer.3")


def test_an_error_of_the_store_is_the_callers() -> None:
    content = wcodec.numpy.save(MODEL)

    class RefusedError(OSError):
        """What a store raises."""

    class File(io.BytesIO):
        """A file that fails after it was opened."""

        fails = False

        def read(self, count: int | None = -1) -> bytes:
            if self.fails:
                raise RefusedError("no more")
            return super().read(count)

    file = File(content)
    opened = wcodec.safe_open(file, "np")
    file.fails = True
    with pytest.raises(RefusedError, match="no more"):
        opened.get_tensor("layer.3")
    file.fails = False
    assert same(opened.get_tensor("layer.3"), MODEL["layer.3"])


_RANGES = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 90)), max_size=9)


@given(_RANGES, st.integers(0, 30))
def test_coalesced_ranges_hold_all_and_little_more(
    given_ranges: list[tuple[int, int]], gap: int
) -> None:
    ranges = [(start, start + length) for start, length in given_ranges]
    joined = coalesce(ranges, gap)
    for start, end in ranges:
        assert any(first <= start and end <= last for first, last in joined)
    for (_, end), (start, _) in pairwise(joined):
        assert start > end + gap
    covered = np.zeros(1000, bool)
    for start, end in ranges:
        covered[start:end] = True
    wasted = sum(int((~covered[start:end]).sum()) for start, end in joined)
    assert wasted <= gap * max(0, len(ranges) - 1)


def test_a_range_that_is_not_held_is_asked_for() -> None:
    asked: Asked = []

    def fetch(start: int, end: int) -> bytes:
        asked.append((start, end))
        return bytes(range(start, end))

    reader = RangeReader(fetch, 200, "bytes")
    with reader.holding([(10, 20), (15, 40)]):
        assert reader.read(12, 20) == bytes(range(12, 32))
        assert reader.read(30, 50) == bytes(range(30, 80))
    assert reader.read(12, 1) == bytes([12])
    assert asked == [(10, 40), (30, 80), (12, 13)]
