"""Models of transformers with random weights, N(0, 0.02²), and the clocks of their benchmarks."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import transformers

import torch

CACHED = 1024
STEPS = 20


def llama_8b(layers: int = 32, **changes: Any) -> Any:
    """Llama 3 8B's shapes."""
    return transformers.LlamaConfig(
        vocab_size=128256,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=layers,
        num_attention_heads=32,
        num_key_value_heads=8,
        rope_theta=500000.0,
        max_position_embeddings=8192,
        tie_word_embeddings=False,
        dtype="bfloat16",
        **changes,
    )


def qwen3_30b(layers: int) -> Any:
    """Qwen3-30B-A3B's shapes, 128 experts of which eight are chosen."""
    return transformers.Qwen3MoeConfig(
        vocab_size=151936,
        hidden_size=2048,
        intermediate_size=6144,
        moe_intermediate_size=768,
        num_hidden_layers=layers,
        num_attention_heads=32,
        num_key_value_heads=4,
        head_dim=128,
        num_experts=128,
        num_experts_per_tok=8,
        norm_topk_prob=True,
        dtype="bfloat16",
    )


def random_model(config: Any, device: str = "cuda") -> Any:
    """A model whose weights are random, and those of norms 1."""
    torch.manual_seed(0)
    with torch.device(device):
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            parameter.data.normal_(0, 0.02)
    return model.eval()


def step_milliseconds(model: Any, batch: int) -> float:
    """The median time of a token, with a static cache, compiled and captured in a CUDA graph."""
    config = model.config
    cache = transformers.StaticCache(config=config, max_cache_len=CACHED)
    ids = torch.randint(config.vocab_size, (batch, 1), device="cuda")
    place = torch.full((batch, 1), CACHED // 2, device="cuda")
    torch._dynamo.reset()
    compiled = torch.compile(model, dynamic=False)

    def step() -> torch.Tensor:
        found: torch.Tensor = compiled(ids, position_ids=place, past_key_values=cache).logits
        return found

    # Buffers of the cache are made by the first call, which is not captured.
    model(ids, position_ids=place, past_key_values=cache)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            cache.reset()
            step()
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        cache.reset()
        with torch.cuda.graph(graph, stream=stream):
            step()
    return milliseconds(graph.replay)


def milliseconds(work: Callable[[], Any], runs: int = STEPS) -> float:
    """The median time of some work on the device."""
    times: list[float] = []
    for _ in range(runs + 1):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return sorted(times[1:])[runs // 2]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """The time of some work on host and device, and what it gives."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    result = work()
    torch.cuda.synchronize()
    return time.perf_counter() - start, result


def weight_bytes(model: Any) -> int:
    """Bytes of all parameters, each once."""
    unique = dict.fromkeys(model.parameters())
    return sum(one.numel() * one.element_size() for one in unique)
