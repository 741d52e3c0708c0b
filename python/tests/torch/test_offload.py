"""Models whose layers come to the device as they are needed: on a CPU, by the twin of the GPU's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers

import torch
import wcodec
import wcodec.torch
from packed_models import bits
from transformers_models import CONFIGS, IDS, logits
from wcodec.torch._offload.schedule import Schedule
from wcodec.torch.nn import Embedding, Linear

LAYERS = 6


def model_of(family: str = "llama") -> Any:
    torch.manual_seed(1)
    config = CONFIGS[family]()
    config.num_hidden_layers = LAYERS
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:1] * LAYERS
    kind = transformers.AutoModelForCausalLM
    return kind.from_config(config, dtype=torch.bfloat16).eval()


def frame_of(model: Any) -> int:
    """Bytes of a decoded layer, each parameter on a multiple of 256."""
    layer = model.model.layers[0]
    return sum(-(-2 * one.numel() // 256) * 256 for one in layer.parameters())


def offloaded(model: Any, frames: int, **arguments: Any) -> wcodec.torch.Offloaded:
    """With memory for as many layers, and what is left dense."""
    inside = {id(one) for layer in model.model.layers for one in layer.parameters()}
    rest = [one for one in model.parameters() if id(one) not in inside]
    bytes_of_rest = sum(one.numel() * one.element_size() for one in rest)
    bytes_of_rest += sum(one.numel() * one.element_size() for one in model.buffers())
    memory = bytes_of_rest + frames * frame_of(model)
    return wcodec.torch.offload(model, memory, device="cpu", form=None, **arguments)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma", "mixtral"])
@pytest.mark.parametrize("frames", [2, 3, LAYERS, LAYERS + 4])
def test_logits_are_those_of_the_dense_model(family: str, frames: int) -> None:
    model = model_of(family)
    expected = bits(logits(model))
    found = offloaded(model, frames)
    assert found.frames == min(frames, LAYERS)
    for _ in range(3):
        assert torch.equal(bits(logits(model)), expected)
    # Nothing is left in the layers between runs.
    assert all(one.numel() == 0 for one in model.model.layers.parameters())
    found.remove()
    assert torch.equal(bits(logits(model)), expected)
    assert set(model.state_dict()) == set(model_of(family).state_dict())


@pytest.mark.parametrize("frames", range(2, LAYERS + 1))
def test_hits_of_each_run_once_the_order_is_known(frames: int) -> None:
    model = model_of()
    found = offloaded(model, frames)
    for _ in range(3):
        logits(model)
    found.reset()
    runs = 4
    for _ in range(runs):
        logits(model)
    traffic = found.traffic
    assert traffic.uses == runs * LAYERS
    assert traffic.hit_rate == traffic.hits / traffic.uses
    # One frame has the current layer, and one the next where that has to be moved; others stay.
    least, most = (LAYERS, LAYERS) if frames == LAYERS else (frames - 2, frames - 1)
    assert runs * least <= traffic.hits <= runs * most
    moved = traffic.uses - traffic.hits
    assert abs(traffic.bytes_decoded - moved * frame_of(model_of())) <= frame_of(model_of())
    # All layers are as large, and so are their archives but for their weights.
    share = traffic.bytes_decoded / (LAYERS * frame_of(model_of()))
    assert traffic.bytes_moved == pytest.approx(share * found.host_bytes, rel=0.02)


def test_what_is_outside_of_layers_stays_packed() -> None:
    model = model_of()
    expected = logits(model)
    found = wcodec.torch.offload(model, "1GB", device="cpu")
    assert isinstance(model.lm_head, Linear)
    assert isinstance(model.model.embed_tokens, Embedding)
    assert type(model.model.layers[0].mlp.up_proj) is torch.nn.Linear
    torch.testing.assert_close(logits(model), expected, rtol=0.1, atol=0.05)
    assert found.host_bytes < 0.9 * LAYERS * frame_of(model_of())


def test_a_packed_model_is_offloaded() -> None:
    model = model_of()
    expected = bits(logits(model))
    wcodec.torch.pack_(model, exact=True)
    wcodec.torch.offload(model, "1GB", device="cpu", form=None)
    assert torch.equal(bits(logits(model)), expected)


def test_layers_in_files() -> None:
    model = model_of()
    expected = bits(logits(model))
    found = offloaded(model, 3, host="disk", folder="layers")
    files = sorted(Path("layers").glob("*.wcodec"))
    assert len(files) == LAYERS
    assert found.host_bytes == sum(file.stat().st_size for file in files)
    assert torch.equal(bits(logits(model)), expected)
    content = bytearray(files[3].read_bytes())
    content[len(content) // 2] ^= 1
    files[3].write_bytes(content)
    with pytest.raises(wcodec.BadDataError):
        logits(model)


def test_tokens_are_those_of_the_dense_model() -> None:
    model = model_of("qwen3")
    arguments: Any = {"max_new_tokens": 6, "do_sample": False}
    expected = model.generate(IDS, **arguments)
    offloaded(model, 3)
    assert torch.equal(model.generate(IDS, **arguments), expected)


def test_layers_that_are_named() -> None:
    model = model_of()
    expected = bits(logits(model))
    names = [f"model.layers.{number}" for number in (1, 3, 4)]
    found = wcodec.torch.offload(model, "1GB", device="cpu", form=None, layers=names)
    assert found.frames == 3
    assert torch.equal(bits(logits(model)), expected)
    assert model.model.layers[0].mlp.up_proj.weight.numel() > 0


def test_a_run_that_fails_leaves_nothing_behind() -> None:
    model = model_of()
    expected = bits(logits(model))
    offloaded(model, 2)
    broken = model.model.layers[2].mlp.act_fn

    class Broken(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ZeroDivisionError

    model.model.layers[2].mlp.act_fn = Broken()
    with pytest.raises(ZeroDivisionError):
        logits(model)
    model.model.layers[2].mlp.act_fn = broken
    assert torch.equal(bits(logits(model)), expected)


def test_what_cannot_be_offloaded() -> None:
    model = model_of()
    with pytest.raises(wcodec.ArgumentError, match=r"at least \d+\.\d+ KB are needed"):
        offloaded(model, 1)
    with pytest.raises(wcodec.ArgumentError, match="no host 'tape'"):
        wcodec.torch.offload(model_of(), "1GB", host="tape", device="cpu")
    with pytest.raises(wcodec.ArgumentError, match="is no size"):
        wcodec.torch.offload(model_of(), "much", device="cpu")
    with pytest.raises(wcodec.ArgumentError, match="no list of three layers"):
        wcodec.torch.offload(torch.nn.Sequential(torch.nn.Linear(8, 8)), "1GB", device="cpu")
    shared = model_of()
    shared.model.layers[1].mlp.up_proj.weight = shared.model.layers[0].mlp.up_proj.weight
    with pytest.raises(wcodec.ArgumentError, match=r"up_proj\.weight is shared"):
        wcodec.torch.offload(shared, "1GB", device="cpu")
    offloaded(kept := model_of(), 2)
    with pytest.raises(wcodec.ArgumentError, match=r"remove\(\)"):
        kept.state_dict()


def test_an_order_that_changes_is_learned() -> None:
    schedule = Schedule(4, 3)

    def run(order: list[int]) -> int:
        missed = 0
        for layer in order:
            missed += schedule.frame_of(layer) is None
            schedule.use(layer)
            if schedule.frame_of(layer) is None:
                schedule.place(layer)
            assert schedule.frame_of(layer) is not None
        return missed

    # Before the order is known each comes once; then two of four stay.
    assert run([3, 1, 0, 2]) == 4
    run([3, 1, 0, 2])
    assert run([3, 1, 0, 2] * 3) <= 2 * 3
    # The layers of a part that is run alone from now on all stay.
    run([3, 1] * 3)
    assert run([3, 1] * 5) == 0


def test_a_better_layer_is_not_displaced() -> None:
    schedule = Schedule(5, 2)
    for layer in range(5):
        schedule.use(layer)
    assert schedule.coming() == [0, 1, 2, 3]
    schedule.frames = [4, 0]
    assert schedule.place(2) is None
    assert schedule.frames == [4, 0]
    schedule.frames = [4, 3]
    assert schedule.place(0) == 1
    assert schedule.frames == [4, 0]
    assert schedule.missing() == 1
