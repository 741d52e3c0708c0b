"""Which modules of a model are packed, and why others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from wcodec.torch.nn import Embedding, Experts, Linear
from wcodec.torch.nn._experts import reason_to_leave_experts

Skip = Iterable[str] | Callable[[str, torch.nn.Module], bool]


def skips_of(skip: Skip) -> Callable[[str, torch.nn.Module], bool]:
    """The function that says which modules are left."""
    if callable(skip):
        return skip
    patterns = [skip] if isinstance(skip, str) else list(skip)

    def matches(name: str, module: torch.nn.Module) -> bool:
        return any(
            fnmatchcase(name, pattern) or name.endswith(f".{pattern}") for pattern in patterns
        )

    return matches


def with_weights(
    parent: torch.nn.Module, prefix: str = ""
) -> Iterator[tuple[torch.nn.Module, str, str, torch.nn.Module]]:
    """Parent, attribute, name and module of all that have parameters of their own."""
    for attribute in list(parent._modules):
        module = parent._modules[attribute]
        if module is None:
            continue
        name = f"{prefix}{attribute}"
        yield from with_weights(module, f"{name}.")
        if any(True for _ in module.parameters(recurse=False)):
            yield parent, attribute, name, module


def reason_to_leave(
    name: str,
    module: torch.nn.Module,
    skips: Callable[[str, torch.nn.Module], bool],
    devices: Sequence[str] = ("cpu", "cuda"),
) -> str | None:
    """Why a module is left as it is; None where it is packed."""
    kind = type(module)
    if isinstance(module, Linear | Embedding | Experts):
        return "packed before"
    if skips(name, module):
        return "skipped"
    if kind not in (torch.nn.Linear, torch.nn.Embedding):
        return reason_to_leave_experts(module, devices)
    weight = module.weight
    if not isinstance(weight, torch.Tensor) or weight.dtype != torch.bfloat16:
        return f"of {weight.dtype}"
    if weight.device.type not in devices:
        return f"on the device {weight.device.type}"
    if getattr(module, "max_norm", None) is not None:
        return "changed by max_norm"
    hooks: Any = (module._forward_hooks, module._forward_pre_hooks, hasattr(module, "_hf_hook"))
    return "hooks are on it" if any(hooks) else None


def could_be_packed(module: torch.nn.Module) -> bool:
    """Whether modules of its kind are packed, if nothing else keeps this one from it."""
    if isinstance(module, torch.nn.Linear | torch.nn.Embedding):
        return True
    devices = ("meta", "cpu", "cuda")
    return isinstance(module, Experts) or reason_to_leave_experts(module, devices) is None


def parameters_left(
    model: torch.nn.Module, skips: Callable[[str, torch.nn.Module], bool]
) -> set[int]:
    """The numbers of the parameters of all modules that are left."""
    return {
        id(parameter)
        for _, _, name, module in with_weights(model)
        if reason_to_leave(name, module, skips) is not None
        for parameter in module.parameters(recurse=False)
    }
