"""Checkpoints by the names that earlier users know."""

from __future__ import annotations

import os
from typing import Any

from wcodec._files import Summary, compress


def encode_safetensors_to_wcodec(
    src: str | os.PathLike[str], dst: str | os.PathLike[str], **options: Any
) -> Summary:
    """Compresses a safetensors file or folder.

    Args:
        src: the file or folder.
        dst: what to write.
        **options: those of `wcodec.compress`.

    Raises:
        BadDataError: the source is no sound safetensors file, and so on as `wcodec.compress`.
    """
    return compress(src, dst, **options)


def load_wcodec_checkpoint(path: str | os.PathLike[str], device: Any = "cuda") -> dict[str, Any]:
    """All tensors of a file or folder as tensors of torch.

    Args:
        path: the `.wcodec` file, the folder, or the safetensors file.
        device: where they are to be.

    Raises:
        GpuError: the device is a GPU, and cannot be used.
        BadDataError: a file is damaged, and so on as `wcodec.torch.load_file`.
    """
    from wcodec.torch import load_file

    return load_file(path, device)
