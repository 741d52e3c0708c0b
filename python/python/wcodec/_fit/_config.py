"""What `config.json` says of a model's shape, whatever the family calls it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wcodec.errors import _make

# Ends of the names of classes that keep keys and values from one token to the next.
_GENERATES = ("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")
# Kinds of layers whose state does not grow with the context.
_STATES = ("linear_attention", "mamba", "conv", "recurrent")


@dataclass(frozen=True)
class Config:
    """The configuration of a language model: the part that is about text where it has several."""

    values: dict[str, Any]
    generates: bool
    ties_embeddings: bool

    @classmethod
    def of_folder(cls, folder: str | os.PathLike[str]) -> Config:
        """The configuration in a folder."""
        path = Path(folder) / "config.json"
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise _make("io", f"{path}: {error.strerror}", error.errno, str(path)) from error
        except ValueError as error:
            raise _make("corrupt", f"{path} is no JSON: {error}", path=str(path)) from error
        if not isinstance(values, dict):
            raise _make("corrupt", f"{path} is no configuration", path=str(path))
        classes = values.get("architectures") or []
        text = values.get("text_config")
        generates = not classes or any(str(name).endswith(_GENERATES) for name in classes)
        ties = bool(values.get("tie_word_embeddings", False))
        return cls(text if isinstance(text, dict) else values, generates, ties)

    def number(self, *names: str) -> int | None:
        """The first of these values that is a whole number from 1 on."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
        return None

    def needed(self, *names: str) -> int:
        """As `number`, of a value without which nothing can be said."""
        found = self.number(*names)
        if found is None:
            raise _make("corrupt", f"config.json has no {' or '.join(names)}")
        return found

    @property
    def layers(self) -> int:
        """Layers of the model."""
        return self.needed("num_hidden_layers", "n_layer", "num_layers")

    @property
    def hidden(self) -> int:
        """Numbers of a token between layers."""
        return self.needed("hidden_size", "n_embd", "d_model")

    @property
    def inner(self) -> int:
        """Numbers of a token inside of the gated product, of all its experts together."""
        dense = self.number("intermediate_size", "n_inner", "ffn_dim", "d_ff") or 4 * self.hidden
        expert, chosen = self.number("moe_intermediate_size"), self.number("num_experts_per_tok")
        return max(dense, (expert or dense) * (chosen or 1))

    @property
    def vocabulary(self) -> int:
        """Tokens that there are."""
        return self.number("vocab_size") or 0

    def numbers_of_a_token(self) -> int:
        """Numbers that a layer of attention keeps of a token, keys and values together."""
        heads = self.needed("num_attention_heads", "n_head", "num_heads")
        rope, plain = self.number("qk_rope_head_dim"), self.number("qk_nope_head_dim")
        if rope and plain:
            # Latent attention: transformers keeps the keys and values of every head.
            return heads * (rope + plain + (self.number("v_head_dim") or plain))
        size = self.number("head_dim") or self.hidden // heads
        return 2 * size * (self.number("num_key_value_heads") or heads)

    def kept_tokens(self, context: int) -> Iterator[int]:
        """For each layer, the tokens whose keys and values it keeps."""
        kinds = self.values.get("layer_types")
        window = self.number("sliding_window")
        if not isinstance(kinds, list):
            yield from [context] * self.layers
            return
        for kind in kinds[: self.layers]:
            if any(state in str(kind) for state in _STATES):
                yield 0
            else:
                is_sliding = "sliding" in str(kind) and window is not None
                yield min(context, window or context) if is_sliding else context
