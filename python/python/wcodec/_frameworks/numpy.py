"""Arrays of numpy. Types that it lacks come from `ml_dtypes`, where that is installed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import numpy as np

from wcodec._frameworks import Given, Output, imported, no_dtype, no_room
from wcodec.errors import _make

_TYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "F16": "float16",
    "U32": "uint32",
    "I32": "int32",
    "F32": "float32",
    "U64": "uint64",
    "I64": "int64",
    "F64": "float64",
    "C64": "complex64",
}
_ML_DTYPES = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E8M0": "float8_e8m0fnu",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}
# DLPack's numbers of memory that the host reads: its own, pinned (CUDA, ROCm) and managed.
_OF_HOST = (1, 3, 11, 13)
_NAMES = {numpy: name for name, numpy in (_TYPES | _ML_DTYPES).items()}


@cache
def _dtype(dtype: str) -> np.dtype[Any] | None:
    if dtype in _TYPES:
        return np.dtype(_TYPES[dtype])
    try:
        import ml_dtypes
    except ImportError:
        return None
    found = getattr(ml_dtypes, _ML_DTYPES.get(dtype, ""), None)
    return None if found is None else np.dtype(found)


def _dtype_of(name: str, dtype: str) -> np.dtype[Any]:
    found = _dtype(dtype)
    if found is None:
        # What failed once may be installed by the next time.
        _dtype.cache_clear()
        advice = "install ml_dtypes" if dtype in _ML_DTYPES else "open the file for torch"
        raise no_dtype(name, dtype, "numpy", advice)
    return found


def device(device: Any) -> None:
    """Arrays of numpy are in host memory."""
    if str(device) != "cpu":
        raise _make("invalid_argument", f"numpy has no device {str(device)!r}, only 'cpu'")


def visible_shape(name: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """An element of the file is one of the array."""
    _dtype_of(name, dtype)
    return shape


def empty(
    name: str, dtype: str, shape: tuple[int, ...], device: None = None
) -> np.ndarray[Any, Any]:
    """A new array."""
    try:
        return np.empty(shape, _dtype_of(name, dtype))
    except MemoryError as error:
        raise no_room(name, error) from error


def address(array: np.ndarray[Any, Any]) -> int:
    """The address of its first byte."""
    return int(array.__array_interface__["data"][0])


def gpu(device: Any) -> None:
    """Arrays are made in host memory first."""


def current_stream(device: Any) -> Callable[[], AbstractContextManager[object]]:
    """Nothing to do: there are no streams."""
    return nullcontext


def place(array: np.ndarray[Any, Any], device: None) -> np.ndarray[Any, Any]:
    """The array itself."""
    return array


def given(name: str, array: Any) -> Given:
    """The array, or a copy that is contiguous and little-endian."""
    array = _array(name, array)
    dtype = _NAMES.get(array.dtype.name)
    if dtype is None:
        reason = f"has dtype {array.dtype}, which files of tensors do not know"
        raise _make("invalid_argument", f"tensor {name!r} {reason}")
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    array = array.copy(order="C") if not array.flags.c_contiguous else array
    return Given(dtype, array.shape, address(array), array.nbytes, array)


def output(name: str, out: Any) -> Output:
    """The array."""
    array = _array(name, out)
    dtype = None if array.dtype.byteorder == ">" else _NAMES.get(array.dtype.name)
    flags = array.flags
    # The elements of one that is not aligned may lie anywhere.
    is_contiguous = flags.c_contiguous and flags.aligned
    return Output(dtype, array.shape, address(array), is_contiguous, flags.writeable, array)


def _array(name: str, array: Any) -> np.ndarray[Any, Any]:
    if isinstance(array, np.ndarray):
        return array
    if hasattr(array, "__dlpack_device__") and array.__dlpack_device__()[0] not in _OF_HOST:
        where = "is in the memory of a device: copy it to the host"
        raise _make("invalid_argument", f"tensor {name!r}, a {type(array).__name__}, {where}")
    taken: np.ndarray[Any, Any] = imported(name, array, np.from_dlpack, "array of numpy")
    return taken
