"""Work cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_Item = TypeVar("_Item")


def batches(
    items: Iterable[_Item], bytes_of: Callable[[_Item], int], most: int
) -> Iterator[list[_Item]]:
    """Cuts items into batches of at most so many bytes, but of one item at least."""
    batch: list[_Item] = []
    taken = 0
    for item in items:
        if batch and taken + bytes_of(item) > most:
            yield batch
            batch, taken = [], 0
        batch.append(item)
        taken += bytes_of(item)
    if batch:
        yield batch
