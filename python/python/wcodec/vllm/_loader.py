"""vLLM's loader of archives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vllm.model_executor.model_loader.base_loader import BaseModelLoader

import torch
from wcodec import _native
from wcodec._batches import batches
from wcodec._file import safe_open
from wcodec.errors import _make

# Decoded bytes that a process holds beside the weights.
_HELD = 512 << 20
_FILES = ["*.wcodec", "*.safetensors", "*.json"]


class WcodecModelLoader(BaseModelLoader):
    """Loads `.wcodec` files, folders of them, and safetensors files beside them.

    A model is a folder, a repository of the Hugging Face Hub, or the URL of an archive. Options, by
    `--model-loader-extra-config`, are `archive`, such as `s3://bucket/model.wcodec`, for a model
    whose configuration lies elsewhere than its weights; and `device`, where tensors are decoded:
    the GPU of the process unless given.

    Every process gets whole tensors, as vLLM's layers cut them themselves; of the experts those
    that it has, where vLLM filters them by their names.
    """

    def __init__(self, load_config: Any) -> None:
        """A loader with vLLM's configuration.

        Raises:
            ArgumentError: there is an option of another name.
        """
        super().__init__(load_config)
        options = dict(load_config.model_loader_extra_config or {})
        self._archive: str | None = options.pop("archive", None)
        self._device: str | None = options.pop("device", None)
        if options:
            message = f"--model-loader-extra-config of wcodec has no {sorted(options)[0]!r}"
            raise _make("invalid_argument", message)

    def download_model(self, model_config: Any) -> None:
        """Downloads a model of the Hub, so that it lies here."""
        self._path(model_config)

    def load_weights(self, model: torch.nn.Module, model_config: Any) -> None:
        """Decodes all tensors, and hands them to the model."""
        model.load_weights(self._tensors(self._path(model_config)))

    def _path(self, model_config: Any) -> str:
        """The folder or URL of the weights, which are downloaded where they are of the Hub."""
        path = self._archive or str(model_config.model)
        if "://" in path or Path(path).exists():
            return path
        from huggingface_hub import snapshot_download

        return str(
            snapshot_download(
                path,
                revision=getattr(model_config, "revision", None),
                cache_dir=self.load_config.download_dir,
                allow_patterns=_FILES,
                ignore_patterns=self.load_config.ignore_patterns,
            )
        )

    def _tensors(self, path: str) -> Iterator[tuple[str, torch.Tensor]]:
        device = self._device or ("cuda" if _native.has_gpu() else "cpu")
        with safe_open(path, framework="pt", device=device) as file:
            wanted = [name for name in file.offset_keys() if not self._is_anothers(name)]
            infos = file._source.infos
            for names in batches(wanted, lambda name: infos[name].byte_len, _HELD):
                yield from file.get_tensors(names).items()

    def _is_anothers(self, name: str) -> bool:
        """Whether a tensor is of an expert that another process has."""
        from vllm.model_executor.model_loader.ep_weight_filter import should_skip_weight

        return bool(should_skip_weight(name, _local_experts()))


def _local_experts() -> set[int] | None:
    """The experts of this process; None where it has all, or vLLM does not filter them."""
    from vllm.config import get_current_vllm_config

    config = get_current_vllm_config()
    parallel, model = config.parallel_config, config.model_config
    is_filtered = parallel.enable_expert_parallel and parallel.enable_ep_weight_filter
    # Spare experts of a balanced placement may be of any number.
    if not (model.is_moe and is_filtered) or parallel.enable_eplb:
        return None
    from vllm.distributed import get_ep_group
    from vllm.model_executor.model_loader.ep_weight_filter import compute_local_expert_ids

    group = get_ep_group()
    found: set[int] | None = compute_local_expert_ids(
        model.get_num_experts(),
        group.world_size,
        group.rank_in_group,
        placement=parallel.expert_placement_strategy,
    )
    return found
