"""Copies of tensors in other element types, and blocks of ggml taken apart."""

import numpy as np

from .formats import BF16, FP8

BLOCK_BYTES = {"Q4_0": 18, "Q4_1": 20, "Q8_0": 34}


def parts_of(kind: str, rows: np.ndarray) -> tuple:
    """Scales, minima (or None) and quants of rows of blocks of 32 weights each."""
    blocks = rows.reshape(rows.shape[0], -1, BLOCK_BYTES[kind])
    head = 2 if kind == "Q4_1" else 1
    numbers = np.ascontiguousarray(blocks[:, :, :2 * head]).view(np.float16)
    quants = np.ascontiguousarray(blocks[:, :, 2 * head:])
    quants = quants.view(np.int8) if kind == "Q8_0" else quants
    minima = numbers[:, :, 1] if head == 2 else None
    return numbers[:, :, 0], minima, quants.reshape(rows.shape[0], -1)


def raw(entries: list) -> dict:
    return {name: array for name, _, array in entries}


def split(entries: list) -> dict:
    """Scales, minima and quants as tensors of their own, as GPTQ and AWQ have them."""
    tensors = {}
    for name, kind, array in entries:
        if kind is None:
            tensors[name] = array
            continue
        scales, minima, quants = parts_of(kind, array)
        tensors[name + ".scales"], tensors[name + ".quants"] = scales, quants
        if minima is not None:
            tensors[name + ".mins"] = minima
    return tensors


def dequantised(entries: list) -> dict:
    """As BF16."""
    return {n: a if k is None else weights(k, a).astype(BF16) for n, k, a in entries}


def weights(kind: str, rows: np.ndarray) -> np.ndarray:
    scales, minima, quants = parts_of(kind, rows)
    scales = scales.astype(np.float32)[:, :, None]
    quants = quants.reshape(quants.shape[0], scales.shape[1], -1)
    if kind == "Q8_0":
        return (quants.astype(np.float32) * scales).reshape(rows.shape[0], -1)
    nibbles = np.concatenate([quants & 15, quants >> 4], axis=2).astype(np.float32)
    if minima is None:
        return ((nibbles - 8) * scales).reshape(rows.shape[0], -1)
    return (nibbles * scales + minima.astype(np.float32)[:, :, None]).reshape(rows.shape[0], -1)


def as_bf16(tensors: dict) -> dict:
    return {n: a.astype(BF16) if a.dtype.kind == "f" else a for n, a in tensors.items()}


def as_fp8(tensors: dict) -> dict:
    """Matrices as E4M3 with a scale for each."""
    out = {}
    for name, array in tensors.items():
        if array.dtype.kind != "f" or array.ndim < 2 or array.size < 4096:
            out[name] = array
            continue
        array = array.astype(np.float32)
        scale = np.float32(abs(array).max() / 448)
        out[name], out[name + "_scale"] = (array / scale).astype(FP8), np.array([scale])
    return out


def as_gptq(tensors: dict, group: int = 128) -> dict:
    """Matrices as GPTQ checkpoints have them, rounded to nearest: four bits, a scale and a zero for a
    group of inputs."""
    out = {}
    for name, array in tensors.items():
        fits = array.ndim == 2 and array.shape[1] % group == 0 and array.shape[0] % 8 == 0
        if array.dtype.kind == "f" and fits and "emb" not in name:
            out |= gptq_of(name, array, group)
        else:
            out[name] = array
    return out


def gptq_of(name: str, array: np.ndarray, group: int) -> dict:
    inputs, outputs = array.shape[1], array.shape[0]
    w = array.astype(np.float32).T.reshape(inputs // group, group, outputs)
    low, high = np.minimum(w.min(1), 0), np.maximum(w.max(1), 0)
    scale = np.maximum((high - low) / 15, 1e-8).astype(np.float16).astype(np.float32)
    zero = np.clip(np.rint(-low / scale), 0, 15)
    quants = np.clip(np.rint(w / scale[:, None] + zero[:, None]), 0, 15).astype(np.uint32)
    places = np.arange(8, dtype=np.uint32) * 4
    eights = quants.reshape(-1, 8, outputs) << places[None, :, None]
    zeros = ((zero.astype(np.int64) - 1) & 15).astype(np.uint32).reshape(zero.shape[0], -1, 8)
    return {
        name + ".qweight": np.bitwise_or.reduce(eights, 1).view(np.int32),
        name + ".qzeros": np.bitwise_or.reduce(zeros << places, 2).view(np.int32),
        name + ".scales": scale.astype(np.float16),
        name + ".g_idx": (np.arange(inputs) // group).astype(np.int32),
    }
