"""Parts of tensors as the bytes and columns that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import prod
from operator import index as as_int
from typing import Any, NamedTuple

from wcodec.errors import _make

# Of each dimension the first index, and the one after the last.
Box = tuple[tuple[int, int], ...]


class Run(NamedTuple):
    """Bytes of a tensor one after another; or, of the lines in these, some columns."""

    start: int
    end: int
    columns: tuple[int, int] | None
    # Bytes of the part.
    byte_len: int


def boxes_of(name: str, index: Any, shape: Sequence[int]) -> list[Box]:
    """The boxes that an index of a plan takes of a tensor, which follow one another in dimension 0.

    Args:
        name: the tensor's, for errors.
        index: None for all of it, a slice or a tuple of slices, or a list of indices of the first
            dimension, such as those of experts.
        shape: the tensor's.

    Raises:
        IndexError: there is no such index.
        ArgumentError: it is none of those.
    """
    if isinstance(index, list):
        return _boxes_of_list(name, index, shape)
    entries = index if isinstance(index, tuple) else () if index is None else (index,)
    if len(entries) > len(shape):
        raise IndexError(f"tensor {name!r} has {len(shape)} dimensions, not {len(entries)}")
    bounds = [_bounds(name, entry, extent) for entry, extent in zip(entries, shape, strict=False)]
    return [(*bounds, *((0, extent) for extent in shape[len(bounds) :]))]


def shape_of(boxes: list[Box]) -> tuple[int, ...]:
    """The shape of boxes that follow one another in dimension 0."""
    rest = tuple(end - start for start, end in boxes[0][1:]) if boxes else ()
    return (sum(box[0][1] - box[0][0] for box in boxes), *rest) if boxes and boxes[0] else rest


def runs_of(box: Box, shape: Sequence[int], element: int) -> Iterator[Run]:
    """A box as runs, of which the parts follow one another as its elements do.

    Args:
        box: the box, inside of the shape.
        shape: that of the tensor.
        element: the bytes of an element.
    """
    extents = [end - start for start, end in box]
    if 0 in extents:
        return
    partial = [axis for axis, extent in enumerate(shape) if extents[axis] != extent]
    takes_columns = bool(partial) and len(shape) > 1 and partial[-1] == len(shape) - 1
    columns = box[-1] if takes_columns else None
    width = shape[-1] if shape else 1
    # Lines are the elements of what is left without the last dimension.
    outer, outer_shape = (box[:-1], shape[:-1]) if takes_columns else (box, shape)
    unit = element * width if takes_columns else element
    for first, count in _stretches(outer, outer_shape):
        kept = count * (extents[-1] * element if takes_columns else unit)
        yield Run(first * unit, (first + count) * unit, columns, kept)


def _stretches(box: Box, shape: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The elements of a box as stretches without gaps: the number of the first, and how many."""
    extents = [end - start for start, end in box]
    partial = [axis for axis, extent in enumerate(shape) if extents[axis] != extent]
    if not partial:
        yield 0, prod(shape)
        return
    last = partial[-1]
    strides = [prod(shape[axis + 1 :]) for axis in range(last + 1)]
    count = extents[last] * strides[last]
    for place in product(*(range(*bounds) for bounds in box[:last])):
        yield sum(i * s for i, s in zip((*place, box[last][0]), strides, strict=True)), count


def _boxes_of_list(name: str, indices: list[Any], shape: Sequence[int]) -> list[Box]:
    if not shape:
        raise IndexError(f"tensor {name!r} has no dimensions")
    try:
        numbers = [as_int(number) for number in indices]
    except TypeError:
        raise _make(
            "invalid_argument", f"the list for tensor {name!r} is not one of integers"
        ) from None
    for number in numbers:
        if not 0 <= number < shape[0]:
            raise IndexError(f"tensor {name!r} has {shape[0]} rows, and none of number {number}")
    rest = tuple((0, extent) for extent in shape[1:])
    if not numbers:
        return [((0, 0), *rest)]
    # Neighbours are read at once.
    breaks = [at for at, (one, next_) in enumerate(pairwise(numbers), 1) if next_ != one + 1]
    cuts = [0, *breaks, len(numbers)]
    return [((numbers[a], numbers[b - 1] + 1), *rest) for a, b in pairwise(cuts)]


def _bounds(name: str, entry: Any, extent: int) -> tuple[int, int]:
    if not isinstance(entry, slice) or entry.step not in (None, 1):
        message = (
            f"the plan for tensor {name!r} has {entry!r}: parts are None, slices of step 1, a "
            "tuple of those, or a list of indices of the first dimension"
        )
        raise _make("invalid_argument", message)
    start, end, _ = entry.indices(extent)
    return start, max(start, end)
