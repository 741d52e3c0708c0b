"""Whole files of tensors as arrays of JAX: the functions of `safetensors.flax`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from wcodec import _save
from wcodec._bases import Base
from wcodec._frameworks import framework_of
from wcodec._source import File, Source

__all__ = ["load", "load_file", "save", "save_file"]

_FRAMEWORK = framework_of("jax")


def load_file(
    filename: File, device: Any = "cpu", *, backend: str | None = None, base: Base = None
) -> dict[str, Any]:
    """Decodes all tensors of a file or a folder: `.wcodec` or safetensors.

    Args:
        filename: the path; or a `.wcodec` file by its URL, as fsspec takes it, or as a binary file
            object.
        device: a device of JAX, or the name of a platform and perhaps a number, as `"cuda:1"`.
        backend: taken for the sake of safetensors, and ignored.
        base: a safetensors file, an archive or a folder, or several, that its tensors are coded
            against, as `wcodec.compress` was told, under whatever names; opened once, and read as
            tensors are decoded.

    Raises:
        MissingFileError: there is no such file.
        BadDataError: it is damaged, or neither a `.wcodec` nor a safetensors file.
        ArgumentError: JAX has no type for a dtype or would round it, or a base is missing.

    >>> import jax.numpy as jnp
    >>> import wcodec.jax
    >>> wcodec.jax.save_file({"bias": jnp.zeros(3)}, "bias.wcodec")
    >>> wcodec.jax.load_file("bias.wcodec")
    {'bias': Array([0., 0., 0.], dtype=float32)}
    """
    place = _FRAMEWORK.device(device)
    source = Source.of_path(filename, base=base)
    return source.decode(source.infos, _FRAMEWORK, place)


def load(data: bytes | bytearray | memoryview, device: Any = "cpu") -> dict[str, Any]:
    """Decodes all tensors of the content of a file.

    Raises:
        BadDataError: it is damaged, or neither of a `.wcodec` nor of a safetensors file.
        ArgumentError: JAX has no type for a dtype, or would round it.
    """
    place = _FRAMEWORK.device(device)
    source = Source.of_bytes(data)
    return source.decode(source.infos, _FRAMEWORK, place)


def save_file(
    tensors: Mapping[str, Any],
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> None:
    """Compresses arrays to a `.wcodec` file, in place of one that is there.

    Args:
        tensors: the arrays by name, on any device.
        filename: the path of the file, which appears whole or not at all.
        metadata: strings to keep with them.
        profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.

    Raises:
        ArgumentError: an array has a dtype that files of tensors do not know.
        IoError: the file cannot be written.
    """
    _save.save_file(tensors, filename, metadata, profile, _FRAMEWORK)


def save(
    tensors: Mapping[str, Any],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> bytes:
    """The content of the file that `save_file` would write."""
    return _save.save(tensors, metadata, profile, _FRAMEWORK)
