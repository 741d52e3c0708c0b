"""Folders of models that have headers alone: files of zeros, which the disk does not hold."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

SIZES = {"BF16": 2, "F32": 4, "F8_E4M3": 1, "U8": 1}


def sparse_safetensors(path: Path, tensors: dict[str, tuple[str, tuple[int, ...]]]) -> None:
    """A safetensors file of zeros, as large as it says but for the disk."""
    header: dict[str, Any] = {}
    end = 0
    for name, (dtype, shape) in tensors.items():
        start, end = end, end + SIZES[dtype] * prod(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    encoded = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        file.truncate(8 + len(encoded) + end)


def llama(layers: int, hidden: int, inner: int, vocabulary: int, kv: int) -> dict[str, Any]:
    """Names, dtypes and shapes of a model of Llama's family."""
    shapes: dict[str, tuple[int, ...]] = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (kv, hidden),
        "self_attn.v_proj": (kv, hidden),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
    }
    tensors = {
        f"model.layers.{layer}.{name}.weight": ("BF16", shape)
        for layer in range(layers)
        for name, shape in shapes.items()
    }
    ends = {"model.embed_tokens": (vocabulary, hidden), "lm_head": (vocabulary, hidden)}
    tensors.update({f"{name}.weight": ("BF16", shape) for name, shape in ends.items()})
    return {**tensors, "model.norm.weight": ("BF16", (hidden,))}


def folder(path: str, tensors: dict[str, Any], config: dict[str, Any]) -> str:
    """A model's folder."""
    Path(path).mkdir()
    sparse_safetensors(Path(path) / "model.safetensors", tensors)
    (Path(path) / "config.json").write_text(json.dumps(config))
    return path


LLAMA_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}


def llama_8b(path: str = "llama") -> str:
    return folder(path, llama(32, 4096, 14336, 128256, 1024), LLAMA_8B)
