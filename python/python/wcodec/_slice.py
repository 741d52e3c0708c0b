"""Parts of tensors, of which little more is decoded than they are."""

from __future__ import annotations

from operator import index as as_int
from typing import Any

from wcodec._frameworks import Framework
from wcodec._source import Bounds, Source, Wanted
from wcodec.errors import _make


class TensorSlice:
    """A tensor that is decoded when it is indexed, as numpy indexes by integers and slices.

    No more is decoded than the tiles of the rows that are asked for, indices of the first
    dimension; or, on a CPU where those are many, of the columns, indices of the last one. A tile is
    512 bytes wide, such as 256 elements of BF16. The rest is cut.

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
        if wanted.rows is None and wanted.columns is None:
            array = self._source.decode_one(self._name, self._framework, self._device)
        else:
            (array,) = self._source.decode_wanted([wanted], self._framework, self._device)
        return array[inner]

    def __dlpack__(self, **options: Any) -> Any:
        """Decodes the whole tensor, for another library: `torch.from_dlpack(part)`.

        Args:
            options: those of DLPack, which the framework's array takes.

        Raises:
            BufferError: the framework does not export its dtype, such as numpy BF16.
            BadDataError: the tensor is damaged.
        """
        return self[...].__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Where `__dlpack__` decodes to, by DLPack's numbers; nothing is decoded for it."""
        none = tuple(0 for _ in self._info.shape)
        array = self._framework.empty(self._name, self._info.dtype, none, self._device)
        device: tuple[int, int] = self._framework.place(array, self._device).__dlpack_device__()
        return device

    def wanted(self, index: Any) -> tuple[Wanted, tuple[Any, ...]]:
        """What to decode for a part, and what is left to do to that."""
        entries = _checked(index, self._shape)
        places = [place for place, entry in enumerate(entries) if entry not in (None, ...)]
        rows = columns = None
        if self._shape:
            rows = _narrow(entries, places[0], self._shape[0])
            if self._takes_columns(rows):
                columns = _narrow(entries, places[-1], self._shape[-1])
        if rows is not None:
            rows = (self._in_file(rows[0]), self._in_file(rows[1]))
        return self._source.wanted(self._name, rows, columns), tuple(entries)

    def _takes_columns(self, rows: Bounds) -> bool:
        """Whether columns are decoded alone: on a CPU, of many rows and of whole bytes.

        Of few rows less is read where columns are cut from what was decoded.
        """
        if len(self._shape) < 2 or self._shape != self._info.shape:
            return False
        are_many = rows is None or 2 * (rows[1] - rows[0]) >= self._shape[0]
        return are_many and self._framework.gpu(self._device) is None

    def __repr__(self) -> str:
        return f"<TensorSlice {self._name!r}, {self._info.dtype} {list(self._info.shape)}>"

    def _in_file(self, row: int) -> int:
        """A row by the file's count, of which an array with packed elements has a half."""
        return row * self._info.shape[0] // max(self._shape[0], 1)


def _narrow(entries: list[Any], place: int, extent: int) -> Bounds:
    """The indices of a dimension that an entry needs, or None for all.

    The entry becomes what is left to do to those.
    """
    entry = entries[place]
    if isinstance(entry, int):
        entries[place] = 0
        return (entry % extent, entry % extent + 1)
    taken = range(*entry.indices(extent))
    if len(taken) == extent and taken.step == 1:
        return None
    if not taken:
        entries[place] = slice(0, 0, entry.step)
        return (0, 0)
    low, high = min(taken[0], taken[-1]), max(taken[0], taken[-1])
    entries[place] = slice(taken[0] - low, None, taken.step)
    return (low, high + 1)


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
