"""Whole files and folders: compressed, restored, checked and described."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wcodec import _native
from wcodec._bases import Base, listed
from wcodec._progress import Progress, reporting
from wcodec.errors import ModelWarning

_Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Summary:
    """Sizes of a finished conversion or check.

    Attributes:
        path: what was written, or checked.
        tensors: how many tensors there were.
        tensor_bytes: their decoded bytes.
        input_bytes: bytes of all files that were read.
        output_bytes: bytes of all files that they became, or would.
        left_out: files and folders with weights that were not taken along, such as hidden ones.
        is_listed: whether a folder's manifest was read, which tells of missing files.
        device: what decoded, such as `"CPU (avx2)"`; None where nothing was.
    """

    path: Path
    tensors: int
    tensor_bytes: int
    input_bytes: int
    output_bytes: int
    left_out: tuple[Path, ...]
    is_listed: bool
    device: str | None

    @classmethod
    def _of(cls, done: _native._Done) -> Summary:
        path, tensors, tensor_bytes, input_bytes, output_bytes, left_out, is_listed, device = done
        if left_out:
            warnings.warn(
                f"left out, with weights in them: {', '.join(map(str, left_out))}",
                ModelWarning,
                stacklevel=3,
            )
        paths = tuple(Path(one) for one in left_out)
        sizes = (tensors, tensor_bytes, input_bytes, output_bytes)
        return cls(Path(path), *sizes, paths, is_listed, device)


def compress(
    source: _Path,
    target: _Path | None = None,
    *,
    base: Base = None,
    profile: str = "balanced",
    entropy: str = "tans",
    verify: bool = True,
    overwrite: bool = False,
    device: str = "auto",
    threads: int = 0,
    progress: Progress = None,
) -> Summary:
    """Compresses a safetensors file, or a folder with some.

    Args:
        source: the file or folder. Of a folder all other files are copied along.
        target: what to write, which appears whole or not at all; beside the source, named
            `model.wcodec` for `model.safetensors`, unless given.
        base: a safetensors file, an archive or a folder, or several, whose tensors those of the
            source are coded against, such as the model before it was fine-tuned. They are needed to
            decompress, and to verify.
        profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.
        entropy: the entropy coder, `"tans"` or `"rans"`.
        verify: whether every tensor is decoded again from the file as written, and compared.
        overwrite: whether an existing target is replaced.
        device: what decodes for that: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:1"`.
        threads: how many threads work; as many as there are cores where 0.
        progress: a function of the bytes done, those in all and the name of a tensor, called now
            and then; True for a bar of tqdm, False for none; None for a bar where tqdm is installed
            and standard error is a terminal. An exception that it raises stops the work.

    Raises:
        BadDataError: the source is no sound safetensors file.
        OutputExistsError: the target is there.
        ChangedError: the source was changed meanwhile.
        KeyboardInterrupt: Ctrl-C; nothing is left of the target.

    >>> import numpy as np, safetensors.numpy, wcodec
    >>> weights = {"a": np.zeros((64, 64), np.float32)}
    >>> safetensors.numpy.save_file(weights, "model.safetensors")
    >>> summary = wcodec.compress("model.safetensors", device="cpu")
    >>> print(summary.path, summary.tensors, summary.tensor_bytes)
    model.wcodec 1 16384
    """
    with reporting("compress", progress) as told:
        settings = Settings(device, threads, {}, told, listed(base))
        coding = (profile, entropy)
        done = _native.compress(source, target, coding, verify, overwrite, settings)
    return Summary._of(done)


def decompress(
    source: _Path,
    target: _Path | None = None,
    *,
    base: Base = None,
    overwrite: bool = False,
    device: str = "auto",
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    progress: Progress = None,
) -> Summary:
    """Restores what `compress` made, to the byte.

    Args:
        source: the `.wcodec` file or folder.
        target: what to write, which appears whole or not at all; beside the source, without its
            `.wcodec`, unless given.
        base: what its tensors are coded against, as `compress` was told, under whatever names.
        overwrite: whether an existing target is replaced.
        device: what decodes: `"auto"`, `"cpu"`, `"cuda"` or `"cuda:1"`.
        threads: as for `compress`.
        limits: what an archive may ask for, by the names of `wcodec --limit`, such as `tensors`.
        progress: as for `compress`.

    Raises:
        ArgumentError: a base is missing, or another; the message names the hash that is wanted.
        BadDataError: the source is damaged.
        LimitError: it asks for more than the limits.
        OutputExistsError: the target is there.
    """
    with reporting("decompress", progress) as told:
        settings = Settings(device, threads, dict(limits or {}), told, listed(base))
        done = _native.decompress(source, target, overwrite, settings)
    return Summary._of(done)


def verify(
    source: _Path,
    *,
    base: Base = None,
    device: str = "auto",
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    progress: Progress = None,
) -> Summary:
    """Checks that a file, or all of a folder, is whole and decodes to the original bytes.

    Args:
        source: the `.wcodec` file or folder.
        base: what its tensors are coded against, as for `decompress`.
        device: as for `decompress`, and so the others.
        threads: as for `compress`.
        limits: as for `decompress`.
        progress: as for `compress`.

    Raises:
        ArgumentError: a base is missing, or another.
        BadDataError: it is damaged, or files are missing.
    """
    with reporting("verify", progress) as told:
        settings = Settings(device, threads, dict(limits or {}), told, listed(base))
        done = _native.verify(source, settings)
    return Summary._of(done)


def inspect(
    source: _Path,
    *,
    entropy: bool = True,
    device: str = "auto",
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    progress: Progress = None,
) -> list[dict[str, Any]]:
    """How each tensor of an archive, or of those in a folder, is compressed.

    Args:
        source: the `.wcodec` file or folder.
        entropy: whether the limit is told that the data's entropy sets, for which all is decoded.
        device: as for `decompress`, and so the others.
        threads: as for `compress`.
        limits: as for `decompress`.
        progress: as for `compress`.

    Returns:
        For each archive what `wcodec inspect --json` prints.
    """
    with reporting("inspect", progress) as told:
        settings = Settings(device, threads, dict(limits or {}), told)
        report: list[dict[str, Any]] = json.loads(_native.inspect(source, entropy, settings))
    return report


def analyze(
    source: _Path,
    *,
    base: Base = None,
    profile: str = "balanced",
    device: str = "auto",
    threads: int = 0,
    limits: Mapping[str, int] | None = None,
    progress: Progress = None,
) -> dict[str, Any]:
    """How much a checkpoint could shrink, and how much it does.

    Args:
        source: the safetensors or `.wcodec` file, or a folder with some.
        base: what tensors are measured against, as for `compress`, and what those of archives need.
        profile: what safetensors would be compressed with, as for `compress`.
        device: what decodes `.wcodec` files, as for `decompress`.
        threads: as for `compress`.
        limits: as for `decompress`.
        progress: as for `compress`.

    Returns:
        What `wcodec analyze --json` prints.

    Raises:
        ArgumentError: a base is missing, or another.
    """
    with reporting("analyze", progress) as told:
        settings = Settings(device, threads, dict(limits or {}), told, listed(base))
        report: dict[str, Any] = json.loads(_native.analyze(source, profile, settings))
    return report


@dataclass(frozen=True)
class Settings:
    """What the native module takes by these attributes."""

    device: str
    threads: int
    limits: dict[str, int]
    progress: Callable[[int, int, str], object] | None
    bases: Sequence[_Path] = ()
