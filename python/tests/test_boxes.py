"""The runs of a part are the bytes that numpy takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wcodec
from wcodec._boxes import boxes_of, runs_of, shape_of

_BOUND = st.none() | st.integers(-9, 9)
_SLICES = st.lists(st.builds(slice, _BOUND, _BOUND), max_size=4).map(tuple)


def taken(array: np.ndarray[Any, Any], index: Any) -> np.ndarray[Any, Any]:
    """The part, put together from its runs."""
    boxes = boxes_of("a", index, array.shape)
    parts = []
    for box in boxes:
        for start, end, columns, byte_len in runs_of(box, array.shape, array.itemsize):
            part = array.reshape(-1).view(np.uint8)[start:end]
            if columns is not None:
                lines = part.view(array.dtype).reshape(-1, array.shape[-1])
                part = np.ascontiguousarray(lines[:, slice(*columns)]).reshape(-1).view(np.uint8)
            assert part.nbytes == byte_len
            parts.append(part)
    data = np.concatenate([np.empty(0, np.uint8), *parts])
    found: np.ndarray[Any, Any] = data.view(array.dtype).reshape(shape_of(boxes))
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=4), _SLICES)
def test_slices(shape: list[int], index: tuple[slice, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int), dtype=np.int16).reshape(shape)
    index = index[: len(shape)]
    part = taken(array, index)
    assert part.shape == array[index].shape
    assert (part == array[index]).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=9))
def test_lists_of_rows(rows: list[int]) -> None:
    array = np.arange(7 * 12, dtype=np.int32).reshape(7, 4, 3)
    assert (taken(array, rows) == array[np.array(rows, int)]).all()


def test_neighbours_are_one_run() -> None:
    """What is asked for at once takes no more requests than there are gaps."""
    shape = (8, 4, 6)
    runs = [list(runs_of(box, shape, 2)) for box in boxes_of("a", [1, 2, 3, 6], shape)]
    assert runs == [[(48, 192, None, 144)], [(288, 336, None, 48)]]
    (box,) = boxes_of("a", (slice(2, 5), slice(None), slice(1, 3)), shape)
    assert list(runs_of(box, shape, 2)) == [(96, 240, (1, 3), 48)]


@pytest.mark.parametrize("index", [3, "a", (slice(None), 1), slice(0, 4, 2), [0, "b"], ...])
def test_what_is_no_part(index: Any) -> None:
    with pytest.raises(wcodec.ArgumentError, match="tensor 'a'"):
        boxes_of("a", index, (4, 4))


@pytest.mark.parametrize("index", [[4], [-1], (slice(None),) * 3])
def test_parts_that_are_not_there(index: Any) -> None:
    with pytest.raises(IndexError, match="tensor 'a'"):
        boxes_of("a", index, (4, 4))
