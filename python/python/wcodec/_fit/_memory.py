"""Memory that a model needs beside its weights."""

from __future__ import annotations

from dataclasses import dataclass

from wcodec._fit._config import Config
from wcodec.errors import _make

# Bytes for the driver's context and the kernels: what is set aside, not what was measured.
DEFAULT_RESERVE = "512MiB"
# Bytes that a matrix is unpacked to where many rows are multiplied.
WORKSPACE = 64 << 20
_BF16 = 2


@dataclass(frozen=True)
class Memory:
    """Bytes beside the weights.

    Attributes:
        context: tokens of a sequence.
        batch: sequences at a time.
        cache: keys and values of all layers, in BF16.
        working: what a layer holds while a whole prompt goes through it, and the logits.
        reserve: what the driver and the kernels take.
    """

    context: int
    batch: int
    cache: int
    working: int
    reserve: int

    @classmethod
    def of(cls, config: Config, context: int, batch: int, reserve: int) -> Memory:
        """The memory of a model with as many sequences of as many tokens."""
        if context < 1 or batch < 1:
            raise _make("invalid_argument", f"{batch} sequences of {context} tokens")
        cache = 0
        if config.generates:
            kept = sum(config.kept_tokens(context))
            cache = _BF16 * batch * kept * config.numbers_of_a_token()
        return cls(context, batch, cache, _working(config, context, batch), reserve)

    @property
    def total(self) -> int:
        """All of it."""
        return self.cache + self.working + self.reserve


def _working(config: Config, context: int, batch: int) -> int:
    """Rows between layers and inside of one, for a prompt of the whole context in one piece.

    Of a token there are the residual, its norm, and query, key, value and result of attention, or
    gate, up and their product, of which the larger counts. Attention itself keeps no square
    of scores. Logits are those of the last token, in BF16 and in F32.
    """
    attention = 4 * config.needed("num_attention_heads", "n_head", "num_heads")
    head = config.number("head_dim") or config.hidden // (attention // 4)
    inside = max(attention * head, 3 * config.inner)
    rows = _BF16 * batch * context * (2 * config.hidden + inside)
    logits = (_BF16 + 4) * batch * config.vocabulary
    return rows + logits + WORKSPACE
