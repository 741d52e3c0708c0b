"""Tiny models of transformers for tests."""

from __future__ import annotations

from typing import Any

import transformers

import torch
from packed_models import bits
from wcodec.torch.nn import Embedding, Experts, Linear

SMALL = {
    "vocab_size": 96,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
CONFIGS: dict[str, Any] = {
    "llama": lambda: transformers.LlamaConfig(**SMALL),
    "llama with biases": lambda: transformers.LlamaConfig(
        **SMALL, attention_bias=True, mlp_bias=True
    ),
    "qwen3": lambda: transformers.Qwen3Config(**SMALL, tie_word_embeddings=True),
    "gemma": lambda: transformers.GemmaConfig(**SMALL),
    "qwen3_moe": lambda: transformers.Qwen3MoeConfig(
        **SMALL, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=64
    ),
    "mixtral": lambda: transformers.MixtralConfig(
        **{**SMALL, "intermediate_size": 128}, num_local_experts=4, num_experts_per_tok=2
    ),
    "bert": lambda: transformers.BertConfig(**SMALL, architectures=["BertForMaskedLM"]),
}
CLASSES: dict[str, Any] = {"bert": transformers.AutoModelForMaskedLM}
# Gemma's embedding is no `torch.nn.Embedding`, but scales its rows; its head has the same weight.
LEFT = {"gemma": {"model.embed_tokens", "lm_head"}}
IDS = torch.tensor([[5, 6, 7, 8, 9], [10, 11, 12, 13, 14]])


def class_of(family: str) -> Any:
    return CLASSES.get(family, transformers.AutoModelForCausalLM)


def dense_model(family: str, layers: int | None = None) -> Any:
    torch.manual_seed(1)
    config = CONFIGS[family]()
    config.num_hidden_layers = layers or config.num_hidden_layers
    model = class_of(family).from_config(config, dtype=torch.bfloat16)
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn(parameter.shape).to(parameter.dtype)
    return model.eval()


def logits(model: Any, ids: torch.Tensor = IDS) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(ids).logits
    return found


def packed_names(model: Any) -> list[str]:
    """The names of the weights that are packed."""
    names = []
    for name, one in model.named_modules():
        if isinstance(one, Linear | Embedding):
            names.append(name)
        elif isinstance(one, Experts):
            names += [f"{name}.{weight}" for weight in sorted(one._layouts)]
    return names


def weights(model: Any) -> dict[str, torch.Tensor]:
    """The weights of all layers, packed or not."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear | torch.nn.Embedding):
            found[name] = module.weight
        elif hasattr(module, "is_transposed"):
            for weight in ("gate_up_proj", "down_proj"):
                found[f"{name}.{weight}"] = getattr(module, weight)
    return found


def assert_same_weights(one: Any, other: Any) -> None:
    ours, theirs = weights(one), weights(other)
    assert ours.keys() == theirs.keys()
    for name, weight in ours.items():
        assert torch.equal(bits(weight), bits(theirs[name])), name
