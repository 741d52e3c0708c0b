"""Whole models, packed in place, on the CPU."""

from __future__ import annotations

import copy
import io
import pickle

import pytest

import torch
import wcodec
import wcodec.torch
from packed_models import (
    IDS,
    alone,
    bits,
    count_calls,
    gradients,
    numbers,
    packed_model,
    small_model,
)
from wcodec.torch.nn import Linear


def test_a_model_is_packed_in_place() -> None:
    dense, packed, report = packed_model()
    assert len(report.packed) == 9
    assert report.left == {"norm": "a LayerNorm"}
    assert isinstance(packed.head, Linear)
    assert packed.head.weight_packed is packed.embedding.weight_packed
    weights = dict.fromkeys(
        parameter for name, parameter in dense.named_parameters() if "weight" in name
    )
    dense_bytes = sum(2 * one.numel() for one in weights) - 2 * dense.norm.weight.numel()
    assert report.dense_bytes == dense_bytes
    assert "9 packed" in str(report)
    assert "1 left, a LayerNorm: norm" in str(report)
    torch.testing.assert_close(packed(IDS), dense(IDS), rtol=0.05, atol=0.05)


def test_a_block_that_a_model_has_twice() -> None:
    torch.manual_seed(4)
    block = torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(20)))
    model = torch.nn.Sequential(block, torch.nn.ReLU(), block).to(torch.bfloat16)
    dense = copy.deepcopy(model)
    report = wcodec.torch.pack_(model, exact=True)
    assert len(report.packed) == 20
    assert report.left == {}
    x = numbers(2, 64)
    assert torch.equal(bits(model(x)), bits(dense(x)))
    assert model[0] is model[2]


def test_an_exact_model_gives_the_same_bits() -> None:
    dense, packed, _ = packed_model(exact=True)
    assert torch.equal(bits(packed(IDS)), bits(dense(IDS)))


def test_layers_that_are_merged_give_the_same_bits() -> None:
    _, merged, _ = packed_model()
    _, alone, _ = packed_model(merge=False)
    assert torch.equal(bits(merged(IDS)), bits(alone(IDS)))
    x = numbers(2, 48)
    layer = merged.attention[0]
    calls = count_calls(lambda: layer(x))
    assert calls == {"wcodec::linears": 1}
    assert layer.q_proj._group[0].pending is None
    assert set(merged.state_dict()) == set(alone.state_dict())


def test_layers_that_multiply_other_rows_do_not_stay_merged() -> None:
    _, packed, _ = packed_model()
    layer, x, other = packed.attention[0], numbers(2, 48), numbers(2, 48, seed=9)
    expected = torch.cat(
        [layer.q_proj(x), alone(layer.k_proj, other) * alone(layer.v_proj, other)], -1
    )
    layer.q_proj._group[0].pending = None
    assert torch.equal(bits(layer(x, other)), bits(expected))
    assert layer.q_proj._group[0].pending is None
    assert count_calls(lambda: layer(x, other)) == {"wcodec::linear": 3}


def test_rows_that_were_written_to_are_multiplied_again() -> None:
    _, packed, _ = packed_model()
    layer, x = packed.attention[0], numbers(2, 48)
    with torch.no_grad():
        layer.q_proj(x)
        x.mul_(3)
        assert torch.equal(bits(layer.k_proj(x)), bits(alone(layer.k_proj, x)))


def test_what_is_left_and_why() -> None:
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64),
        torch.nn.Linear(64, 64).to(torch.bfloat16),
        torch.nn.Linear(64, 64).to(torch.bfloat16),
        torch.nn.Embedding(8, 64, max_norm=1.0).to(torch.bfloat16),
        torch.nn.Linear(64, 64).to(torch.bfloat16),
        torch.nn.MultiheadAttention(64, 2).to(torch.bfloat16),
        torch.nn.Linear(64, 64, device="meta", dtype=torch.bfloat16),
    )
    model[1].weight.data = (
        torch.arange(1 << 12).to(torch.int16).mul(16).view(torch.bfloat16).view(64, 64)
    )
    model[4].register_forward_hook(lambda *_: None)
    report = wcodec.torch.pack_(model, skip=["2"])
    assert report.packed == []
    assert report.left == {
        "0": "of torch.float32",
        "1": "not smaller",
        "2": "skipped",
        "3": "changed by max_norm",
        "4": "hooks are on it",
        "5.out_proj": "a NonDynamicallyQuantizableLinear",
        "5": "a MultiheadAttention",
        "6": "on the device meta",
    }
    with pytest.raises(wcodec.ArgumentError, match=r"Linear\.from_dense"):
        wcodec.torch.pack_(torch.nn.Linear(4, 4))
    with pytest.raises(wcodec.ArgumentError, match="no form 'small'"):
        wcodec.torch.pack_(model, form="small")


def test_what_is_skipped() -> None:
    for skip in (["embedding", "*.k_proj"], ["embedding", "k_proj"]):
        _, packed, report = packed_model(skip=skip)
        assert type(packed.embedding) is torch.nn.Embedding
        assert report.left["attention.1.k_proj"] == "skipped"
        assert len(report.packed) == 5
    _, packed, report = packed_model(skip=lambda name, module: module.weight.shape[0] > 48)
    assert "head" in report.left
    # Packed again, nothing is left to pack.
    report = wcodec.torch.pack_(packed, skip=["head", "embedding"])
    assert report.packed == ["attention.0.q_proj", "attention.1.q_proj"]


@pytest.mark.parametrize("dynamic", [False, True])
def test_compiled(dynamic: bool) -> None:
    _, packed, _ = packed_model()
    torch._dynamo.reset()
    compiled = torch.compile(packed, fullgraph=True, dynamic=dynamic, backend="aot_eager")
    for ids in (IDS, IDS[:1], torch.cat([IDS, IDS], 1)):
        torch.testing.assert_close(compiled(ids), packed(ids), rtol=0.02, atol=0.02)
    assert packed.attention[0].q_proj._group[0].pending is None


def test_compiled_with_gradients() -> None:
    _, packed, _ = packed_model()
    torch._dynamo.reset()
    layer = packed.attention[0]
    x = numbers(3, 48)
    compiled = gradients(torch.compile(layer, fullgraph=True, backend="aot_eager"), x)
    for one, other in zip(compiled, gradients(layer, x), strict=True):
        torch.testing.assert_close(one, other, rtol=0.02, atol=0.02)


def test_autocast() -> None:
    _, packed, _ = packed_model()
    x = numbers(3, 48)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(bits(packed.attention[0](x.float())), bits(packed.attention[0](x)))
    with pytest.raises(wcodec.ArgumentError, match=r"multiply BF16, not torch\.float32"):
        packed.out(torch.zeros(1, 80))


def test_saved_and_loaded() -> None:
    _, packed, _ = packed_model()
    state = packed.state_dict()
    assert "head.weight_packed" in state
    assert "head.weight" not in state
    other = small_model()
    for parameter in other.parameters():
        parameter.data.zero_()
    wcodec.torch.pack_(other, "fast")
    for assign in (False, True):
        result = other.load_state_dict(state, assign=assign)
        assert (result.missing_keys, result.unexpected_keys) == ([], [])
        assert torch.equal(bits(other(IDS)), bits(packed(IDS)))
    assert other.head.weight_packed is other.embedding.weight_packed


def test_a_dense_state_is_packed_as_it_is_loaded() -> None:
    dense, packed, _ = packed_model()
    for parameter in dense.parameters():
        parameter.data = numbers(*parameter.shape, seed=11)
    packed.load_state_dict(dense.state_dict())
    again = copy.deepcopy(dense)
    wcodec.torch.pack_(again)
    assert torch.equal(bits(packed(IDS)), bits(again(IDS)))


def test_copied_pickled_and_moved() -> None:
    _, packed, _ = packed_model()
    buffer = io.BytesIO()
    torch.save(packed, buffer)
    buffer.seek(0)
    loaded = torch.load(buffer, weights_only=False)
    copies = [copy.deepcopy(packed), pickle.loads(pickle.dumps(packed)), loaded]
    for other in copies:
        assert torch.equal(bits(other(IDS)), bits(packed(IDS)))
        assert other.head.weight_packed is other.embedding.weight_packed
        assert other.head.weight_packed is not packed.head.weight_packed
        assert other.attention[0].q_proj._group[0].members[1] is other.attention[0].k_proj
    packed.to("cpu", torch.bfloat16)
    for dtype in (torch.float16, torch.float32):
        with pytest.raises(wcodec.ArgumentError, match="to_dense"):
            packed.to(dtype)
    packed.out.to("meta")
    assert packed.out.weight.shape == (48, 80)
