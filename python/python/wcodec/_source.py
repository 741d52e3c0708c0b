"""Open files, and their tensors decoded to arrays of a framework."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import prod
from typing import IO, Any, NamedTuple, cast

from wcodec import _native
from wcodec._bases import Base, listed
from wcodec._batches import batches
from wcodec._frameworks import Framework, output_for
from wcodec._ranges import RangeReader, reader_of
from wcodec.errors import ModelWarning, _make

Bounds = tuple[int, int] | None
# A path, a URL of fsspec, or a binary file object.
File = str | os.PathLike[str] | IO[bytes]

# Decoded bytes for which what a reader gets is held at a time.
_HELD = 256 << 20
# Bytes after which taking memory of a GPU again costs little beside loading them.
_KEPT = 64 << 20
# The first bytes of an archive.
_MAGIC = b"WCDC"


class Info(NamedTuple):
    """A tensor of a source, as the file has it."""

    dtype: str
    shape: tuple[int, ...]
    byte_len: int
    # The number of its file among those of the source.
    file: int
    # Whether it lies in an archive, of which alone a GPU decodes.
    is_compressed: bool


class Wanted(NamedTuple):
    """A tensor, or rows of it, to be decoded."""

    name: str
    # From the first to before the last; all where None.
    rows: Bounds
    # Of those, indices of the last dimension.
    columns: Bounds
    # With the shape and the bytes of that part.
    info: Info


class Source:
    """Tensors that are open, and what is known of each."""

    def __init__(
        self, native: _native.Source, name: str, reader: RangeReader | None = None
    ) -> None:
        self.native = native
        self._reader = reader
        self.name = name
        self.infos = {
            name: Info(dtype, tuple(shape), byte_len, file, is_compressed)
            for name, dtype, shape, byte_len, file, is_compressed in native.tensors()
        }

    @classmethod
    def of_path(cls, path: File, stacklevel: int = 3, base: Base = None) -> Source:
        """Opens a file, or a folder of them; a model that is strange is warned of."""
        reader, bases = reader_of(path), listed(base)
        if reader is not None:
            if bases:
                message = f"{reader.name} is no path: a base goes with files that have one"
                raise _make("invalid_argument", message)
            native = _native.open_reader(reader.read, reader.length, reader.name)
            return cls(native, reader.name, reader)
        path = cast("str | os.PathLike[str]", path)
        native = _native.open_path(path, bases)
        for warning in native.warnings():
            warnings.warn(warning, ModelWarning, stacklevel=stacklevel)
        return cls(native, os.fspath(path))

    @classmethod
    def of_bytes(cls, data: bytes | bytearray | memoryview) -> Source:
        """Opens the content of a file."""
        data = bytes(data)
        if data.startswith(_MAGIC):
            return cls(_native.open_bytes(data), "<memory>")
        # The library reads safetensors from files; this one is gone once it is closed.
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
            file.write(data)
            file.flush()
            return cls.of_path(file.name)

    def info(self, name: str) -> Info:
        """What is known of a tensor, while the source is open."""
        if self.native.is_closed:
            raise _make("invalid_argument", f"{self.name} is closed")
        info = self.infos.get(name)
        if info is None:
            raise _make("no_such_tensor", f"{self.name} has no tensor named {name!r}")
        return info

    def wanted(self, name: str, rows: Bounds = None, columns: Bounds = None) -> Wanted:
        """A whole tensor, or a part of one that has rows and columns, to be decoded."""
        info = self.info(name)
        if rows is None and columns is None:
            return Wanted(name, None, None, info)
        bits = 8 * info.byte_len // max(prod(info.shape), 1)
        shape = list(info.shape)
        # The last first: with one dimension both are the same.
        for axis, bounds in ((-1, columns), (0, rows)):
            if bounds is not None:
                shape[axis] = bounds[1] - bounds[0]
        part = info._replace(shape=tuple(shape), byte_len=bits * prod(shape) // 8)
        return Wanted(name, rows, columns, part)

    def decode_to(self, name: str, out: Any) -> None:
        """Decodes a whole tensor to an array of the caller's, on the CPU."""
        info = self.info(name)
        output = output_for(name, info.dtype, info.shape, out)
        self._run(self.native.decode, [(name, None, None, output.address, info.byte_len)])

    def decode_one(self, name: str, framework: Framework, device: Any) -> Any:
        """Decodes a whole tensor: as `decode`, with less to do for small ones."""
        info = self.info(name)
        if info.is_compressed and framework.gpu(device) is not None:
            return self.decode([name], framework, device)[name]
        array = framework.empty(name, info.dtype, info.shape)
        address = framework.address(array)
        self._run(self.native.decode, [(name, None, None, address, info.byte_len)])
        return framework.place(array, device)

    def decode(self, names: Iterable[str], framework: Framework, device: Any) -> dict[str, Any]:
        """Decodes whole tensors, several at once."""
        wanted = [self.wanted(name) for name in names]
        arrays = self.decode_wanted(wanted, framework, device)
        return {one.name: array for one, array in zip(wanted, arrays, strict=True)}

    def decode_wanted(
        self, wanted: list[Wanted], framework: Framework, device: Any, keeps_memory: bool = False
    ) -> list[Any]:
        """Decodes tensors and rows, several at once.

        Those of archives are decoded on the device that they are to be on where that is a GPU.
        After much its memory for compressed bytes is freed, unless more follows.
        """
        gpu = framework.gpu(device)
        on_cpu, on_gpu = _Jobs(framework, None), _Jobs(framework, device)
        places = [
            (on_cpu if gpu is None or not one.info.is_compressed else on_gpu).add(one)
            for one in wanted
        ]
        self._run(self.native.decode, on_cpu.jobs)
        if gpu is not None and on_gpu.jobs:
            self._run(lambda jobs: self.native.load_to_gpu(jobs, *gpu), on_gpu.jobs)
            if not keeps_memory and sum(job[-1] for job in on_gpu.jobs) > _KEPT:
                self.free_memory(framework, device)
        return [framework.place(jobs.arrays[number], device) for jobs, number in places]

    def bytes_read(self) -> int:
        """Bytes that were read so far, of files or from where a reader gets them."""
        read = _native.bytes_read(self.native)
        return read if self._reader is None else self._reader.bytes_read

    @contextmanager
    def holding_parts(self, parts: list[_native._Part]) -> Iterator[None]:
        """Asks a reader for all tiles of parts at once, and holds them meanwhile."""
        if self._reader is None:
            yield
            return
        with self._reader.holding(_native.part_places(self.native, parts)):
            yield

    def free_memory(self, framework: Framework, device: Any) -> None:
        """Frees the memory of a GPU that was kept for what follows."""
        gpu = framework.gpu(device)
        if gpu is not None:
            _native.free_gpu_memory(gpu[0])

    def _run(self, decode: Callable[[list[_native._Job]], None], jobs: list[_native._Job]) -> None:
        """Decodes jobs: what a reader gets, in batches, each asked for at once."""
        if self._reader is None:
            decode(jobs)
            return
        for batch in batches(jobs, lambda job: job[-1], _HELD):
            with self._reader.holding(self.native.blob_ranges([job[0] for job in batch])):
                decode(batch)


class _Jobs:
    """New arrays on one device, and what is to be decoded to them."""

    def __init__(self, framework: Framework, device: Any) -> None:
        self._framework = framework
        self._device = device
        self.arrays: list[Any] = []
        self.jobs: list[_native._Job] = []

    def add(self, wanted: Wanted) -> tuple[_Jobs, int]:
        """Makes an array, which has this number here."""
        name, rows, columns, info = wanted
        array = self._framework.empty(name, info.dtype, info.shape, self._device)
        self.arrays.append(array)
        # Of no rows there is nothing to decode; a whole tensor without bytes is still checked.
        if info.byte_len > 0 or (rows is None and columns is None):
            address = self._framework.address(array)
            self.jobs.append((name, rows, columns, address, info.byte_len))
        return self, len(self.arrays) - 1
