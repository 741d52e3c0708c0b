"""Stand-ins for what the plug-in uses of vLLM, with the names and arguments of vLLM 0.33.

vLLM itself needs a machine with its own torch and CUDA. These have its interfaces, read from its
sources, and of its behaviour what the plug-in relies on: who calls what, and with which arguments.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import torch

LOADERS: dict[str, Any] = {}
QUANTISATIONS: dict[str, Any] = {}
CONFIG = SimpleNamespace(parallel_config=None, model_config=None)


class BaseModelLoader:
    def __init__(self, load_config: Any) -> None:
        self.load_config = load_config

    def load_model(self, vllm_config: Any, model_config: Any) -> torch.nn.Module:
        model = vllm_config.make_model()
        self.load_weights(model, model_config)  # type: ignore[attr-defined]
        for module in model.modules():
            if hasattr(module, "quant_method"):
                module.quant_method.process_weights_after_loading(module)
        return model.eval()


class QuantizationConfig:
    def __init__(self) -> None:
        self.packed_modules_mapping: dict[str, list[str]] = {}


class UnquantizedLinearMethod:
    supports_pre_processed_weights = True

    def create_weights(
        self,
        layer: torch.nn.Module,
        input_size_per_partition: int,
        output_partition_sizes: list[int],
        input_size: int,
        output_size: int,
        params_dtype: torch.dtype,
        **extra_weight_attrs: Any,
    ) -> None:
        size = sum(output_partition_sizes), input_size_per_partition
        weight = torch.nn.Parameter(torch.empty(size, dtype=params_dtype), requires_grad=False)
        weight.weight_loader = extra_weight_attrs["weight_loader"]
        layer.register_parameter("weight", weight)

    def process_weights_after_loading(self, layer: torch.nn.Module) -> None:
        pass

    def apply(self, layer: torch.nn.Module, x: torch.Tensor, bias: Any = None) -> torch.Tensor:
        return torch.nn.functional.linear(x, layer.weight, bias)


class UnquantizedEmbeddingMethod(UnquantizedLinearMethod):
    def embedding(self, layer: torch.nn.Module, input_: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.embedding(input_, layer.weight)

    def tie_weights(self, layer: torch.nn.Module, embed_tokens: torch.nn.Module) -> Any:
        layer.weight = embed_tokens.weight
        return layer


class _Layer(torch.nn.Module):
    """Rows of a weight, of which each of so many ranks has its part."""

    default: Any

    def __init__(self, columns: int, rows: int, quant: Any, prefix: str, rank: int, ranks: int):
        super().__init__()
        self.part = slice(rank * rows // ranks, (rank + 1) * rows // ranks)
        self.quant_method = quant.get_quant_method(self, prefix) if quant else self.default()
        count = self.part.stop - self.part.start
        kinds = {"params_dtype": torch.bfloat16, "weight_loader": self.load}
        self.quant_method.create_weights(self, columns, [count], columns, rows, **kinds)

    def load(self, parameter: torch.nn.Parameter, loaded: torch.Tensor) -> None:
        parameter.data.copy_(loaded[self.part])


class LinearBase(_Layer):
    default = UnquantizedLinearMethod

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.quant_method.apply(self, x, None)
        return found


class VocabParallelEmbedding(_Layer):
    default = UnquantizedEmbeddingMethod

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.quant_method.embedding(self, ids)
        return found


def parse_expert(name: str) -> int | None:
    _, found, rest = name.partition(".experts.")
    return int(rest.partition(".")[0]) if found else None


def should_skip_weight(name: str, local_expert_ids: set[int] | None) -> bool:
    expert = parse_expert(name)
    return local_expert_ids is not None and expert is not None and expert not in local_expert_ids


def compute_local_expert_ids(
    num_experts: int, ep_size: int, ep_rank: int, placement: str = "linear"
) -> set[int] | None:
    share = num_experts // ep_size
    return set(range(ep_rank * share, (ep_rank + 1) * share)) if ep_size > 1 else None


def install(monkeypatch: Any) -> None:
    """Makes these importable as vLLM, while a test lasts."""
    LOADERS.clear()
    QUANTISATIONS.clear()
    named: dict[str, dict[str, Any]] = {
        "": {},
        ".config": {"get_current_vllm_config": lambda: CONFIG},
        ".distributed": {
            "get_ep_group": lambda: SimpleNamespace(world_size=2, rank_in_group=1),
        },
        ".model_executor": {},
        ".model_executor.layers": {},
        ".model_executor.layers.linear": {
            "LinearBase": LinearBase,
            "UnquantizedLinearMethod": UnquantizedLinearMethod,
        },
        ".model_executor.layers.quantization": {
            "register_quantization_config": lambda name: _into(QUANTISATIONS, name),
        },
        ".model_executor.layers.quantization.base_config": {
            "QuantizationConfig": QuantizationConfig,
        },
        ".model_executor.layers.vocab_parallel_embedding": {
            "UnquantizedEmbeddingMethod": UnquantizedEmbeddingMethod,
            "VocabParallelEmbedding": VocabParallelEmbedding,
        },
        ".model_executor.model_loader": {
            "register_model_loader": lambda name: _into(LOADERS, name),
        },
        ".model_executor.model_loader.base_loader": {"BaseModelLoader": BaseModelLoader},
        ".model_executor.model_loader.ep_weight_filter": {
            "should_skip_weight": should_skip_weight,
            "compute_local_expert_ids": compute_local_expert_ids,
        },
    }
    for name, content in named.items():
        module = ModuleType(f"vllm{name}")
        module.__path__ = []
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, f"vllm{name}", module)
    for name in [name for name in sys.modules if name.startswith("wcodec.vllm")]:
        monkeypatch.delitem(sys.modules, name)


def _into(registry: dict[str, Any], name: str) -> Any:
    def register(found: Any) -> Any:
        assert name not in registry, f"{name} is registered already"
        registry[name] = found
        return found

    return register
