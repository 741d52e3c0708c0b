"""A module's packed weight: how it is held, loaded, moved and shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import torch
from wcodec._file import safe_open
from wcodec.errors import WcodecError
from wcodec.torch import _operators
from wcodec.torch._layout import HEADER_BYTES, WHOLE, Layout, argument_error, check, pack

KEY = "weight_packed"


class PackedWeight(torch.nn.Module):
    """What modules with a packed weight have in common.

    The weight is the parameter `weight_packed`, a row of bytes without gradients: the matrix, and
    a header that says how large it is. So it is saved, moved and copied as any parameter, and tied
    modules share it.
    """

    weight_packed: torch.nn.Parameter
    scale: int

    def _start(self, device: Any) -> None:
        """Makes the parameter, which has no weight yet."""
        empty = torch.empty(0, dtype=torch.uint8, device=device)
        self.weight_packed = torch.nn.Parameter(empty, requires_grad=False)
        self.scale = WHOLE

    def _size(self) -> tuple[int, int]:
        """Rows and columns that the weight has to have."""
        raise NotImplementedError

    def _fill(self, packed: torch.Tensor, layout: Layout) -> None:
        """Takes a matrix that was packed, or checked, as its weight."""
        if (layout.rows, layout.columns) != self._size():
            raise argument_error(
                f"the packed matrix is {layout.rows} x {layout.columns}, "
                f"the module's weight {self._size()[0]} x {self._size()[1]}"
            )
        if isinstance(packed, torch.nn.Parameter):
            self.weight_packed = packed
        elif self.weight_packed.device.type == "meta":
            self.weight_packed = torch.nn.Parameter(packed, requires_grad=False)
        else:
            # In place, so that modules which share the parameter still do.
            self.weight_packed.data = packed
        self.scale = layout.scale

    @property
    def is_filled(self) -> bool:
        """Whether it has a weight."""
        return bool(self.weight_packed.numel() >= HEADER_BYTES)

    @property
    def layout(self) -> Layout:
        """Rows, columns and form of the weight."""
        return Layout(*self._size(), self.scale)

    @property
    def weight(self) -> torch.Tensor:
        """The weight, unpacked for this call: a new BF16 tensor without gradients each time.

        Of a module that has none yet it is on the device meta.
        """
        rows, columns = self._size()
        if not self.is_filled:
            return torch.empty((rows, columns), dtype=torch.bfloat16, device="meta")
        weight: torch.Tensor = _operators.unpack(self.weight_packed, rows, columns, self.scale)
        return weight

    def reset_parameters(self) -> None:
        """Does nothing: the weight is packed from another."""

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Any:
        refuse_other_dtypes(self, fn)
        return super()._apply(fn, recurse)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Takes packed bytes, which are checked, or a dense BF16 weight, which is packed."""
        packed, dense = state_dict.get(prefix + KEY), state_dict.pop(prefix + "weight", None)
        is_meta = self.weight_packed.device.type == "meta"
        try:
            if packed is not None:
                self._fill_from(packed, check(packed), is_meta)
            elif dense is not None:
                device = dense.device if is_meta else self.weight_packed.device
                self._fill(*pack(dense.to(device), self.form))
        except WcodecError as error:
            error_msgs.append(f"{prefix}{KEY}: {error}")
        if packed is not None or dense is not None:
            state_dict[prefix + KEY] = self.weight_packed
        super()._load_from_state_dict(
            state_dict,
            prefix,
            local_metadata,
            strict,
            missing_keys,
            unexpected_keys,
            error_msgs,
        )

    def _fill_from(self, packed: torch.Tensor, layout: Layout, is_meta: bool) -> None:
        """Takes a copy on its own device, so that what was given stays the caller's."""
        device = packed.device if is_meta else self.weight_packed.device
        self._fill(packed.detach().to(device, copy=True), layout)

    @property
    def form(self) -> str:
        """`"fast"` or `"whole"`: the form of its weight, or that it will have."""
        return "whole" if self.is_filled and self.scale == WHOLE else "fast"


def refuse_other_dtypes(
    module: torch.nn.Module, fn: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    """Refuses what would make packed weights another dtype's."""
    dtype = fn(torch.empty(0, dtype=torch.bfloat16)).dtype
    if dtype != torch.bfloat16:
        raise argument_error(
            f"a packed {type(module).__name__} is of BF16 and cannot become {dtype}: "
            "unpack it by to_dense() first"
        )


def tensor_of(path: str | os.PathLike[str], name: str, device: Any) -> torch.Tensor:
    """A tensor of a file or a folder, `.wcodec` or safetensors."""
    with safe_open(path, "pt", device=device) as file:
        tensor: torch.Tensor = file.get_tensor(name)
    return tensor
