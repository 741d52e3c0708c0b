"""What brings layers to a device: by streams to a GPU, or by a thread on a CPU."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import torch
from wcodec import _native
from wcodec.errors import _make
from wcodec.torch._offload.layers import Layer

# Archives that are on their way at a time: one is copied while the one before is decoded.
_BUFFERS = 2


class Mover(Protocol):
    """Brings decoded layers to frames of a device."""

    def start(self, layer: int, frame: int) -> None:
        """Starts to bring a layer to a frame, once what was started with that frame is done."""

    def wait(self, layer: int, frame: int) -> torch.Tensor:
        """The decoded bytes in a frame, for work that is started from now on."""

    def done(self, frame: int) -> None:
        """Notes that all work with a frame was started."""


class CpuMover:
    """The twin of `GpuMover`: a thread decodes while others compute."""

    def __init__(self, layers: Sequence[Layer], frames: int) -> None:
        """A mover to the memory of the CPU."""
        self._layers = layers
        self._decoded: list[Future[torch.Tensor] | None] = [None] * frames
        self._thread = ThreadPoolExecutor(1, "wcodec-offload")

    def start(self, layer: int, frame: int) -> None:
        """Starts to decode; what was in the frame is let go of."""
        self._decoded[frame] = self._thread.submit(self._layers[layer].decode)

    def wait(self, layer: int, frame: int) -> torch.Tensor:
        """Waits until it is decoded."""
        future = self._decoded[frame]
        assert future is not None
        return future.result()

    def done(self, frame: int) -> None:
        """Has nothing to note: a CPU works at once."""


class GpuMover:
    """Copies archives by a stream of its own, and decodes them by another."""

    def __init__(
        self, layers: Sequence[Layer], plans: Sequence[Any], frames: int, device: torch.device
    ) -> None:
        """A mover to a GPU, for archives that have plans there."""
        self._plans = plans
        self._pinned = [_pinned(layer) for layer in layers]
        self._files = [layer.file for layer in layers]
        self._lengths = [layer.coded_len for layer in layers]
        self._device = device
        frame = max(plan.decoded_len for plan in plans)
        self._frames = [self._empty(frame) for _ in range(frames)]
        coded, work = max(layer.coded_len for layer in layers), max(one.work_len for one in plans)
        self._coded = [self._empty(coded) for _ in range(_BUFFERS)]
        self._work = [self._empty(work) for _ in range(_BUFFERS)]
        self._staged = [_pinned_bytes(coded) if any(self._files) else None for _ in range(_BUFFERS)]
        self._copying, self._decoding = torch.cuda.Stream(device), torch.cuda.Stream(device)
        # Reached once a frame's layer was run, once it was decoded, and once a buffer is free.
        self._free = [torch.cuda.Event() for _ in range(frames)]
        self._ready = [torch.cuda.Event() for _ in range(frames)]
        self._empty_again = [torch.cuda.Event() for _ in range(_BUFFERS)]
        self._copied = [torch.cuda.Event() for _ in range(_BUFFERS)]
        self._turn = 0

    def _empty(self, length: int) -> torch.Tensor:
        return torch.empty(length, dtype=torch.uint8, device=self._device)

    def start(self, layer: int, frame: int) -> None:
        """Starts to copy and to decode a layer, and waits for nothing that is in memory."""
        buffer, plan = self._turn, self._plans[layer]
        self._turn = (self._turn + 1) % _BUFFERS
        coded, work = self._coded[buffer], self._work[buffer]
        self._copying.wait_event(self._empty_again[buffer])
        with torch.cuda.stream(self._copying):
            source = self._source(layer, buffer)
            coded[: source.numel()].copy_(source, non_blocking=True)
            self._copied[buffer].record(self._copying)
        self._decoding.wait_event(self._copied[buffer])
        self._decoding.wait_event(self._free[frame])
        out = self._frames[frame].data_ptr()
        stream = int(self._decoding.cuda_stream)
        plan.decode(coded.data_ptr(), out, work.data_ptr(), stream)
        self._empty_again[buffer].record(self._decoding)
        self._ready[frame].record(self._decoding)

    def _source(self, layer: int, buffer: int) -> torch.Tensor:
        """The archive in pinned memory: as it lies, or read from its file once the last is gone."""
        pinned, file = self._pinned[layer], self._files[layer]
        if pinned is not None:
            return pinned
        staged = self._staged[buffer]
        assert file is not None
        assert staged is not None
        self._copied[buffer].synchronize()
        with file.open("rb", buffering=0) as opened:
            length = opened.readinto(memoryview(staged.numpy()))
        if length != self._lengths[layer]:
            raise _make("changed", f"{file} was changed while its layer was offloaded", path=file)
        return staged[:length]

    def wait(self, layer: int, frame: int) -> torch.Tensor:
        """The frame, for work of the current stream, which waits for it."""
        torch.cuda.current_stream(self._device).wait_event(self._ready[frame])
        return self._frames[frame]

    def done(self, frame: int) -> None:
        """Marks the end of the work of the current stream with a frame."""
        self._free[frame].record(torch.cuda.current_stream(self._device))


def plans_of(layers: Sequence[Layer], device: torch.device) -> list[Any]:
    """The plans by which a GPU decodes layers, whose weights are then where those put them."""
    plans = []
    for layer in layers:
        plan = _native.CopiedArchive(device.index, layer.read())
        starts = dict(plan.tensors)
        layer.decoded_len = plan.decoded_len
        for slot in layer.slots:
            slot.start = starts[slot.name]
        plans.append(plan)
    return plans


def bytes_of_frame(plans: Sequence[Any]) -> int:
    """Bytes of a frame of a GPU."""
    return int(max(plan.decoded_len for plan in plans))


def bytes_on_the_way(layers: Sequence[Layer], plans: Sequence[Any]) -> int:
    """Bytes that a GPU needs for archives that are on their way."""
    coded = max(layer.coded_len for layer in layers)
    return _BUFFERS * int(coded + max(plan.work_len for plan in plans))


def _pinned(layer: Layer) -> torch.Tensor | None:
    """The archive in pinned memory; None of one in a file."""
    if layer.file is not None:
        return None
    pinned = _pinned_bytes(layer.coded_len)
    pinned.copy_(torch.frombuffer(bytearray(layer.archive), dtype=torch.uint8))
    layer.archive = b""
    layer.pinned = pinned
    return pinned


def _pinned_bytes(length: int) -> torch.Tensor:
    """Pinned memory of this length, of which torch's own allocator would take a power of two."""
    memory = torch.empty(length, dtype=torch.uint8)
    address, driver = memory.data_ptr(), torch.cuda.cudart()
    torch.cuda.check_error(driver.cudaHostRegister(address, length, 0))
    weakref.finalize(memory.untyped_storage(), driver.cudaHostUnregister, address)
    return memory
