"""Bytes at positions of objects in a store, and of file objects, for few requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from wcodec.errors import _make

Range = tuple[int, int]
_Fetch = Callable[[int, int], bytes]

# A request takes as long as some bytes more.
_GAP = 64 << 10
# Bytes of a request, so that several requests share a large tensor.
_PART = 16 << 20
_REQUESTS = 8


class RangeReader:
    """Reads ranges of bytes, and holds those that it was told of."""

    def __init__(self, fetch: _Fetch, length: int, name: str, requests: int = _REQUESTS) -> None:
        """A reader.

        Args:
            fetch: gives the bytes from a start to before an end.
            length: how many there are.
            name: what errors call them.
            requests: how many may be asked for at a time.
        """
        self._asked = fetch
        self._requests = requests
        self.length = length
        self.name = name
        # Bytes that were asked for so far.
        self.bytes_read = 0
        self._lock = threading.Lock()
        self._held: list[tuple[int, bytearray]] = []

    def read(self, offset: int, length: int) -> bytes:
        """These bytes, which are asked for unless they are held."""
        for start, held in self._held:
            if start <= offset and offset + length <= start + len(held):
                return bytes(memoryview(held)[offset - start : offset - start + length])
        return bytes(self._fetch(offset, offset + length))

    def _fetch(self, start: int, end: int) -> bytes:
        with self._lock:
            self.bytes_read += end - start
        return self._asked(start, end)

    @contextmanager
    def holding(self, ranges: Iterable[Range]) -> Iterator[None]:
        """Asks for all of these ranges first, and holds them meanwhile."""
        held = [(start, bytearray(end - start)) for start, end in coalesce(ranges)]
        parts = [
            (start, memoryview(room), at)
            for start, room in held
            for at in range(0, len(room), _PART)
        ]
        with ThreadPoolExecutor(max(1, min(self._requests, len(parts)))) as pool:
            for _ in pool.map(self._fill, parts):
                pass
        # Other threads may hold ranges of their own.
        self._held = [*self._held, *held]
        try:
            yield
        finally:
            self._held = [one for one in self._held if not any(one is mine for mine in held)]

    def _fill(self, part: tuple[int, memoryview, int]) -> None:
        start, room, at = part
        end = min(at + _PART, len(room))
        data = self._fetch(start + at, start + end)
        if len(data) != end - at:
            message = f"{self.name} is cut short: there are not {self.length} bytes"
            raise _make("truncated", message)
        room[at:end] = data


def coalesce(ranges: Iterable[Range], gap: int = _GAP) -> list[Range]:
    """Joins ranges that overlap, or have little between them."""
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1] + gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def reader_of(source: Any) -> RangeReader | None:
    """The reader of a URL that fsspec knows or of a binary file object; None for a path."""
    if isinstance(source, str) and "://" in source:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise _make("invalid_argument", f"to read {source}, install fsspec") from error
        files, path = url_to_fs(source)
        return _of_store(files, path, source)
    if not (hasattr(source, "read") and hasattr(source, "seek")):
        return None
    files, path = getattr(source, "fs", None), getattr(source, "path", None)
    is_as_stored = getattr(source, "compression", None) is None
    if hasattr(files, "cat_file") and isinstance(path, str) and is_as_stored:
        return _of_store(files, path, path)
    return _of_file(source)


def _of_store(files: Any, path: str, name: str) -> RangeReader:
    """An object of a file system of fsspec."""
    length = files.info(path)["size"]
    if length is None:
        raise _make("invalid_argument", f"{name} does not tell its length")
    return RangeReader(lambda start, end: files.cat_file(path, start=start, end=end), length, name)


def _of_file(file: Any) -> RangeReader:
    """A file object, which has one position and so gives one range at a time."""
    lock = threading.Lock()
    name = str(getattr(file, "name", f"<{type(file).__name__}>"))

    def fetch(start: int, end: int) -> bytes:
        with lock:
            file.seek(start)
            data = b""
            while len(data) < end - start:
                more = file.read(end - start - len(data))
                if not more:
                    break
                data += more
            return data

    if not isinstance(file.read(0), bytes):
        raise _make("invalid_argument", f"{name} is open for text: open it with mode 'rb'")
    return RangeReader(fetch, file.seek(0, 2), name, requests=1)
