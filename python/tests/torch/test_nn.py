"""Modules of packed weights, on the CPU."""

from __future__ import annotations

import copy

import pytest

import torch
import wcodec
import wcodec.torch
from packed_models import (
    IDS,
    bits,
    dense_linear,
    gradients,
    matrix,
    near,
    numbers,
)
from wcodec.torch.nn import Embedding, Linear

SHAPES = [(64, 64), (16, 64), (70, 130), (1, 1), (257, 33)]


@pytest.mark.parametrize("form", ["fast", "whole"])
@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_weights_come_back_to_the_bit(rows: int, columns: int, form: str) -> None:
    dense = dense_linear(rows, columns)
    packed = Linear.from_dense(dense, form)
    assert torch.equal(bits(packed.weight), bits(dense.weight))
    assert torch.equal(bits(packed.to_dense().weight), bits(dense.weight))
    assert (packed.in_features, packed.out_features) == (columns, rows)


@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_products_are_those_of_the_weights(rows: int, columns: int) -> None:
    dense = dense_linear(rows, columns)
    dense.weight.data = (torch.randn(rows, columns) * 0.02).to(torch.bfloat16)
    packed = Linear.from_dense(dense)
    x = numbers(3, 2, columns)
    exact = torch.nn.functional.linear(x.double(), dense.weight.double(), dense.bias.double())
    size = torch.nn.functional.linear(x.double().abs(), dense.weight.double().abs()) + 1
    y = packed(x)
    assert y.shape == (3, 2, rows)
    assert near(y, exact, size)
    # Rows that do not follow one another.
    assert torch.equal(bits(packed(x.transpose(0, 1))), bits(y.transpose(0, 1)))
    # x of rows that begin elsewhere, and of none.
    wide = torch.cat([x, x], -1)[..., :columns]
    assert torch.equal(bits(packed(wide)), bits(y))
    assert packed(x[:0]).shape == (0, 2, rows)
    assert torch.equal(bits(packed(x[0, 0])), bits(y[0, 0]))


def test_exact_products_are_the_dense_ones() -> None:
    dense = dense_linear(96, 80)
    packed = Linear.from_dense(dense, exact=True)
    x = numbers(5, 80)
    assert torch.equal(bits(packed(x)), bits(dense(x)))
    assert "exact=True" in repr(packed)


@pytest.mark.parametrize("form", ["fast", "whole"])
@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_rows_of_a_table(rows: int, columns: int, form: str) -> None:
    dense = torch.nn.Embedding(rows, columns, dtype=torch.bfloat16)
    dense.weight.data = matrix(rows, columns)
    packed = Embedding.from_dense(dense, form)
    assert torch.equal(bits(packed.weight), bits(dense.weight))
    ids = torch.arange(rows).flip(0)
    assert torch.equal(bits(packed(ids)), bits(dense(ids)))
    ids = torch.randint(rows, (2, 3, 4), dtype=torch.int32)
    assert torch.equal(bits(packed(ids)), bits(dense(ids)))
    assert packed(ids[:0]).shape == (0, 3, 4, columns)
    for wrong in (-1, rows):
        with pytest.raises(IndexError, match="numbers of rows"):
            packed(torch.tensor([wrong]))


def test_every_bf16_number_comes_back() -> None:
    every = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int32).to(torch.int16)
    table = every.view(torch.bfloat16).reshape(256, 256)
    # Beside so many of one exponent that they have a code, all else being an exception.
    table = torch.cat([table, matrix(256 * 300, 256)])
    dense = torch.nn.Embedding.from_pretrained(table)
    packed = Embedding.from_dense(dense)
    assert packed.form == "fast"
    ids = torch.arange(256)
    assert torch.equal(bits(packed(ids)), bits(table[:256]))
    assert torch.equal(bits(packed.weight), bits(table))


def test_opcheck() -> None:
    dense = dense_linear(70, 130)
    packed = Linear.from_dense(dense)
    other = Linear.from_dense(dense_linear(32, 130, False))
    x = numbers(4, 130).requires_grad_()
    bias = dense.bias.detach().requires_grad_()
    ops = torch.ops.wcodec
    one, two = packed.weight_packed.detach(), other.weight_packed.detach()
    torch.library.opcheck(ops.linear.default, (x, one, bias, 70, packed.scale))
    torch.library.opcheck(ops.linear.default, (x, one, None, 70, packed.scale))
    scales = [packed.scale, other.scale]
    arguments = (x, [one, two], [bias], [True, False], [70, 32], scales)
    torch.library.opcheck(ops.linears.default, arguments)
    torch.library.opcheck(ops.unpack.default, (one, 70, 130, packed.scale))
    table = Embedding.from_dense(torch.nn.Embedding.from_pretrained(matrix(70, 130)))
    ids = torch.tensor([[1, 69], [0, 3]])
    of_table = (ids, table.weight_packed.detach(), 70, 130, table.scale, table._most)
    torch.library.opcheck(ops.rows.default, of_table)


@pytest.mark.parametrize("exact", [False, True])
def test_gradients_flow_to_x_and_the_bias(exact: bool) -> None:
    dense = dense_linear(48, 80)
    dense.weight.data = (torch.randn(48, 80) * 0.02).to(torch.bfloat16)
    packed = Linear.from_dense(copy.deepcopy(dense), exact=exact)
    dense.weight.requires_grad_(False)
    x = numbers(6, 80)
    ours, theirs = gradients(packed, x), gradients(dense, x)
    assert len(ours) == len(theirs) == 2
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02)
    assert not packed.weight_packed.requires_grad
    with torch.no_grad():
        assert not packed(x).requires_grad


def test_modules_without_weights_are_filled() -> None:
    linear = Linear(80, 48)
    with pytest.raises(wcodec.ArgumentError, match="no weight yet"):
        linear(numbers(1, 80))
    dense = dense_linear(48, 80)
    linear.load_state_dict(Linear.from_dense(dense).state_dict())
    assert torch.equal(bits(linear.weight), bits(dense.weight))
    assert torch.equal(bits(linear.bias), bits(dense.bias))
    on_meta = Linear(80, 48, device="meta")
    assert on_meta.weight.shape == (48, 80)
    on_meta.load_state_dict(Linear.from_dense(dense).state_dict(), assign=True)
    assert torch.equal(bits(on_meta(numbers(2, 80))), bits(linear(numbers(2, 80))))
    with pytest.raises(wcodec.ArgumentError, match="no table yet"):
        Embedding(80, 48)(IDS)
    with pytest.raises(wcodec.ArgumentError, match="are BF16"):
        Linear(80, 48, dtype=torch.float16)


def test_bytes_from_elsewhere_are_checked() -> None:
    packed = Linear.from_dense(dense_linear(48, 80))
    good = packed.weight_packed.detach()
    assert torch.equal(bits(Linear.from_packed(good).weight), bits(packed.weight))
    # A row start, an exception's column, the header's rows, and its last byte.
    starts = 3 * 2 * 16 * 64 * 12 // 8
    for place in (starts, starts + 4 * 49 + 12, good.numel() - 32, good.numel() - 1):
        damaged = good.clone()
        damaged[place] ^= 0xFF
        with pytest.raises(wcodec.BadDataError):
            Linear.from_packed(damaged)
        with pytest.raises(RuntimeError, match="weight_packed: "):
            packed.load_state_dict({"weight_packed": damaged, "bias": packed.bias})
    for short in (good[:40], good[:-1], good[1:]):
        with pytest.raises(wcodec.WcodecError):
            Linear.from_packed(short)
    with pytest.raises(wcodec.ArgumentError, match="a row of bytes"):
        Linear.from_packed(good.float())
    with pytest.raises(RuntimeError, match="48 x 80"):
        Linear(48, 80).load_state_dict(packed.state_dict())


def test_tensors_of_files() -> None:
    dense = dense_linear(48, 80)
    wcodec.torch.save_file({"w": dense.weight.data, "b": dense.bias.data}, "a.wcodec")
    linear = Linear.from_file("a.wcodec", "w", "b")
    assert torch.equal(bits(linear.weight), bits(dense.weight))
    assert torch.equal(bits(linear.bias), bits(dense.bias))
    table = Embedding.from_file("a.wcodec", "w")
    assert torch.equal(bits(table(torch.arange(48))), bits(dense.weight))
    with pytest.raises(wcodec.NoSuchTensorError):
        Linear.from_file("a.wcodec", "v")
    with pytest.raises(wcodec.ArgumentError, match="1 dimensions"):
        Linear.from_file("a.wcodec", "b")
    with pytest.raises(wcodec.ArgumentError, match="float32"):
        Linear.from_dense(torch.nn.Linear(4, 4))


def test_a_bias_of_another_dtype_is_refused() -> None:
    packed = Linear.from_dense(dense_linear(48, 80))
    packed.bias = torch.nn.Parameter(torch.zeros(48))
    with pytest.raises(wcodec.ArgumentError, match="the bias is"):
        packed(numbers(1, 80))
