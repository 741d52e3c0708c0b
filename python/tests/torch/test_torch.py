"""Tensors of torch, on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import safetensors.torch

import torch
import wcodec
import wcodec.torch

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.uint16,
    torch.int16,
    torch.float16,
    torch.bfloat16,
    torch.uint32,
    torch.int32,
    torch.float32,
    torch.uint64,
    torch.int64,
    torch.float64,
    torch.complex64,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.float8_e8m0fnu,
    torch.float8_e4m3fnuz,
    torch.float8_e5m2fnuz,
    torch.float4_e2m1fn_x2,
]


def weights(dtype: torch.dtype, *shape: int) -> torch.Tensor:
    """Bytes that are neither constant nor without order, as elements of any dtype."""
    empty = torch.empty(shape, dtype=dtype)
    count = empty.numel() * empty.element_size()
    values = torch.arange(count, dtype=torch.int64)
    data = (values * values % 23 + values % 7).to(torch.uint8)
    data = data % 2 if dtype == torch.bool else data
    return data.view(dtype).reshape(shape)


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors have one dtype, one shape and the same bytes."""
    if (one.dtype, one.shape, one.device) != (other.dtype, other.shape, other.device):
        return False
    one, other = (tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (one, other))
    return bool(torch.equal(one, other))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype: torch.dtype) -> None:
    tensor = weights(dtype, 70, 300)
    wcodec.torch.save_file({"a": tensor}, "a.wcodec", {"k": "v"})
    assert same(wcodec.torch.load_file("a.wcodec")["a"], tensor)
    assert same(wcodec.torch.load(Path("a.wcodec").read_bytes())["a"], tensor)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        assert file.metadata() == {"k": "v"}
        part = file.get_slice("a")
        assert same(part[20:30], tensor[20:30])
        assert same(part[-1:, 5:], tensor[-1:, 5:])
        assert same(part[3], tensor[3])


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype.is_floating_point])
def test_files_are_those_of_safetensors(dtype: torch.dtype) -> None:
    tensors = {"a": weights(dtype, 64, 96), "b": weights(torch.int8, 5)}
    safetensors.torch.save_file(tensors, "a.safetensors")
    loaded = wcodec.torch.load_file("a.safetensors")
    assert list(loaded) == safetensors.safe_open("a.safetensors", "pt").offset_keys()
    assert all(same(loaded[name], tensors[name]) for name in tensors)
    wcodec.torch.save_file(tensors, "a.wcodec")
    theirs = safetensors.safe_open("a.safetensors", "pt").get_slice("a")
    with wcodec.safe_open("a.wcodec", "pt") as file:
        assert file.get_slice("a").get_shape() == list(theirs.get_shape())
        assert file.get_slice("a").get_dtype() == theirs.get_dtype()


def test_shapes() -> None:
    tensors = {
        "scalar": weights(torch.float32).reshape(()),
        "empty": torch.empty(0, 3),
        "row": weights(torch.bfloat16, 5000),
        "deep": weights(torch.float16, 3, 4, 5, 6),
    }
    loaded = wcodec.torch.load(wcodec.torch.save(tensors))
    assert all(same(loaded[name], tensors[name]) for name in tensors)


def test_parameters_lose_their_gradients() -> None:
    parameter = torch.nn.Parameter(torch.randn(8, 8))
    loaded = wcodec.torch.load(wcodec.torch.save({"a": parameter}))["a"]
    assert same(loaded, parameter.detach())
    assert not loaded.requires_grad


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.zeros(4, 4).t()[1:], "is not contiguous: save what contiguous"),
        (torch.eye(3).to_sparse(), "is sparse"),
        (torch.empty(3, device="meta"), "is on the device meta"),
        (torch.zeros(3, dtype=torch.complex128), "has dtype torch.complex128"),
        ([1, 2], "is no tensor of torch, but a list"),
    ],
)
def test_what_cannot_be_saved(tensor: Any, reason: str) -> None:
    with pytest.raises(wcodec.ArgumentError, match=reason):
        wcodec.torch.save({"a": tensor})


def test_tensors_that_share_memory() -> None:
    whole = torch.randn(10, 10)
    for tensors in (
        {"a": whole, "b": whole},
        {"a": whole, "b": whole[2:4]},
        {"a": whole[:5], "b": whole[4:]},
        {"a": whole[:2], "b": whole[1:9], "c": whole[5:6]},
    ):
        with pytest.raises(wcodec.ArgumentError, match="share memory: save one of them"):
            wcodec.torch.save(tensors)
    parts = {"a": whole[:5], "b": whole[5:]}
    loaded = wcodec.torch.load(wcodec.torch.save(parts))
    assert all(same(loaded[name], parts[name]) for name in parts)


class Tied(torch.nn.Module):
    """A model whose head is its embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(20, 6)
        self.head = torch.nn.Linear(6, 20)
        self.head.weight = self.embedding.weight


def test_a_model_with_tied_weights() -> None:
    model, other = Tied(), Tied()
    wcodec.torch.save_model(model, "tied.wcodec", {"k": "v"})
    with wcodec.safe_open("tied.wcodec", "pt") as file:
        assert file.keys() == ["embedding.weight", "head.bias"]
        assert file.metadata() == {"k": "v", "head.weight": "embedding.weight"}
    assert wcodec.torch.load_model(other, "tied.wcodec") == (set(), [])
    for name, tensor in model.state_dict().items():
        assert same(other.state_dict()[name], tensor)
    # One saved by safetensors, which may have kept another name.
    safetensors.torch.save_model(model, "tied.safetensors")
    assert wcodec.torch.load_model(Tied(), "tied.safetensors") == (set(), [])


def test_a_model_that_does_not_fit() -> None:
    wcodec.torch.save_model(torch.nn.Linear(3, 4), "linear.wcodec")
    with pytest.raises(
        wcodec.ArgumentError, match=r"missing \['embedding\.weight', 'head\.bias'\]"
    ):
        wcodec.torch.load_model(Tied(), "linear.wcodec")
    missing, unexpected = wcodec.torch.load_model(Tied(), "linear.wcodec", strict=False)
    assert missing == {"embedding.weight", "head.bias"}
    assert sorted(unexpected) == ["bias", "weight"]


def test_a_model_none_of_whose_weights_covers_all() -> None:
    model, whole = torch.nn.Module(), torch.randn(10)
    model.register_buffer("a", whole[:6])
    model.register_buffer("b", whole[4:])
    with pytest.raises(wcodec.ArgumentError, match="none covers all of it"):
        wcodec.torch.save_model(model, "model.wcodec")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
@pytest.mark.parametrize("device", ["cuda", "cuda:1", 0])
def test_a_gpu_that_is_not_there(device: Any) -> None:
    wcodec.torch.save_file({"a": torch.zeros(3)}, "a.wcodec")
    with pytest.raises(wcodec.GpuError, match="torch cannot use the device") as caught:
        wcodec.torch.load_file("a.wcodec", device=device)
    assert caught.value.code == "no_gpu"
    with pytest.raises(wcodec.GpuError):
        wcodec.safe_open("a.wcodec", "pt", device)


def test_devices_that_torch_does_not_know() -> None:
    wcodec.torch.save_file({"a": torch.zeros(3)}, "a.wcodec")
    for device in ("abacus", 1.5):
        with pytest.raises(wcodec.ArgumentError, match="torch cannot use the device"):
            wcodec.torch.load_file("a.wcodec", device=device)


def test_the_module_is_found_by_the_package() -> None:
    assert wcodec.torch.__name__ == "wcodec.torch"
