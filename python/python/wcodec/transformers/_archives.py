"""Folders of `.wcodec` files, which `from_pretrained` of transformers takes as it takes others.

transformers looks for safetensors files by their names and knows no other container, but it takes
a dict of tensors that are lazy. So its `from_pretrained` is wrapped once, for folders that have
archives where it would look for its files: for all others it is called as before.
"""

from __future__ import annotations

import os
from functools import wraps
from pathlib import Path
from typing import Any

from transformers import GenerationConfig, PreTrainedConfig, PreTrainedModel

import torch
from wcodec._file import safe_open
from wcodec._frameworks.torch import dtype_named
from wcodec._slice import TensorSlice

_SUFFIX = "*.wcodec"
_OWN_FILE = "model.safetensors"
# What says that `from_pretrained` is wrapped already.
_MARK = "_takes_archives"


def folder_of_archives(path: Any, subfolder: str = "") -> Path | None:
    """The folder of the weights, where they are archives; None where transformers reads them."""
    if not isinstance(path, str | os.PathLike):
        return None
    folder = Path(path) / subfolder
    if (folder / _OWN_FILE).exists() or not any(folder.glob(_SUFFIX)):
        return None
    return folder


def register_archives() -> None:
    """Wraps `PreTrainedModel.from_pretrained`, once."""
    original = PreTrainedModel.from_pretrained.__func__
    if hasattr(original, _MARK):
        return

    @wraps(original)
    def from_pretrained(cls: Any, path: Any, *arguments: Any, **named: Any) -> Any:
        folder = folder_of_archives(path, named.get("subfolder", ""))
        if folder is None or named.get("state_dict") is not None:
            return original(cls, path, *arguments, **named)
        return _load(original, cls, folder, arguments, named)

    setattr(from_pretrained, _MARK, True)
    PreTrainedModel.from_pretrained = classmethod(from_pretrained)


def _load(
    original: Any, cls: Any, folder: Path, arguments: tuple[Any, ...], named: dict[str, Any]
) -> Any:
    """Loads by tensors that are decoded one after another, each when its turn has come."""
    named = {**named}
    named.pop("subfolder", None)
    if named.get("config") is None:
        named["config"] = os.fspath(folder)
    generation = named.pop("generation_config", None)
    with safe_open(folder, "pt", device=_device_of(named.get("device_map"))) as file:
        # Only slices are not decoded yet.
        lazy = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        if not _has_dtype(named["config"]):
            named["dtype"] = _dtype_of(lazy, named.pop("dtype", None))
        loaded = original(cls, None, *arguments, state_dict=lazy, **named)
    model = loaded[0] if isinstance(loaded, tuple) else loaded
    model.config.name_or_path = model.name_or_path = os.fspath(folder)
    if model.can_generate():
        if generation is None and (folder / "generation_config.json").exists():
            generation = GenerationConfig.from_pretrained(folder)
        if generation is not None:
            model.generation_config = generation
    return loaded


def _has_dtype(config: Any) -> bool:
    """Whether the configuration names the dtype of the weights."""
    if isinstance(config, str | os.PathLike):
        values, _ = PreTrainedConfig.get_config_dict(config)
        return any(values.get(name) is not None for name in ("dtype", "torch_dtype"))
    return getattr(config, "dtype", None) is not None


def _dtype_of(lazy: dict[str, TensorSlice], wanted: Any) -> Any:
    """The dtype that is wanted, or that of the first weights, which transformers cannot ask for."""
    if wanted not in (None, "auto"):
        return wanted
    for part in lazy.values():
        dtype = dtype_named(part.get_dtype())
        if dtype is not None and dtype.is_floating_point:
            return dtype
    return torch.get_default_dtype()


def _device_of(device_map: Any) -> Any:
    """Where tensors are decoded: on the device of the map if there is but one, or else on the CPU.

    transformers then moves each to its own.
    """
    if isinstance(device_map, dict):
        devices = {torch.device(one) for one in device_map.values() if one != "disk"}
        return devices.pop() if len(devices) == 1 else "cpu"
    if device_map in (None, "auto", "balanced", "balanced_low_0", "sequential"):
        return "cpu"
    return torch.device(device_map)
