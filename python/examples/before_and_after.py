"""Memory and tokens a second of a model before and after it is packed.

`python before_and_after.py FOLDER [TOKENS]`: on the GPU if there is one.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from transformers import AutoModelForCausalLM

import torch
import wcodec.torch


def weight_bytes(model: Any) -> int:
    """Bytes of all weights, each once."""
    unique = dict.fromkeys(model.parameters())
    return sum(one.numel() * one.element_size() for one in unique)


def tokens_a_second(model: Any, count: int) -> float:
    """The rate at which tokens are generated, once all was warmed up."""
    ids = torch.tensor([[1, 2, 3]], device=model.device)
    arguments: Any = {"max_new_tokens": count, "min_new_tokens": count, "do_sample": False}
    for _ in range(2):
        start = time.perf_counter()
        model.generate(ids, **arguments)
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    return count / seconds


def main() -> None:
    """Prints a line before, the report, and a line after."""
    folder, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 32
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).to(device)
    print(f"dense:  {weight_bytes(model):,} bytes, {tokens_a_second(model, count):.1f} tokens/s")
    print(wcodec.torch.pack_(model))
    print(f"packed: {weight_bytes(model):,} bytes, {tokens_a_second(model, count):.1f} tokens/s")


if __name__ == "__main__":
    main()
