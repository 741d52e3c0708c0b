#!/usr/bin/env python3
"""Times safetensors.torch.load_file to the GPU, for comparison: load_torch.py FILE [RUNS]."""

import sys
import time

import torch
from safetensors.torch import load_file


def main():
    path, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.zeros(1, device="cuda")
    rates = []
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        tensors = load_file(path, device="cuda")
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
        rates.append(sum(t.numel() * t.element_size() for t in tensors.values()) / seconds / 1e9)
        del tensors
    rates.sort()
    print(f"safetensors.torch.load_file to the GPU: {rates[len(rates) // 2]:.1f} GB/s "
          f"(median; best {rates[-1]:.1f}, worst {rates[0]:.1f})")


if __name__ == "__main__":
    main()
