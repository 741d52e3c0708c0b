"""A linear layer whose weight stays packed."""

from __future__ import annotations

import os
from typing import Any

import torch
from wcodec.torch import _operators
from wcodec.torch._layout import Layout, argument_error, check, pack
from wcodec.torch.nn._group import Group
from wcodec.torch.nn._weight import PackedWeight, tensor_of


class Linear(PackedWeight, torch.nn.Linear):
    """`torch.nn.Linear` with a BF16 weight in three quarters of the bytes, to the bit.

    Up to 128 rows of x are multiplied with the weight as it lies, summed up in F32; more with the
    weight unpacked to a workspace by the product that torch would take. Gradients flow to x and to
    the bias; the weight has none.

    Attributes:
        weight_packed: the weight, a row of bytes.
        exact: whether the weight is unpacked for every product, so that results are those of
            `torch.nn.Linear`, bit for bit.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        exact: bool = False,
    ) -> None:
        """A layer that has no weight yet: `load_state_dict` gives it one, packed or dense.

        Args:
            in_features: columns of the weight.
            out_features: rows of the weight.
            bias: whether there is a bias, which is 0 at first.
            device: the device.
            dtype: BF16, or nothing.
            exact: see the attribute.

        Raises:
            ArgumentError: the dtype is another.
        """
        if dtype not in (None, torch.bfloat16):
            raise argument_error(f"packed weights are BF16, not {dtype}")
        torch.nn.Module.__init__(self)
        self.in_features = in_features
        self.out_features = out_features
        self.exact = exact
        self._group: tuple[Group, int] | None = None
        self._start(device)
        zeros = torch.zeros(out_features, dtype=torch.bfloat16, device=device) if bias else None
        self.bias = None if zeros is None else torch.nn.Parameter(zeros)

    @classmethod
    def from_dense(
        cls, dense: torch.nn.Linear, form: str = "fast", *, exact: bool = False
    ) -> Linear:
        """Packs the weight of a dense layer on its device; the bias is the same parameter.

        Args:
            dense: the layer, of BF16.
            form: `"fast"` for three quarters of the bytes, or `"whole"`.
            exact: see the attribute.

        Raises:
            ArgumentError: the weight is not of BF16, or on a device without kernels.
            GpuError: the device cannot be used.
        """
        made = cls._of(*pack(dense.weight, form), exact)
        made.bias = dense.bias
        made.train(dense.training)
        return made

    @classmethod
    def from_packed(
        cls, packed: torch.Tensor, bias: torch.Tensor | None = None, *, exact: bool = False
    ) -> Linear:
        """A layer of the bytes that another's `weight_packed` holds, which are checked.

        Raises:
            BadDataError: they are no packed matrix, or damaged.
        """
        made = cls._of(packed, check(packed), exact)
        if bias is not None:
            made.bias = torch.nn.Parameter(bias)
        return made

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        name: str,
        bias: str | None = None,
        device: Any = "cpu",
        form: str = "fast",
        *,
        exact: bool = False,
    ) -> Linear:
        """Packs a BF16 tensor of a file or a folder, `.wcodec` or safetensors.

        Args:
            path: the file or folder.
            name: the tensor.
            bias: the tensor that is the bias.
            device: where the layer is to be.
            form: as for `from_dense`.
            exact: see the attribute.

        Raises:
            NoSuchTensorError: there is none of that name.
            ArgumentError: it is no matrix of BF16.
            BadDataError: the file is damaged.
        """
        made = cls._of(*pack(tensor_of(path, name, device), form), exact)
        if bias is not None:
            made.bias = torch.nn.Parameter(tensor_of(path, bias, device))
        return made

    @classmethod
    def _of(cls, packed: torch.Tensor, layout: Layout, exact: bool) -> Linear:
        made = cls(layout.columns, layout.rows, False, packed.device, exact=exact)
        made._fill(packed, layout)
        return made

    def _size(self) -> tuple[int, int]:
        return self.out_features, self.in_features

    def to_dense(self) -> torch.nn.Linear:
        """A dense layer of the same weight and bias."""
        dense = torch.nn.Linear(self.in_features, self.out_features, False, device="meta")
        dense.weight = torch.nn.Parameter(self.weight)
        dense.bias = self.bias
        return dense.train(self.training)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """The product of rows of BF16 numbers with the weight, and the bias added."""
        if not self.is_filled:
            raise argument_error("this Linear has no weight yet: load one")
        if self.exact:
            return torch.nn.functional.linear(input, self.weight, self.bias)
        if self._group is not None:
            group, place = self._group
            taken = group.take(place, input)
            if taken is not None:
                return taken
        result: torch.Tensor = _operators.linear(
            input, self.weight_packed, self.bias, self.out_features, self.scale
        )
        return result

    def extra_repr(self) -> str:
        """The sizes, and how the weight is held."""
        exact = ", exact=True" if self.exact else ""
        return f"{super().extra_repr()}, form={self.form}{exact}"
