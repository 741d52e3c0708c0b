"""Whole models, packed in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from wcodec.torch._layout import FORMS, argument_error, pack
from wcodec.torch._merge import MERGED, merge_layers
from wcodec.torch._report import Report
from wcodec.torch._select import Skip, parameters_left, reason_to_leave, skips_of, with_weights
from wcodec.torch._stack import is_worth_packing, pack_stack
from wcodec.torch.nn import Embedding, Experts, Linear
from wcodec.torch.nn._experts import start_packed


def pack_(
    model: torch.nn.Module,
    form: str = "fast",
    skip: Skip = (),
    merge: bool | Sequence[Sequence[str]] = True,
    *,
    exact: bool = False,
) -> Report:
    """Packs the linear layers, embeddings and experts of a model in place, one after another.

    Each lies on its device as before. Weights that are shared stay shared. Whatever cannot be
    packed, or would not be smaller, stays as it is.

    Args:
        model: the model, of BF16.
        form: `"fast"` for three quarters of the bytes, or `"whole"`.
        skip: names of modules to leave, in which `*` stands for anything, or a function of name and
            module that says so.
        merge: whether layers such as query, key and value are started together, or the names of
            layers of one parent that are to be.
        exact: whether products are those of the dense layers, bit for bit: weights are unpacked
            for each.

    Returns:
        What was packed, and what was not, with the reasons.

    Raises:
        ArgumentError: the model is itself a layer, or there is no such form.
        GpuError: the device cannot be used.

    >>> import torch
    >>> import wcodec.torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.LayerNorm(512))
    >>> report = wcodec.torch.pack_(model.to(torch.bfloat16))
    >>> report.packed, report.left
    (['0'], {'1': 'a LayerNorm'})
    """
    if form not in FORMS:
        raise argument_error(f"there is no form {form!r}: take one of {', '.join(FORMS)}")
    if isinstance(model, torch.nn.Linear | torch.nn.Embedding):
        kind = type(model).__name__
        raise argument_error(f"the model is a {kind} itself: make one by {kind}.from_dense")
    packing = _Packing(model, form, skip, exact)
    for parent, attribute, name, module in with_weights(model):
        packed = packing.packed(name, module)
        if packed is not None:
            setattr(parent, attribute, packed)
    if merge:
        groups = MERGED if merge is True else tuple(tuple(names) for names in merge)
        merge_layers(model, groups)
    return packing.report


class _Packing:
    """A model that is being packed, and what was packed of it."""

    def __init__(self, model: torch.nn.Module, form: str, skip: Skip, exact: bool) -> None:
        self.form = form
        self.exact = exact
        self.report = Report()
        self._skips = skips_of(skip)
        self._kept = parameters_left(model, self._skips)
        # By the numbers of dense modules, and of their weights, which may be shared.
        self._modules: dict[int, Linear | Embedding | None] = {}
        self._weights: dict[int, Linear | Embedding | None] = {}
        self._experts: list[Experts] = []

    def packed(self, name: str, module: Any) -> torch.nn.Module | None:
        """The module to put in the place of one; None where it stays."""
        if isinstance(module, Linear | Embedding | Experts):
            # Packed before, or just now in a block that the model has twice. It is not looked up,
            # as it may have the number of a dense module that is gone.
            made = (*self._modules.values(), *self._experts)
            if all(module is not one for one in made):
                self.report.left[name] = "packed before"
            return None
        number = id(module)
        if number not in self._modules:
            reason = reason_to_leave(name, module, self._skips)
            is_layer = isinstance(module, torch.nn.Linear | torch.nn.Embedding)
            if reason is None and not is_layer:
                self._note(name, self._pack_experts(name, module))
                return None
            if reason is None and id(module.weight) in self._kept:
                reason = "its weight is shared with one that is left"
            self._modules[number] = None if reason else self._shared(module)
            self._note(name, reason or ("not smaller" if self._modules[number] is None else None))
        return self._modules[number]

    def _note(self, name: str, reason: str | None) -> None:
        if reason is not None:
            self.report.left[name] = reason
        elif name not in self.report.packed:
            self.report.packed.append(name)

    def _pack_experts(self, name: str, module: torch.nn.Module) -> str | None:
        """Packs experts in place; the reason where none of their weights would be smaller."""
        found = [
            pack_experts(module, attribute, weight, self.form, self.exact)
            for attribute, weight in list(module._parameters.items())
            if weight is not None
        ]
        for dense, packed in filter(None, found):
            self.report.count(name, dense, packed)
        if not isinstance(module, Experts):
            return "not smaller"
        self._experts.append(module)
        return None

    def _shared(self, dense: Any) -> Linear | Embedding | None:
        """The packed module in the place of a dense one, whose weight another may have."""
        number, weight = id(dense.weight), dense.weight
        like = self._weights.get(number)
        if number in self._weights and like is None:
            return None
        made = packed_of(dense, weight, self.form, self.exact, like)
        if number not in self._weights:
            self._weights[number] = made
            if made is not None:
                self.report.dense_bytes += weight.numel() * weight.element_size()
                self.report.packed_bytes += made.weight_packed.numel()
        return made


def pack_experts(
    module: torch.nn.Module, name: str, weight: torch.Tensor, form: str, exact: bool
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Packs a parameter of experts in place; None where it would not be smaller.

    Returns:
        The dense and the packed weight.
    """
    if not is_worth_packing(weight, form):
        return None
    packed, layout = pack_stack(weight, form)
    start_packed(module, exact).fill(name, packed, layout)
    return weight, packed


def packed_of(
    dense: Any, weight: torch.Tensor, form: str, exact: bool, like: Any = None
) -> Linear | Embedding | None:
    """The packed module in the place of a dense one; None where it would not be smaller.

    Args:
        dense: the linear layer or embedding.
        weight: its weight.
        form: the form to pack it in.
        exact: whether products are those of the dense layer.
        like: a packed module of the same weight, which is shared.
    """
    if like is None:
        packed, layout = pack(weight, form)
        if layout.form != form:
            return None
    else:
        packed, layout = like.weight_packed, like.layout
    made: Linear | Embedding
    if isinstance(dense, torch.nn.Linear):
        made = Linear._of(packed, layout, exact)
        made.bias = dense.bias
    else:
        made = Embedding._of(packed, layout, dense.padding_idx)
    made.train(dense.training)
    return made


def unpack_(model: torch.nn.Module) -> None:
    """Makes the packed modules of a model dense again, in place; shared weights stay shared.

    >>> import torch
    >>> import wcodec.torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(256, 512)).to(torch.bfloat16)
    >>> report = wcodec.torch.pack_(model)
    >>> wcodec.torch.unpack_(model)
    >>> type(model[0])
    <class 'torch.nn.modules.linear.Linear'>
    """
    modules: dict[int, Any] = {}
    weights: dict[int, torch.nn.Parameter] = {}
    for parent, attribute, _, module in with_weights(model):
        if isinstance(module, Linear | Embedding | Experts):
            if id(module) not in modules:
                modules[id(module)] = dense_of(module, weights)
            setattr(parent, attribute, modules[id(module)])


def dense_of(module: Linear | Embedding | Experts, weights: dict[int, torch.nn.Parameter]) -> Any:
    """The dense module, with a weight that others of the same packed one have."""
    dense: Any = module.to_dense()
    if isinstance(module, Experts):
        return dense
    dense.weight = weights.setdefault(id(module.weight_packed), dense.weight)
    return dense
