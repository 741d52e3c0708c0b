"""Arrays of JAX, made from those of numpy that are decoded to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np

from wcodec._frameworks import Given, Output
from wcodec._frameworks import numpy as of_numpy
from wcodec.errors import _make

_WIDE = ("F64", "I64", "U64")


def device(device: Any) -> Any:
    """A device of JAX: its own type, or the name of a platform and perhaps a number."""
    if isinstance(device, jax.Device):
        return device
    platform, _, number = str(device).partition(":")
    try:
        return jax.devices(platform)[int(number or 0)]
    except (IndexError, RuntimeError, ValueError) as error:
        code = "no_gpu" if platform in ("cuda", "gpu") else "invalid_argument"
        message = f"JAX cannot use the device {str(device)!r}: {error}"
        raise _make(code, message) from error


def visible_shape(name: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """As for numpy; refuses what JAX would cast to 32 bits."""
    if dtype in _WIDE and not jax.config.jax_enable_x64:
        message = (
            f"tensor {name!r} has dtype {dtype}, which JAX would round to 32 bits: "
            "set jax_enable_x64, or open the file for numpy"
        )
        raise _make("invalid_argument", message)
    return of_numpy.visible_shape(name, dtype, shape)


def empty(
    name: str, dtype: str, shape: tuple[int, ...], device: None = None
) -> np.ndarray[Any, Any]:
    """A new array of numpy."""
    return of_numpy.empty(name, dtype, visible_shape(name, dtype, shape))


def address(array: np.ndarray[Any, Any]) -> int:
    """The address of its first byte."""
    return of_numpy.address(array)


def gpu(device: Any) -> None:
    """Arrays are made in host memory first."""


def current_stream(device: Any) -> Callable[[], AbstractContextManager[object]]:
    """Nothing to do: there are no streams."""
    return nullcontext


def place(array: np.ndarray[Any, Any], device: Any) -> Any:
    """An array of JAX."""
    return jax.device_put(array, device)


def given(name: str, array: Any) -> Given:
    """The array's bytes in host memory."""
    if not isinstance(array, jax.Array):
        kind = type(array).__name__
        raise _make("invalid_argument", f"tensor {name!r} is no array of JAX, but a {kind}")
    return of_numpy.given(name, np.asarray(array))


def output(name: str, out: Any) -> Output:
    """As for numpy: arrays of JAX itself are read-only."""
    return of_numpy.output(name, out)
