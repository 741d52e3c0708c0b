"""Some rows of a packed matrix, unpacked by torch itself on whatever device.

A row lies in all steps of its block of 16 rows, in four of the 32 lanes; `docs/packed.md` shows
where. Nothing here depends on what the rows are, so that it can be captured in a CUDA graph.
"""

from __future__ import annotations

import torch
from wcodec.torch._layout import WHOLE

_BLOCK_ROWS = 16
_STEP_COLUMNS = 64
_LANES = 32
_FRAGMENTS = 4
_REGISTERS = 4


def unpacked_rows(
    ids: torch.Tensor, packed: torch.Tensor, rows: int, columns: int, scale: int, most: int
) -> torch.Tensor:
    """The rows of these numbers.

    Args:
        ids: numbers of rows, of any shape.
        packed: the matrix.
        rows: its rows.
        columns: its columns.
        scale: the exponent of its scale, -1 of a matrix that is held whole.
        most: the most exceptions that any of its rows has.

    Returns:
        BF16 numbers, of the shape of `ids` with another dimension of `columns`.
    """
    flat = ids.reshape(-1).to(torch.int64)
    if flat.numel() == 0 or columns == 0:
        return packed.new_empty((*ids.shape, columns), dtype=torch.bfloat16)
    # As integers, so that no conversion changes what a NaN carries.
    bits = _codes(flat, packed, rows, columns, scale).to(torch.int16)
    if scale != WHOLE:
        # Exact: a code is a BF16 number, and so is its product.
        numbers = bits.view(torch.bfloat16).to(torch.float32) * 2.0**scale
        bits = numbers.to(torch.bfloat16).view(torch.int16)
        if most > 0:
            bits = _with_exceptions(bits, flat, packed, rows, columns, most)
    bits = bits[:, :columns].reshape(*ids.shape, columns)
    return bits.contiguous().view(torch.bfloat16)


def checked_rows(
    ids: torch.Tensor, packed: torch.Tensor, rows: int, columns: int, scale: int, most: int
) -> torch.Tensor:
    """As `unpacked_rows`, on the CPU, where numbers of no row can be told without waiting."""
    if bool(((ids < 0) | (ids >= rows)).any()):
        raise IndexError(f"numbers of rows are from 0 to {rows - 1}")
    return unpacked_rows(ids, packed, rows, columns, scale, most)


def _words_of(rows: int, columns: int, scale: int) -> tuple[int, int, int]:
    """Blocks of rows, steps of a block, and words of a fragment."""
    words = _REGISTERS if scale == WHOLE else _REGISTERS - 1
    return -(-rows // _BLOCK_ROWS), -(-columns // _STEP_COLUMNS), words


def _codes(
    ids: torch.Tensor, packed: torch.Tensor, rows: int, columns: int, scale: int
) -> torch.Tensor:
    """The codes of the rows, for each its columns up to the end of the last step."""
    blocks, steps, words = _words_of(rows, columns, scale)
    count = blocks * steps * words * _LANES * _FRAGMENTS
    # Of a word the lanes, of a lane the fragments; lane 4 g + t has rows g and g + 8.
    matrix = packed[: 4 * count].view(torch.int32)
    matrix = matrix.view(blocks, steps, words, 8, 4, _FRAGMENTS)
    found = matrix[ids // _BLOCK_ROWS, :, :, ids % 8]
    # Rows, steps, words, t, fragments.
    word = [found[:, :, index] for index in range(words)]
    registers = word if scale == WHOLE else _split(*word)
    # Rows from the ninth of a block on have registers 1 and 3, the others 0 and 2.
    upper = (ids % _BLOCK_ROWS >= 8).view(-1, 1, 1, 1)
    first = torch.where(upper, registers[1], registers[0])
    second = torch.where(upper, registers[3], registers[2])
    # The columns of a fragment: the lower and the upper half of each register.
    halves = [first & 0xFFFF, first >> 16 & 0xFFFF, second & 0xFFFF, second >> 16 & 0xFFFF]
    return torch.stack(halves, -1).reshape(ids.numel(), steps * _STEP_COLUMNS)


def _split(zero: torch.Tensor, one: torch.Tensor, two: torch.Tensor) -> list[torch.Tensor]:
    """The codes of four registers, which lie in three words."""
    code = _both(0x87FF)
    third = (zero & _both(0x7800)) >> 4 | (one & _both(0x7800)) >> 8 | (two & _both(0x7000)) >> 12
    # Its signs stand crosswise.
    lower = (two >> 27 & 1) << 15
    upper = (two >> 11 & 1) << 31
    return [zero & code, one & code, two & code, third | lower | upper]


def _both(half: int) -> int:
    """The same bits in both halves of a word, as a signed number."""
    word = half << 16 | half
    return word - (1 << 32) if word >= 1 << 31 else word


def _with_exceptions(
    bits: torch.Tensor,
    ids: torch.Tensor,
    packed: torch.Tensor,
    rows: int,
    columns: int,
    most: int,
) -> torch.Tensor:
    """Puts the exceptions of rows into their places."""
    starts, exceptions = exception_parts(packed, rows, columns)
    first, after = starts[ids].unsqueeze(-1), starts[ids + 1].unsqueeze(-1)
    number = first + torch.arange(most, device=ids.device)
    is_one = number < after
    found = exceptions[torch.where(is_one, number, 0)]
    # Those that a row does not have go to a column that is cut off.
    column = torch.where(is_one, found[..., 0], bits.shape[1]).to(torch.int64)
    wider = torch.nn.functional.pad(bits, (0, 1))
    return wider.scatter(1, column, (found[..., 1] >> 16).to(torch.int16))


def exception_parts(
    packed: torch.Tensor, rows: int, columns: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of a matrix in the fast form the numbers of exceptions before each row, and exceptions."""
    blocks, steps, words = _words_of(rows, columns, 0)
    start = blocks * steps * words * _LANES * _FRAGMENTS * 4
    count = blocks * _BLOCK_ROWS + 1
    starts = packed[start : start + 4 * count].view(torch.int32)
    at = -(-(start + 4 * count) // 16) * 16
    # With the header, which no row has, there is always one.
    return starts, packed[at:].view(torch.int32).view(-1, 2)


def most_exceptions(packed: torch.Tensor, rows: int, columns: int, scale: int) -> int:
    """The most exceptions that a row has."""
    if scale == WHOLE or rows == 0:
        return 0
    starts, _ = exception_parts(packed, rows, columns)
    return int(starts.diff().max())
