"""Speed of models of transformers, dense and packed, in one run on one GPU.

`python models_speed.py [decode] [prefill] [experts] [exact]`: all unless some are named.
"""

from __future__ import annotations

import copy
import sys
from typing import Any

from model_shapes import (
    llama_8b,
    milliseconds,
    qwen3_30b,
    random_model,
    step_milliseconds,
    weight_bytes,
)

import torch
import wcodec.torch


def compare_steps(name: str, config: Any, batches: tuple[int, ...]) -> None:
    """Prints tokens a second of each batch, and what the weights take."""
    model = random_model(config)
    dense_bytes = weight_bytes(model)
    dense = {batch: step_milliseconds(model, batch) for batch in batches}
    torch._dynamo.reset()
    wcodec.torch.pack_(model)
    share = weight_bytes(model) / dense_bytes
    print(f"{name}: weights {dense_bytes:,} bytes dense, {share:.3f} of it packed", flush=True)
    for batch, before in dense.items():
        after = step_milliseconds(model, batch)
        print(
            f"{name} batch {batch}: dense {1000 * batch / before:.1f} tokens/s, "
            f"packed {1000 * batch / after:.1f}, {before / after:.3f}x",
            flush=True,
        )


def decode() -> None:
    compare_steps("8B", llama_8b(), (1, 8, 32))


def experts() -> None:
    compare_steps("30B-A3B, 6 layers", qwen3_30b(6), (1, 8))


def prefill() -> None:
    """Prints the time of 2,048 tokens, not compiled."""
    model = random_model(llama_8b(16))
    ids = torch.randint(128256, (1, 2048), device="cuda")

    def run() -> None:
        model(ids, logits_to_keep=1)

    before = milliseconds(run, 5)
    wcodec.torch.pack_(model)
    after = milliseconds(run, 5)
    print(
        f"prefill of 2,048 tokens, 16 layers: dense {before:.1f} ms, packed {after:.1f}, "
        f"{before / after:.3f}x",
        flush=True,
    )


def exact() -> None:
    """Prints whether logits of 1,000 tokens are identical, and the default's error."""
    model = random_model(llama_8b(4))
    wide = copy.deepcopy(model).float()
    ids = torch.randint(128256, (1, 1000), device="cuda")
    # As many sequences of one token, whose rows are multiplied with the weights as they lie.
    few = ids[:, :100].reshape(100, 1)
    dense, dense_few, wide_few = model(ids).logits, model(few).logits, wide(few).logits
    wcodec.torch.pack_(model)
    error = float((model(few).logits.float() - wide_few).norm())
    error /= float((dense_few.float() - wide_few).norm())
    for module in model.modules():
        if isinstance(module, wcodec.torch.nn.Linear):
            module.exact = True
    is_same = torch.equal(model(ids).logits.view(torch.int16), dense.view(torch.int16))
    print(
        f"exact=True, 1,000 tokens, 4 layers: logits identical: {is_same}; by default, 100 rows: "
        f"error against F32 over dense BF16's own {error:.4f}",
        flush=True,
    )


PARTS = {"exact": exact, "prefill": prefill, "experts": experts, "decode": decode}


def main() -> None:
    print(torch.cuda.get_device_name(), "torch", torch.__version__, flush=True)
    with torch.no_grad():
        for name in sys.argv[1:] or PARTS:
            PARTS[name]()
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
