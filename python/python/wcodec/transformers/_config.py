"""The settings of a packed model, which stand in its `config.json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transformers.utils.quantization_config import QuantizationConfigMixin

from wcodec.torch._layout import FORMS, argument_error

METHOD = "wcodec"


class WcodecConfig(QuantizationConfigMixin):
    """How a model is packed: `quantization_config` of `from_pretrained`.

    Attributes:
        form: `"fast"` for three quarters of the bytes, or `"whole"`.
        modules_to_not_convert: names of modules that stay dense, in which `*` stands for anything.
        merge: whether layers such as query, key and value are started together.
        exact: whether products are those of the dense layers, bit for bit.
    """

    def __init__(
        self,
        form: str = "fast",
        modules_to_not_convert: Iterable[str] | None = None,
        merge: bool = True,
        exact: bool = False,
        **_: Any,
    ) -> None:
        """The settings of a packed model.

        Raises:
            ArgumentError: there is no such form.
        """
        if form not in FORMS:
            raise argument_error(f"there is no form {form!r}: take one of {', '.join(FORMS)}")
        self.quant_method = METHOD
        self.form = form
        self.modules_to_not_convert = list(modules_to_not_convert or ())
        self.merge = merge
        self.exact = exact
