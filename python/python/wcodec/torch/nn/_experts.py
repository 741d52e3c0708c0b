"""The experts of a layer, whose weights transformers holds in tensors of three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from wcodec.errors import WcodecError
from wcodec.torch._expert_operators import experts, number_of, unpack_experts
from wcodec.torch._layout import HEADER_BYTES, argument_error
from wcodec.torch._stack import StackLayout, check_stack, is_worth_packing, pack_stack
from wcodec.torch.nn._weight import refuse_other_dtypes

# The parameters of experts that have a gate, and of those that have none.
NAMES = ("gate_up_proj", "up_proj", "down_proj")
# Before the names, as transformers takes what begins with one for the dense parameter.
PACKED = "packed_"
# Rows for each expert from which weights are the faster unpacked: each time that as many rows of
# an expert as a kernel takes are multiplied, its weights are read.
_MOST_ROWS_OF_ONE = 64


class Experts(torch.nn.Module):
    """What experts have whose weights are packed; the rest they have of the dense class.

    Each matrix is packed by itself. Rows are multiplied with the matrices as they lie, each by that
    of its expert. Where there are very many, where results are to be exact, and where gradients
    flow, weights are unpacked for the call and the dense class multiplies.

    Attributes:
        exact: whether results are those of the dense experts, bit for bit.
    """

    exact: bool
    _layouts: dict[str, StackLayout]

    @property
    def dense_class(self) -> Any:
        """The class that it was before."""
        return type(self).__mro__[2]

    def fill(self, name: str, packed: torch.Tensor, layout: StackLayout) -> None:
        """Takes matrices that were packed, or checked, in the place of a dense parameter."""
        parameter = packed if isinstance(packed, torch.nn.Parameter) else None
        if parameter is None:
            parameter = torch.nn.Parameter(packed, requires_grad=False)
        self._parameters.pop(name, None)
        self._parameters[PACKED + name] = parameter
        self._layouts[name] = layout

    def weights(self, name: str) -> torch.Tensor:
        """The weights of all experts, unpacked for this call."""
        dense = self._parameters.get(name)
        if dense is not None:
            return dense
        packed, layout = self._parameters.get(PACKED + name), self._layouts.get(name)
        if packed is None or layout is None:
            raise argument_error(f"these experts have no {name} yet: load one")
        size = (layout.count, layout.rows, layout.columns)
        return unpack_experts(packed, number_of(layout), *size)

    def forward(
        self, hidden_states: torch.Tensor, top_k_index: torch.Tensor, top_k_weights: torch.Tensor
    ) -> torch.Tensor:
        """The weighted sum of the chosen experts' results.

        Args:
            hidden_states: rows of tokens.
            top_k_index: for each the numbers of its experts.
            top_k_weights: and their weights.
        """
        if self._is_better_dense(hidden_states, top_k_index):
            dense: torch.Tensor = super().forward(hidden_states, top_k_index, top_k_weights)
            return dense
        first = "gate_up_proj" if "gate_up_proj" in self._layouts else "up_proj"
        # Numbers beyond the last are those of other processes' experts, whose weights are 0.
        numbers = top_k_index.reshape(-1).clamp(0, self._layouts[first].count - 1)
        inner = self._multiply(first, hidden_states, numbers)
        inner = self._apply_gate(inner) if first == "gate_up_proj" else self.act_fn(inner)
        outer = self._multiply("down_proj", inner, numbers)
        weighted = outer * top_k_weights.reshape(-1, 1)
        summed = weighted.view(*top_k_index.shape, -1).sum(dim=1)
        return summed.to(hidden_states.dtype)

    def _multiply(self, name: str, x: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        layout = self._layouts[name]
        packed = self._parameters[PACKED + name]
        return experts(x, numbers, packed, number_of(layout), layout.rows)

    def _is_better_dense(self, hidden_states: torch.Tensor, top_k_index: torch.Tensor) -> bool:
        if self.exact or "down_proj" not in self._layouts or len(self._layouts) != 2:
            return True
        if torch.is_grad_enabled() and hidden_states.requires_grad:
            return True
        rows: int = top_k_index.numel()
        return rows > _MOST_ROWS_OF_ONE * self._layouts["down_proj"].count

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
        """Takes packed bytes, which are checked, or dense BF16 weights, which are packed."""
        for name in NAMES:
            key = f"{prefix}{PACKED}{name}"
            own = self._parameters.get(PACKED + name)
            packed, dense = state_dict.get(key), state_dict.get(prefix + name)
            given: Any = dense if packed is None else packed
            if own is None or given is None:
                continue
            device = given.device if own.is_meta else own.device
            try:
                if packed is not None:
                    self.fill(name, packed.detach().to(device, copy=True), check_stack(packed))
                else:
                    self.fill(name, *pack_stack(given.to(device)))
                    del state_dict[prefix + name]
            except WcodecError as error:
                error_msgs.append(f"{key}: {error}")
            # Copied to itself by what follows.
            state_dict[key] = self._parameters[PACKED + name]
        super()._load_from_state_dict(
            state_dict,
            prefix,
            local_metadata,
            strict,
            missing_keys,
            unexpected_keys,
            error_msgs,
        )

    def check(self) -> None:
        """Checks what was loaded to its parameters, before anything is multiplied."""
        for key, packed in list(self._parameters.items()):
            if packed is not None and key.startswith(PACKED):
                if packed.numel() < HEADER_BYTES:
                    raise argument_error(f"the checkpoint has no {key}")
                self.fill(key.removeprefix(PACKED), packed, check_stack(packed))

    def to_dense(self) -> torch.nn.Module:
        """Dense experts of the same weights."""
        dense = self.dense_class.__new__(self.dense_class)
        kept = {key: value for key, value in self.__dict__.items() if key not in _OWN}
        dense.__dict__.update(kept)
        dense.__dict__["_parameters"] = {
            name: torch.nn.Parameter(self.weights(name))
            for name in (key.removeprefix(PACKED) for key in self._parameters)
        }
        return dense

    def __reduce_ex__(self, protocol: Any) -> Any:
        # The class is made as it is needed: copies and pickles name the dense one.
        names = tuple(name for name in NAMES if name in type(self).__dict__)
        return _new, (self.dense_class, names), self.__dict__.copy()

    def extra_repr(self) -> str:
        """The sizes, and how the weights are held."""
        sizes = [
            f"{name}={one.count}x{one.rows}x{one.columns}" for name, one in self._layouts.items()
        ]
        return ", ".join([*sizes, "exact=True"] if self.exact else sizes)


# Attributes that dense experts do not have.
_OWN = ("_layouts", "exact", "_parameters")


def reason_to_leave_experts(module: torch.nn.Module, devices: Any) -> str | None:
    """Why a module is not packed as experts; None where it is.

    Those of transformers are known by what their decorator gives them.
    """
    kind = f"a {type(module).__name__}"
    if not all(hasattr(module, name) for name in ("has_gate", "is_transposed", "_apply_gate")):
        return kind
    found = [name for name in NAMES if name in module._parameters]
    if len(found) != 2 or "down_proj" not in found:
        return kind
    if module.is_transposed or module.has_bias:
        return "of transposed matrices, or with biases"
    for name in found:
        weight = module._parameters[name]
        if weight is None or weight.dim() != 3:
            return kind
        if weight.dtype != torch.bfloat16:
            return f"of {weight.dtype}"
        if weight.device.type not in devices:
            return f"on the device {weight.device.type}"
    return None


def start_packed(module: torch.nn.Module, exact: bool) -> Experts:
    """Makes dense experts such as can be packed, in place: their parameters are as they were."""
    if isinstance(module, Experts):
        return module
    names = tuple(name for name in NAMES if name in module._parameters)
    made: Any = module
    made._layouts = {}
    made.exact = exact
    made.__class__ = _packed_class(type(module), names)
    experts: Experts = made
    return experts


def expect_packed(module: torch.nn.Module, form: str, exact: bool) -> None:
    """Makes dense experts on the device meta such as packed ones are loaded to, in place."""
    for name, weight in list(module._parameters.items()):
        if name in NAMES and weight is not None and is_worth_packing(weight, form):
            made = start_packed(module, exact)
            del made._parameters[name]
            empty = torch.empty(0, dtype=torch.uint8, device="meta")
            made._parameters[PACKED + name] = torch.nn.Parameter(empty, requires_grad=False)


_classes: dict[tuple[Any, tuple[str, ...]], Any] = {}


def _packed_class(dense: Any, names: tuple[str, ...]) -> Any:
    """The dense class with these of its parameters packed, made once."""
    found = _classes.get((dense, names))
    if found is None:
        unpacked = {name: property(partial(_weights, name)) for name in names}
        found = type(f"Packed{dense.__name__}", (Experts, dense), unpacked)
        _classes[dense, names] = found
    return found


def _weights(name: str, module: Experts) -> torch.Tensor:
    return module.weights(name)


def _new(dense: Any, names: tuple[str, ...]) -> Any:
    made = _packed_class(dense, names)
    return made.__new__(made)
