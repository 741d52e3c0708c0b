"""In which form a model fits, and what would be offloaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from wcodec._fit._memory import Memory
from wcodec._fit._sizes import shown
from wcodec._fit._weights import Weights

# Layers that are on their way to the GPU while another computes.
_SLOTS = 2


@dataclass(frozen=True)
class Form:
    """A form of the weights.

    Attributes:
        name: `"dense"`, `"packed"` or `"offloaded"`.
        weights: bytes of weights on the GPU.
        total: bytes on the GPU, with all that is needed beside.
        fits: whether there are as many.
        layers_on_gpu: layers that stay there.
        host: bytes of compressed layers in the host's memory, or in files.
    """

    name: str
    weights: int
    total: int
    fits: bool
    layers_on_gpu: int
    host: int = 0


@dataclass(frozen=True)
class Fit:
    """What a model takes of a GPU's memory.

    Attributes:
        gpu: bytes of the GPU.
        archive: bytes of the weights as an archive.
        is_archive_estimated: whether those are estimated, by what trained weights usually take.
        layers: layers of the model.
        memory: what it needs beside its weights.
        forms: the forms of the weights, the fastest that fits being `best`.
    """

    gpu: int
    archive: int
    is_archive_estimated: bool
    layers: int
    memory: Memory
    forms: tuple[Form, ...]

    @property
    def best(self) -> Form | None:
        """The form to take: packed where it fits, as it is the faster, else offloaded."""
        order = {"packed": 0, "dense": 1, "offloaded": 2}
        return min(
            (one for one in self.forms if one.fits), default=None, key=lambda one: order[one.name]
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        best = self.best
        return {**asdict(self), "best": None if best is None else best.name}

    def __str__(self) -> str:
        """A table, and what follows from it."""
        memory, about = self.memory, "about " if self.is_archive_estimated else ""
        lines = [
            f"GPU {shown(self.gpu)}; {memory.batch} x {memory.context} tokens: "
            f"cache {shown(memory.cache)}, working memory {shown(memory.working)}, "
            f"driver and kernels {shown(memory.reserve)}",
            f"{'form':<10}{'weights':>12}{'in all':>12}  fits",
        ]
        for form in self.forms:
            fits = "yes" if form.fits else "no"
            lines.append(f"{form.name:<10}{shown(form.weights):>12}{shown(form.total):>12}  {fits}")
        lines.append(f"{'archive':<10}{about + shown(self.archive):>12} on disk")
        return "\n".join([*lines, self._advice()])

    def _advice(self) -> str:
        best = self.best
        if best is None:
            return "Nothing fits: take a shorter context, fewer sequences, or another GPU."
        if best.name != "offloaded":
            return f"Take it {best.name}: {shown(self.gpu - best.total)} are left."
        away = self.layers - best.layers_on_gpu
        return (
            f"Offload {away} of {self.layers} layers: {shown(best.host)} compressed in the host's "
            "memory, which a step of tokens moves once."
        )


def plan(weights: Weights, memory: Memory, gpu: int) -> Fit:
    """Which form fits a GPU of as many bytes."""
    total, layers = weights.total, len(weights.layers)

    def form(name: str, on_gpu: int, kept: int, host: int = 0) -> Form:
        in_all = on_gpu + memory.total
        return Form(name, on_gpu, in_all, in_all <= gpu, kept, host)

    forms = [form("dense", total.dense, layers), form("packed", total.packed, layers)]
    kept, on_gpu, host = _offloaded(weights, gpu - memory.total)
    if layers > _SLOTS:
        forms.append(form("offloaded", on_gpu, kept, host))
    return Fit(gpu, total.coded, weights.is_estimated, layers, memory, tuple(forms))


def _offloaded(weights: Weights, budget: int) -> tuple[int, int, int]:
    """Layers that stay, bytes on the GPU, and compressed bytes of the others.

    Layers run dense there, as they are decoded; what is in no layer stays packed.
    """
    parts = list(weights.layers.values())
    largest = max((part.dense for part in parts), default=0)
    blob = max((part.coded for part in parts), default=0)
    on_gpu = weights.rest.packed + _SLOTS * (largest + blob)
    kept = 0
    for part in parts:
        if on_gpu + part.dense > budget or kept + _SLOTS >= len(parts):
            break
        on_gpu += part.dense
        kept += 1
    return kept, on_gpu, sum(part.coded for part in parts[kept:])
