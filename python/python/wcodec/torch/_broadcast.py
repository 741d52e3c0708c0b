"""Bytes from a group's first process to the others, and what these say of them."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import torch.distributed as dist

import torch
from wcodec.errors import _make

# Bytes of one broadcast, so that none takes all of a GPU's memory.
_PIECE = 256 << 20


class Outcome(IntEnum):
    """What a process, or the worst of all, did with what it was sent."""

    APPLIED = 0
    REFUSED = 1


def broadcast(
    content: bytes | None, number: int, is_anchor: bool, group: Any
) -> tuple[bytes, int, bool]:
    """Sends content, or gets it where that is None, with its number and whether it is whole."""
    device = _device(group)
    root = dist.get_global_rank(group, 0) if group is not None else 0
    head = torch.tensor([len(content or b""), number, is_anchor], dtype=torch.int64, device=device)
    dist.broadcast(head, root, group=group)
    length, number, kind = (int(one) for one in head.tolist())
    here = torch.empty(length, dtype=torch.uint8)
    if content:
        here = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    for start in range(0, length, _PIECE):
        piece = here[start : start + _PIECE].to(device)
        dist.broadcast(piece, root, group=group)
        here[start : start + _PIECE].copy_(piece)
    return here.numpy().tobytes(), number, bool(kind)


def agree(outcome: Outcome, reason: str | None, is_last: bool, group: Any) -> Outcome:
    """The worst outcome of all processes.

    Raises:
        WcodecError: a process refused what was `is_last`, after which nothing else is tried.
    """
    worst = torch.tensor([outcome], dtype=torch.int64, device=_device(group))
    dist.all_reduce(worst, dist.ReduceOp.MAX, group=group)
    found = Outcome(int(worst.item()))
    if found is Outcome.APPLIED or not is_last:
        return found
    reasons: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(reasons, reason, group=group)
    told = [f"process {rank}: {text}" for rank, text in enumerate(reasons) if text is not None]
    raise _make("invalid_argument", f"the weights were not taken\n{chr(10).join(told)}")


def _device(group: Any) -> torch.device:
    """Where the group's backend takes tensors from."""
    if dist.get_backend(group) == "nccl":
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("cpu")
