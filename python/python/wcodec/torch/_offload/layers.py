"""Layers as archives: what is offloaded of a model, and where its weights go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from wcodec import _native, _save
from wcodec._frameworks import framework_of
from wcodec.torch._layout import argument_error
from wcodec.torch._pack_model import unpack_

_ALIGN = 256


@dataclass
class Slot:
    """A parameter or buffer of a layer, and where its bytes begin among the decoded ones."""

    name: str
    tensor: torch.Tensor
    dtype: torch.dtype
    shape: torch.Size
    start: int = 0

    @property
    def byte_len(self) -> int:
        """Bytes of its elements."""
        return int(self.shape.numel() * self.dtype.itemsize)

    def view(self, decoded: torch.Tensor) -> torch.Tensor:
        """Its elements among the decoded bytes."""
        part = decoded[self.start : self.start + self.byte_len]
        return part.view(self.dtype).view(self.shape)


class Layer:
    """A layer that lies compressed, in memory or in a file."""

    def __init__(self, name: str, module: torch.nn.Module, profile: str) -> None:
        """Compresses the parameters of a layer, which keeps none of them."""
        unpack_(module)
        self.name = name
        self.module = module
        self.slots = list(_slots(module))
        weights = {slot.name: slot.tensor.detach().cpu() for slot in self.slots}
        self.archive = _save.save(weights, None, profile, framework_of("torch"))
        # Where it lies instead, once it was moved.
        self.file: Path | None = None
        self.pinned: torch.Tensor | None = None
        self.coded_len = len(self.archive)
        self.decoded_len = 0
        for slot in self.slots:
            slot.start = self.decoded_len
            self.decoded_len += -(-slot.byte_len // _ALIGN) * _ALIGN
        self.release()

    def release(self) -> None:
        """Takes its weights from the module."""
        for slot in self.slots:
            slot.tensor.data = slot.tensor.data.new_empty(0)

    def bind(self, decoded: torch.Tensor) -> None:
        """Gives the module its weights, which lie among decoded bytes."""
        for slot in self.slots:
            slot.tensor.data = slot.view(decoded)

    def keep_in(self, folder: Path) -> None:
        """Moves the archive to a file of its own."""
        self.file = folder / f"{self.name}.wcodec"
        self.file.write_bytes(self.archive)
        self.archive = b""

    def read(self) -> bytes:
        """The archive."""
        if self.pinned is not None:
            return bytes(self.pinned.numpy())
        return self.archive if self.file is None else self.file.read_bytes()

    def decode(self) -> torch.Tensor:
        """Decodes it on the CPU."""
        decoded = torch.empty(self.decoded_len, dtype=torch.uint8)
        source = _native.open_bytes(self.read())
        start = decoded.data_ptr()
        source.decode(
            [(slot.name, None, None, start + slot.start, slot.byte_len) for slot in self.slots]
        )
        return decoded


def _slots(module: torch.nn.Module) -> Iterator[Slot]:
    """The parameters of a layer, each once, in the order of its modules."""
    for name, parameter in module.named_parameters():
        if parameter.numel() > 0:
            yield Slot(name, parameter, parameter.dtype, parameter.shape)


def layers_of(model: torch.nn.Module, names: Sequence[str] | None) -> list[tuple[str, Any]]:
    """The modules to offload: those that are named, or else those of the largest list."""
    if names is not None:
        return [(name, model.get_submodule(name)) for name in names]
    lists = [
        (name, one) for name, one in model.named_modules() if isinstance(one, torch.nn.ModuleList)
    ]
    name, found = max(lists, default=("", None), key=lambda one: _bytes_of(one[1]))
    if found is None or len(found) < 3:
        raise argument_error("the model has no list of three layers or more: name its layers")
    shared = _shared(model, list(found))
    if shared:
        raise argument_error(f"{shared} is shared between layers, or with what is not offloaded")
    return [(f"{name}.{number}", layer) for number, layer in enumerate(found)]


def _bytes_of(module: torch.nn.Module) -> int:
    return sum(one.numel() * one.element_size() for one in module.parameters())


def _shared(model: torch.nn.Module, layers: Sequence[torch.nn.Module]) -> str | None:
    """The name of a parameter that more than one layer has, or one and the rest."""
    seen: dict[int, int] = {}
    inside = {id(one) for layer in layers for one in layer.modules()}
    groups = [
        *(layer.named_parameters() for layer in layers),
        (
            (f"{name}.{own}", parameter)
            for name, one in model.named_modules()
            if id(one) not in inside
            for own, parameter in one.named_parameters(recurse=False)
        ),
    ]
    for number, group in enumerate(groups):
        for name, parameter in group:
            if seen.setdefault(id(parameter), number) != number:
                return str(name)
    return None
