"""Experts whose weights stay packed, on the CPU."""

from __future__ import annotations

import copy
import pickle
import struct
from typing import Any

import pytest
import transformers

import torch
import wcodec
import wcodec.torch
import wcodec.transformers
from packed_models import bits, count_calls, matrix, numbers
from transformers_models import CONFIGS, IDS, SMALL, assert_same_weights, dense_model, logits
from wcodec.torch._expert_operators import number_of
from wcodec.torch._layout import pack
from wcodec.torch._stack import check_stack, pack_stack
from wcodec.torch.nn import Experts

FAMILIES = ["qwen3_moe", "mixtral"]


def stack(count: int = 5, rows: int = 48, columns: int = 70) -> torch.Tensor:
    return torch.stack([matrix(rows, columns, seed) for seed in range(count)])


def experts_of(model: Any) -> list[Any]:
    return [one for one in model.modules() if isinstance(one, Experts)]


def packed(family: str, **arguments: Any) -> tuple[Any, Any]:
    dense = dense_model(family)
    model = copy.deepcopy(dense)
    wcodec.torch.pack_(model, **arguments)
    return dense, model


def test_a_stack_comes_back_to_the_bit() -> None:
    for weights in (stack(), stack(1), stack(3, 16, 64), stack(2, 1, 1)):
        for form in ("fast", "whole"):
            data, layout = pack_stack(weights, form)
            assert check_stack(data) == layout
            assert layout.count == weights.shape[0]
            size = tuple(weights.shape)
            found = torch.ops.wcodec.unpack_experts(data, number_of(layout), *size)
            assert torch.equal(bits(found), bits(weights))


def test_rows_are_multiplied_by_the_experts_that_they_name() -> None:
    weights = stack()
    weights[weights.abs() > 1] = 0.5
    data, layout = pack_stack(weights)
    for of_one in (1, 2, 3):
        x = numbers(4, 70)
        names = torch.tensor([4, 0, 2, 2, 4, 1, 0, 3, 2, 4, 4, 1])[: 4 * of_one]
        y = torch.ops.wcodec.experts(x, names, data, number_of(layout), 48)
        for place, name in enumerate(names.tolist()):
            row = x[place // of_one : place // of_one + 1]
            one, alone = pack(weights[name])
            expected = torch.ops.wcodec.linear(row, one, None, 48, alone.scale)
            assert torch.equal(bits(y[place : place + 1]), bits(expected))
    # A name that none has gives zeros.
    y = torch.ops.wcodec.experts(numbers(2, 70), torch.tensor([5, -1]), data, number_of(layout), 48)
    assert not y.any()


def test_opcheck() -> None:
    data, layout = pack_stack(stack())
    number, names = number_of(layout), torch.tensor([0, 4, 2, 2])
    torch.library.opcheck(
        torch.ops.wcodec.experts.default, (numbers(2, 70), names, data, number, 48)
    )
    torch.library.opcheck(torch.ops.wcodec.unpack_experts.default, (data, number, 5, 48, 70))
    with pytest.raises(wcodec.ArgumentError, match="each row of x"):
        torch.ops.wcodec.experts(numbers(3, 70), names, data, number, 48)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_is_packed_in_place(family: str) -> None:
    dense, model = packed(family)
    assert len(experts_of(model)) == 2
    assert_same_weights(model, dense)
    torch.testing.assert_close(logits(model), logits(dense), rtol=0.1, atol=0.05)
    calls = count_calls(lambda: model(IDS))
    assert calls["wcodec::experts"] == 4
    report = wcodec.torch.pack_(model)
    assert report.packed == []
    assert "packed before" in report.left.values()
    wcodec.torch.unpack_(model)
    assert experts_of(model) == []
    assert torch.equal(bits(logits(model)), bits(logits(dense)))
    assert model.state_dict().keys() == dense.state_dict().keys()


@pytest.mark.parametrize("implementation", ["eager", "grouped_mm", "batched_mm"])
@pytest.mark.parametrize("family", FAMILIES)
def test_exact_experts_give_the_same_bits(family: str, implementation: str) -> None:
    dense, model = packed(family, exact=True)
    for one in (dense, model):
        one.set_experts_implementation(implementation)
    assert torch.equal(bits(logits(model)), bits(logits(dense)))


def test_many_rows_are_multiplied_unpacked() -> None:
    dense, model = packed("qwen3_moe")
    ids = IDS.repeat(1, 30)
    with torch.no_grad():
        torch.testing.assert_close(model(ids).logits, dense(ids).logits, rtol=0.1, atol=0.05)
    calls = count_calls(lambda: model(ids))
    assert "wcodec::experts" not in calls
    assert calls["wcodec::unpack_experts"] == 4


def test_gradients_flow_through_experts() -> None:
    dense, model = packed("mixtral")
    for one in (dense, model):
        for parameter in one.parameters():
            parameter.requires_grad_(False)
        one.model.embed_tokens.register_forward_hook(lambda *given: given[2].requires_grad_())
        one.model.norm.weight.requires_grad_()
        one.model.layers[0].input_layernorm.weight.requires_grad_()
        one(IDS, labels=IDS).loss.backward()
    ours, theirs = (one.model.layers[0].input_layernorm.weight.grad for one in (model, dense))
    torch.testing.assert_close(ours, theirs, rtol=0.2, atol=float(theirs.abs().max()) / 10)


@pytest.mark.parametrize("family", FAMILIES)
def test_copied_pickled_saved_and_moved(family: str) -> None:
    dense, model = packed(family)
    expected = bits(logits(model))
    assert torch.equal(bits(logits(copy.deepcopy(model))), expected)
    experts = experts_of(model)[0]
    again = pickle.loads(pickle.dumps(experts))
    assert torch.equal(bits(again.weights("down_proj")), bits(experts.down_proj))
    assert type(again) is type(experts)
    # Loaded, whatever was there before.
    other = dense_model(family)
    for parameter in other.parameters():
        parameter.data += 1
    wcodec.torch.pack_(other)
    for state in (model.state_dict(), dense.state_dict()):
        result = other.load_state_dict(state)
        assert (result.missing_keys, result.unexpected_keys) == ([], [])
        assert torch.equal(bits(logits(other)), expected)
    with pytest.raises(wcodec.ArgumentError, match="to_dense"):
        model.float()
    damaged = model.state_dict()
    damaged["model.layers.0.mlp.experts.packed_down_proj"] = damaged["lm_head.weight_packed"]
    with pytest.raises(RuntimeError, match="packed experts are damaged"):
        other.load_state_dict(damaged)


def test_compiled() -> None:
    _, model = packed("qwen3_moe")
    torch._dynamo.reset()
    layer = experts_of(model)[0]
    x, names = numbers(6, 64), torch.tensor([[0, 1], [2, 3], [1, 3], [0, 2], [3, 0], [1, 2]])
    shares = torch.full((6, 2), 0.5, dtype=torch.bfloat16)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        torch.testing.assert_close(compiled(x, names, shares), layer(x, names, shares))


def test_damaged_stacks_are_refused() -> None:
    data, layout = pack_stack(stack())
    count = len(layout.places)
    lengths = len(data) - 48 - 8 * count

    def changed(at: int, content: bytes) -> torch.Tensor:
        copied = data.clone()
        copied[at : at + len(content)] = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        return copied

    end = len(data)
    for damaged in (
        changed(end - 48, b"X"),
        changed(end - 1, b"\1"),
        changed(end - 36, b"\1"),
        changed(end - 16, struct.pack("<I", 0)),
        changed(end - 16, struct.pack("<I", 6)),
        changed(end - 16, struct.pack("<I", 1 << 31)),
        changed(end - 32, struct.pack("<Q", 49)),
        changed(lengths, struct.pack("<Q", 1 << 62)),
        changed(lengths, struct.pack("<Q", 47)),
        changed(layout.places[1][0] + layout.places[1][1] - 30, b"\xff"),
        data[16:],
        data[:-16],
        torch.cat([data[:lengths], data[:16], data[lengths:]]),
        data[-48:],
    ):
        with pytest.raises(wcodec.BadDataError):
            check_stack(damaged)
    with pytest.raises(wcodec.LimitError, match="version"):
        check_stack(changed(end - 40, b"\2"))
    for odd in (data[:47], data.view(1, -1), data.to(torch.int16)):
        with pytest.raises(wcodec.ArgumentError):
            check_stack(odd)
    with pytest.raises(wcodec.ArgumentError, match="experts are matrices"):
        pack_stack(matrix(4, 4))


def test_experts_that_are_left() -> None:
    dense = dense_model("qwen3_moe")
    report = wcodec.torch.pack_(dense, skip=["experts"])
    assert report.left["model.layers.0.mlp.experts"] == "skipped"
    config = transformers.GptOssConfig(
        **SMALL, num_local_experts=4, num_experts_per_tok=2, layer_types=["full_attention"] * 2
    )
    model = transformers.GptOssForCausalLM(config).to(torch.bfloat16)
    report = wcodec.torch.pack_(model)
    assert report.left["model.layers.0.mlp.experts"] == "of transposed matrices, or with biases"
    report = wcodec.torch.pack_(dense_model("qwen3_moe").float())
    assert report.left["model.layers.0.mlp.experts"] == "of torch.float32"


def test_experts_of_which_some_would_not_be_smaller() -> None:
    config = CONFIGS["mixtral"]()
    config.intermediate_size = 96
    torch.manual_seed(1)
    dense = transformers.MixtralForCausalLM(config).to(torch.bfloat16).eval()
    dense.save_pretrained("dense")
    loaded = wcodec.transformers.from_pretrained("dense")
    loaded.save_pretrained("packed")
    again = transformers.AutoModelForCausalLM.from_pretrained("packed")
    for model in (loaded, again):
        assert list(experts_of(model)[0]._layouts) == ["gate_up_proj"]
        assert_same_weights(model, dense)
    assert torch.equal(bits(logits(again)), bits(logits(loaded)))
