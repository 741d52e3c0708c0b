"""The products of packed matrices, on the CPU and on GPUs.

Work is started on the current stream, and memory is taken from torch alone: nothing is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from wcodec import _native
from wcodec.torch._layout import argument_error, given, gpu_of, stream_of

# Bytes that a matrix is unpacked to at a time where x has very many rows.
WORKSPACE = 64 << 20
# Rows that a piece of a matrix begins with a multiple of.
_BLOCK_ROWS = 16


def check_x(x: torch.Tensor) -> None:
    if x.dtype != torch.bfloat16:
        raise argument_error(
            f"packed weights are BF16 and multiply BF16, not {x.dtype}: cast x, or use autocast"
        )


def _of_each(
    biases: Sequence[torch.Tensor], has_bias: Sequence[bool], rows: Sequence[int]
) -> list[torch.Tensor | None]:
    """For each matrix its bias, if it has one."""
    given = iter(biases)
    found = [next(given) if has else None for has in has_bias]
    for bias, height in zip(found, rows, strict=True):
        if bias is not None and (bias.dtype != torch.bfloat16 or tuple(bias.shape) != (height,)):
            raise argument_error(
                f"the bias is {tuple(bias.shape)} of {bias.dtype}, "
                f"{height} numbers of BF16 are needed"
            )
    return [None if bias is None else bias.contiguous() for bias in found]


def flat_rows(x: torch.Tensor) -> torch.Tensor:
    """The rows of x, each of numbers that follow one another."""
    flat = x.reshape(-1, x.shape[-1])
    return flat if flat.stride(-1) == 1 and flat.stride(0) >= flat.shape[1] else flat.contiguous()


def native_rows(flat: torch.Tensor) -> tuple[int, int, int, int]:
    return (flat.data_ptr(), flat.shape[0], flat.shape[1], max(flat.stride(0), flat.shape[1]))


def linears_cpu(
    x: torch.Tensor,
    packed: Sequence[torch.Tensor],
    biases: Sequence[torch.Tensor],
    has_bias: Sequence[bool],
    rows: Sequence[int],
    scales: Sequence[int],
) -> list[torch.Tensor]:
    check_x(x)
    flat, results = flat_rows(x), []
    each = _of_each(biases, has_bias, rows)
    for matrix, bias, height, scale in zip(packed, each, rows, scales, strict=True):
        y = x.new_empty((*x.shape[:-1], height))
        native = given(matrix, height, flat.shape[1], scale)
        address = None if bias is None else bias.data_ptr()
        _native.packed_multiply(native, native_rows(flat), address, y.data_ptr())
        results.append(y)
    return results


def linears_cuda(
    x: torch.Tensor,
    packed: Sequence[torch.Tensor],
    biases: Sequence[torch.Tensor],
    has_bias: Sequence[bool],
    rows: Sequence[int],
    scales: Sequence[int],
) -> list[torch.Tensor]:
    check_x(x)
    flat, gpu = flat_rows(x), gpu_of(x)
    each = _of_each(biases, has_bias, rows)
    results = [x.new_empty((*x.shape[:-1], height)) for height in rows]
    natives = [
        given(matrix, height, flat.shape[1], scale)
        for matrix, height, scale in zip(packed, rows, scales, strict=True)
    ]
    with torch.cuda.device(x.device):
        if flat.shape[0] <= gpu.most_packed_rows:
            products = [
                (native, None if bias is None else bias.data_ptr(), y.data_ptr())
                for native, bias, y in zip(natives, each, results, strict=True)
            ]
            gpu.multiply(products, native_rows(flat), stream_of(x))
        else:
            for native, bias, y in zip(natives, each, results, strict=True):
                _multiply_unpacked(gpu, native, flat, bias, y)
    return results


def _multiply_unpacked(
    gpu: _native.PackedGpu,
    native: _native._Packed,
    x: torch.Tensor,
    bias: torch.Tensor | None,
    y: torch.Tensor,
) -> None:
    """Multiplies as torch does, by pieces of the matrix that fit into the workspace."""
    rows, columns = native[2], native[3]
    step = _piece_rows(rows, columns)
    workspace = x.new_empty((min(step, rows), columns))
    flat_y = y.view(-1, rows)
    for first in range(0, rows, step):
        end = min(first + step, rows)
        piece = workspace[: end - first]
        gpu.unpack(native, (first, end), piece.data_ptr(), stream_of(x))
        part = flat_y[:, first:end]
        if bias is None:
            torch.mm(x, piece.t(), out=part)
        else:
            torch.addmm(bias[first:end], x, piece.t(), out=part)


def _piece_rows(rows: int, columns: int) -> int:
    """Rows of about equal pieces that are whole blocks."""
    most = max(WORKSPACE // (2 * max(columns, 1)) // _BLOCK_ROWS, 1)
    blocks = max(-(-rows // _BLOCK_ROWS), 1)
    pieces = -(-blocks // most)
    return -(-blocks // pieces) * _BLOCK_ROWS


def unpack_cpu(packed: torch.Tensor, rows: int, columns: int, scale: int) -> torch.Tensor:
    weights = packed.new_empty((rows, columns), dtype=torch.bfloat16)
    _native.packed_unpack(given(packed, rows, columns, scale), weights.data_ptr())
    return weights


def unpack_cuda(packed: torch.Tensor, rows: int, columns: int, scale: int) -> torch.Tensor:
    weights = packed.new_empty((rows, columns), dtype=torch.bfloat16)
    with torch.cuda.device(packed.device):
        native = given(packed, rows, columns, scale)
        gpu_of(packed).unpack(native, (0, rows), weights.data_ptr(), stream_of(packed))
    return weights
