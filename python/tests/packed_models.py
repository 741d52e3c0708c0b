"""Packed modules and models for tests."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

import torch
import wcodec.torch


def matrix(rows: int, columns: int, seed: int = 1) -> torch.Tensor:
    """BF16 weights of which some have no code in the fast form."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(rows, columns, generator=generator) * 0.02
    weight[::7, ::5] *= 0.0
    weight[::31, ::17] = 3e8
    weight[0, 0] = 1e-39
    return weight.to(torch.bfloat16)


def numbers(*shape: int, seed: int = 2) -> torch.Tensor:
    """BF16 numbers to multiply."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).to(torch.bfloat16)


def dense_linear(rows: int, columns: int, bias: bool = True) -> torch.nn.Linear:
    linear = torch.nn.Linear(columns, rows, bias, dtype=torch.bfloat16)
    linear.weight.data = matrix(rows, columns)
    return linear


def bits(tensor: torch.Tensor) -> torch.Tensor:
    """What is to be equal, signs of zeros and all."""
    return tensor.detach().contiguous().view(torch.int16)


def near(one: torch.Tensor, other: torch.Tensor, scale: torch.Tensor) -> bool:
    """Whether sums in two orders differ by no more than rounding."""
    return bool(((one.double() - other.double()).abs() <= 2.0**-7 * scale).all())


def gradients(module: torch.nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    module(x).square().sum().backward()
    found = [x.grad, *(parameter.grad for parameter in module.parameters())]
    return [grad for grad in found if grad is not None]


class Attention(torch.nn.Module):
    """Layers that multiply the same x, as in models."""

    def __init__(self, seen: bool = True) -> None:
        super().__init__()
        self.q_proj = dense_linear(64, 48)
        self.k_proj = dense_linear(16, 48, False)
        self.v_proj = dense_linear(16, 48)
        for seed, linear in enumerate((self.q_proj, self.k_proj, self.v_proj)):
            linear.weight.data = numbers(*linear.weight.shape, seed=seed) * 0.1

    def forward(self, x: torch.Tensor, other: torch.Tensor | None = None) -> torch.Tensor:
        other = x if other is None else other
        q, k, v = self.q_proj(x), self.k_proj(other), self.v_proj(other)
        result: torch.Tensor = torch.cat([q, k * v], -1)
        return result


class Model(torch.nn.Module):
    """Something of everything that is packed, or not."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(100, 48)
        self.attention = torch.nn.ModuleList([Attention(), Attention()])
        self.norm = torch.nn.LayerNorm(80)
        self.out = torch.nn.Linear(80, 48)
        self.head = torch.nn.Linear(48, 100, bias=False)
        self.to(torch.bfloat16)
        self.embedding.weight.data = numbers(100, 48)
        self.head.weight = self.embedding.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.embedding(ids)
        for layer in self.attention:
            x = self.out(self.norm(layer(x)))
        result: torch.Tensor = self.head(x)
        return result


IDS = torch.tensor([[1, 99, 3], [0, 5, 7]])


def small_model() -> Model:
    torch.manual_seed(3)
    return Model()


def packed_model(**arguments: Any) -> tuple[Model, Model, wcodec.torch.Report]:
    dense = small_model()
    packed = copy.deepcopy(dense)
    return dense, packed, wcodec.torch.pack_(packed, **arguments)


def alone(linear: Any, x: torch.Tensor) -> torch.Tensor:
    """The product of a layer that is started by itself."""
    result: torch.Tensor = torch.ops.wcodec.linear(
        x, linear.weight_packed, linear.bias, linear.out_features, linear.scale
    )
    return result


class Calls(TorchDispatchMode):
    """Counts the calls of our operators."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name()
        if name.startswith("wcodec::"):
            self.counts[name] = self.counts.get(name, 0) + 1
        return func(*args, **(kwargs or {}))


def count_calls(work: Callable[[], Any]) -> dict[str, int]:
    """How often each operator of ours is called."""
    with torch.no_grad(), Calls() as calls:
        work()
    counts: dict[str, int] = calls.counts
    return counts


class Tensors(TorchDispatchMode):
    """The most bytes of tensors that were alive at once, of those that work makes."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0
        self._alive: dict[int, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for one in result if isinstance(result, list | tuple) else (result,):
            if isinstance(one, torch.Tensor) and one.device.type != "meta":
                self._count(one.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        number = storage._cdata
        if number not in self._alive:
            self._alive[number] = storage.nbytes()
            weakref.finalize(storage, self._alive.pop, number, None)
            self.most = max(self.most, sum(self._alive.values()))
