"""Arrays of a framework, written as an archive."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from wcodec import _native
from wcodec._frameworks import Framework
from wcodec.errors import _make

_Native = tuple[str, str, tuple[int, ...], int, int]


def _collect(tensors: Mapping[str, Any], framework: Framework) -> tuple[list[_Native], list[Any]]:
    """What the native module takes, and what has to be kept alive meanwhile."""
    if not isinstance(tensors, Mapping):
        kind = type(tensors).__name__
        raise _make("invalid_argument", f"tensors are given by their names in a dict, not a {kind}")
    given = [(name, framework.given(name, array)) for name, array in tensors.items()]
    natives = [(name, one.dtype, one.shape, one.address, one.byte_len) for name, one in given]
    return natives, [one.owner for _, one in given]


def save_file(
    tensors: Mapping[str, Any],
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None,
    profile: str,
    framework: Framework,
) -> None:
    """Writes a file, which appears whole or not at all."""
    natives, _owners = _collect(tensors, framework)
    _native.save_file(filename, natives, metadata, profile)


def save(
    tensors: Mapping[str, Any],
    metadata: dict[str, str] | None,
    profile: str,
    framework: Framework,
) -> bytes:
    """The content of the same file."""
    natives, _owners = _collect(tensors, framework)
    return _native.save(natives, metadata, profile)
