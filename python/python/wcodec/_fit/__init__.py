"""What a model takes of a GPU's memory, by its headers and its configuration alone."""

from __future__ import annotations

import os

from wcodec._fit._config import Config
from wcodec._fit._memory import DEFAULT_RESERVE, Memory
from wcodec._fit._plan import Fit, Form, plan
from wcodec._fit._sizes import parse
from wcodec._fit._weights import Weights
from wcodec._source import Source

__all__ = ["Fit", "Form", "fit"]


def fit(
    path: str | os.PathLike[str],
    gpu: int | str,
    context: int = 4096,
    batch: int = 1,
    reserve: int | str = DEFAULT_RESERVE,
) -> Fit:
    """Says in which form a model fits a GPU. No weight is read, and neither torch nor a GPU needed.

    Args:
        path: a folder of `.wcodec` or safetensors files with a `config.json`, dense or packed.
        gpu: bytes of the GPU's memory, or such as `"24GB"` (10^9) or `"24GiB"` (2^30).
        context: tokens of a sequence, prompt and answer together.
        batch: sequences at a time.
        reserve: bytes that the driver and the kernels take.

    Returns:
        Bytes of each form, and whether it fits.

    Raises:
        MissingFileError: there is no such folder, or no `config.json` in it.
        BadDataError: a header is damaged, or the configuration is not one.
        ArgumentError: a size is none, or a number is not positive.
    """
    config = Config.of_folder(path)
    weights = Weights.of(Source.of_path(path), config.ties_embeddings)
    memory = Memory.of(config, context, batch, parse(reserve))
    return plan(weights, memory, parse(gpu))
