"""The quantiser that packs weights as transformers loads them, and loads packed ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from transformers.core_model_loading import ConversionOps
from transformers.quantizers import auto
from transformers.quantizers.base import HfQuantizer

import torch
from wcodec.torch._layout import argument_error, check
from wcodec.torch._merge import merge_layers
from wcodec.torch._pack_model import pack_, pack_experts, packed_of, unpack_
from wcodec.torch._report import Report
from wcodec.torch._select import could_be_packed, reason_to_leave, skips_of, with_weights
from wcodec.torch.nn import Embedding, Experts, Linear
from wcodec.torch.nn._experts import NAMES, PACKED, expect_packed
from wcodec.torch.nn._weight import PackedWeight
from wcodec.transformers._config import METHOD, WcodecConfig

_WEIGHT = ".weight"
# Matrices that are checked at a time.
_CHECKS = 8


class WcodecQuantizer(HfQuantizer):
    """Packs each weight when it has come to its device, so that no dense model is ever there."""

    quantization_config: WcodecConfig
    requires_calibration = False
    # What became of the modules, once the model is loaded.
    report: Report

    def update_dtype(self, dtype: torch.dtype) -> torch.dtype:
        """BF16: no other is packed."""
        if dtype != torch.bfloat16:
            raise argument_error(
                f"wcodec packs BF16, and the model is to be {dtype}: dtype=torch.bfloat16 rounds it"
            )
        return dtype

    def param_needs_quantization(self, model: Any, param_name: str, **_: Any) -> bool:
        """Whether a weight is packed as soon as it is loaded: not one that is tied to another."""
        tied = {*model.all_tied_weights_keys, *model.all_tied_weights_keys.values()}
        name, _dot, attribute = param_name.rpartition(".")
        return (
            not self.pre_quantized
            and attribute in _PARAMETERS
            and param_name not in tied
            and self._is_packable(model, name)
        )

    def param_element_size(self, model: Any, param_name: str, param: torch.Tensor) -> float:
        """Bytes of an element, for device maps."""
        is_packed = self.param_needs_quantization(model, param_name)
        return 1.51 if is_packed else float(param.element_size())

    def _is_packable(self, model: Any, name: str) -> bool:
        module = model.get_submodule(name)
        skips = skips_of(self.quantization_config.modules_to_not_convert)
        return reason_to_leave(name, module, skips, devices=("meta", "cpu", "cuda")) is None

    def _process_model_before_weight_loading(self, model: Any, **_: Any) -> None:
        self.report = Report()
        self._ties = dict(model.all_tied_weights_keys)
        if not self.pre_quantized:
            return
        for parent, attribute, name, module in list(with_weights(model)):
            if self._is_packable(model, name):
                self._expect(parent, attribute, module)
        # Tied by us, once the weights are there.
        packed = {
            target: source
            for target, source in self._ties.items()
            if all(_owner(model, name) is not None for name in (target, source))
        }
        self._ties = packed
        for target in packed:
            del model.all_tied_weights_keys[target]
        ignored = set(model._keys_to_ignore_on_load_missing or ())
        model._keys_to_ignore_on_load_missing = ignored | {f"{name}_packed" for name in packed}

    def _expect(self, parent: Any, attribute: str, dense: Any) -> None:
        """Puts a packed module that has no weight yet in the place of a dense one on meta."""
        config = self.quantization_config
        made: Any = dense
        if isinstance(dense, torch.nn.Linear):
            made = Linear(dense.in_features, dense.out_features, False, "meta", exact=config.exact)
            made.bias = dense.bias
            setattr(parent, attribute, made)
        elif isinstance(dense, torch.nn.Embedding):
            made = Embedding(dense.num_embeddings, dense.embedding_dim, dense.padding_idx, "meta")
            setattr(parent, attribute, made)
        else:
            expect_packed(dense, config.form, config.exact)
        made._is_hf_initialized = True

    def _process_model_after_weight_loading(self, model: Any, **_: Any) -> Any:
        config = self.quantization_config
        if self.pre_quantized:
            self._check(model)
        else:
            rest = pack_(
                model, config.form, config.modules_to_not_convert, False, exact=config.exact
            )
            self.report.add(rest)
            left = self.report.left
            config.modules_to_not_convert = sorted(
                name for name in left if could_be_packed(model.get_submodule(name))
            )
        if config.merge:
            merge_layers(model)
        return model

    def _check(self, model: Any) -> None:
        """Checks all packed weights before anything is multiplied, and ties those that are tied."""
        for target, source in self._ties.items():
            one, other = _owner(model, target), _owner(model, source)
            if one is not None and other is not None:
                if not other.is_filled:
                    one, other = other, one
                one.weight_packed = other.weight_packed
            model.all_tied_weights_keys[target] = source
        modules = [
            (name, module)
            for name, module in model.named_modules()
            if isinstance(module, PackedWeight | Experts)
        ]
        # Which takes longer than to load them: on several threads, each with a matrix at a time.
        with ThreadPoolExecutor(_CHECKS) as pool:
            for name in pool.map(lambda found: _checked(*found), modules):
                self.report.packed.append(name)

    def get_quantize_ops(self) -> ConversionOps:
        """What packs a weight as it is loaded."""
        return _Pack(self)

    def is_serializable(self) -> bool:
        """Whether `save_pretrained` writes what loads again."""
        return True

    @property
    def is_trainable(self) -> bool:
        """Whether adapters can be trained on it."""
        return True

    @property
    def is_compileable(self) -> bool:
        """Whether `torch.compile` takes it."""
        return True

    def _dequantize(self, model: Any, dtype: Any = None) -> Any:
        unpack_(model)
        return model


# The names of what is packed, in its module.
_PARAMETERS = ("weight", *NAMES)


class _Pack(ConversionOps):
    """Packs a weight, and puts a packed module in the place of the dense one."""

    def __init__(self, quantizer: WcodecQuantizer) -> None:
        self.quantizer = quantizer

    def convert(
        self,
        input_dict: dict[str, Any],
        *,
        full_layer_name: str = "",
        model: Any = None,
        missing_keys: Any = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Gives nothing where the weight was packed, and otherwise the weight."""
        name, _dot, attribute = full_layer_name.rpartition(".")
        value = next(iter(input_dict.values()))
        value = value[0] if isinstance(value, list) else value
        if value.dtype != torch.bfloat16 or not self._pack(model, name, attribute, value):
            return {full_layer_name: value}
        if missing_keys is not None:
            missing_keys.discard(full_layer_name)
        return {}

    def _pack(self, model: Any, name: str, attribute: str, value: torch.Tensor) -> bool:
        """Packs a weight of the module of this name; False where it would not be smaller."""
        config, report = self.quantizer.quantization_config, self.quantizer.report
        module = model.get_submodule(name)
        if attribute in NAMES:
            found = pack_experts(module, attribute, value, config.form, config.exact)
            if found is None:
                return False
            packed: Any = module
            parameter = module._parameters[PACKED + attribute]
        else:
            packed = packed_of(module, value, config.form, config.exact)
            if packed is None:
                return False
            parameter = packed.weight_packed
            parent, _dot, place = name.rpartition(".")
            setattr(model.get_submodule(parent), place, packed)
        for one in (packed, parameter):
            one._is_hf_initialized = True
        report.count(name, value, parameter)
        return True


def _checked(name: str, module: PackedWeight | Experts) -> str:
    """Checks what a module was loaded with, and has it know the layout; its name."""
    if isinstance(module, Experts):
        module.check()
    elif not module.is_filled:
        raise argument_error(f"the checkpoint has no packed weight of {name}")
    else:
        module._fill(module.weight_packed, check(module.weight_packed))
    return name


def _owner(model: Any, weight: str) -> PackedWeight | None:
    """The packed module of a dense weight's name, which may be that of a bias."""
    if not weight.endswith(_WEIGHT):
        return None
    module = model.get_submodule(weight.removesuffix(_WEIGHT))
    return module if isinstance(module, PackedWeight) else None


def register() -> None:
    """Registers the quantiser with transformers, once."""
    if METHOD not in auto.AUTO_QUANTIZER_MAPPING:
        auto.register_quantization_config(METHOD)(WcodecConfig)
        auto.register_quantizer(METHOD)(WcodecQuantizer)
