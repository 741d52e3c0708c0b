"""Models of transformers from folders of archives, and the memory that loading takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import transformers

import torch
import wcodec
import wcodec.transformers
from packed_models import Tensors, bits
from transformers_models import SMALL, assert_same_weights, dense_model, logits, packed_names


@pytest.mark.parametrize("family", ["llama", "gemma", "bert"])
def test_folders_of_archives(family: str) -> None:
    dense = dense_model(family)
    dense.save_pretrained("dense", max_shard_size="100KB")
    packed = wcodec.transformers.from_pretrained("dense")
    packed.save_pretrained("packed")
    for folder in ("dense", "packed"):
        wcodec.compress(folder, f"{folder}-archives")
        assert not list(Path(f"{folder}-archives").glob("*.safetensors"))
        for file in Path(folder).glob("*.json"):
            target = Path(f"{folder}-archives") / file.name
            if not target.exists():
                target.write_bytes(file.read_bytes())
        loaded = wcodec.transformers.WCodecModel.from_pretrained(f"{folder}-archives")
        assert type(loaded) is type(dense)
        assert packed_names(loaded) == packed_names(packed)
        assert torch.equal(bits(logits(loaded)), bits(logits(packed)))


@pytest.mark.parametrize("family", ["llama", "qwen3_moe"])
def test_auto_classes_take_folders_of_archives(family: str) -> None:
    dense = dense_model(family)
    dense.generation_config.temperature = 0.25
    dense.generation_config.do_sample = True
    dense.save_pretrained("dense", max_shard_size="100KB")
    wcodec.compress("dense", "archives", device="cpu")
    auto = transformers.AutoModelForCausalLM
    # Decoded, and packed as it is loaded.
    plain = auto.from_pretrained("archives")
    assert packed_names(plain) == []
    assert torch.equal(bits(logits(plain)), bits(logits(dense)))
    assert plain.generation_config.temperature == 0.25
    assert plain.name_or_path == "archives"
    config = wcodec.transformers.WcodecConfig()
    packed, info = auto.from_pretrained(
        "archives", quantization_config=config, output_loading_info=True
    )
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert packed_names(packed)
    assert_same_weights(packed, dense)
    # Saved, compressed again, and loaded by what its configuration says.
    packed.save_pretrained("packed")
    wcodec.compress("packed", "packed-archives", device="cpu")
    again = auto.from_pretrained("packed-archives")
    assert packed_names(again) == packed_names(packed)
    assert torch.equal(bits(logits(again)), bits(logits(packed)))
    # Of a class of its own, by a folder in a folder, and by a configuration that is given.
    Path("outer").mkdir()
    Path("archives").rename("outer/inner")
    same = type(dense).from_pretrained("outer", subfolder="inner")
    assert torch.equal(bits(logits(same)), bits(logits(dense)))
    same = auto.from_pretrained("outer/inner", config=dense.config, device_map={"": "cpu"})
    assert torch.equal(bits(logits(same)), bits(logits(dense)))


def test_a_damaged_archive_is_refused() -> None:
    dense_model("llama").save_pretrained("dense")
    wcodec.compress("dense", "archives", device="cpu")
    file = next(Path("archives").glob("*.wcodec"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(wcodec.BadDataError):
        transformers.AutoModelForCausalLM.from_pretrained("archives")


def test_archives_whose_configuration_names_no_dtype() -> None:
    dense = dense_model("llama")
    dense.save_pretrained("dense")
    wcodec.compress("dense", "archives", device="cpu")
    file = Path("archives/config.json")
    config = json.loads(file.read_text())
    assert config.pop("dtype") == "bfloat16"
    file.write_text(json.dumps(config))
    for arguments in ({}, {"dtype": "auto"}, {"config": dense.config}):
        loaded = transformers.AutoModelForCausalLM.from_pretrained("archives", **arguments)
        assert torch.equal(bits(logits(loaded)), bits(logits(dense)))
    wide = transformers.AutoModelForCausalLM.from_pretrained("archives", dtype=torch.float32)
    assert wide.lm_head.weight.dtype == torch.float32


def test_no_dense_model_is_ever_there() -> None:
    sizes = {"vocab_size": 1024, "hidden_size": 256, "intermediate_size": 512}
    config = transformers.LlamaConfig(**{**SMALL, **sizes, "num_hidden_layers": 12})
    torch.manual_seed(1)
    dense = transformers.LlamaForCausalLM(config).to(torch.bfloat16)
    dense.save_pretrained("dense", max_shard_size="1MB")
    largest = max(one.numel() * 2 for one in dense.parameters())
    wcodec.compress("dense", "archives", device="cpu")
    del dense
    for folder in ("dense", "archives"):
        with Tensors() as tensors:
            packed = wcodec.transformers.from_pretrained(folder)
        held = sum(one.numel() * one.element_size() for one in dict.fromkeys(packed.parameters()))
        # A weight is read, moved and packed before the next is.
        assert tensors.most <= held + 2 * largest
        assert tensors.most < packed.hf_quantizer.report.dense_bytes
