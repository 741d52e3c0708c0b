"""Steps of training, sent to processes that have the weights before them."""

from __future__ import annotations

from typing import Any

import pytest
import torch.distributed as dist

import processes
import torch
import wcodec
from wcodec.torch import _broadcast
from wcodec.torch.sync import Receiver, Sender

ROWS, COLUMNS = 300, 512


def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    big = torch.randn(ROWS, COLUMNS, generator=generator).bfloat16() / 50
    return {"a": big, "b": torch.ones(70), "n": torch.zeros(3, dtype=torch.int64)}


def change(tensors: dict[str, torch.Tensor], step: int) -> None:
    """Changes one of a hundred weights of the first tensor, as a step of training does."""
    generator = torch.Generator().manual_seed(step)
    chosen = torch.randperm(ROWS * COLUMNS, generator=generator)[: ROWS * COLUMNS // 100]
    tensors["a"].view(-1)[chosen] *= 1.01
    tensors["n"] += 1


def after(steps: int) -> dict[str, torch.Tensor]:
    expected = weights()
    for step in range(steps):
        change(expected, step)
    return expected


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def train(rank: int) -> list[Any]:
    """Six steps, a process that loses its weights before the third, and a step of no change."""
    found = []
    if rank == 0:
        mine = weights()
        sender = Sender(mine, anchor_every=5)
        for step in range(6):
            change(mine, step)
            found.append(tuple(sender.send()))
        found.append(tuple(sender.send()))
        return found
    mine = {name: torch.zeros_like(tensor) for name, tensor in weights().items()}
    places = {name: tensor.data_ptr() for name, tensor in mine.items()}
    receiver = Receiver(mine)
    for step in range(6):
        if step == 2 and rank == 1:
            mine["b"] += 1
        found.append(tuple(receiver.receive()))
        assert same(mine, after(step + 1))
    found.append(tuple(receiver.receive()))
    assert same(mine, after(6))
    assert places == {name: tensor.data_ptr() for name, tensor in mine.items()}
    return found


def test_steps() -> None:
    sent, *received = processes.run(3, train)
    assert all(one == sent for one in received)
    assert [number for number, _, _ in sent] == [1, 2, 3, 4, 5, 6, 7]
    # The first, the one that a process could not apply, and no other so soon.
    assert [number for number, is_anchor, _ in sent if is_anchor] == [1, 3]
    sizes = {number: size for number, _, size in sent}
    assert sizes[2] < sizes[1] / 20
    assert sizes[1] < sizes[3] < sizes[1] * 1.1
    # Nothing changed.
    assert sizes[7] < 1000


def anchors(rank: int) -> list[bool]:
    mine = weights()
    if rank == 0:
        sender = Sender(mine, anchor_every=3)
        return [sender.send().is_anchor for _ in range(7)]
    receiver = Receiver(mine)
    return [receiver.receive().is_anchor for _ in range(7)]


def module(rank: int) -> None:
    """Tied weights are sent once, and a module whose dtypes change is sent whole."""
    torch.manual_seed(rank)
    layers = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Linear(64, 64))
    layers[1].weight = layers[0].weight
    if rank == 0:
        sender = Sender(layers)
        assert sender.send().is_anchor
        assert not sender.send().is_anchor
        expected = [tensor.detach().clone() for tensor in layers.parameters()]
    else:
        receiver = Receiver(layers)
        receiver.receive()
        receiver.receive()
        expected = [torch.empty_like(tensor) for tensor in layers.parameters()]
    for one, parameter in zip(expected, layers.parameters(), strict=True):
        dist.broadcast(one, 0)
        assert torch.equal(one, parameter)


def misfits(rank: int) -> str:
    """Weights that are not the sender's."""
    mine = {"a": torch.ones(4, 4)} if rank == 0 else {"a": torch.ones(4, 5)}
    end: Any = Sender(mine) if rank == 0 else Receiver(mine)
    with pytest.raises(wcodec.WcodecError) as failed:
        end.send() if rank == 0 else end.receive()
    return str(failed.value)


def damaged(rank: int) -> None:
    """Bytes that change on the way are not applied, and the weights stay as they were."""
    mine = weights()
    if rank == 0:
        sender = Sender(mine)
        sender.send()
        change(mine, 0)
        step = sender.send()
        assert step.is_anchor
        return
    receiver = Receiver(mine)
    receiver.receive()
    taken = receiver._take
    before: list[dict[str, torch.Tensor]] = []

    def spoiled(content: bytes, is_anchor: bool) -> Any:
        if is_anchor:
            return taken(content, is_anchor)
        at = len(content) // 2
        outcome = taken(content[:at] + bytes([content[at] ^ 8]) + content[at + 1 :], is_anchor)
        before.append({name: tensor.clone() for name, tensor in mine.items()})
        return outcome

    receiver._take = spoiled  # type: ignore[method-assign]
    receiver.receive()
    assert same(before[0], weights())
    assert same(mine, after(1))


def arguments(rank: int) -> None:
    mine = weights()
    wrong: Any = Receiver if rank == 0 else Sender
    with pytest.raises(wcodec.ArgumentError, match="first process sends"):
        wrong(mine)
    if rank == 0:
        with pytest.raises(wcodec.ArgumentError, match="anchor_every"):
            Sender(mine, anchor_every=0)
    else:
        with pytest.raises(wcodec.ArgumentError, match="not contiguous"):
            Receiver({"a": mine["a"].T})


def all_of_two(rank: int) -> tuple[list[bool], str]:
    """What takes two processes, in those, as starting them takes long."""
    module(rank)
    damaged(rank)
    arguments(rank)
    _broadcast._PIECE = 1000
    return anchors(rank), misfits(rank)


def test_anchors_modules_and_what_does_not_fit() -> None:
    for found, message in processes.run(2, all_of_two):
        assert found == [True, False, False, True, False, False, True]
        assert "process 1: tensor 'a' is sent as torch.float32 [4, 4]" in message
