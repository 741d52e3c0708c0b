"""Layers of a model that are started together, as they multiply the same x."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from wcodec.torch.nn import Linear
from wcodec.torch.nn._group import Group

# Layers of one parent that multiply the same x, in the order in which models call them.
MERGED: tuple[tuple[str, ...], ...] = (
    ("q_proj", "k_proj", "v_proj"),
    ("query", "key", "value"),
    ("to_q", "to_k", "to_v"),
    ("gate_proj", "up_proj"),
    ("w1", "w3"),
)


def merge_layers(model: torch.nn.Module, groups: Sequence[Sequence[str]] = MERGED) -> None:
    """Starts layers of one parent together that multiply the same x."""
    for parent in list(model.modules()):
        for names in groups:
            found = [parent._modules.get(name) for name in names]
            members = [member for member in found if isinstance(member, Linear)]
            if len(members) < len(names) or len(members) < 2:
                continue
            if len({member.in_features for member in members}) == 1:
                Group(members)
