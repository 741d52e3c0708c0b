"""The operators of packed matrices, for torch: what compiles, captures and differentiates them.

`wcodec::linear` and `wcodec::linears` multiply, `wcodec::unpack` gives the weights, and
`wcodec::rows` some rows of them. A matrix is a tensor of bytes, its rows and columns, and the
exponent of its scale. They start their work on the current stream, take memory from torch alone,
and wait for nothing, so that they can be captured in a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from wcodec.torch._products import check_x, linears_cpu, linears_cuda, unpack_cpu, unpack_cuda
from wcodec.torch._rows import checked_rows, unpacked_rows

_LIBRARY = torch.library.Library("wcodec", "DEF")
for _schema in (
    "linear(Tensor x, Tensor packed, Tensor? bias, int rows, int scale) -> Tensor",
    # Biases of the matrices that have one.
    "linears(Tensor x, Tensor[] packed, Tensor[] biases, bool[] has_bias, int[] rows, int[] scales)"
    " -> Tensor[]",
    "unpack(Tensor packed, int rows, int columns, int scale) -> Tensor",
    "rows(Tensor ids, Tensor packed, int rows, int columns, int scale, int most) -> Tensor",
):
    _LIBRARY.define(_schema, tags=(torch.Tag.pt2_compliant_tag,))


def _linears_fake(
    x: torch.Tensor,
    packed: Sequence[torch.Tensor],
    biases: Sequence[torch.Tensor],
    has_bias: Sequence[bool],
    rows: Sequence[int],
    scales: Sequence[int],
) -> list[torch.Tensor]:
    check_x(x)
    return [x.new_empty((*x.shape[:-1], height)) for height in rows]


def _linear(kernel: Any) -> Any:
    """The product with one matrix, by that with several."""

    def linear(
        x: torch.Tensor, packed: torch.Tensor, bias: torch.Tensor | None, rows: int, scale: int
    ) -> torch.Tensor:
        biases = [] if bias is None else [bias]
        has_bias = [bias is not None]
        result: torch.Tensor = kernel(x, [packed], biases, has_bias, [rows], [scale])[0]
        return result

    return linear


def _unpack_fake(packed: torch.Tensor, rows: int, columns: int, scale: int) -> torch.Tensor:
    return packed.new_empty((rows, columns), dtype=torch.bfloat16)


def _rows_fake(
    ids: torch.Tensor, packed: torch.Tensor, rows: int, columns: int, scale: int, most: int
) -> torch.Tensor:
    return packed.new_empty((*ids.shape, columns), dtype=torch.bfloat16)


for _name, _cpu, _cuda, _fake in (
    ("linear", _linear(linears_cpu), _linear(linears_cuda), _linear(_linears_fake)),
    ("linears", linears_cpu, linears_cuda, _linears_fake),
    ("unpack", unpack_cpu, unpack_cuda, _unpack_fake),
    ("rows", checked_rows, unpacked_rows, _rows_fake),
):
    _LIBRARY.impl(_name, _cpu, "CPU")
    _LIBRARY.impl(_name, _cuda, "CUDA")
    torch.library.register_fake(f"wcodec::{_name}", _fake, lib=_LIBRARY)


def _grad_of_x(
    grad: torch.Tensor, packed: torch.Tensor, rows: int, columns: int, scale: int
) -> torch.Tensor:
    return grad @ unpack(packed, rows, columns, scale)


def _grad_of_bias(grad: torch.Tensor) -> torch.Tensor:
    return grad.reshape(-1, grad.shape[-1]).sum(0)


def _setup_linear(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    x, packed, _bias, ctx.rows, ctx.scale = inputs
    ctx.columns = x.shape[-1]
    ctx.save_for_backward(packed)


def _linear_backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
    (packed,) = ctx.saved_tensors
    needs_x, _, needs_bias, *_ = ctx.needs_input_grad
    grad_x = _grad_of_x(grad, packed, ctx.rows, ctx.columns, ctx.scale) if needs_x else None
    return grad_x, None, _grad_of_bias(grad) if needs_bias else None, None, None


def _setup_linears(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    x, packed, _biases, ctx.has_bias, ctx.rows, ctx.scales = inputs
    ctx.columns = x.shape[-1]
    ctx.save_for_backward(*packed)


def _linears_backward(ctx: Any, grads: Sequence[torch.Tensor | None]) -> tuple[Any, ...]:
    grad_x = None
    for grad, packed, rows, scale in zip(
        grads, ctx.saved_tensors, ctx.rows, ctx.scales, strict=True
    ):
        if grad is not None and ctx.needs_input_grad[0]:
            part = _grad_of_x(grad, packed, rows, ctx.columns, scale)
            grad_x = part if grad_x is None else grad_x + part
    biases = [
        None if grad is None else _grad_of_bias(grad)
        for grad, has_bias in zip(grads, ctx.has_bias, strict=True)
        if has_bias
    ]
    return grad_x, [None] * len(ctx.rows), biases, None, None, None


torch.library.register_autograd(
    "wcodec::linear", _linear_backward, setup_context=_setup_linear, lib=_LIBRARY
)
torch.library.register_autograd(
    "wcodec::linears", _linears_backward, setup_context=_setup_linears, lib=_LIBRARY
)
for _device in ("cpu", "cuda"):
    for _name in ("linear", "linears"):
        torch.library.register_autocast(f"wcodec::{_name}", _device, torch.bfloat16, lib=_LIBRARY)

# What modules call, so that importing them registers the operators.
linear: Callable[..., torch.Tensor] = torch.ops.wcodec.linear.default
linears: Callable[..., list[torch.Tensor]] = torch.ops.wcodec.linears.default
unpack: Callable[..., torch.Tensor] = torch.ops.wcodec.unpack.default
rows: Callable[..., torch.Tensor] = torch.ops.wcodec.rows.default
