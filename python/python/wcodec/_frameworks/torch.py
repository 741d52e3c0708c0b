"""Tensors of torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from wcodec._frameworks import Given, Output, imported, no_dtype, no_room
from wcodec.errors import _make

_TYPES: dict[str, Any] = {
    name: getattr(torch, torch_name, None)
    for name, torch_name in {
        "BOOL": "bool",
        "U8": "uint8",
        "I8": "int8",
        "U16": "uint16",
        "I16": "int16",
        "F16": "float16",
        "BF16": "bfloat16",
        "U32": "uint32",
        "I32": "int32",
        "F32": "float32",
        "U64": "uint64",
        "I64": "int64",
        "F64": "float64",
        "C64": "complex64",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
        "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz",
        "F8_E5M2FNUZ": "float8_e5m2fnuz",
        # Two to a byte: the last extent is half of the file's.
        "F4": "float4_e2m1fn_x2",
    }.items()
}
_NAMES = {dtype: name for name, dtype in _TYPES.items() if dtype is not None}


def device(device: Any) -> Any:
    """The device, which torch can use."""
    try:
        found = torch.device(device)
        # With the number that it stands for.
        found = torch.empty(0, device=found).device
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        # The first line of what torch says is all that helps.
        reason = (str(error).splitlines() or [""])[0]
        message = f"torch cannot use the device {device!r}: {reason}"
        is_gpu = isinstance(device, int) or str(device).startswith("cuda")
        raise _make("no_gpu" if is_gpu else "invalid_argument", message) from error
    return found


def dtype_named(name: str) -> Any:
    """The type of torch for a dtype of files; None where this torch has none."""
    return _TYPES.get(name)


def visible_shape(name: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The file's, but of packed elements."""
    if _TYPES.get(dtype) is None:
        raise no_dtype(name, dtype, f"torch {torch.__version__}", "a newer torch may have one")
    if dtype != "F4":
        return shape
    if not shape or shape[-1] % 2 != 0:
        message = f"tensor {name!r}, of dtype F4 and shape {shape}, has half bytes in its rows"
        raise _make("invalid_argument", message)
    return (*shape[:-1], shape[-1] // 2)


def empty(name: str, dtype: str, shape: tuple[int, ...], device: Any = None) -> Any:
    """A new tensor, in host memory unless a device is given."""
    visible = visible_shape(name, dtype, shape)
    try:
        return torch.empty(visible, dtype=_TYPES[dtype], device=device or "cpu")
    except RuntimeError as error:
        # On a CPU it has no class of its own.
        if isinstance(error, torch.cuda.OutOfMemoryError) or "alloc" in str(error):
            raise no_room(name, error) from error
        raise


def gpu(device: Any) -> tuple[int, int] | None:
    """The number of an NVIDIA GPU and torch's current stream there."""
    if device.type != "cuda" or torch.version.cuda is None:
        return None
    return device.index, torch.cuda.current_stream(device).cuda_stream


def current_stream(device: Any) -> Callable[[], AbstractContextManager[object]]:
    """The stream of a GPU that is current in this thread."""
    if gpu(device) is None:
        return nullcontext
    stream = torch.cuda.current_stream(device)
    return lambda: torch.cuda.stream(stream)


def address(array: Any) -> int:
    """The address of its first byte."""
    return int(array.data_ptr())


def place(array: Any, device: Any) -> Any:
    """The tensor, copied where it is to be on another device."""
    return array if array.device == device else array.to(device)


def given(name: str, array: Any) -> Given:
    """The tensor, or a copy in host memory."""
    array = _tensor(name, array)
    if array.layout != torch.strided:
        raise _make("invalid_argument", f"tensor {name!r} is sparse: save what to_dense() gives")
    if array.device.type == "meta":
        raise _make("invalid_argument", f"tensor {name!r} is on the device meta: it has no data")
    if not array.is_contiguous():
        raise _make(
            "invalid_argument", f"tensor {name!r} is not contiguous: save what contiguous() gives"
        )
    dtype = _NAMES.get(array.dtype)
    if dtype is None:
        reason = f"has dtype {array.dtype}, which files of tensors do not know"
        raise _make("invalid_argument", f"tensor {name!r} {reason}")
    # Conjugate and negative views have their bytes elsewhere.
    array = array.detach().resolve_conj().resolve_neg().cpu()
    shape = tuple(array.shape)
    if dtype == "F4":
        shape = (*shape[:-1], 2 * shape[-1])
    byte_len = array.numel() * array.element_size()
    return Given(dtype, shape, address(array), byte_len, array)


def output(name: str, out: Any) -> Output:
    """The tensor, which lies in host memory."""
    if out.layout != torch.strided or out.device.type != "cpu":
        found = f"is on the device {out.device}" if out.layout == torch.strided else "is sparse"
        message = f"the output for tensor {name!r} {found}: it is to be dense, in host memory"
        raise _make("invalid_argument", message)
    # A conjugate or negative view means other bytes than it has.
    is_contiguous = out.is_contiguous() and not out.is_conj() and not out.is_neg()
    return Output(_NAMES.get(out.dtype), tuple(out.shape), address(out), is_contiguous, True, out)


def _tensor(name: str, array: Any) -> Any:
    if isinstance(array, torch.Tensor):
        return array
    return imported(name, array, torch.from_dlpack, "tensor of torch")
