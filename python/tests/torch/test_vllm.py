"""vLLM's plug-in, driven by stand-ins for vLLM's interfaces: it has not met vLLM itself here."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import torch
import vllm_stand_ins as stand_ins
import wcodec
import wcodec.torch

WIDTH, VOCABULARY = 128, 320


@pytest.fixture(autouse=True)
def _plug_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What vLLM does at the start of each of its processes."""
    stand_ins.install(monkeypatch)
    parallel = SimpleNamespace(
        enable_expert_parallel=False,
        enable_ep_weight_filter=False,
        enable_eplb=False,
        expert_placement_strategy="linear",
    )
    model = SimpleNamespace(is_moe=False, get_num_experts=lambda: 4)
    monkeypatch.setattr(stand_ins.CONFIG, "parallel_config", parallel)
    monkeypatch.setattr(stand_ins.CONFIG, "model_config", model)
    (found,) = entry_points(group="vllm.general_plugins", name="wcodec")
    register = found.load()
    register()
    register()


def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> torch.Tensor:
        return (torch.randn(shape, generator=generator) / 20).bfloat16()

    return {"embed": normal(VOCABULARY, WIDTH), "up": normal(512, WIDTH), "norm": normal(WIDTH)}


class Model(torch.nn.Module):
    """An embedding, a layer that ranks share, and the embedding again for logits."""

    def __init__(self, quant: Any = None, rank: int = 0, ranks: int = 1) -> None:
        super().__init__()
        embedding = stand_ins.VocabParallelEmbedding
        self.embed = embedding(WIDTH, VOCABULARY, quant, "model.embed", 0, 1)
        self.up = stand_ins.LinearBase(WIDTH, 512, quant, "model.up", rank, ranks)
        self.head = embedding(WIDTH, VOCABULARY, quant, "lm_head", 0, 1)
        self.head.quant_method.tie_weights(self.head, self.embed)
        self.norm = torch.nn.Parameter(torch.empty(WIDTH, dtype=torch.bfloat16))

    def load_weights(self, tensors: Any) -> set[str]:
        loaded = set()
        for name, tensor in tensors:
            loaded.add(name)
            if name in ("embed", "up"):
                layer = getattr(self, name)
                layer.weight.weight_loader(layer.weight, tensor)
            elif name == "norm":
                self.norm.data.copy_(tensor)
        self.loaded = loaded
        return loaded

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.embed(ids) * self.norm
        return self.up(hidden), self.head.quant_method.apply(self.head, hidden)


def load(model: str, make_model: Any, **options: Any) -> Model:
    load_config = SimpleNamespace(
        model_loader_extra_config=options, download_dir=None, ignore_patterns=[]
    )
    loader = stand_ins.LOADERS["wcodec"](load_config)
    config = SimpleNamespace(model=model, revision=None)
    loader.download_model(config)
    found: Model = loader.load_model(SimpleNamespace(make_model=make_model), config)
    return found


def saved() -> dict[str, torch.Tensor]:
    """A folder of two shards."""
    tensors = weights()
    Path("model").mkdir()
    wcodec.torch.save_file({"embed": tensors["embed"]}, "model/model-1.wcodec")
    rest = {name: tensor for name, tensor in tensors.items() if name != "embed"}
    wcodec.torch.save_file(rest, "model/model-2.wcodec")
    return tensors


def test_archives_load() -> None:
    tensors = saved()
    model = load("model", Model)
    assert model.loaded == set(tensors)
    assert torch.equal(model.embed.weight, tensors["embed"])
    assert torch.equal(model.up.weight, tensors["up"])
    assert torch.equal(model.norm, tensors["norm"])


def test_archives_of_a_store_load() -> None:
    tensors = weights()
    with fsspec.open("memory://m/model.wcodec", "wb") as file:
        file.write(wcodec.torch.save(tensors))
    model = load("config-is-elsewhere", Model, archive="memory://m/model.wcodec", device="cpu")
    assert torch.equal(model.up.weight, tensors["up"])
    MemoryFileSystem.store.clear()


def test_options() -> None:
    with pytest.raises(wcodec.ArgumentError, match="no 'devise'"):
        load("model", Model, devise="cpu")
    with pytest.raises(wcodec.ArgumentError, match="no form 'small'"):
        stand_ins.QUANTISATIONS["wcodec"].from_config({"form": "small"})


def test_experts_of_other_processes_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand_ins.CONFIG.model_config, "is_moe", True)
    monkeypatch.setattr(stand_ins.CONFIG.parallel_config, "enable_expert_parallel", True)
    monkeypatch.setattr(stand_ins.CONFIG.parallel_config, "enable_ep_weight_filter", True)
    experts = {f"layer.experts.{number}.weight": torch.ones(4, 4) for number in range(4)}
    wcodec.torch.save_file(experts | weights(), "model.wcodec")
    model = load("model.wcodec", Model)
    assert model.loaded == {*weights(), "layer.experts.2.weight", "layer.experts.3.weight"}


@pytest.mark.parametrize("form", ["fast", "whole"])
def test_layers_are_packed_as_they_are_loaded(form: str) -> None:
    tensors = saved()
    quant = stand_ins.QUANTISATIONS["wcodec"].from_config({"form": form})
    assert quant.get_name() == "wcodec"
    dense, packed = load("model", Model), load("model", lambda: Model(quant))
    ids = torch.tensor([[0, 5], [VOCABULARY - 1, 5]])
    for one, other in zip(dense(ids), packed(ids), strict=True):
        assert one.shape == other.shape
        torch.testing.assert_close(one, other, rtol=2e-2, atol=2e-2)
    # To the bit where nothing is summed up.
    assert torch.equal(packed.embed(ids), tensors["embed"][ids])
    for layer, name in ((packed.up, "up"), (packed.embed, "embed"), (packed.head, "embed")):
        assert not hasattr(layer, "weight")
        assert torch.equal(layer.quant_method.dequantize_weight(layer), tensors[name])
    # Tied layers have one packed table.
    assert packed.head.wcodec_packed is packed.embed.wcodec_packed
    if form == "fast":
        assert packed.up.wcodec_packed.numel() < 0.8 * 2 * tensors["up"].numel()


def test_each_rank_packs_its_part() -> None:
    tensors = saved()
    quant = stand_ins.QUANTISATIONS["wcodec"].from_config({})
    for rank in range(2):
        model = load("model", lambda rank=rank: Model(quant, rank, 2))
        part = model.up.quant_method.dequantize_weight(model.up)
        assert torch.equal(part, tensors["up"][rank * 256 : rank * 256 + 256])


def test_layers_that_are_left_out_stay_dense() -> None:
    tensors = saved()
    config = {"modules_to_not_convert": ["up"]}
    quant = stand_ins.QUANTISATIONS["wcodec"].from_config(config)
    model = load("model", lambda: Model(quant))
    assert torch.equal(model.up.weight, tensors["up"])
    assert hasattr(model.embed, "wcodec_packed")
    assert quant.get_quant_method(torch.nn.ReLU(), "model.act") is None


def test_what_is_packed_compiles() -> None:
    saved()
    quant = stand_ins.QUANTISATIONS["wcodec"].from_config({})
    model = load("model", lambda: Model(quant))
    ids = torch.tensor([1, 2, 3])
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    for one, other in zip(model(ids), compiled(ids), strict=True):
        assert torch.equal(one, other)
