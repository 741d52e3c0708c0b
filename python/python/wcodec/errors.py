"""The exceptions of wcodec, each also of the built-in class that it would be elsewhere."""

from __future__ import annotations

from os import PathLike, fspath
from typing import ClassVar


class WcodecError(Exception):
    """The base of all exceptions of wcodec.

    Attributes:
        code: the kind of error, such as `"corrupt"`. Messages may change, codes do not.
    """

    code: str = ""
    _codes: ClassVar[tuple[str, ...]] = ()

    def __str__(self) -> str:
        # `OSError` and `KeyError` would show the message otherwise than it is.
        return str(self.args[0]) if self.args else ""


class BadDataError(WcodecError, ValueError):
    """A file is damaged, cut short, or not what it is taken for."""

    _codes: ClassVar[tuple[str, ...]] = (
        "wrong_format",
        "unsupported_version",
        "unreleased_version",
        "unknown_feature",
        "truncated",
        "trailing_data",
        "corrupt",
        "duplicate_tensor",
        "absent_shards",
        "stored_elsewhere",
    )


class IoError(WcodecError, OSError):
    """The system refused to read or write; `errno` and `filename` are set where they are known."""

    _codes: ClassVar[tuple[str, ...]] = ("io",)


class MissingFileError(IoError, FileNotFoundError):
    """There is no such file or folder."""


class OutputExistsError(IoError, FileExistsError):
    """The output is there already."""

    _codes: ClassVar[tuple[str, ...]] = ("output_exists",)


class ChangedError(WcodecError, RuntimeError):
    """A file was changed while it was read."""

    _codes: ClassVar[tuple[str, ...]] = ("changed",)


class LimitError(WcodecError, ValueError):
    """A file asks for more than a limit allows."""

    _codes: ClassVar[tuple[str, ...]] = ("limit_exceeded",)


class ArgumentError(WcodecError, ValueError):
    """The arguments do not fit together, lack a base, or what they name is closed."""

    _codes: ClassVar[tuple[str, ...]] = ("invalid_argument", "base_needed")


class NoSuchTensorError(WcodecError, KeyError):
    """There is no tensor of that name."""

    _codes: ClassVar[tuple[str, ...]] = ("no_such_tensor",)


class GpuError(WcodecError, RuntimeError):
    """There is no usable GPU, or it failed."""

    _codes: ClassVar[tuple[str, ...]] = ("no_gpu", "gpu")


class CancelledError(WcodecError):
    """The caller asked to stop."""

    _codes: ClassVar[tuple[str, ...]] = ("cancelled",)


class OutOfMemoryError(WcodecError, MemoryError):
    """The system lacks memory for a size that was proven valid."""

    _codes: ClassVar[tuple[str, ...]] = ("out_of_memory",)


class InternalError(WcodecError, RuntimeError):
    """wcodec cannot start threads (`"threads"`), or has a bug (`"panicked"`)."""

    _codes: ClassVar[tuple[str, ...]] = ("threads", "panicked")


class ModelWarning(UserWarning):
    """Something is strange about the files of a model, but no error."""


_CLASSES: dict[str, type[WcodecError]] = {
    code: kind
    for kind in (
        BadDataError,
        IoError,
        OutputExistsError,
        ChangedError,
        LimitError,
        ArgumentError,
        NoSuchTensorError,
        GpuError,
        CancelledError,
        OutOfMemoryError,
        InternalError,
    )
    for code in kind._codes
}


def _make(
    code: str,
    message: str,
    errno: int | None = None,
    path: str | PathLike[str] | None = None,
) -> WcodecError:
    """The exception for a code; of one that is not known yet the base."""
    kind = _CLASSES.get(code, WcodecError)
    # As the constructor of `OSError` would choose.
    if kind is IoError and isinstance(OSError(errno, ""), FileNotFoundError):
        kind = MissingFileError
    error = kind(message)
    error.code = code
    if isinstance(error, OSError):
        error.errno = errno
        error.filename = None if path is None else fspath(path)
    return error
