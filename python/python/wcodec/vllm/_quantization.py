"""vLLM's layers with packed weights: BF16 in three quarters of the bytes, to the bit."""

from __future__ import annotations

from typing import Any

from vllm.model_executor.layers.linear import LinearBase, UnquantizedLinearMethod
from vllm.model_executor.layers.quantization.base_config import QuantizationConfig
from vllm.model_executor.layers.vocab_parallel_embedding import (
    UnquantizedEmbeddingMethod,
    VocabParallelEmbedding,
)

import torch
from wcodec.torch import _operators
from wcodec.torch._layout import FORMS, Layout, argument_error, pack
from wcodec.torch._rows import most_exceptions

# What a layer, or a weight that several layers share, has in place of the weight.
_PACKED, _LAYOUT, _MOST = "wcodec_packed", "wcodec_layout", "wcodec_most"


class WcodecConfig(QuantizationConfig):
    """Packs linear layers and embeddings of BF16 once they are loaded, each in its process.

    `quantization_config` in a model's config.json, or vLLM's option, may say `form` (`"fast"` or
    `"whole"`), and `modules_to_not_convert`, names or parts of names of layers that stay dense, as
    fused experts do.
    """

    def __init__(self, form: str = "fast", left_out: list[str] | None = None) -> None:
        """A configuration.

        Raises:
            ArgumentError: there is no such form.
        """
        super().__init__()
        if form not in FORMS:
            raise argument_error(f"there is no form {form!r}: it is one of {', '.join(FORMS)}")
        self.form = form
        self.left_out = left_out or []

    def get_name(self) -> str:
        """The name that vLLM knows it by."""
        return "wcodec"

    def get_supported_act_dtypes(self) -> list[torch.dtype]:
        """The dtypes of activations."""
        return [torch.bfloat16]

    @classmethod
    def get_min_capability(cls) -> int:
        """The least compute capability: that of an A100."""
        return 80

    @staticmethod
    def get_config_filenames() -> list[str]:
        """No files but config.json."""
        return []

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> WcodecConfig:
        """The configuration that a model's config.json has."""
        return cls(config.get("form", "fast"), config.get("modules_to_not_convert"))

    def get_quant_method(self, layer: torch.nn.Module, prefix: str) -> Any:
        """What creates a layer's weights and multiplies with them; None for other layers."""
        is_left_out = any(part in prefix for part in self.left_out)
        if isinstance(layer, LinearBase):
            return UnquantizedLinearMethod() if is_left_out else PackedLinearMethod(self.form)
        if isinstance(layer, VocabParallelEmbedding):
            return UnquantizedEmbeddingMethod() if is_left_out else PackedEmbeddingMethod(self.form)
        return None


class _PackedMethod:
    """What linear layers and embeddings share: a weight that is packed once it is loaded."""

    # The weight is gone after that.
    supports_pre_processed_weights = False

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def process_weights_after_loading(self, layer: torch.nn.Module) -> None:
        """Packs the part of the weight that this process has; once where layers share it."""
        _pack(layer, self._form)

    def apply(
        self, layer: torch.nn.Module, x: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The product of rows of x with the weight, such as logits, and the bias added."""
        return _multiply(layer, x, bias)

    def dequantize_weight(self, layer: torch.nn.Module) -> torch.Tensor:
        """The weight, as it was loaded."""
        return _weight(layer)


class PackedLinearMethod(_PackedMethod, UnquantizedLinearMethod):
    """A linear layer whose weight is packed once it is loaded."""


class PackedEmbeddingMethod(_PackedMethod, UnquantizedEmbeddingMethod):
    """An embedding, or the last layer, whose table is packed once it is loaded."""

    def embedding(self, layer: torch.nn.Module, input_: torch.Tensor) -> torch.Tensor:
        """The rows of these numbers."""
        layout: Layout = getattr(layer, _LAYOUT)
        packed, most = getattr(layer, _PACKED), getattr(layer, _MOST)
        return _operators.rows(input_, packed, layout.rows, layout.columns, layout.scale, most)


def _pack(layer: torch.nn.Module, form: str) -> None:
    """Puts packed bytes in the place of a layer's weight; twice is no error."""
    weight = layer._parameters.get("weight")
    if weight is None:
        return
    # Of tied layers one packs the weight, and the other finds it there.
    if not hasattr(weight, _PACKED):
        packed, layout = pack(weight.data, form)
        most = most_exceptions(packed, layout.rows, layout.columns, layout.scale)
        setattr(weight, _PACKED, torch.nn.Parameter(packed, requires_grad=False))
        setattr(weight, _LAYOUT, layout)
        setattr(weight, _MOST, most)
        # Whatever still has the parameter keeps none of its memory.
        weight.data = weight.data.new_empty(0)
    layer.register_parameter(_PACKED, getattr(weight, _PACKED))
    setattr(layer, _LAYOUT, getattr(weight, _LAYOUT))
    setattr(layer, _MOST, getattr(weight, _MOST))
    del layer.weight


def _multiply(layer: torch.nn.Module, x: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    layout: Layout = getattr(layer, _LAYOUT)
    return _operators.linear(x, getattr(layer, _PACKED), bias, layout.rows, layout.scale)


def _weight(layer: torch.nn.Module) -> torch.Tensor:
    layout: Layout = getattr(layer, _LAYOUT)
    return _operators.unpack(getattr(layer, _PACKED), layout.rows, layout.columns, layout.scale)
