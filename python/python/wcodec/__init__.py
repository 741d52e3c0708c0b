"""Lossless compression for the weights of large language models.

`safe_open` opens compressed and ordinary safetensors files with the same verbs as the package
`safetensors`; `wcodec.numpy`, `wcodec.torch` and `wcodec.jax` load and save whole files. None of
those three libraries is imported until it is asked for.
"""

from importlib import import_module
from types import ModuleType

from wcodec._file import TensorMeta, safe_open
from wcodec._native import __version__
from wcodec._slice import TensorSlice
from wcodec.errors import (
    ArgumentError,
    BadDataError,
    CancelledError,
    ChangedError,
    GpuError,
    InternalError,
    IoError,
    LimitError,
    MissingFileError,
    ModelWarning,
    NoSuchTensorError,
    OutOfMemoryError,
    OutputExistsError,
    WcodecError,
)

__all__ = [
    "ArgumentError",
    "BadDataError",
    "CancelledError",
    "ChangedError",
    "GpuError",
    "InternalError",
    "IoError",
    "LimitError",
    "MissingFileError",
    "ModelWarning",
    "NoSuchTensorError",
    "OutOfMemoryError",
    "OutputExistsError",
    "TensorMeta",
    "TensorSlice",
    "WcodecError",
    "__version__",
    "safe_open",
]

_LIBRARIES = ("jax", "numpy", "torch")


def __getattr__(name: str) -> ModuleType:
    """Imports `wcodec.torch` and the like when they are first used."""
    if name in _LIBRARIES:
        return import_module(f"wcodec.{name}")
    raise AttributeError(f"module 'wcodec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_LIBRARIES])
