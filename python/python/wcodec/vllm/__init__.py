"""A plug-in of vLLM: `--load-format wcodec` and `--quantization wcodec`.

vLLM finds it by its entry point, and calls `register` in each of its processes. The first loads
archives, here or in a store; the second keeps BF16 weights packed, whatever they were loaded from.
"""

from __future__ import annotations

__all__ = ["register"]

NAME = "wcodec"
# vLLM warns where a name is registered twice.
_is_registered = False


def register() -> None:
    """Tells vLLM of the loader and the quantisation; more than once is no error."""
    global _is_registered
    if _is_registered:
        return
    from vllm.model_executor.layers.quantization import register_quantization_config
    from vllm.model_executor.model_loader import register_model_loader

    from wcodec.vllm._loader import WcodecModelLoader
    from wcodec.vllm._quantization import WcodecConfig

    register_quantization_config(NAME)(WcodecConfig)
    register_model_loader(NAME)(WcodecModelLoader)
    _is_registered = True
