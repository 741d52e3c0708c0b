"""A trainer and an inference process: a small model learns, and each step is sent as what changed.

Run it as `torchrun --nproc-per-node 2 weight_sync.py`, with more processes for more receivers. With
as many GPUs as processes it takes those and NCCL.
"""

from __future__ import annotations

import os

import torch.distributed as dist

import torch
from wcodec.torch.sync import Receiver, Sender

STEPS = 8
WIDTH = 256


def model(device: torch.device) -> torch.nn.Module:
    """The model as the inference process has it, in BF16."""
    torch.manual_seed(0)
    layers = torch.nn.Sequential(
        torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.GELU(), torch.nn.Linear(4 * WIDTH, WIDTH)
    )
    return layers.to(device, torch.bfloat16)


def train(device: torch.device) -> None:
    """Trains in F32, and sends the weights rounded to BF16, of which few change in a step."""
    sent = model(device)
    master = [weight.detach().float().requires_grad_() for weight in sent.parameters()]
    optimizer = torch.optim.AdamW(master, lr=1e-6)
    sender = Sender(sent)
    whole = sum(weight.numel() * weight.element_size() for weight in sent.parameters())
    for _ in range(STEPS):
        inputs = torch.randn(64, WIDTH, device=device)
        hidden = torch.nn.functional.gelu(inputs @ master[0].T + master[1])
        loss = (hidden @ master[2].T + master[3] - inputs.roll(1, 1)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for weight, exact in zip(sent.parameters(), master, strict=True):
                weight.copy_(exact)
        step = sender.send()
        kind = "whole" if step.is_anchor else "as changes"
        share = step.byte_len / whole
        print(
            f"step {step.number}: loss {loss.item():.4f}, sent {kind}, {share:.1%} of the weights"
        )


def infer(device: torch.device) -> None:
    """Takes the steps, and uses the weights after each."""
    layers = model(device)
    receiver = Receiver(layers)
    for _ in range(STEPS):
        receiver.receive()
        with torch.no_grad():
            layers(torch.ones(1, WIDTH, device=device, dtype=torch.bfloat16))


def main() -> None:
    """Does this process's part."""
    rank, local = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    has_gpus = torch.cuda.device_count() >= int(os.environ["LOCAL_WORLD_SIZE"])
    device = torch.device("cuda", local) if has_gpus else torch.device("cpu")
    if has_gpus:
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if has_gpus else "gloo")
    (train if rank == 0 else infer)(device)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
