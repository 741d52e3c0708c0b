"""Packed matrices of one shape in one tensor of bytes: the experts of a layer.

Each matrix begins on a multiple of 16 bytes and ends with a header of its own. After the last one
stand their lengths, 64 bits each, and then a header that says how many there are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from wcodec import _native
from wcodec.errors import _make
from wcodec.torch._layout import HEADER_BYTES, argument_error, check, given, pack

_MAGIC = b"WCEXPRTS"
_VERSION = 1
_ALIGN = 16
# Of 16 rows and 64 columns in the fast form.
_STEP_BYTES = 1536
# Magic, version, nothing, rows, columns, matrices, nothing.
_HEADER = struct.Struct("<8sIIQQI12s")
# More than any model has, so that a damaged number takes no memory.
_MOST = 1 << 16


@dataclass(frozen=True)
class StackLayout:
    """What the kernels have to know beside the bytes.

    Attributes:
        rows: of each matrix.
        columns: of each matrix.
        places: of each the offset of its first byte, its bytes with their header, and its scale.
    """

    rows: int
    columns: int
    places: tuple[tuple[int, int, int], ...]

    @property
    def count(self) -> int:
        """Matrices that there are."""
        return len(self.places)

    def given(self, packed: torch.Tensor) -> Iterator[_native._Packed]:
        """The matrices as the native module takes them."""
        for start, length, scale in self.places:
            yield given(packed[start : start + length], self.rows, self.columns, scale)


def is_worth_packing(weights: torch.Tensor, form: str) -> bool:
    """Whether packed matrices of this shape are smaller, by the shape alone.

    So a folder that is loaded again has the same ones, whatever the weights. The form `"whole"` is
    never smaller, and taken where it is asked for.
    """
    _count, rows, columns = weights.shape
    steps = -(-rows // 16) * -(-columns // 64)
    packed = steps * _STEP_BYTES + 4 * (16 * -(-rows // 16) + 1) + HEADER_BYTES + 8
    return form == "whole" or packed < 2 * rows * columns


def pack_stack(weights: torch.Tensor, form: str = "fast") -> tuple[torch.Tensor, StackLayout]:
    """Packs each matrix of a BF16 tensor of three dimensions, on its device.

    Raises:
        ArgumentError: it has another dtype, or no matrix.
        GpuError: the device cannot be used.
    """
    if weights.dim() != 3 or not 0 < weights.shape[0] <= _MOST:
        raise argument_error(f"experts are matrices, one or more, not {tuple(weights.shape)}")
    count, rows, columns = weights.shape
    parts, places, end = [], [], 0
    for weight in weights.detach():
        matrix, layout = pack(weight, form)
        start = _aligned(end)
        parts += [matrix.new_zeros(start - end), matrix]
        end = start + matrix.numel()
        places.append((start, matrix.numel(), layout.scale))
    lengths = struct.pack(f"<{count}Q", *(length for _, length, _ in places))
    header = _HEADER.pack(_MAGIC, _VERSION, 0, rows, columns, count, bytes(12))
    tail = torch.frombuffer(bytearray(lengths + header), dtype=torch.uint8)
    packed = torch.cat([*parts, tail.to(weights.device)])
    return packed, StackLayout(rows, columns, tuple(places))


def check_stack(packed: torch.Tensor) -> StackLayout:
    """Checks bytes from elsewhere, before any kernel believes them.

    Raises:
        BadDataError: they are no packed matrices of one shape, or damaged.
        LimitError: another version packed them.
    """
    if packed.dtype != torch.uint8 or packed.dim() != 1 or packed.numel() < HEADER_BYTES:
        raise argument_error(
            f"packed experts are a row of bytes, not {tuple(packed.shape)} of {packed.dtype}"
        )
    host = packed.detach().cpu().contiguous()
    magic, version, zero, rows, columns, count, rest = _HEADER.unpack(_bytes(host[-HEADER_BYTES:]))
    if magic != _MAGIC or zero != 0 or any(rest) or not 0 < count <= _MOST:
        raise _corrupt("their header is not one")
    if version != _VERSION:
        raise _make("limit_exceeded", f"packed experts of version {version}: pack them again")
    tail = 8 * count + HEADER_BYTES
    if packed.numel() < tail:
        raise _corrupt("they end too early")
    lengths = struct.unpack(f"<{count}Q", _bytes(host[-tail:-HEADER_BYTES]))
    places, end = [], 0
    for number, length in enumerate(lengths):
        start = _aligned(end)
        end = start + length
        if end > packed.numel() - tail:
            raise _corrupt(f"matrix {number} is longer than they are")
        if length < HEADER_BYTES:
            raise _corrupt(f"matrix {number} is shorter than its header")
        layout = check(host[start:end])
        if (layout.rows, layout.columns) != (rows, columns):
            raise _corrupt(f"matrix {number} is of another shape")
        places.append((start, length, layout.scale))
    if end != packed.numel() - tail:
        raise _corrupt("there are bytes after the last matrix")
    return StackLayout(rows, columns, tuple(places))


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGN) * _ALIGN


def _bytes(part: torch.Tensor) -> bytes:
    return bytes(part.tolist())


def _corrupt(reason: str) -> Exception:
    return _make("corrupt", f"packed experts are damaged: {reason}")
