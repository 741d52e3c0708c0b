"""Tokens a second of a model of Llama 3 8B's shapes, dense and packed, in one run.

Weights are random, N(0, 0.02²); a step is compiled and captured in a CUDA graph, with a cache of
1024 tokens. Prints a table of medians: `python decode_step.py [layers]`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import torch
import wcodec
import wcodec.torch

HIDDEN, INNER, VOCABULARY = 4096, 14336, 128256
HEADS, KEY_HEADS, HEAD = 32, 8, 128
CACHED = 1024
BATCHES = (1, 8, 32)
STEPS = 30


def linear(columns: int, rows: int) -> torch.nn.Linear:
    return torch.nn.Linear(columns, rows, False, device="cuda", dtype=torch.bfloat16)


class Layer(torch.nn.Module):
    """Attention to a cache that is full, and a gated product."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj = linear(HIDDEN, HEADS * HEAD)
        self.k_proj = linear(HIDDEN, KEY_HEADS * HEAD)
        self.v_proj = linear(HIDDEN, KEY_HEADS * HEAD)
        self.o_proj = linear(HEADS * HEAD, HIDDEN)
        self.gate_proj = linear(HIDDEN, INNER)
        self.up_proj = linear(HIDDEN, INNER)
        self.down_proj = linear(INNER, HIDDEN)

    def forward(self, x: torch.Tensor, cache: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
        n, hidden = x.shape[0], norm(x)
        q = self.q_proj(hidden).view(n, HEADS, 1, HEAD)
        keys, values = cache[0], cache[1]
        keys.index_copy_(2, at, self.k_proj(hidden).view(n, KEY_HEADS, 1, HEAD))
        values.index_copy_(2, at, self.v_proj(hidden).view(n, KEY_HEADS, 1, HEAD))
        attended = torch.nn.functional.scaled_dot_product_attention(
            q, keys, values, enable_gqa=True
        )
        x = x + self.o_proj(attended.reshape(n, HEADS * HEAD))
        hidden = norm(x)
        inner = torch.nn.functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden)
        result: torch.Tensor = x + self.down_proj(inner)
        return result


def norm(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.rms_norm(x, (HIDDEN,))


class Model(torch.nn.Module):
    """A decoder without norms' weights and without positions, which take no time to speak of."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        table = torch.empty(VOCABULARY, HIDDEN, device="cuda", dtype=torch.bfloat16)
        self.embed_tokens = torch.nn.Embedding.from_pretrained(table)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(layers))
        self.lm_head = linear(HIDDEN, VOCABULARY)
        for parameter in self.parameters():
            parameter.data.normal_(0, 0.02)

    def forward(
        self, ids: torch.Tensor, caches: list[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        x = self.embed_tokens(ids)
        for layer, cache in zip(self.layers, caches, strict=True):
            x = layer(x, cache, at)
        result: torch.Tensor = self.lm_head(norm(x))
        return result


def captured(work: Callable[[], torch.Tensor]) -> tuple[torch.cuda.CUDAGraph, torch.Tensor]:
    """The work as a graph, and what it gives."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            result = work()
    return graph, result


def milliseconds(graph: torch.cuda.CUDAGraph) -> float:
    """The median of a step's times."""
    times: list[float] = []
    for _ in range(STEPS):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        graph.replay()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end))
    return sorted(times)[STEPS // 2]


def measured(model: Model, batch: int) -> tuple[float, torch.Tensor]:
    """Milliseconds of a step, and its logits."""
    torch.manual_seed(batch)
    ids = torch.randint(VOCABULARY, (batch,), device="cuda")
    at = torch.tensor([5], device="cuda")
    shape = (2, batch, KEY_HEADS, CACHED, HEAD)
    caches = [
        torch.randn(shape, device="cuda").to(torch.bfloat16) for _ in range(len(model.layers))
    ]
    torch._dynamo.reset()
    step = torch.compile(model, fullgraph=True, dynamic=False)
    graph, logits = captured(lambda: step(ids, caches, at))
    return milliseconds(graph), logits.float().clone()


def main() -> None:
    layers = int(sys.argv[1]) if len(sys.argv) > 1 else 32
    torch.manual_seed(0)
    print(torch.cuda.get_device_name(), "torch", torch.__version__, "layers", layers, flush=True)
    with torch.no_grad():
        model = Model(layers)
        dense = {batch: measured(model, batch) for batch in BATCHES}
        torch.cuda.empty_cache()
        torch.cuda.synchronize()
        start = time.perf_counter()
        report = wcodec.torch.pack_(model)
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
        print(report, f"{report.dense_bytes / seconds / 1e9:.1f} GB/s packed", sep="\n")
        for batch, (dense_ms, expected) in dense.items():
            packed_ms, found = measured(model, batch)
            error = float((found - expected).norm() / expected.norm())
            print(
                f"batch {batch}: dense {1000 * batch / dense_ms:.1f} tokens/s, "
                f"packed {1000 * batch / packed_ms:.1f}, {dense_ms / packed_ms:.3f}x, "
                f"logits differ by {error:.1e}",
                flush=True,
            )


if __name__ == "__main__":
    main()
