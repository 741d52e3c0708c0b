"""Parts of tensors decoded on a GPU, each from its own tiles."""

from __future__ import annotations

from typing import Any

import pytest

import torch
import wcodec.torch

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def gaussian(*shape: int, dtype: torch.dtype = torch.bfloat16) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(1)) / 50
    return values.to(dtype)


WEIGHTS = {
    "tall": gaussian(3000, 1024),
    "wide": gaussian(700, 4096),
    "flat": gaussian(999, 100),
    "experts": gaussian(6, 256, 512),
    "wider": gaussian(500, 2048, dtype=torch.float32),
    "eight": (gaussian(500, 2048, dtype=torch.float32) * 90).to(torch.float8_e4m3fn),
    # Of those mantissas are coded too, so that tiles are not taken alone.
    "rounded": gaussian(800, 1024).to(torch.float32),
}
PLAN: dict[str, Any] = {
    "tall": slice(701, 2222),
    "wide": (slice(None), slice(1111, 2222)),
    "flat": (slice(13, 800), slice(3, 77)),
    "experts": [0, 2, 3],
    "wider": (slice(100, 400), slice(512, 1024)),
    "eight": (slice(None), slice(1024, 2048)),
    "rounded": (slice(1, 700), slice(0, 512)),
}


def test_parts_are_those_of_the_whole() -> None:
    wcodec.torch.save_file(WEIGHTS, "a.wcodec")
    for plan in (PLAN, dict.fromkeys(WEIGHTS), {name: slice(0, 3) for name in WEIGHTS}):
        loaded = wcodec.torch.load_sharded("a.wcodec", plan, device="cuda")
        for name, index in plan.items():
            expected = WEIGHTS[name] if index is None else WEIGHTS[name][index]
            found = loaded[name]
            assert found.device.type == "cuda"
            assert found.shape == expected.shape
            same = found.cpu().view(torch.uint8) == expected.contiguous().view(torch.uint8)
            assert same.all(), name


def test_no_more_is_read_than_tiles() -> None:
    wcodec.torch.save_file({"a": gaussian(4096, 4096)}, "a.wcodec")
    whole = wcodec.torch.load_sharded("a.wcodec", {"a": None}, device="cuda").bytes_read
    for index in (slice(1024, 2048), (slice(None), slice(1024, 2048))):
        read = wcodec.torch.load_sharded("a.wcodec", {"a": index}, device="cuda").bytes_read
        assert read < whole * 0.28
