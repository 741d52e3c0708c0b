"""An embedding whose table stays packed."""

from __future__ import annotations

import os
from typing import Any

import torch
from wcodec.torch import _operators
from wcodec.torch._layout import Layout, argument_error, check, pack
from wcodec.torch._rows import most_exceptions, unpacked_rows
from wcodec.torch.nn._weight import PackedWeight, tensor_of


class Embedding(PackedWeight, torch.nn.Embedding):
    """`torch.nn.Embedding` of BF16 rows that are unpacked as they are looked up, to the bit.

    Attributes:
        weight_packed: the table, a row of bytes.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """An embedding that has no table yet: `load_state_dict` gives it one, packed or dense.

        Args:
            num_embeddings: rows of the table.
            embedding_dim: columns of the table.
            padding_idx: kept for the sake of `torch.nn.Embedding`: the table has no gradients.
            device: the device.
            dtype: BF16, or nothing.

        Raises:
            ArgumentError: the dtype is another.
        """
        if dtype not in (None, torch.bfloat16):
            raise argument_error(f"packed weights are BF16, not {dtype}")
        torch.nn.Module.__init__(self)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = None
        self.norm_type = 2.0
        self.scale_grad_by_freq = False
        self.sparse = False
        # The most exceptions that a row has.
        self._most = 0
        self._start(device)

    @classmethod
    def from_dense(cls, dense: torch.nn.Embedding, form: str = "fast") -> Embedding:
        """Packs the table of an embedding on its device.

        Args:
            dense: the embedding, of BF16.
            form: `"fast"` for three quarters of the bytes, or `"whole"`.

        Raises:
            ArgumentError: the table is not of BF16, or its rows are to be changed (`max_norm`).
            GpuError: the device cannot be used.
        """
        if dense.max_norm is not None:
            raise argument_error("an embedding with max_norm changes its table: it stays dense")
        made = cls._of(*pack(dense.weight, form), dense.padding_idx)
        made.train(dense.training)
        return made

    @classmethod
    def from_packed(cls, packed: torch.Tensor, padding_idx: int | None = None) -> Embedding:
        """An embedding of the bytes that another's `weight_packed` holds, which are checked.

        Raises:
            BadDataError: they are no packed matrix, or damaged.
        """
        return cls._of(packed, check(packed), padding_idx)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        name: str,
        padding_idx: int | None = None,
        device: Any = "cpu",
        form: str = "fast",
    ) -> Embedding:
        """Packs a BF16 tensor of a file or a folder, `.wcodec` or safetensors.

        Raises:
            NoSuchTensorError: there is none of that name.
            ArgumentError: it is no matrix of BF16.
            BadDataError: the file is damaged.
        """
        return cls._of(*pack(tensor_of(path, name, device), form), padding_idx)

    @classmethod
    def _of(cls, packed: torch.Tensor, layout: Layout, padding_idx: int | None) -> Embedding:
        made = cls(layout.rows, layout.columns, padding_idx, packed.device)
        made._fill(packed, layout)
        return made

    def _size(self) -> tuple[int, int]:
        return self.num_embeddings, self.embedding_dim

    def _fill(self, packed: torch.Tensor, layout: Layout) -> None:
        super()._fill(packed, layout)
        self._most = most_exceptions(packed.detach(), *self._size(), layout.scale)

    def to_dense(self) -> torch.nn.Embedding:
        """A dense embedding of the same table."""
        rows, columns = self._size()
        dense = torch.nn.Embedding(rows, columns, self.padding_idx, device="meta")
        dense.weight = torch.nn.Parameter(self.weight)
        return dense.train(self.training)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The rows of these numbers."""
        if not self.is_filled:
            raise argument_error("this Embedding has no table yet: load one")
        # Plain operations, which the compiler makes a few kernels of.
        is_fused = torch.compiler.is_compiling() and input.device.type != "cpu"
        look_up = unpacked_rows if is_fused else _operators.rows
        return look_up(input, self.weight_packed, *self._size(), self.scale, self._most)

    def extra_repr(self) -> str:
        """The sizes, and how the table is held."""
        return f"{super().extra_repr()}, form={self.form}"
