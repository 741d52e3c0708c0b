"""Modules whose weights stay packed in memory, and are multiplied as they lie.

>>> import torch
>>> from wcodec.torch.nn import Linear
>>> dense = torch.nn.Linear(512, 256, dtype=torch.bfloat16)
>>> packed = Linear.from_dense(dense)
>>> bool((packed.weight == dense.weight).all())
True
>>> packed.weight_packed.numel() < 0.8 * 2 * dense.weight.numel()
True
"""

from wcodec.torch.nn._embedding import Embedding
from wcodec.torch.nn._experts import Experts
from wcodec.torch.nn._linear import Linear

__all__ = ["Embedding", "Experts", "Linear"]
