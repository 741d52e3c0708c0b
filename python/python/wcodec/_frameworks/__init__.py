"""The libraries that tensors become arrays of, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from wcodec.errors import _make


class Given(NamedTuple):
    """An array that is to be saved: contiguous, little-endian, in host memory."""

    dtype: str
    shape: tuple[int, ...]
    address: int
    byte_len: int
    # Keeps the memory alive.
    owner: Any


class Framework(Protocol):
    """Makes arrays, and reads them; a module of this package."""

    def device(self, device: Any) -> Any:
        """The device by the framework's own type, or an error where it cannot be used."""

    def visible_shape(self, name: str, dtype: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the array for a tensor, or an error where its dtype has no array."""

    def empty(self, name: str, dtype: str, shape: tuple[int, ...], device: Any = None) -> Any:
        """A new array for a tensor of a file's dtype and shape.

        It is in host memory, or on a device for which `gpu` gives a stream.
        """

    def gpu(self, device: Any) -> tuple[int, int] | None:
        """The number of the GPU and its current stream, where arrays can be made there at once."""

    def current_stream(self, device: Any) -> Callable[[], AbstractContextManager[object]]:
        """What makes the stream that is current here current in another thread."""

    def address(self, array: Any) -> int:
        """The address of the first byte of an array that `empty` made."""

    def place(self, array: Any, device: Any) -> Any:
        """The array as the caller gets it, on the device."""

    def given(self, name: str, array: Any) -> Given:
        """A caller's array, to be saved."""


_MODULES = {
    "np": "numpy",
    "numpy": "numpy",
    "pt": "torch",
    "torch": "torch",
    "pytorch": "torch",
    "jax": "jax",
    "flax": "jax",
}


def framework_of(name: str) -> Framework:
    """The framework of this name, as `safetensors` calls it or by its own."""
    module = _MODULES.get(name)
    if module is None:
        known = ", ".join(_MODULES)
        raise _make("invalid_argument", f"there is no framework {name!r}: it is one of {known}")
    return cast("Framework", import_module(f"wcodec._frameworks.{module}"))


def no_dtype(name: str, dtype: str, framework: str, advice: str) -> Exception:
    """The error for a tensor that cannot become an array."""
    message = f"tensor {name!r} has dtype {dtype}, for which {framework} has no type: {advice}"
    return _make("invalid_argument", message)


def no_room(name: str, reason: BaseException) -> Exception:
    """The error for a tensor that there is no memory for."""
    first_line = (str(reason).splitlines() or ["out of memory"])[0]
    return _make("out_of_memory", f"there is no room for tensor {name!r}: {first_line}")
