"""Packed models of transformers: tiny ones of five families, on the CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import transformers

import torch
import wcodec
import wcodec.torch
import wcodec.transformers
from packed_models import bits
from transformers_models import (
    CONFIGS,
    IDS,
    LEFT,
    assert_same_weights,
    class_of,
    dense_model,
    logits,
    packed_names,
    weights,
)


@pytest.mark.parametrize("family", CONFIGS)
def test_a_dense_folder_is_packed_as_it_loads(family: str) -> None:
    dense = dense_model(family)
    dense.save_pretrained("dense")
    config = wcodec.transformers.WcodecConfig()
    packed = class_of(family).from_pretrained("dense", quantization_config=config)
    names = packed_names(packed)
    left = set(weights(dense)) - set(names)
    assert left == LEFT.get(family, set())
    assert_same_weights(packed, dense)
    assert packed.hf_quantizer.report.packed_bytes < 0.9 * packed.hf_quantizer.report.dense_bytes
    torch.testing.assert_close(logits(packed), logits(dense), rtol=0.1, atol=0.05)
    # Saved, and loaded as it was.
    packed.save_pretrained("packed")
    size = sum(file.stat().st_size for file in Path("packed").glob("*.safetensors"))
    assert size < sum(file.stat().st_size for file in Path("dense").glob("*.safetensors"))
    again = class_of(family).from_pretrained("packed")
    assert packed_names(again) == names
    assert_same_weights(again, dense)
    assert torch.equal(bits(logits(again)), bits(logits(packed)))
    head, table = again.get_output_embeddings(), again.get_input_embeddings()
    if dense.config.tie_word_embeddings and family != "gemma":
        assert head.weight_packed is table.weight_packed
    # Dense again.
    again.dequantize()
    assert packed_names(again) == []
    assert torch.equal(bits(logits(again)), bits(logits(dense)))


@pytest.mark.parametrize("family", CONFIGS)
def test_exact_models_give_the_same_bits(family: str) -> None:
    dense = dense_model(family)
    dense.save_pretrained("dense")
    packed = wcodec.transformers.from_pretrained("dense", class_of(family), exact=True)
    assert torch.equal(bits(logits(packed)), bits(logits(dense)))


def test_tokens_are_those_of_the_dense_model() -> None:
    dense = dense_model("qwen3")
    dense.save_pretrained("dense")
    packed = wcodec.transformers.from_pretrained("dense", exact=True)
    arguments = {"max_new_tokens": 8, "do_sample": False}
    expected = dense.generate(IDS, **arguments)
    assert torch.equal(packed.generate(IDS, **arguments), expected)
    assert torch.equal(packed.generate(IDS, cache_implementation="static", **arguments), expected)


def test_modules_that_are_left() -> None:
    dense_model("llama").save_pretrained("dense")
    packed = wcodec.transformers.from_pretrained("dense", modules_to_not_convert=["lm_head"])
    assert type(packed.lm_head) is torch.nn.Linear
    packed.save_pretrained("packed")
    again = transformers.AutoModelForCausalLM.from_pretrained("packed")
    assert type(again.lm_head) is torch.nn.Linear
    assert packed_names(again) == packed_names(packed)


def test_what_is_no_bf16_is_refused() -> None:
    dense_model("llama").float().save_pretrained("dense")
    with pytest.raises(wcodec.ArgumentError, match="the model is to be"):
        wcodec.transformers.from_pretrained("dense")
    rounded = wcodec.transformers.from_pretrained("dense", dtype=torch.bfloat16)
    assert rounded.lm_head.form == "fast"
    with pytest.raises(wcodec.ArgumentError, match="no form 'small'"):
        wcodec.transformers.from_pretrained("dense", form="small")


def test_a_damaged_checkpoint_is_refused() -> None:
    dense_model("llama").save_pretrained("dense")
    wcodec.transformers.from_pretrained("dense").save_pretrained("packed")
    file = next(Path("packed").glob("*.safetensors"))
    tensors = wcodec.torch.load_file(file)
    name = "model.layers.1.mlp.down_proj.weight_packed"
    tensors[name][-1] ^= 1
    import safetensors.torch

    safetensors.torch.save_file(tensors, file, {"format": "pt"})
    with pytest.raises(wcodec.BadDataError, match="checksum"):
        transformers.AutoModelForCausalLM.from_pretrained("packed")


def test_adapters_are_trained_on_packed_weights() -> None:
    peft = pytest.importorskip("peft")
    dense_model("llama").save_pretrained("dense")
    packed = wcodec.transformers.from_pretrained("dense")
    model = peft.get_peft_model(packed, peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"]))
    before = logits(model)
    model(IDS, labels=IDS).loss.backward()
    trained = [one for one in model.parameters() if one.requires_grad]
    assert trained
    assert all(one.grad is not None for one in trained)
    with torch.no_grad():
        for one in trained:
            one += 0.1
    assert not torch.equal(bits(logits(model)), bits(before))


def test_what_is_saved_may_be_loaded_exact() -> None:
    dense = dense_model("llama")
    dense.save_pretrained("dense")
    wcodec.transformers.from_pretrained("dense").save_pretrained("packed")
    exact = wcodec.transformers.from_pretrained("packed", exact=True)
    assert torch.equal(bits(logits(exact)), bits(logits(dense)))
