"""Arrays that look like weights: neither constant nor without any order."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

Array = np.ndarray[Any, Any]

# Every dtype that numpy has a type for, by the name that files give it.
DTYPES: dict[str, Any] = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "I16": np.int16,
    "F16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "U32": np.uint32,
    "I32": np.int32,
    "F32": np.float32,
    "U64": np.uint64,
    "I64": np.int64,
    "F64": np.float64,
    "C64": np.complex64,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E8M0": ml_dtypes.float8_e8m0fnu,
    "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
}


def weights(dtype: str, *shape: int, seed: int = 1) -> Array:
    """Gaussian weights cast to a dtype."""
    values = np.random.default_rng(seed).normal(0, 20, shape)
    with np.errstate(all="ignore"):
        return np.abs(values).astype(DTYPES[dtype]) if dtype[0] == "U" else _cast(values, dtype)


def _cast(values: Array, dtype: str) -> Array:
    if dtype == "F8_E8M0":
        return np.exp2(np.round(values / 10)).astype(DTYPES[dtype])
    return values.astype(DTYPES[dtype])


def same(one: Array, other: Array) -> bool:
    """Whether two arrays have one dtype, one shape and the same bytes."""
    alike = one.dtype == other.dtype and one.shape == other.shape
    return alike and np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes()
