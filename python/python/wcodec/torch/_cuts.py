"""Parts of tensors decoded on a CPU or a GPU, each to the bytes of a new tensor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from wcodec import _native
from wcodec._source import Source


def decode_on_cpu(source: Source, parts: list[Any], device: torch.device) -> None:
    """Decodes parts in host memory, and copies them where they are to be elsewhere."""
    rooms = [
        part.out if part.out.device.type == "cpu" else torch.empty_like(part.out, device="cpu")
        for part in parts
    ]
    jobs = [
        (part.wanted, room.data_ptr(), room.numel())
        for part, room in zip(parts, rooms, strict=True)
    ]
    _native.decode_parts(source.native, jobs)
    for part, room in zip(parts, rooms, strict=True):
        if part.out is not room:
            part.out.copy_(room)


def decode_on_gpu(
    source: Source, groups: list[list[Any]], gpu: tuple[int, int], device: torch.device
) -> None:
    """Reads the tiles of parts, a group at a time, and decodes the one before meanwhile.

    What has no tiles, or whose tiles cannot be taken alone, is decoded in host memory.
    """

    def read(parts: list[Any]) -> list[_native.Cut | None]:
        wanted = [part.wanted for part in parts]
        with source.holding_parts(wanted):
            return _native.cut_parts(source.native, wanted)

    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(read, parts) for parts in groups[:1]]
        for number, parts in enumerate(groups):
            cuts = coming.pop().result()
            coming += [pool.submit(read, parts) for parts in groups[number + 1 : number + 2]]
            _decode_cuts(source, parts, cuts, gpu, device)


def _decode_cuts(
    source: Source,
    parts: list[Any],
    cuts: list[_native.Cut | None],
    gpu: tuple[int, int],
    device: torch.device,
) -> None:
    jobs, left, copies = [], [], []
    for part, cut in zip(parts, cuts, strict=True):
        if cut is None:
            left.append(part)
            continue
        start, count, line_bytes, first, last = cut.lines
        if count == 1:
            jobs.append((cut, (start + first, start + last), part.out.data_ptr()))
            continue
        lines = torch.empty(count * line_bytes, dtype=torch.uint8, device=device)
        jobs.append((cut, (start, start + count * line_bytes), lines.data_ptr()))
        copies.append((part.out.view(count, -1), lines.view(count, -1)[:, first:last]))
    if jobs:
        _native.load_cuts_to_gpu(jobs, *gpu)
    for out, columns in copies:
        out.copy_(columns)
    if left:
        decode_on_cpu(source, left, device)
