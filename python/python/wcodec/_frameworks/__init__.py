"""The libraries that tensors become arrays of, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
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


class Output(NamedTuple):
    """An array of the caller's in host memory, that is to be decoded to."""

    # None where files of tensors do not know its elements, or not in this order of bytes.
    dtype: str | None
    shape: tuple[int, ...]
    address: int
    is_contiguous: bool
    is_writable: bool
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
        """A caller's array, to be saved; or another library's, by DLPack."""

    def output(self, name: str, out: Any) -> Output:
        """A caller's array, or another library's by DLPack, that is to be decoded to."""


_MODULES = {
    "np": "numpy",
    "numpy": "numpy",
    "pt": "torch",
    "torch": "torch",
    "pytorch": "torch",
    "jax": "jax",
    "flax": "jax",
}


@cache
def framework_of(name: str) -> Framework:
    """The framework of this name, as `safetensors` calls it or by its own."""
    module = _MODULES.get(name)
    if module is None:
        known = ", ".join(_MODULES)
        raise _make("invalid_argument", f"there is no framework {name!r}: it is one of {known}")
    return cast("Framework", import_module(f"wcodec._frameworks.{module}"))


def imported(name: str, array: Any, take: Callable[[Any], Any], kind: str) -> Any:
    """An array of another library as one of a framework's, by DLPack and without a copy.

    Args:
        name: of the tensor.
        array: the array.
        take: the framework's `from_dlpack`.
        kind: how the framework calls its arrays.
    """
    if not hasattr(array, "__dlpack__"):
        reason = f"is no {kind}, but a {type(array).__name__}"
        raise _make("invalid_argument", f"tensor {name!r} {reason}")
    try:
        return take(array)
    # Libraries refuse dtypes, devices and gradients each by an error of its own.
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        source = type(array).__name__
        wrong = f"is no {kind}, and DLPack does not make it one: {error}"
        message = f"tensor {name!r}, a {source}, {wrong}"
        raise _make("invalid_argument", message) from error


def framework_of_array(array: Any) -> Framework:
    """The framework that knows an array: torch for its tensors, otherwise numpy."""
    names = (kind.__module__.partition(".")[0] for kind in type(array).__mro__)
    return framework_of("torch" if "torch" in names else "numpy")


def output_for(name: str, dtype: str, shape: tuple[int, ...], out: Any) -> Output:
    """An array that a tensor of a file's dtype and shape can be decoded to."""
    framework = framework_of_array(out)
    output = framework.output(name, out)
    visible = framework.visible_shape(name, dtype, shape)
    if output.dtype != dtype:
        wrong = f"has another dtype than the tensor's, {dtype}"
    elif output.shape != visible:
        wrong = f"has shape {list(output.shape)}, and not the tensor's, {list(visible)}"
    elif not output.is_contiguous:
        wrong = "is not contiguous"
    elif not output.is_writable:
        wrong = "is read-only"
    else:
        return output
    raise _make("invalid_argument", f"the output for tensor {name!r} {wrong}")


def no_dtype(name: str, dtype: str, framework: str, advice: str) -> Exception:
    """The error for a tensor that cannot become an array."""
    message = f"tensor {name!r} has dtype {dtype}, for which {framework} has no type: {advice}"
    return _make("invalid_argument", message)


def no_room(name: str, reason: BaseException) -> Exception:
    """The error for a tensor that there is no memory for."""
    first_line = (str(reason).splitlines() or ["out of memory"])[0]
    return _make("out_of_memory", f"there is no room for tensor {name!r}: {first_line}")
