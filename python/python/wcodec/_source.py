"""Open files, and their tensors decoded to arrays of a framework."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from wcodec import _native
from wcodec._frameworks import Framework
from wcodec.errors import ModelWarning, _make

# The first bytes of an archive.
_MAGIC = b"WCDC"


class Info(NamedTuple):
    """A tensor of a source, as the file has it."""

    dtype: str
    shape: tuple[int, ...]
    byte_len: int
    # The number of its file among those of the source.
    file: int


class Source:
    """Tensors that are open, and what is known of each."""

    def __init__(self, native: _native.Source, name: str) -> None:
        self.native = native
        self.name = name
        self.infos = {
            name: Info(dtype, tuple(shape), byte_len, file)
            for name, dtype, shape, byte_len, file in native.tensors()
        }

    @classmethod
    def of_path(cls, path: str | os.PathLike[str], stacklevel: int = 3) -> Source:
        """Opens a file or folder; a model that is strange is warned of."""
        native = _native.open_path(path)
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

    def decode(self, names: Iterable[str], framework: Framework, device: Any) -> dict[str, Any]:
        """Decodes whole tensors, several at once."""
        wanted: list[_Wanted] = [(name, None, self.info(name)) for name in names]
        return dict(
            zip(
                (name for name, _, _ in wanted),
                self._decode(wanted, framework, device),
                strict=True,
            )
        )

    def decode_one(self, name: str, framework: Framework, device: Any) -> Any:
        """Decodes a whole tensor."""
        return self._decode([(name, None, self.info(name))], framework, device)[0]

    def decode_rows(
        self, name: str, start: int, stop: int, framework: Framework, device: Any
    ) -> Any:
        """Decodes rows of a tensor that has some."""
        info = self.info(name)
        shape = (stop - start, *info.shape[1:])
        row_bits = 8 * info.byte_len // info.shape[0]
        rows = info._replace(shape=shape, byte_len=row_bits * (stop - start) // 8)
        return self._decode([(name, (start, stop), rows)], framework, device)[0]

    def _decode(self, wanted: list[_Wanted], framework: Framework, device: Any) -> list[Any]:
        arrays: list[Any] = []
        jobs: list[_native._Job] = []
        for name, rows, info in wanted:
            array = framework.empty(name, info.dtype, info.shape)
            arrays.append(array)
            jobs.append((name, rows, framework.address(array), info.byte_len))
        # Of no rows there is nothing to decode; a whole tensor without bytes is still checked.
        self.native.decode([job for job in jobs if job[1] is None or job[3] > 0])
        return [framework.place(array, device) for array in arrays]


# A tensor, the rows of it that are wanted (all where None), and what is known of those.
_Wanted = tuple[str, tuple[int, int] | None, Info]
