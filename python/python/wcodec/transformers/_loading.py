"""Models from folders, whichever files of ours or of safetensors they hold."""

from __future__ import annotations

import os
from typing import Any

import transformers
from transformers import AutoConfig

import torch
from wcodec.torch._layout import argument_error
from wcodec.transformers._config import METHOD, WcodecConfig


def from_pretrained(
    path: str | os.PathLike[str],
    model_class: Any = None,
    *,
    form: str = "fast",
    exact: bool = False,
    merge: bool = True,
    modules_to_not_convert: list[str] | None = None,
    **arguments: Any,
) -> Any:
    """A model whose weights are packed as they are loaded.

    Args:
        path: a folder with `config.json` and `.wcodec` or safetensors files, dense BF16 or packed,
            or a name that transformers knows.
        model_class: the class, such as `AutoModelForCausalLM`; without one that which the
            configuration names.
        form: `"fast"` for three quarters of the bytes, or `"whole"`.
        exact: whether products are those of the dense model, bit for bit.
        merge: whether layers such as query, key and value are started together.
        modules_to_not_convert: names of modules that stay dense.
        arguments: others of `from_pretrained`, such as `device_map`.

    Raises:
        ArgumentError: the configuration names no class that transformers has.
        BadDataError: a file is damaged.

    Returns:
        The model, for inference.
    """
    config = arguments.pop("config", None) or AutoConfig.from_pretrained(path)
    model_class = _class_of(config) if model_class is None else model_class
    if _method_of(config) == METHOD:
        # The form, and what is dense, are those of the folder.
        saved = config.quantization_config
        saved = saved if isinstance(saved, dict) else saved.to_dict()
        config.quantization_config = {**saved, "exact": exact, "merge": merge}
    else:
        settings = WcodecConfig(form, modules_to_not_convert, merge, exact)
        arguments["quantization_config"] = settings
    arguments.setdefault("dtype", "auto" if getattr(config, "dtype", None) else torch.bfloat16)
    return model_class.from_pretrained(path, config=config, **arguments)


class WCodecModel:
    """The short way to a packed model: `WCodecModel.from_pretrained(path)`."""

    @classmethod
    def from_pretrained(cls, path: str | os.PathLike[str], **arguments: Any) -> Any:
        """As `wcodec.transformers.from_pretrained`."""
        return from_pretrained(path, **arguments)


def _method_of(config: Any) -> str | None:
    """How the weights of the checkpoint are stored, by its configuration."""
    found = getattr(config, "quantization_config", None)
    method = found.get("quant_method") if isinstance(found, dict) else found
    return getattr(method, "quant_method", method)


def _class_of(config: Any) -> Any:
    """The class that the configuration names."""
    for name in config.architectures or ():
        if hasattr(transformers, name):
            return getattr(transformers, name)
    raise argument_error(
        f"transformers has no class of {config.architectures}: name one by model_class"
    )
