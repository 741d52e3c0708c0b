"""`fit` beside what torch and transformers take."""

from __future__ import annotations

import pytest
import transformers

import torch
import wcodec
import wcodec.transformers
from transformers_models import CONFIGS, class_of, dense_model
from wcodec.torch.nn._weight import PackedWeight


@pytest.mark.parametrize("family", ["llama", "llama with biases", "qwen3", "bert"])
def test_packed_bytes_are_those_of_the_model(family: str) -> None:
    dense_model(family).save_pretrained("dense")
    packed = wcodec.transformers.from_pretrained("dense", class_of(family))
    parameters = dict.fromkeys(packed.parameters())
    expected = sum(one.numel() * one.element_size() for one in parameters)
    found = wcodec.fit("dense", "1GB", context=16)
    form = next(one for one in found.forms if one.name == "packed")
    # Random weights have a few exceptions, of 8 bytes each.
    assert form.weights <= expected < 1.02 * form.weights
    # Headers of a packed folder say the same.
    packed.save_pretrained("packed")
    again = wcodec.fit("packed", "1GB", context=16)
    forms = {one.name: one.weights for one in again.forms}
    assert forms["packed"] == expected
    assert forms["dense"] == next(one for one in found.forms if one.name == "dense").weights
    assert any(isinstance(module, PackedWeight) for module in packed.modules())


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma", "qwen3_moe"])
def test_the_cache_is_that_of_transformers(family: str) -> None:
    model = dense_model(family)
    model.save_pretrained("dense")
    cache = transformers.StaticCache(config=CONFIGS[family](), max_cache_len=48)
    with torch.no_grad():
        model(torch.ones(3, 5, dtype=torch.long), past_key_values=cache)
    held = sum(
        one.numel() * one.element_size()
        for layer in cache.layers
        for one in (layer.keys, layer.values)
    )
    assert wcodec.fit("dense", "1GB", context=48, batch=3).memory.cache == held
