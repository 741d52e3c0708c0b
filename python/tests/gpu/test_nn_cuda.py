"""Modules of packed weights on an NVIDIA GPU: compiled, captured, and against the CPU."""

from __future__ import annotations

import copy

import pytest

import torch
import wcodec
import wcodec.torch
from packed_models import IDS, bits, dense_linear, matrix, near, numbers, packed_model
from wcodec.torch.nn import Embedding, Linear

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")

SHAPES = [(64, 64), (70, 130), (1, 1), (257, 33), (4096, 1024), (6144, 4096)]
# Below, on and above the number of rows from which the weight is unpacked.
ROWS = [1, 8, 9, 33, 128, 129, 500]


@pytest.mark.parametrize("form", ["fast", "whole"])
@pytest.mark.parametrize(("rows", "columns"), SHAPES)
def test_bytes_are_those_of_the_cpu(rows: int, columns: int, form: str) -> None:
    weight = matrix(rows, columns)
    on_cpu = Embedding.from_dense(torch.nn.Embedding.from_pretrained(weight), form)
    on_gpu = Embedding.from_dense(torch.nn.Embedding.from_pretrained(weight.cuda()), form)
    assert torch.equal(on_gpu.weight_packed.cpu(), on_cpu.weight_packed)
    assert torch.equal(bits(on_gpu.weight), bits(weight.cuda()))
    ids = torch.randint(rows, (3, 50))
    assert torch.equal(bits(on_gpu(ids.cuda())), bits(weight[ids].cuda()))
    # Moved, and from a device that is not the current one's stream.
    with torch.cuda.stream(torch.cuda.Stream()):
        moved = copy.deepcopy(on_cpu).cuda()
        assert torch.equal(bits(moved.weight), bits(weight.cuda()))
        again = Embedding.from_packed(on_gpu.weight_packed.detach())
        assert torch.equal(bits(again(ids.cuda())), bits(weight[ids].cuda()))


@pytest.mark.parametrize("form", ["fast", "whole"])
@pytest.mark.parametrize(("rows", "columns"), [(70, 136), (4096, 1024), (14336, 4096)])
def test_products_are_those_of_the_weights(rows: int, columns: int, form: str) -> None:
    dense = dense_linear(rows, columns).cuda()
    dense.weight.data = torch.randn(rows, columns, device="cuda").mul(0.02).to(torch.bfloat16)
    dense.weight.data[1, 5] = 1000.0
    packed = Linear.from_dense(dense, form)
    weight, bias = dense.weight.double(), dense.bias.double()
    for count in ROWS:
        x = numbers(count, columns).cuda()
        exact = torch.nn.functional.linear(x.double(), weight, bias)
        size = torch.nn.functional.linear(x.double().abs(), weight.abs()) + 1
        assert near(packed(x), exact, size), count
        wide = torch.cat([x, x], -1)[:, :columns]
        assert torch.equal(bits(packed(wide)), bits(packed(x)))
    packed.exact = True
    assert torch.equal(bits(packed(x)), bits(dense(x)))


def test_a_workspace_that_is_smaller_than_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = dense_linear(1000, 512).cuda()
    dense.weight.data = torch.randn(1000, 512, device="cuda").to(torch.bfloat16)
    packed, x = Linear.from_dense(dense), numbers(300, 512).cuda()
    exact = torch.nn.functional.linear(x.double(), dense.weight.double(), dense.bias.double())
    size = torch.nn.functional.linear(x.double().abs(), dense.weight.double().abs()) + 1
    for workspace in (1, 200_000, 1 << 30):
        monkeypatch.setattr("wcodec.torch._products.WORKSPACE", workspace)
        assert near(packed(x), exact, size)


def test_opcheck() -> None:
    packed = Linear.from_dense(dense_linear(70, 136).cuda())
    other = Linear.from_dense(dense_linear(32, 136, False).cuda())
    one, two = packed.weight_packed.detach(), other.weight_packed.detach()
    bias = numbers(70).cuda().requires_grad_()
    ops, scales = torch.ops.wcodec, [packed.scale, other.scale]
    for count in (4, 200):
        x = numbers(count, 136).cuda().requires_grad_()
        torch.library.opcheck(ops.linear.default, (x, one, bias, 70, packed.scale))
        arguments = (x, [one, two], [bias], [True, False], [70, 32], scales)
        torch.library.opcheck(ops.linears.default, arguments)
    torch.library.opcheck(ops.unpack.default, (one, 70, 136, packed.scale))
    table = Embedding.from_dense(torch.nn.Embedding.from_pretrained(matrix(70, 130).cuda()))
    ids = torch.tensor([[1, 69], [0, 3]], device="cuda")
    of_table = (ids, table.weight_packed.detach(), 70, 130, table.scale, table._most)
    torch.library.opcheck(ops.rows.default, of_table)


@pytest.mark.parametrize("mode", ["default", "reduce-overhead"])
def test_compiled(mode: str) -> None:
    _, packed, _ = packed_model()
    packed = packed.cuda()
    torch._dynamo.reset()
    compiled = torch.compile(packed, fullgraph=True, mode=mode)
    with torch.no_grad():
        for ids in (IDS.cuda(), IDS.cuda() + 0, torch.cat([IDS] * 60, 1).cuda()):
            for _ in range(3):
                y = compiled(ids).clone()
            torch.testing.assert_close(y, packed(ids), rtol=0.05, atol=0.05)


def test_compiled_rows_are_those_of_the_table() -> None:
    every = torch.arange(-(1 << 15), 1 << 15, dtype=torch.int32).to(torch.int16)
    every = every.view(torch.bfloat16).reshape(256, 256)
    # Codes stand for subnormal numbers, and for ordinary ones.
    for size in (1e-39, 2e-38, 0.02):
        table = torch.cat([every, (torch.randn(1 << 16, 256) * size).to(torch.bfloat16)])
        packed = Embedding.from_dense(torch.nn.Embedding.from_pretrained(table.cuda()))
        assert packed.form == "fast"
        torch._dynamo.reset()
        compiled = torch.compile(packed, fullgraph=True)
        ids = torch.arange(1 << 12)
        assert torch.equal(bits(compiled(ids.cuda())), bits(table[ids].cuda()))
        assert torch.equal(bits(packed(ids.cuda())), bits(table[ids].cuda()))


def test_captured_in_a_graph() -> None:
    _, packed, _ = packed_model()
    packed = packed.cuda()
    for count in (1, 100):
        ids = torch.cat([IDS] * count, 1).cuda()
        stream = torch.cuda.Stream()
        with torch.no_grad(), torch.cuda.stream(stream):
            packed(ids)
            stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                y = packed(ids)
            ids.copy_((ids + 13) % 100)
            graph.replay()
            stream.synchronize()
            assert torch.equal(bits(y), bits(packed(ids)))


def test_gradients_and_the_cpu() -> None:
    dense, packed, _ = packed_model()
    on_gpu = copy.deepcopy(packed).cuda()
    assert on_gpu.head.weight_packed is on_gpu.embedding.weight_packed
    torch.testing.assert_close(on_gpu(IDS.cuda()).cpu(), packed(IDS), rtol=0.05, atol=0.05)
    for model, ids in ((on_gpu, IDS.cuda()), (packed, IDS), (dense, IDS)):
        model(ids).square().sum().backward()
    assert on_gpu.norm.weight.grad is not None
    ours, theirs = on_gpu.norm.weight.grad.cpu(), dense.norm.weight.grad
    torch.testing.assert_close(ours, theirs, rtol=0.1, atol=float(theirs.abs().max()) / 20)


def test_memory_is_that_of_torch() -> None:
    dense = torch.nn.Linear(4096, 4096, False, device="cuda", dtype=torch.bfloat16)
    model = torch.nn.Sequential(dense)
    del dense
    before = torch.cuda.memory_allocated()
    report = wcodec.torch.pack_(model)
    after = torch.cuda.memory_allocated()
    assert report.packed == ["0"]
    assert after < before - 0.24 * report.dense_bytes
    state = {name: value.cpu() for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    assert torch.cuda.memory_allocated() == after
