"""Parts of tensors of torch are those that torch takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torch
import wcodec
import wcodec.torch

TENSORS = {
    "tiled": (torch.arange(90 * 1024) % 1009).reshape(90, 1024).to(torch.bfloat16),
    "deep": (torch.arange(6 * 11 * 600) % 251 - 99).reshape(6, 11, 600).to(torch.int8),
    "long": (torch.arange(9000) % 113).to(torch.float8_e4m3fn),
    "scalar": torch.tensor(2.5),
    "no rows": torch.empty(0, 4),
}

_BOUND = st.none() | st.integers(-1100, 1100)
# torch has no steps back.
_SLICE = st.builds(slice, _BOUND, _BOUND, st.none() | st.integers(1, 40))
_ENTRY = st.integers(-1100, 1100) | _SLICE | st.none() | st.just(...)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> wcodec.safe_open:
    path: Path = tmp_path_factory.mktemp("slices") / "tensors.wcodec"
    wcodec.torch.save_file(TENSORS, path)
    return wcodec.safe_open(path, "pt")


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(TENSORS)), index=st.lists(_ENTRY, max_size=4).map(tuple))
def test_parts_are_those_of_torch(
    file: wcodec.safe_open, name: str, index: tuple[Any, ...]
) -> None:
    try:
        expected = TENSORS[name][index]
    except IndexError:
        with pytest.raises(IndexError):
            file.get_slice(name)[index]
        return
    if sum(entry is ... for entry in index) > 1:
        # torch takes the first of several for all that is left, as numpy does not.
        with pytest.raises(IndexError, match="single ellipsis"):
            file.get_slice(name)[index]
        return
    part = file.get_slice(name)[index]
    assert (part.dtype, part.shape) == (expected.dtype, expected.shape)
    assert torch.equal(part.float(), expected.float())
