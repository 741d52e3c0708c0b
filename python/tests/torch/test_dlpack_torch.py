"""Memory that is shared with torch and JAX by DLPack, on the CPU."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import torch
import wcodec
import wcodec.numpy
import wcodec.torch


class Packed(torch.Tensor):
    """A tensor of a class that is not torch's own."""


def save(dtype: torch.dtype) -> torch.Tensor:
    tensor = (torch.arange(6000) % 201 - 100).reshape(60, 100).to(dtype)
    wcodec.torch.save_file({"a": tensor}, "a.wcodec")
    return tensor


def equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    one_bytes, other_bytes = one.view(torch.uint8), other.view(torch.uint8)
    return one.dtype == other.dtype and bool(torch.equal(one_bytes, other_bytes))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.int8, torch.float32])
@pytest.mark.parametrize("framework", ["np", "pt", "jax"])
def test_a_tensor_is_decoded_to_one_of_torch(dtype: torch.dtype, framework: str) -> None:
    tensor = save(dtype)
    out = torch.zeros_like(tensor)
    with wcodec.safe_open("a.wcodec", framework) as file:
        assert file.get_tensor("a", out=out) is out
    assert equal(out, tensor)
    data, _ = wcodec.Encoder().encode_layer(tensor)
    out = torch.zeros_like(tensor)
    assert wcodec.Decoder().decode_layer(data, 60, 100, out=out)[0] is out
    assert equal(out, tensor)


def test_an_array_of_numpy_is_an_output_of_a_file_for_torch() -> None:
    tensor = save(torch.float32)
    out = np.zeros((60, 100), np.float32)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        file.get_tensor("a", out=out)
    assert (out == tensor.numpy()).all()


def test_parameters_and_subclasses_are_outputs() -> None:
    tensor = save(torch.bfloat16)
    parameter = torch.nn.Parameter(torch.zeros_like(tensor))
    packed = torch.zeros_like(tensor).as_subclass(Packed)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        file.get_tensor("a", out=parameter)
        file.get_tensor("a", out=packed)
    assert equal(parameter.detach(), tensor)
    assert equal(packed.as_subclass(torch.Tensor), tensor)


def test_bytes_of_packed_elements() -> None:
    data = (torch.arange(64) * 37 % 256).to(torch.uint8).reshape(4, 16)
    tensor = data.view(torch.float4_e2m1fn_x2)
    wcodec.torch.save_file({"a": tensor}, "a.wcodec")
    out = torch.zeros_like(data).view(torch.float4_e2m1fn_x2)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        file.get_tensor("a", out=out)
    assert torch.equal(out.view(torch.uint8), data)


WRONG: dict[str, tuple[Any, str]] = {
    "dtype": (torch.zeros(60, 100, dtype=torch.float16), "has another dtype"),
    "unknown": (torch.zeros(60, 100, dtype=torch.complex128), "has another dtype"),
    "shape": (torch.zeros(100, 60), r"has shape \[100, 60\]"),
    "transposed": (torch.zeros(100, 60).t(), "is not contiguous"),
    "expanded": (torch.zeros(1, 100).expand(60, 100), "is not contiguous"),
    "sparse": (torch.zeros(60, 100).to_sparse(), "is sparse: it is to be dense"),
    "meta": (torch.zeros(60, 100, device="meta"), "is on the device meta"),
    "jax": (jnp.zeros((60, 100)), "is read-only"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_outputs_that_do_not_fit(wrong: str) -> None:
    save(torch.float32)
    out, reason = WRONG[wrong]
    file = wcodec.safe_open("a.wcodec", "pt")
    with file, pytest.raises(wcodec.ArgumentError, match=reason):
        file.get_tensor("a", out=out)


def test_a_negative_view_is_no_output() -> None:
    tensor = torch.zeros(4, dtype=torch.complex64)
    wcodec.torch.save_file({"a": tensor, "b": torch.zeros(4)}, "a.wcodec")
    file = wcodec.safe_open("a.wcodec", "pt")
    with file, pytest.raises(wcodec.ArgumentError, match="is not contiguous"):
        file.get_tensor("a", out=tensor.conj())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn, torch.bool, torch.int64])
def test_a_part_is_taken_by_torch(dtype: torch.dtype) -> None:
    tensor = save(dtype)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        part = file.get_slice("a")
        assert part.__dlpack_device__() == (1, 0)
        assert equal(torch.from_dlpack(part), tensor)
    wcodec.torch.save_file({"a": torch.ones(())}, "scalar.wcodec")
    with wcodec.safe_open("scalar.wcodec", "pt") as file:
        assert torch.from_dlpack(file.get_slice("a")) == 1


def test_a_part_is_taken_from_torch_by_jax_and_from_jax_by_torch() -> None:
    tensor = save(torch.bfloat16)
    with wcodec.safe_open("a.wcodec", "pt") as file:
        taken = jnp.from_dlpack(file.get_slice("a"))
    assert np.asarray(taken).tobytes() == tensor.view(torch.int16).numpy().tobytes()
    with wcodec.safe_open("a.wcodec", "jax") as file:
        assert file.get_slice("a").__dlpack_device__() == (1, 0)
        assert equal(torch.from_dlpack(file.get_slice("a")), tensor)


def test_arrays_of_other_libraries_are_saved_as_tensors() -> None:
    array = jnp.arange(600).reshape(20, 30).astype("bfloat16")
    data = wcodec.torch.save({"a": array, "b": np.arange(5)})
    loaded = wcodec.torch.load(data)
    assert torch.equal(loaded["a"], torch.arange(600).reshape(20, 30).to(torch.bfloat16))
    assert torch.equal(loaded["b"], torch.arange(5))
