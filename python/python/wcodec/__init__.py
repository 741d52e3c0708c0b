"""Lossless compression for the weights of large language models.

`safe_open` opens compressed and ordinary safetensors files with the same verbs as the package
`safetensors`; `wcodec.numpy`, `wcodec.torch` and `wcodec.jax` load and save whole files. None of
those three libraries is imported until it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wcodec._checkpoints import encode_safetensors_to_wcodec, load_wcodec_checkpoint
from wcodec._embedding import PackSummary, pack_safetensors, unpack_safetensors
from wcodec._file import TensorMeta, safe_open
from wcodec._files import Summary, analyze, compress, decompress, inspect, verify
from wcodec._fit import Fit, fit
from wcodec._native import __version__
from wcodec._native import has_gpu as is_gpu_available
from wcodec._prefetch import PrefetchLoader
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
    "Decoder",
    "Encoder",
    "Fit",
    "GPUDecoder",
    "GpuError",
    "InternalError",
    "IoError",
    "LimitError",
    "MissingFileError",
    "ModelWarning",
    "NoSuchTensorError",
    "OutOfMemoryError",
    "OutputExistsError",
    "PackSummary",
    "PrefetchLoader",
    "Summary",
    "TensorMeta",
    "TensorSlice",
    "WcodecError",
    "__version__",
    "analyze",
    "compress",
    "decompress",
    "encode_safetensors_to_wcodec",
    "fit",
    "inspect",
    "is_gpu_available",
    "load_wcodec_checkpoint",
    "pack_safetensors",
    "safe_open",
    "unpack_safetensors",
    "verify",
]

if TYPE_CHECKING:
    from wcodec._layers import Decoder, Encoder, GPUDecoder

_LIBRARIES = ("jax", "numpy", "torch")
# They need numpy.
_LAYERS = ("Decoder", "Encoder", "GPUDecoder")


def __getattr__(name: str) -> Any:
    """Imports `wcodec.torch` and the like when they are first used."""
    if name in _LIBRARIES:
        return import_module(f"wcodec.{name}")
    if name in _LAYERS:
        return getattr(import_module("wcodec._layers"), name)
    raise AttributeError(f"module 'wcodec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_LIBRARIES])
