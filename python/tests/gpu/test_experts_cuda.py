"""Packed experts on an NVIDIA GPU, against the CPU and the dense ones."""

from __future__ import annotations

import copy

import pytest

import torch
import wcodec
import wcodec.torch
from packed_models import bits, near, numbers
from transformers_models import IDS, dense_model, logits
from wcodec.torch._expert_operators import number_of
from wcodec.torch._stack import check_stack, pack_stack
from wcodec.torch.nn import Experts

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


def stack(count: int, rows: int, columns: int) -> torch.Tensor:
    weights = torch.randn(count, rows, columns, device="cuda").mul(0.02)
    weights[:, 1, 3] = 1000.0
    return weights.to(torch.bfloat16)


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(5, 70, 136), (128, 768, 2048), (8, 64, 64)]
)
@pytest.mark.parametrize("form", ["fast", "whole"])
def test_bytes_are_those_of_the_cpu(count: int, rows: int, columns: int, form: str) -> None:
    weights = stack(count, rows, columns)
    packed, layout = pack_stack(weights, form)
    on_cpu, same = pack_stack(weights.cpu(), form)
    assert layout == same
    assert torch.equal(packed.cpu(), on_cpu)
    assert check_stack(packed) == layout
    size = (count, rows, columns)
    found = torch.ops.wcodec.unpack_experts(packed, number_of(layout), *size)
    assert torch.equal(bits(found), bits(weights))


@pytest.mark.parametrize(("count", "rows", "columns"), [(5, 70, 136), (64, 768, 2048)])
def test_products_are_those_of_the_weights(count: int, rows: int, columns: int) -> None:
    weights = stack(count, rows, columns)
    packed, layout = pack_stack(weights)
    for tokens in (1, 3, 8, 40, 300):
        for of_one in (1, 4):
            x = numbers(tokens, columns).cuda()
            names = torch.randint(count, (tokens * of_one,), device="cuda")
            y = torch.ops.wcodec.experts(x, names, packed, number_of(layout), rows)
            chosen, wide = weights[names].double(), x.double().repeat_interleave(of_one, 0)
            exact = torch.einsum("src,sc->sr", chosen, wide)
            size = torch.einsum("src,sc->sr", chosen.abs(), wide.abs()) + 1
            assert near(y, exact, size), (tokens, of_one)
    none = torch.tensor([count, -1], device="cuda")
    assert not torch.ops.wcodec.experts(x[:2], none, packed, number_of(layout), rows).any()


def test_opcheck() -> None:
    packed, layout = pack_stack(stack(5, 70, 136))
    number, names = number_of(layout), torch.tensor([0, 4, 2, 2], device="cuda")
    arguments = (numbers(2, 136).cuda(), names, packed, number, 70)
    torch.library.opcheck(torch.ops.wcodec.experts.default, arguments)
    torch.library.opcheck(torch.ops.wcodec.unpack_experts.default, (packed, number, 5, 70, 136))


@pytest.mark.parametrize("family", ["qwen3_moe", "mixtral"])
def test_models(family: str) -> None:
    dense = dense_model(family).cuda()
    packed, exact = copy.deepcopy(dense), copy.deepcopy(dense)
    wcodec.torch.pack_(packed)
    wcodec.torch.pack_(exact, exact=True)
    ids = IDS.cuda()
    expected = logits(dense, ids)
    torch.testing.assert_close(logits(packed, ids), expected, rtol=0.1, atol=0.05)
    assert torch.equal(bits(logits(exact, ids)), bits(expected))
    # Moved, and made where it was packed on the CPU.
    moved = copy.deepcopy(packed).cpu().cuda()
    assert torch.equal(bits(logits(moved, ids)), bits(logits(packed, ids)))


def test_captured_and_compiled() -> None:
    model = dense_model("qwen3_moe").cuda()
    wcodec.torch.pack_(model)
    layer = next(one for one in model.modules() if isinstance(one, Experts))
    x, shares = numbers(6, 64).cuda(), torch.full((6, 2), 0.5, device="cuda").to(torch.bfloat16)
    names = torch.randint(4, (6, 2), device="cuda")
    stream = torch.cuda.Stream()
    with torch.no_grad(), torch.cuda.stream(stream):
        layer(x, names, shares)
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            y = layer(x, names, shares)
        names.copy_((names + 1) % 4)
        graph.replay()
        stream.synchronize()
        assert torch.equal(bits(y), bits(layer(x, names, shares)))
        torch._dynamo.reset()
        compiled = torch.compile(layer, fullgraph=True)
        found = compiled(x, names, shares)
        torch.testing.assert_close(found, layer(x, names, shares), rtol=0.05, atol=0.05)
