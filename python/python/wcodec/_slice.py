"""Parts of tensors, of which no more is decoded than the rows that hold them."""

from __future__ import annotations

from operator import index as as_int
from typing import Any

from wcodec._frameworks import Framework
from wcodec._source import Source, Wanted
from wcodec.errors import _make


class TensorSlice:
    """A tensor that is decoded when it is indexed, as numpy indexes by integers and slices.

    Of the first dimension no more is decoded than the tiles of what is asked for; of the others
    all, and then cut.

    >>> import numpy as np
    >>> import wcodec, wcodec.numpy
    >>> wcodec.numpy.save_file({"a": np.arange(12.0).reshape(3, 4)}, "a.wcodec")
    >>> with wcodec.safe_open("a.wcodec", "np") as file:
    ...     part = file.get_slice("a")
    ...     print(part)
    ...     part[1:, ::2]
    <TensorSlice 'a', F64 [3, 4]>
    array([[ 4.,  6.],
           [ 8., 10.]])
    """

    def __init__(self, source: Source, name: str, framework: Framework, device: Any) -> None:
        info = source.info(name)
        self._source = source
        self._name = name
        self._info = info
        self._framework = framework
        self._device = device
        self._shape = framework.visible_shape(name, info.dtype, info.shape)

    def get_shape(self) -> list[int]:
        """The extents of the whole tensor, as the file has them."""
        return list(self._info.shape)

    def get_dtype(self) -> str:
        """The dtype of its elements, such as `"BF16"`."""
        return self._info.dtype

    def __getitem__(self, index: Any) -> Any:
        """Decodes a part.

        Args:
            index: integers, slices and one ellipsis, as numpy takes them; None adds a dimension.

        Raises:
            IndexError: a dimension has no such index, or there are too many.
            ArgumentError: it is none of those.
            BadDataError: the tensor is damaged.
        """
        wanted, inner = self.wanted(index)
        (array,) = self._source.decode_wanted([wanted], self._framework, self._device)
        return array[inner]

    def wanted(self, index: Any) -> tuple[Wanted, tuple[Any, ...]]:
        """The rows to decode for a part, and what is left to do to them."""
        rows, inner = split(index, self._shape)
        if rows is not None:
            rows = (self._in_file(rows[0]), self._in_file(rows[1]))
        return self._source.wanted(self._name, rows), inner

    def __repr__(self) -> str:
        return f"<TensorSlice {self._name!r}, {self._info.dtype} {list(self._info.shape)}>"

    def _in_file(self, row: int) -> int:
        """A row by the file's count, of which an array with packed elements has a half."""
        return row * self._info.shape[0] // max(self._shape[0], 1)


def split(index: Any, shape: tuple[int, ...]) -> tuple[tuple[int, int] | None, tuple[Any, ...]]:
    """The rows that an index needs, or None for all; and what is left to do to them."""
    entries = _checked(index, shape)
    if not shape:
        return None, tuple(entries)
    first = next(place for place, entry in enumerate(entries) if entry is not None)
    entry = entries[first]
    if isinstance(entry, int):
        row = entry % shape[0]
        return (row, row + 1), (*entries[:first], 0, *entries[first + 1 :])
    rows = range(*entry.indices(shape[0]))
    if len(rows) == shape[0] and rows.step == 1:
        return None, tuple(entries)
    if not rows:
        return (0, 0), (*entries[:first], slice(0, 0, entry.step), *entries[first + 1 :])
    low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1])
    rest = slice(rows[0] - low, None, rows.step)
    return (low, high + 1), (*entries[:first], rest, *entries[first + 1 :])


def _checked(index: Any, shape: tuple[int, ...]) -> list[Any]:
    """The index as one entry for each dimension, and the dimensions that it adds."""
    given = list(index) if isinstance(index, tuple) else [index]
    entries = [_entry(entry) for entry in given]
    ellipses = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(ellipses) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if used > len(shape):
        raise IndexError(
            f"too many indices: the tensor is {len(shape)}-dimensional, but {used} were indexed"
        )
    at = ellipses[0] if ellipses else len(entries)
    entries[at : at + 1] = [slice(None)] * (len(shape) - used)
    taken = (entry for entry in entries if entry is not None)
    for axis, (entry, extent) in enumerate(zip(taken, shape, strict=True)):
        if isinstance(entry, int) and not -extent <= entry < extent:
            raise IndexError(f"index {entry} is out of bounds for axis {axis} with size {extent}")
    # With an ellipsis even a single element is an array of numpy.
    return [*entries, ...] if ellipses else entries


def _entry(entry: Any) -> Any:
    if entry is None or entry is Ellipsis or isinstance(entry, slice):
        return entry
    # A bool counts as an index for Python, and as a mask for numpy.
    if not isinstance(entry, bool):
        try:
            return as_int(entry)
        except TypeError:
            pass
    kind = type(entry).__name__
    raise _make(
        "invalid_argument", f"a part is taken by integers, slices and '...', not by a {kind}"
    )
