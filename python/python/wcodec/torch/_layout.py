"""Packed matrices as tensors: the bytes of the matrix, and a header after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from wcodec import _native
from wcodec.errors import ArgumentError, _make

# Bytes of the header, which says how large the matrix is. It stands last, so that the matrix is
# aligned as the tensor is.
HEADER_BYTES = 48
# The scale of a matrix that is held whole.
WHOLE = -1

FORMS = ("fast", "whole")


@dataclass(frozen=True)
class Layout:
    """What the kernels have to know about a packed matrix beside its bytes."""

    rows: int
    columns: int
    scale: int

    @property
    def form(self) -> str:
        """How the weights are held: `"fast"`, or `"whole"` where that is not smaller."""
        return "whole" if self.scale == WHOLE else "fast"


def argument_error(message: str) -> Any:
    """The exception for an argument that does not fit."""
    return _make("invalid_argument", message)


def given(packed: torch.Tensor, rows: int, columns: int, scale: int) -> _native._Packed:
    """The matrix as the native module takes it."""
    length = packed.numel() - HEADER_BYTES
    return (packed.data_ptr(), length, rows, columns, scale)


def stream_of(tensor: torch.Tensor) -> int:
    """The current stream of a tensor's device, as the driver has it."""
    return int(torch.cuda.current_stream(tensor.device).cuda_stream)


_gpus: dict[int, _native.PackedGpu] = {}


def gpu_of(tensor: torch.Tensor) -> _native.PackedGpu:
    """The kernels on a tensor's device."""
    index = tensor.device.index
    found = _gpus.get(index)
    if found is None:
        found = _gpus[index] = _native.PackedGpu(index)
    return found


def pack(weight: torch.Tensor, form: str = "fast") -> tuple[torch.Tensor, Layout]:
    """Packs a BF16 matrix on the device where it lies.

    Args:
        weight: the matrix, of two dimensions.
        form: `"fast"` for three quarters of the bytes, or `"whole"`.

    Returns:
        A tensor of bytes on the same device, and the layout.

    Raises:
        ArgumentError: the tensor is no BF16 matrix, or there is no such form.
        GpuError: the device cannot be used.
    """
    if weight.dtype != torch.bfloat16 or weight.dim() != 2:
        raise argument_error(
            f"a matrix of BF16 is packed, not {weight.dim()} dimensions of {weight.dtype}"
        )
    if weight.device.type not in ("cpu", "cuda"):
        raise argument_error(f"nothing is packed on the device {weight.device}")
    weight = weight.detach()
    if weight.stride(-1) != 1 or weight.stride(0) < weight.shape[1]:
        weight = weight.contiguous()
    rows, columns = weight.shape
    stored = (weight.data_ptr(), rows, columns, max(weight.stride(0), columns))
    if weight.device.type == "cpu":
        on_cpu = _native.packed_pack(stored, form)
        out = weight.new_empty(on_cpu.byte_len + HEADER_BYTES, dtype=torch.uint8)
        on_cpu.copy_to(out.data_ptr())
        scale = on_cpu.scale
    else:
        with torch.cuda.device(weight.device):
            stream = stream_of(weight)
            on_gpu = gpu_of(weight).pack(stored, form, stream)
            out = weight.new_empty(on_gpu.byte_len + HEADER_BYTES, dtype=torch.uint8)
            on_gpu.copy_to(out.data_ptr(), stream)
            scale = on_gpu.scale
    header = _native.packed_header(given(out, rows, columns, scale))
    out[-HEADER_BYTES:].copy_(torch.frombuffer(bytearray(header), dtype=torch.uint8))
    return out, Layout(rows, columns, scale)


def check(packed: torch.Tensor) -> Layout:
    """Checks bytes from elsewhere, before any kernel believes them.

    Raises:
        BadDataError: they are no packed matrix, or damaged.
        LimitError: another version packed them.
    """
    if packed.dtype != torch.uint8 or packed.dim() != 1 or packed.numel() < HEADER_BYTES:
        raise argument_error(
            f"a packed matrix is a row of bytes, not {tuple(packed.shape)} of {packed.dtype}"
        )
    # Whatever the device: the host looks at each exception and each row.
    host = packed.detach().cpu().contiguous()
    header = bytes(host[-HEADER_BYTES:].tolist())
    length = host.numel() - HEADER_BYTES
    return Layout(*_native.packed_check(header, host.data_ptr(), length))


__all__ = ["FORMS", "HEADER_BYTES", "WHOLE", "ArgumentError", "Layout", "check", "pack"]
