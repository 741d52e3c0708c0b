"""Tensors of torch that share memory, of which a file holds one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import pairwise

import torch
from wcodec.errors import _make


def aliases(tensors: Mapping[str, torch.Tensor], preferred: Collection[str] = ()) -> dict[str, str]:
    """For each name that can be left out the one that is kept: it covers all of the memory.

    Of several that do a preferred one is kept, and else the first by name.
    """
    left_out = {}
    for names in _shared(tensors):
        complete = sorted(name for name in names if _is_complete(tensors[name]))
        if not complete:
            raise _make(
                "invalid_argument",
                f"{sorted(names)} share memory, and none covers all of it: save clones of them",
            )
        kept = next((name for name in complete if name in preferred), complete[0])
        left_out.update({name: kept for name in sorted(names) if name != kept})
    return left_out


def check_none_shared(tensors: Mapping[str, torch.Tensor]) -> None:
    """Refuses tensors that would be saved more than once."""
    if not isinstance(tensors, Mapping):
        return
    for names in _shared(tensors):
        raise _make(
            "invalid_argument",
            f"{sorted(names)} share memory: save one of them, clones, or the model by save_model",
        )


def _shared(tensors: Mapping[str, torch.Tensor]) -> list[list[str]]:
    """Names of tensors that have bytes in common, in groups."""
    by_storage = defaultdict(list)
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided:
            continue
        if tensor.device.type != "meta" and tensor.numel() > 0:
            key = (tensor.device, tensor.untyped_storage().data_ptr())
            by_storage[key].append((*_extent(tensor), name))
    groups: list[list[str]] = []
    for extents in by_storage.values():
        extents.sort()
        groups.append([extents[0][2]])
        reached = extents[0][1]
        for _, (start, end, name) in pairwise(extents):
            if start < reached:
                groups[-1].append(name)
            else:
                groups.append([name])
            reached = max(reached, end)
    return [group for group in groups if len(group) > 1]


def _extent(tensor: torch.Tensor) -> tuple[int, int]:
    """The bytes of the storage from the first of a tensor's to the end of its last."""
    last = sum(
        (extent - 1) * stride for extent, stride in zip(tensor.shape, tensor.stride(), strict=True)
    )
    start = tensor.storage_offset() * tensor.element_size()
    return start, start + (last + 1) * tensor.element_size()


def _is_complete(tensor: torch.Tensor) -> bool:
    byte_len = tensor.numel() * tensor.element_size()
    return bool(tensor.storage_offset() == 0 and byte_len == tensor.untyped_storage().nbytes())
