"""Linear layers that multiply the same x, started together.

The query, key and value of attention, or gate and up, are layers of their own in the model and in
its files. When the first of them is called, the products of all are started in one launch, which
uses the device better than small products one after another; the others then take theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from wcodec.torch import _operators


class Group:
    """Layers that are called one after another with the same x."""

    def __init__(self, members: Sequence[Any]) -> None:
        """A group of layers in the order of their calls."""
        self.members = list(members)
        # Whether calls come as was expected.
        self.is_on = True
        # x, its version, and the products that are still to be taken.
        self.pending: tuple[torch.Tensor, int, list[torch.Tensor]] | None = None
        for place, member in enumerate(self.members):
            member._group = (self, place)

    def take(self, place: int, x: torch.Tensor) -> torch.Tensor | None:
        """The product of the layer in this place; None where it is to multiply by itself."""
        is_last = place == len(self.members) - 1
        pending = self.pending
        if place > 0 and pending is not None and pending[0] is x and pending[1] == _version(x):
            if is_last:
                self.pending = None
            return pending[2][place]
        if place > 0 or not self.is_on or not self._are_alike():
            if is_last and pending is not None:
                # The others were multiplied for nothing, as in attention to something else.
                self.is_on = False
                self.pending = None
            return None
        products: list[torch.Tensor] = _operators.linears(
            x,
            [member.weight_packed for member in self.members],
            [member.bias for member in self.members if member.bias is not None],
            [member.bias is not None for member in self.members],
            [member.out_features for member in self.members],
            [member.scale for member in self.members],
        )
        self.pending = (x, _version(x), products)
        return products[0]

    def _are_alike(self) -> bool:
        """Whether all have weights, on one device, and none is to be exact."""
        first = self.members[0]
        return all(
            member.is_filled
            and not member.exact
            and member.weight_packed.device == first.weight_packed.device
            for member in self.members
        )


def _version(x: torch.Tensor) -> int:
    """A number that changes when x is written to; the compiler sees that by itself."""
    if torch.compiler.is_compiling() or x.is_inference():
        return 0
    version: int = x._version
    return version
