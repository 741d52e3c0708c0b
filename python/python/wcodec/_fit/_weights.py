"""Bytes of a model's weights in each form, from the headers of its files."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from pathlib import Path

from wcodec._source import Info, Source
from wcodec.errors import _make

# What trained weights have been seen to take of their bytes as an archive: MiniLM's and Whisper's
# (README.md, benches/log). Of the rest nothing is assumed to be gained.
_CODED = {"BF16": 1 / 1.50, "F16": 1 / 1.19, "F32": 1 / 1.20, "F8_E4M3": 1 / 1.20, "I8": 1 / 1.09}
_LAYER = re.compile(r"^(?:.*\.)?(?:layers?|h|blocks?|block)\.\d+\.")
# The last part of the name of a packed matrix, or of experts.
_PACKED = re.compile(r"(^|\.)(packed_\w+|\w+_packed)$")
_HEADER_BYTES = 48


@dataclass
class Part:
    """Bytes of some tensors: dense, with packed matrices, and as an archive."""

    dense: int = 0
    packed: int = 0
    coded: int = 0

    def __iadd__(self, other: Part) -> Part:
        self.dense += other.dense
        self.packed += other.packed
        self.coded += other.coded
        return self


@dataclass
class Weights:
    """The weights of a model.

    Attributes:
        layers: those of each layer, in the order of the files.
        rest: embedding, head, norms.
        is_estimated: whether bytes of an archive are estimated, as the files are not compressed.
    """

    layers: dict[str, Part] = field(default_factory=dict)
    rest: Part = field(default_factory=Part)
    is_estimated: bool = False

    @classmethod
    def of(cls, source: Source, ties_embeddings: bool) -> Weights:
        """The weights of the files of a source, of which only headers are read."""
        weights, shares = cls(), _shares(source)
        names = list(source.infos)
        if ties_embeddings:
            names = [name for name in names if not re.search(r"(^|\.)lm_head\.", name)]
        for name in names:
            info = source.info(name)
            found = _LAYER.match(name)
            place = weights.layers.setdefault(found[0], Part()) if found else weights.rest
            place += _part(source, name, info, shares)
            weights.is_estimated |= not info.is_compressed
        return weights

    @property
    def total(self) -> Part:
        """All together."""
        total = Part()
        for part in (*self.layers.values(), self.rest):
            total += part
        return total


def _shares(source: Source) -> dict[int, float]:
    """Of each file that holds archives, the bytes that it has for one of its tensors'."""
    decoded: dict[int, int] = {}
    for info in source.infos.values():
        if info.is_compressed:
            decoded[info.file] = decoded.get(info.file, 0) + info.byte_len
    files = source.native.files()
    return {
        file: Path(files[file]).stat().st_size / byte_len
        for file, byte_len in decoded.items()
        if byte_len > 0
    }


def _part(source: Source, name: str, info: Info, shares: dict[int, float]) -> Part:
    dense, packed = info.byte_len, _packed_bytes(name, info)
    if _PACKED.search(name) and info.dtype == "U8" and len(info.shape) == 1:
        rows, columns = _packed_shape(source, name, info)
        dense = 2 * rows * columns
    share = shares.get(info.file) if info.is_compressed else _CODED.get(info.dtype)
    coded = info.byte_len if share is None else int(info.byte_len * share)
    return Part(dense, packed, coded)


def _packed_bytes(name: str, info: Info) -> int:
    """Bytes of the packed matrices of a tensor; as it is where it is not packed, or not smaller."""
    is_weight = name.endswith(".weight") and len(info.shape) == 2
    is_experts = ".experts." in name and len(info.shape) == 3
    if info.dtype != "BF16" or not (is_weight or is_experts):
        return info.byte_len
    *outer, rows, columns = info.shape
    packed = packed_matrix_bytes(rows, columns)
    if is_experts:
        # Each with its length, and all with a header.
        packed = outer[0] * (packed + 8) + _HEADER_BYTES
    return min(packed, info.byte_len)


def packed_matrix_bytes(rows: int, columns: int) -> int:
    """Bytes of a matrix in the fast form without exceptions, of which random weights have few.

    Where codes of whole weights, in blocks that are filled up, are smaller than that with its list
    of exceptions, it would stay dense.
    """
    blocks, steps = -(-rows // 16), -(-columns // 64)
    starts = 4 * (16 * blocks + 1)
    fast = -(-(blocks * steps * 1536 + starts) // 16) * 16
    return fast + _HEADER_BYTES


def _packed_shape(source: Source, name: str, info: Info) -> tuple[int, int]:
    """Rows and columns of a packed matrix, as the header at its end has them."""
    header = ctypes.create_string_buffer(_HEADER_BYTES)
    last = (info.byte_len - _HEADER_BYTES, info.byte_len)
    if info.byte_len >= _HEADER_BYTES:
        source.native.decode([(name, last, None, ctypes.addressof(header), _HEADER_BYTES)])
    rows, columns = (int.from_bytes(header.raw[at : at + 8], "little") for at in (16, 24))
    if header.raw[:8] == b"WCEXPRTS":
        # Matrices of one shape, one after another.
        return rows * int.from_bytes(header.raw[32:36], "little"), columns
    if header.raw[:8] != b"WCPACKED":
        raise _make("corrupt", f"{name} of {source.name} is no packed matrix", path=source.name)
    return rows, columns
