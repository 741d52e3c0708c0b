"""Tensors of torch that there is no memory for."""

from __future__ import annotations

import subprocess
import sys

import torch
import wcodec.torch

WITHOUT_ROOM = """
import resource
import torch, wcodec, wcodec.torch
file = wcodec.safe_open("large.wcodec", "pt")
file.get_tensor("small")
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), -1))
try:
    file.get_tensor("large")
except wcodec.OutOfMemoryError as error:
    print(error)
"""


def test_a_tensor_that_there_is_no_room_for() -> None:
    tensors = {
        name: torch.zeros(n, dtype=torch.int8) for name, n in (("large", 400 << 20), ("small", 9))
    }
    wcodec.torch.save_file(tensors, "large.wcodec")
    command = [sys.executable, "-c", WITHOUT_ROOM]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith("there is no room for tensor 'large': ")
