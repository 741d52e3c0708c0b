"""Whole files of tensors as tensors of torch, and models whose weights stay packed.

`load_file` and the like are the functions of `safetensors.torch`. `pack_` packs the weights of a
model, of which `wcodec.torch.nn` has the modules.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch
from wcodec import _save
from wcodec._aliases import aliases, check_none_shared
from wcodec._bases import Base
from wcodec._frameworks import framework_of
from wcodec._source import File, Source
from wcodec.errors import ArgumentError
from wcodec.torch import nn
from wcodec.torch._offload import Offloaded, offload
from wcodec.torch._pack_model import pack_, unpack_
from wcodec.torch._plans import plan_from_placements
from wcodec.torch._report import Report
from wcodec.torch._sharded import ShardedWeights, load_sharded

__all__ = [
    "Offloaded",
    "Report",
    "ShardedWeights",
    "load",
    "load_file",
    "load_model",
    "load_sharded",
    "nn",
    "offload",
    "pack_",
    "plan_from_placements",
    "save",
    "save_file",
    "save_model",
    "unpack_",
]

_FRAMEWORK = framework_of("torch")


def load_file(
    filename: File, device: Any = "cpu", *, backend: str | None = None, base: Base = None
) -> dict[str, torch.Tensor]:
    """Decodes all tensors of a file or a folder: `.wcodec` or safetensors.

    Args:
        filename: the path; or a `.wcodec` file by its URL, as fsspec takes it, or as a binary file
            object.
        device: where the tensors are to be.
        backend: taken for the sake of safetensors, and ignored.
        base: a safetensors file, an archive or a folder, or several, that its tensors are coded
            against, as `wcodec.compress` was told, under whatever names; opened once, and read as
            tensors are decoded.
            Such tensors are decoded on the CPU, wherever they are to be.

    Raises:
        MissingFileError: there is no such file.
        BadDataError: it is damaged, or neither a `.wcodec` nor a safetensors file.
        ArgumentError: torch has no type for a dtype, or a base is missing or another.
        GpuError: the device is a GPU, and torch cannot use it.

    >>> import torch
    >>> import wcodec.torch
    >>> wcodec.torch.save_file({"bias": torch.zeros(3, dtype=torch.bfloat16)}, "bias.wcodec")
    >>> wcodec.torch.load_file("bias.wcodec")
    {'bias': tensor([0., 0., 0.], dtype=torch.bfloat16)}
    """
    place = _FRAMEWORK.device(device)
    source = Source.of_path(filename, base=base)
    return source.decode(source.infos, _FRAMEWORK, place)


def load(data: bytes | bytearray | memoryview) -> dict[str, torch.Tensor]:
    """Decodes all tensors of the content of a file.

    Raises:
        BadDataError: it is damaged, or neither of a `.wcodec` nor of a safetensors file.
        ArgumentError: torch has no type for a dtype.
    """
    source = Source.of_bytes(data)
    return source.decode(source.infos, _FRAMEWORK, torch.device("cpu"))


def save_file(
    tensors: Mapping[str, torch.Tensor],
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> None:
    """Compresses tensors to a `.wcodec` file, in place of one that is there.

    Args:
        tensors: the tensors by name: dense, contiguous, on any device.
        filename: the path of the file, which appears whole or not at all.
        metadata: strings to keep with them.
        profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.

    Raises:
        ArgumentError: a tensor is sparse, has no contiguous data or a dtype that files of tensors
            do not know, or two share memory: see `save_model`.
        IoError: the file cannot be written.
    """
    check_none_shared(tensors)
    _save.save_file(tensors, filename, metadata, profile, _FRAMEWORK)


def save(
    tensors: Mapping[str, torch.Tensor],
    metadata: dict[str, str] | None = None,
    *,
    profile: str = "balanced",
) -> bytes:
    """The content of the file that `save_file` would write."""
    check_none_shared(tensors)
    return _save.save(tensors, metadata, profile, _FRAMEWORK)


def save_model(
    model: torch.nn.Module,
    filename: str | os.PathLike[str],
    metadata: dict[str, str] | None = None,
    force_contiguous: bool = True,
    *,
    profile: str = "balanced",
) -> None:
    """Compresses the weights of a module, those that share memory once.

    Args:
        model: the module.
        filename: the path of the file, which appears whole or not at all.
        metadata: strings to keep; names that are left out are added, each with the one kept.
        force_contiguous: whether weights in another layout are copied; otherwise they are an error.
        profile: as for `save_file`.

    Raises:
        ArgumentError: as `save_file`; of weights that share memory none covers all of it.
    """
    weights = model.state_dict()
    metadata = dict(metadata or {})
    for left_out, kept in aliases(weights).items():
        metadata.setdefault(left_out, kept)
        del weights[left_out]
    if force_contiguous:
        weights = {name: weight.contiguous() for name, weight in weights.items()}
    save_file(weights, filename, metadata or None, profile=profile)


def load_model(
    model: torch.nn.Module,
    filename: File,
    strict: bool = True,
    device: Any = "cpu",
    *,
    backend: str | None = None,
) -> tuple[set[str], list[str]]:
    """Decodes a file into the weights of a module.

    Args:
        model: the module.
        filename: the path of what `save_model` or a conversion wrote.
        strict: whether names that are missing, or too many, are an error.
        device: where weights are decoded to before they are copied.
        backend: taken for the sake of safetensors, and ignored.

    Returns:
        The names that the file lacks, and those that the module lacks.

    Raises:
        ArgumentError: names differ, and `strict` is set.
        BadDataError: the file is damaged.
    """
    loaded = load_file(filename, device, backend=backend)
    left_out = aliases(model.state_dict(), preferred=set(loaded))
    found = model.load_state_dict(loaded, strict=False)
    missing = set(found.missing_keys) - set(left_out)
    unexpected = list(found.unexpected_keys)
    if strict and (missing or unexpected):
        error = ArgumentError(
            f"{filename} does not fit a {type(model).__name__}: "
            f"missing {sorted(missing)}, unexpected {sorted(unexpected)}"
        )
        error.code = "invalid_argument"
        raise error
    return missing, unexpected
