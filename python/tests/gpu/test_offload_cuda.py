"""Models whose layers come to an NVIDIA GPU as they are needed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import transformers

import torch
import wcodec
import wcodec.torch
from packed_models import bits
from transformers_models import SMALL

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")

LAYERS = 8


def model_of() -> Any:
    torch.manual_seed(1)
    sizes = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": LAYERS}
    config = transformers.LlamaConfig(**{**SMALL, **sizes})
    return transformers.LlamaForCausalLM(config).to(torch.bfloat16).eval()


def tokens(model: Any, count: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens, and the logits of each."""
    ids = torch.tensor([[5, 6, 7, 8, 9], [10, 11, 12, 13, 14]], device="cuda")
    arguments: Any = {"output_logits": True, "return_dict_in_generate": True}
    found = model.generate(ids, max_new_tokens=count, do_sample=False, **arguments)
    return found.sequences, torch.stack(found.logits).to(torch.bfloat16)


@pytest.mark.parametrize("host", ["pinned", "disk"])
def test_logits_are_those_of_the_dense_model(host: str) -> None:
    model = model_of()
    expected_tokens, expected = tokens(copy.deepcopy(model).cuda())
    layer = sum(2 * one.numel() for one in model.model.layers[0].parameters())
    # About as much as all layers take decoded; fewer find room, beside archives on their way.
    for share in (0.75, 1.0, 2.0):
        dense = copy.deepcopy(model)
        memory = int(share * LAYERS * layer)
        found = wcodec.torch.offload(dense, memory, host, form=None)
        assert 2 <= found.frames <= LAYERS
        for _ in range(2):
            same, logits = tokens(dense)
            assert torch.equal(same, expected_tokens)
            assert torch.equal(bits(logits), bits(expected))
        assert found.traffic.uses == 2 * 12 * LAYERS
        found.remove()
        for one, other in zip(dense.cpu().parameters(), model.parameters(), strict=True):
            assert torch.equal(bits(one), bits(other))


def test_memory_is_what_was_given() -> None:
    model = model_of()
    layer = sum(2 * one.numel() for one in model.model.layers[0].parameters())
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    found = wcodec.torch.offload(model, 5 * layer)
    taken = torch.cuda.memory_allocated() - before
    assert taken <= 5 * layer
    assert taken <= found.device_bytes + (1 << 16)
    assert found.host_bytes < 0.8 * LAYERS * layer
    with pytest.raises(wcodec.ArgumentError, match="are needed"):
        wcodec.torch.offload(model_of(), layer)
