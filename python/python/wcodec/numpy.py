"""Whole files of tensors as arrays of numpy: the functions of `safetensors.numpy`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from wcodec import _save
from wcodec._bases import Base
from wcodec._frameworks import framework_of
from wcodec._source import File, Source

__all__ = ["load", "load_file", "save", "save_file"]

_Array = np.ndarray[Any, Any]
_FRAMEWORK = framework_of("numpy")


def load_file(
    filename: File, *, backend: str | None = None, base: Base = None
) -> dict[str, _Array]:
    """Decodes all tensors of a file or a folder: `.wcodec` or safetensors.

    Args:
        filename: the path; or a `.wcodec` file by its URL, as fsspec takes it, or as a binary file
            object.
        backend: taken for the sake of safetensors, and ignored.
        base: a safetensors file, an archive or a folder, or several, that its tensors are coded
            against, as `wcodec.compress` was told, under whatever names; opened once, and read as
            tensors are decoded.

    Raises:
        MissingFileError: there is no such file.
        BadDataError: it is damaged, or neither a `.wcodec` nor a safetensors file.
        ArgumentError: numpy has no type for a dtype, or a base is missing or another.

    >>> import numpy as np
    >>> import wcodec.numpy
    >>> wcodec.numpy.save_file({"bias": np.zeros(3, np.float32)}, "bias.wcodec")
    >>> wcodec.numpy.load_file("bias.wcodec")
    {'bias': array([0., 0., 0.], dtype=float32)}
    """
    source = Source.of_path(filename, base=base)
    return cast("dict[str, _Array]", source.decode(source.infos, _FRAMEWORK, None))


def load(data: bytes | bytearray | memoryview) -> dict[str, _Array]:
    """Decodes all tensors of the content of a file.

    Raises:
        BadDataError: it is damaged, or neither of a `.wcodec` nor of a safetensors file.
        ArgumentError: numpy has no type for a dtype.
    """
    source = Source.of_bytes(data)
    return cast("dict[str, _Array]", source.decode(source.infos, _FRAMEWORK, None))


def save_file(
    tensors: Mapping[str, _Array],
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> None:
    """Compresses arrays to a `.wcodec` file, in place of one that is there.

    Args:
        tensors: the arrays by name, of any shape and layout.
        filename: the path of the file, which appears whole or not at all.
        metadata: strings to keep with them.
        profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.

    Raises:
        ArgumentError: an array has a dtype that files of tensors do not know.
        IoError: the file cannot be written.
    """
    _save.save_file(tensors, filename, metadata, profile, _FRAMEWORK)


def save(
    tensors: Mapping[str, _Array],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> bytes:
    """The content of the file that `save_file` would write.

    >>> import numpy as np
    >>> import wcodec.numpy
    >>> data = wcodec.numpy.save({"a": np.arange(3)})
    >>> wcodec.numpy.load(data)
    {'a': array([0, 1, 2])}
    """
    return _save.save(tensors, metadata, profile, _FRAMEWORK)
