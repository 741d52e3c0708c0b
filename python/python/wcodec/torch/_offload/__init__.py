"""Offloading: a model whose layers come to the device as they are needed."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from wcodec._fit._sizes import parse, shown
from wcodec.torch._layout import argument_error
from wcodec.torch._offload.layers import Layer, layers_of
from wcodec.torch._offload.movers import (
    CpuMover,
    GpuMover,
    Mover,
    bytes_of_frame,
    bytes_on_the_way,
    plans_of,
)
from wcodec.torch._offload.schedule import Schedule, Traffic
from wcodec.torch._pack_model import pack_

# A layer that computes, and the next one, which is on its way.
_LEAST_FRAMES = 2
_HOSTS = ("pinned", "disk")


def offload(
    model: torch.nn.Module,
    device_memory: int | str,
    host: str = "pinned",
    device: Any = None,
    *,
    form: str | None = "fast",
    layers: Sequence[str] | None = None,
    folder: str | Path | None = None,
    profile: str = "balanced",
) -> Offloaded:
    """Keeps the layers of a model compressed in the host's memory, and brings them as they are run.

    Each layer is copied in one piece by a stream of its own while others compute, and decoded on
    the device to the weights that it had: results are those of the dense layers, to the bit. As
    many decoded layers as find room stay there; `Offloaded.traffic` says how often that helped.
    The model is for inference: gradients do not flow through layers that are gone.

    Args:
        model: a model in the host's memory, dense or packed, which is changed in place. Its layers
            run dense.
        device_memory: bytes of the device that its weights may take, or such as `"12GiB"`: what is
            in no layer, frames for decoded layers, and archives on their way. The cache of keys and
            values comes on top of that: see `wcodec.fit`.
        host: where compressed layers lie: `"pinned"`, or `"disk"` for files, of which the system
            keeps in memory what it can. A GPU does not compare their checksums again each time.
        device: where the model is run: the first GPU if there is one, or else the CPU, which has
            the same layers decoded by a thread.
        form: the form in which weights that are in no layer are packed; None to leave them.
        layers: names of the modules to offload; the longest list of modules unless given.
        folder: where files are made with `host="disk"`; a temporary one unless given.
        profile: how layers are compressed: `"balanced"`, `"fast"` or `"ratio"`.

    Returns:
        What holds the layers; `remove` brings them back.

    Raises:
        ArgumentError: the memory is too little, which the message has the least of; there is no
            list of layers, or they share parameters with the rest.
        GpuError: the device cannot be used.
    """
    if host not in _HOSTS:
        raise argument_error(f"there is no host {host!r}: take one of {', '.join(_HOSTS)}")
    found = layers_of(model, layers)
    place = _device(device)
    budget = parse(device_memory)
    offloaded = Offloaded(place, [Layer(name, module, profile) for name, module in found])
    if host == "disk":
        offloaded._keep_in_files(folder)
    # All but the layers, which have nothing left.
    model.to(place)
    if form is not None:
        pack_(model, form, lambda name, _: any(_is_in(name, one) for one, _ in found))
    offloaded._start(model, budget)
    return offloaded


class Offloaded:
    """A model's layers, which lie compressed in the host's memory.

    Attributes:
        traffic: what was moved since it was made, or since `reset`.
        frames: decoded layers that the device has room for.
        host_bytes: bytes of the compressed layers.
        device_bytes: bytes of the device that all weights take.
    """

    def __init__(self, device: torch.device, layers: list[Layer]) -> None:
        """Layers that were compressed; `offload` makes it."""
        self.traffic = Traffic()
        self.frames = 0
        self.device_bytes = 0
        self._device = device
        self._layers = layers
        self._handles: list[Any] = []
        self._folder: Any = None
        self._mover: Mover
        self._schedule: Schedule
        # Layers that are on their way, or there, and were not used since.
        self._fresh: set[int] = set()

    @property
    def host_bytes(self) -> int:
        """Bytes of the compressed layers."""
        return sum(layer.coded_len for layer in self._layers)

    def _keep_in_files(self, folder: str | Path | None) -> None:
        if folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="wcodec-offload-")
            folder = self._folder.name
        Path(folder).mkdir(parents=True, exist_ok=True)
        for layer in self._layers:
            layer.keep_in(Path(folder))

    def _start(self, model: torch.nn.Module, budget: int) -> None:
        """Takes the memory that there is, and hooks the layers."""
        unique = dict.fromkeys((*model.parameters(), *model.buffers()))
        rest = sum(one.numel() * one.element_size() for one in unique)
        plans = plans_of(self._layers, self._device) if self._device.type == "cuda" else []
        if plans:
            frame, fixed = bytes_of_frame(plans), rest + bytes_on_the_way(self._layers, plans)
        else:
            frame, fixed = max(layer.decoded_len for layer in self._layers), rest
        self.frames = min((budget - fixed) // frame, len(self._layers))
        if self.frames < _LEAST_FRAMES:
            least = shown(fixed + _LEAST_FRAMES * frame)
            raise argument_error(f"{shown(budget)} of device memory: at least {least} are needed")
        self.device_bytes = fixed + self.frames * frame
        self._mover = (
            GpuMover(self._layers, plans, self.frames, self._device)
            if plans
            else CpuMover(self._layers, self.frames)
        )
        self._schedule = Schedule(len(self._layers), self.frames)
        own = weakref.ref(self)
        for number, layer in enumerate(self._layers):
            before = layer.module.register_forward_pre_hook(_before(own, number))
            after = layer.module.register_forward_hook(_after(own, number), always_call=True)
            saved = layer.module.register_state_dict_pre_hook(_refuse_state)
            self._handles += [before, after, saved]
        model._wcodec_offloaded = self

    def _enter(self, number: int) -> None:
        """Has a layer's weights in place before it is run, and the next ones on their way."""
        schedule, traffic = self._schedule, self.traffic
        is_hit = schedule.frame_of(number) is not None and number not in self._fresh
        schedule.use(number)
        if schedule.frame_of(number) is None:
            self._fetch(number)
        traffic.uses += 1
        traffic.hits += is_hit
        self._fresh.discard(number)
        frame = schedule.frame_of(number)
        assert frame is not None
        self._layers[number].bind(self._mover.wait(number, frame))
        self._prefetch()

    def _leave(self, number: int) -> None:
        """Lets go of a layer that was run."""
        self._layers[number].release()
        frame = self._schedule.frame_of(number)
        if frame is not None:
            self._mover.done(frame)

    def _prefetch(self) -> None:
        """Starts to bring the layer that is needed next, where it would displace no better one.

        One at a time: more would displace layers that stay, one after another. Nothing here waits
        for the device, so that the bus has work all the time.
        """
        coming = self._schedule.missing()
        if coming is not None and not self._fresh:
            self._fetch(coming)

    def _fetch(self, number: int) -> None:
        frame = self._schedule.place(number)
        if frame is None:
            return
        layer = self._layers[number]
        self._mover.start(number, frame)
        self._fresh.add(number)
        self.traffic.bytes_moved += layer.coded_len
        self.traffic.bytes_decoded += layer.decoded_len

    def reset(self) -> None:
        """Counts traffic anew."""
        self.traffic = Traffic()

    def remove(self) -> None:
        """Brings all layers back to the host's memory, dense, and ends offloading."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        for layer in self._layers:
            layer.bind(layer.decode())
        if self._folder is not None:
            self._folder.cleanup()


def _is_in(name: str, layer: str) -> bool:
    return name == layer or name.startswith(f"{layer}.")


def _before(own: Any, number: int) -> Any:
    def hook(module: Any, arguments: Any) -> None:
        own()._enter(number)

    return torch.compiler.disable(hook)


def _after(own: Any, number: int) -> Any:
    def hook(module: Any, arguments: Any, output: Any) -> None:
        own()._leave(number)

    return torch.compiler.disable(hook)


def _refuse_state(module: Any, prefix: str, keep_vars: bool) -> None:
    raise argument_error("layers of this model are offloaded: call remove() before it is saved")


def _device(device: Any) -> torch.device:
    """The device, with its number."""
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    found = torch.device(device)
    if found.type not in ("cpu", "cuda"):
        raise argument_error(f"nothing is offloaded to the device {found}")
    if found.type == "cuda" and found.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return found
