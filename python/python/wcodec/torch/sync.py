"""Weights of a trainer sent to inference processes after each step: only what changed.

The trainer's process makes a `Sender`, each other one a `Receiver`, over a group of
torch.distributed; `send` and `receive` are called together. A step is coded against the weights
that the receivers have, and says by hash what it is to be applied to, and what it makes of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch.distributed as dist

import torch
from wcodec import _native, _save
from wcodec._aliases import aliases
from wcodec._frameworks import framework_of
from wcodec._source import Source
from wcodec.errors import WcodecError, _make
from wcodec.torch._broadcast import Outcome, agree, broadcast

__all__ = ["Receiver", "Sender", "SyncedStep"]

_FRAMEWORK = framework_of("torch")


class SyncedStep(NamedTuple):
    """A step that all processes have now.

    Attributes:
        number: its number, from 1 on.
        is_anchor: whether it was sent whole, not as changes.
        byte_len: bytes that were sent for it, those that some process could not use included.
    """

    number: int
    is_anchor: bool
    byte_len: int


class Sender:
    """The trainer's end. It keeps the weights that the receivers have in host memory.

    >>> import torch, torch.distributed as dist
    >>> from wcodec.torch.sync import Sender
    >>> dist.init_process_group("gloo", init_method="file:///proc/self/cwd/m", rank=0, world_size=1)
    >>> weight = torch.randn(64, 256, dtype=torch.bfloat16)
    >>> sender = Sender({"weight": weight})
    >>> sender.send().is_anchor
    True
    >>> weight[3, 5] += 1
    >>> sender.send().byte_len < 1000
    True
    >>> dist.destroy_process_group()
    """

    def __init__(
        self,
        weights: torch.nn.Module | Mapping[str, torch.Tensor],
        *,
        group: Any = None,
        anchor_every: int = 100,
        profile: str = "fast",
    ) -> None:
        """A sender, which is of the group's first process.

        Args:
            weights: the module, or tensors by name, that are sent; of those that share memory one.
            group: the processes; all of torch.distributed unless given.
            anchor_every: one of so many steps is sent whole, and so is one that a process asks for.
            profile: as for `wcodec.torch.save_file`.

        Raises:
            ArgumentError: `anchor_every` is not positive, or this is not the first process.
        """
        if anchor_every < 1:
            raise _make("invalid_argument", "one of anchor_every steps is whole: take 1 or more")
        if dist.get_rank(group) != 0:
            raise _make("invalid_argument", "the group's first process sends, the others receive")
        self._weights = weights
        self._group = group
        self._every = anchor_every
        self._profile = profile
        self._sent: dict[str, torch.Tensor] = {}
        self._number = 0
        self._last_anchor = 0

    def send(self) -> SyncedStep:
        """Sends what changed since the last step, once all receivers call `receive`.

        Where a process cannot apply it, as one that has just joined, all get the whole weights.

        Raises:
            WcodecError: a process could not take the whole weights either; it says which and why.
        """
        now = {name: _on_host(tensor) for name, tensor in _tensors(self._weights).items()}
        number = self._number + 1
        sent = 0
        is_due = number - self._last_anchor >= self._every
        if self._sent and not is_due and _alike(now, self._sent):
            step = self._changes(now)
            sent += len(step)
            if self._offer(step, number, False) is Outcome.APPLIED:
                return self._done(now, number, False, sent)
        anchor = _save.save(now, None, self._profile, _FRAMEWORK)
        sent += len(anchor)
        self._offer(anchor, number, True)
        return self._done(now, number, True, sent)

    def _changes(self, now: dict[str, torch.Tensor]) -> bytes:
        tensors = []
        for name, tensor in now.items():
            one = _FRAMEWORK.given(name, tensor)
            old = self._sent[name].data_ptr()
            tensors.append((name, one.dtype, one.shape, one.address, old, one.byte_len))
        return _native.encode_step(tensors, self._profile)

    def _offer(self, content: bytes, number: int, is_anchor: bool) -> Outcome:
        broadcast(content, number, is_anchor, self._group)
        return agree(Outcome.APPLIED, None, is_anchor, self._group)

    def _done(
        self, now: dict[str, torch.Tensor], number: int, is_anchor: bool, sent: int
    ) -> SyncedStep:
        # Only what all have is what the next step is coded against.
        self._sent, self._number = now, number
        self._last_anchor = number if is_anchor else self._last_anchor
        return SyncedStep(number, is_anchor, sent)


class Receiver:
    """The end of a process that uses the weights: they are changed in place."""

    def __init__(
        self, weights: torch.nn.Module | Mapping[str, torch.Tensor], *, group: Any = None
    ) -> None:
        """A receiver, which is of any process of the group but the first.

        Args:
            weights: the module, or tensors by name, that are changed: those of the sender's names,
                dtypes and shapes, such as views of fused weights. They are contiguous.
            group: the processes; all of torch.distributed unless given.

        Raises:
            ArgumentError: this is the first process, or a tensor is not contiguous.
        """
        if dist.get_rank(group) == 0:
            raise _make("invalid_argument", "the group's first process sends, the others receive")
        self._tensors = _tensors(weights)
        for name, tensor in self._tensors.items():
            if not tensor.is_contiguous():
                raise _make("invalid_argument", f"tensor {name!r} is not contiguous")
        self._group = group

    def receive(self) -> SyncedStep:
        """Waits for a step, checks it and applies it.

        Weights are first compared with those that the step is for, all of them; then changed; and
        compared with those that it makes. They are changed all or not at all.

        Raises:
            WcodecError: a process could not take the whole weights; it says which and why.
        """
        sent = 0
        while True:
            content, number, is_anchor = broadcast(None, 0, False, self._group)
            sent += len(content)
            outcome, reason = self._take(content, is_anchor)
            if agree(outcome, reason, is_anchor, self._group) is Outcome.APPLIED:
                return SyncedStep(number, is_anchor, sent)

    def _take(self, content: bytes, is_anchor: bool) -> tuple[Outcome, str | None]:
        try:
            if is_anchor:
                self._copy(content)
            else:
                self._apply(content)
        except WcodecError as error:
            return Outcome.REFUSED, str(error)
        return Outcome.APPLIED, None

    def _copy(self, content: bytes) -> None:
        source = Source.of_bytes(content)
        found = source.decode(source.infos, _FRAMEWORK, torch.device("cpu"))
        if not _alike(found, self._tensors):
            raise _make("invalid_argument", _difference(found, self._tensors))
        for name, tensor in found.items():
            self._tensors[name].copy_(tensor)

    def _apply(self, content: bytes) -> None:
        step = _native.Step(content)
        names = step.names()
        absent = [name for name in names if name not in self._tensors]
        if absent:
            raise _make("invalid_argument", f"there is no tensor {absent[0]!r} here")
        # Those on a GPU are changed in a copy, which replaces them once all are right.
        here = {name: self._tensors[name].detach().cpu() for name in names}
        step.apply([(name, tensor.data_ptr(), _byte_len(tensor)) for name, tensor in here.items()])
        for name, tensor in here.items():
            if tensor.data_ptr() != self._tensors[name].data_ptr():
                self._tensors[name].copy_(tensor)


def _tensors(weights: torch.nn.Module | Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors by name, without gradients; of those that share memory one."""
    given = weights.state_dict() if isinstance(weights, torch.nn.Module) else weights
    found = {name: tensor.detach() for name, tensor in given.items()}
    for left_out in aliases(found) if isinstance(weights, torch.nn.Module) else ():
        del found[left_out]
    return found


def _on_host(tensor: torch.Tensor) -> torch.Tensor:
    """A copy, which stays as it is while training goes on."""
    copy = torch.empty(tensor.shape, dtype=tensor.dtype)
    return copy.copy_(tensor)


def _alike(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        (tensor.dtype, tensor.shape) == (other[name].dtype, other[name].shape)
        for name, tensor in one.items()
    )


def _difference(sent: Mapping[str, torch.Tensor], here: Mapping[str, torch.Tensor]) -> str:
    """How the weights that were sent differ from those that are here."""
    names = sorted(sent.keys() ^ here.keys())
    if names:
        return f"tensor {names[0]!r} is {'sent' if names[0] in sent else 'here'} alone"
    name = next(name for name in sent if not _alike({name: sent[name]}, {name: here[name]}))
    kinds = [f"{tensor.dtype} {list(tensor.shape)}" for tensor in (sent[name], here[name])]
    return f"tensor {name!r} is sent as {kinds[0]}, and is {kinds[1]} here"


def _byte_len(tensor: torch.Tensor) -> int:
    return int(tensor.numel() * tensor.element_size())
