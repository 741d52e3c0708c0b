"""What one of several processes owns of a model, of which it reads no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import torch.distributed as dist

import torch
from wcodec import _native
from wcodec._batches import batches
from wcodec._boxes import Box, boxes_of, runs_of, shape_of
from wcodec._frameworks import framework_of
from wcodec._source import File, Source
from wcodec.errors import _make
from wcodec.torch._cuts import decode_on_cpu, decode_on_gpu

_FRAMEWORK = framework_of("torch")
# Decoded bytes of parts that are read and decoded together.
_BATCH = 256 << 20


class ShardedWeights(dict[str, torch.Tensor]):
    """Tensors by name, and parts of tensors.

    Attributes:
        bytes_read: bytes that were read of the file or folder for them, headers included.
    """

    bytes_read: int = 0


class Part(NamedTuple):
    """A part of a tensor without gaps, or of the same columns, and where it is to be."""

    wanted: _native._Part
    # Bytes of memory on the device.
    out: torch.Tensor


def load_sharded(
    filename: File,
    plan: Mapping[str, Any],
    device: Any = "cpu",
    *,
    check: bool = False,
    group: Any = None,
) -> ShardedWeights:
    """Decodes what this process owns: of parts of tensors only the tiles that hold them are read.

    Whole tensors are checked by the checksums of the file. Those are of whole tensors, so that of a
    part damage to bits that are stored as they are goes unnoticed, unless `check` is set.

    Args:
        filename: the file, or the folder of shards: `.wcodec` or safetensors; or a `.wcodec` file
            by its URL or as a binary file object.
        plan: by the names of the tensors that this process owns, None for all of one, a slice or a
            tuple of slices, or a list of indices of the first dimension, such as experts.
            `plan_from_placements` makes one from the placements of DTensor.
        device: where they are to be. Parts for a GPU are decoded there.
        check: whether the processes of `group` compare the checksums of all archived tensors that
            any of them owns, each those of its share: it reads one of so many bytes more.
        group: the processes that check together; all of torch.distributed unless given.

    Returns:
        The tensors, contiguous, and how many bytes were read for them.

    Raises:
        NoSuchTensorError: there is none of a name; it is also a KeyError.
        IndexError: a tensor has no such part.
        ArgumentError: the plan has anything else, or `check` lacks a group.
        BadDataError: a file is damaged; by `check` the error of one process is all processes'.
        GpuError: the device is a GPU, and cannot be used.

    >>> import torch
    >>> import wcodec.torch
    >>> wcodec.torch.save_file({"w": torch.arange(6.0).reshape(2, 3)}, "w.wcodec")
    >>> wcodec.torch.load_sharded("w.wcodec", {"w": (slice(None), slice(1, 2))})
    {'w': tensor([[1.],
            [4.]])}
    """
    if not isinstance(plan, Mapping):
        kind = type(plan).__name__
        raise _make("invalid_argument", f"a plan is a dict of names to parts, not a {kind}")
    place = _FRAMEWORK.device(device)
    source = Source.of_path(filename)
    boxes = {name: _boxes(source, name, index) for name, index in plan.items()}
    if check:
        _check_together(source, list(plan), group)
    whole = [name for name, taken in boxes.items() if taken is None]
    found = source.decode(whole, _FRAMEWORK, place)
    parts: list[Part] = []
    for name, taken in boxes.items():
        if taken is not None:
            dtype = source.infos[name].dtype
            found[name] = _FRAMEWORK.empty(name, dtype, _in_file(dtype, shape_of(taken)), place)
            parts += _parts(source, name, taken, found[name])
    _decode(source, parts, place)
    weights = ShardedWeights((name, found[name]) for name in plan)
    weights.bytes_read = source.bytes_read()
    return weights


def _boxes(source: Source, name: str, index: Any) -> list[Box] | None:
    """The boxes of a part; None for a whole tensor."""
    info = source.info(name)
    shape = _FRAMEWORK.visible_shape(name, info.dtype, info.shape)
    boxes = boxes_of(name, index, shape)
    return None if boxes == boxes_of(name, None, shape) else boxes


def _in_file(dtype: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape of torch's as files have it, which count packed elements singly."""
    return (*shape[:-1], 2 * shape[-1]) if dtype == "F4" else shape


def _parts(source: Source, name: str, boxes: list[Box], tensor: torch.Tensor) -> Iterator[Part]:
    """The runs of a tensor's boxes, each with its own bytes of the new tensor."""
    info = source.infos[name]
    shape = _FRAMEWORK.visible_shape(name, info.dtype, info.shape)
    out = tensor.reshape(-1).view(torch.uint8)
    at = 0
    for box in boxes:
        for run in runs_of(box, shape, tensor.element_size()):
            wanted = (name, (run.start, run.end), run.columns)
            yield Part(wanted, out[at : at + run.byte_len])
            at += run.byte_len


def _decode(source: Source, parts: list[Part], device: torch.device) -> None:
    gpu = _FRAMEWORK.gpu(device)
    groups = list(batches(parts, lambda part: part.out.numel(), _BATCH))
    if gpu is not None:
        decode_on_gpu(source, groups, gpu, device)
        source.free_memory(_FRAMEWORK, device)
        return
    for group in groups:
        with source.holding_parts([part.wanted for part in group]):
            decode_on_cpu(source, group, device)


def _check_together(source: Source, names: list[str], group: Any) -> None:
    """Compares the checksums of this process's share of all tensors that any process owns."""
    if not dist.is_available() or not dist.is_initialized():
        message = "check needs the processes of torch.distributed: call init_process_group first"
        raise _make("invalid_argument", message)
    count = dist.get_world_size(group)
    owned: list[Any] = [None] * count
    dist.all_gather_object(owned, names, group=group)
    every = sorted(set().union(*owned))
    failure: BaseException | None = None
    try:
        _native.check_blobs(source.native, every[dist.get_rank(group) :: count])
    except Exception as error:
        failure = error
    messages: list[Any] = [None] * count
    dist.all_gather_object(messages, failure and str(failure), group=group)
    if failure is not None:
        raise failure
    for rank, message in enumerate(messages):
        if message is not None:
            raise _make("corrupt", f"process {rank} found: {message}")
