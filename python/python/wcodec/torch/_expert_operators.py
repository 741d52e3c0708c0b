"""The operators of packed experts, for torch.

`wcodec::experts` multiplies rows, each by the matrix that its number names, and
`wcodec::unpack_experts` gives all weights. A layout is named by a number, as it is longer than
arguments of an operator should be.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from wcodec import _native
from wcodec.torch._layout import argument_error, gpu_of, stream_of
from wcodec.torch._products import check_x, flat_rows, native_rows, unpack_cpu
from wcodec.torch._stack import StackLayout

_LIBRARY = torch.library.Library("wcodec", "FRAGMENT")
for _schema in (
    "experts(Tensor x, Tensor numbers, Tensor packed, int layout, int rows) -> Tensor",
    "unpack_experts(Tensor packed, int layout, int count, int rows, int columns) -> Tensor",
):
    _LIBRARY.define(_schema, tags=(torch.Tag.pt2_compliant_tag,))

_numbers = itertools.count(1)
_number_of: dict[StackLayout, int] = {}
_layouts: dict[int, StackLayout] = {}
# By layout, device and address: what a table says depends on nothing else.
_tables: dict[tuple[int, int, int], _native.PackedExperts] = {}
# Tables that are kept; those of tensors that are gone would stay for good otherwise.
_MOST_TABLES = 4096


def number_of(layout: StackLayout) -> int:
    """The number by which operators are told a layout."""
    number = _number_of.get(layout)
    if number is None:
        number = _number_of[layout] = next(_numbers)
        _layouts[number] = layout
    return number


def _table_of(packed: torch.Tensor, number: int) -> _native.PackedExperts:
    """The table of the matrices, which is made when they are first multiplied where they lie."""
    key = (number, packed.device.index, packed.data_ptr())
    table = _tables.get(key)
    if table is None:
        if len(_tables) >= _MOST_TABLES:
            del _tables[next(iter(_tables))]
        given = list(_layouts[number].given(packed))
        table = _tables[key] = _native.PackedExperts(packed.device.index, given)
    return table


def _check(x: torch.Tensor, numbers: torch.Tensor) -> int:
    """Rows of the result that a row of x has."""
    check_x(x)
    rows: int = x.shape[0]
    count: int = numbers.numel()
    if x.dim() != 2 or numbers.dim() != 1 or count % max(rows, 1) != 0:
        raise argument_error(
            f"{tuple(numbers.shape)} numbers of experts for x of {tuple(x.shape)}: "
            "each row of x has as many"
        )
    return count // max(rows, 1)


def _experts_cpu(
    x: torch.Tensor, numbers: torch.Tensor, packed: torch.Tensor, layout: int, rows: int
) -> torch.Tensor:
    of_one = _check(x, numbers)
    y = x.new_zeros((numbers.numel(), rows))
    matrices = list(_layouts[layout].given(packed))
    for number in numbers.unique().tolist():
        if 0 <= number < len(matrices):
            (places,) = (numbers == number).nonzero(as_tuple=True)
            part = x[places // of_one].contiguous()
            product = x.new_empty((places.numel(), rows))
            _native.packed_multiply(matrices[number], native_rows(part), None, product.data_ptr())
            y[places] = product
    return y


def _experts_cuda(
    x: torch.Tensor, numbers: torch.Tensor, packed: torch.Tensor, layout: int, rows: int
) -> torch.Tensor:
    _check(x, numbers)
    flat, numbers = flat_rows(x), numbers.to(torch.int32).contiguous()
    # Rows whose number no matrix has are not written.
    y = x.new_zeros((numbers.numel(), rows))
    with torch.cuda.device(x.device):
        table = _table_of(packed, layout)
        given_y = (y.data_ptr(), y.shape[0])
        table.multiply(native_rows(flat), numbers.data_ptr(), given_y, stream_of(x))
    return y


def _experts_fake(
    x: torch.Tensor, numbers: torch.Tensor, packed: torch.Tensor, layout: int, rows: int
) -> torch.Tensor:
    check_x(x)
    return x.new_empty((numbers.numel(), rows))


def _unpack_cpu(
    packed: torch.Tensor, layout: int, count: int, rows: int, columns: int
) -> torch.Tensor:
    places = _layouts[layout].places
    return torch.stack(
        [unpack_cpu(packed[start : start + n], rows, columns, scale) for start, n, scale in places]
    )


def _unpack_cuda(
    packed: torch.Tensor, layout: int, count: int, rows: int, columns: int
) -> torch.Tensor:
    weights = packed.new_empty((count, rows, columns), dtype=torch.bfloat16)
    with torch.cuda.device(packed.device):
        gpu, stream = gpu_of(packed), stream_of(packed)
        for given, out in zip(_layouts[layout].given(packed), weights, strict=True):
            gpu.unpack(given, (0, rows), out.data_ptr(), stream)
    return weights


def _unpack_fake(
    packed: torch.Tensor, layout: int, count: int, rows: int, columns: int
) -> torch.Tensor:
    return packed.new_empty((count, rows, columns), dtype=torch.bfloat16)


for _name, _cpu, _cuda, _fake in (
    ("experts", _experts_cpu, _experts_cuda, _experts_fake),
    ("unpack_experts", _unpack_cpu, _unpack_cuda, _unpack_fake),
):
    _LIBRARY.impl(_name, _cpu, "CPU")
    _LIBRARY.impl(_name, _cuda, "CUDA")
    torch.library.register_fake(f"wcodec::{_name}", _fake, lib=_LIBRARY)
for _device in ("cpu", "cuda"):
    torch.library.register_autocast("wcodec::experts", _device, torch.bfloat16, lib=_LIBRARY)

experts: Callable[..., torch.Tensor] = torch.ops.wcodec.experts.default
unpack_experts: Callable[..., torch.Tensor] = torch.ops.wcodec.unpack_experts.default
