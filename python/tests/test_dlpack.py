"""Memory that is shared with other libraries by DLPack, and outputs of the caller's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

import wcodec
import wcodec.numpy
from weights import DTYPES, Array, same, weights

# DLPack's number for the memory of the host.
CPU = (1, 0)


class Foreign:
    """An array of a library that nobody knows: it has DLPack, and no more."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


class OnGpu(Foreign):
    """Its memory is a GPU's."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)


def content(out: Any) -> str:
    """All elements of whatever was given."""
    return repr(out.array.tolist() if isinstance(out, Foreign) else list(out))


def read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("suffix", ["wcodec", "safetensors"])
def test_a_tensor_is_decoded_to_an_array(dtype: str, suffix: str) -> None:
    array = weights(dtype, 70, 300)
    path = f"a.{suffix}"
    save = wcodec.numpy.save_file if suffix == "wcodec" else safetensors.numpy.save_file
    save({"a": array}, path)
    out = np.zeros_like(array)
    with wcodec.safe_open(path, "np") as file:
        assert file.get_tensor("a", out=out) is out
    assert same(out, array)


@settings(max_examples=40, deadline=None)
@given(shape=st.lists(st.integers(0, 9), max_size=4), seed=st.integers(0, 99))
def test_of_any_shape(shape: list[int], seed: int) -> None:
    array = weights("F32", *shape, seed=seed).reshape(shape)
    path = Path("shapes.wcodec")
    wcodec.numpy.save_file({"a": array}, path)
    # The bytes about it stay as they are.
    room = np.full(array.size + 2, 7, np.float32)
    out = room[1:-1].reshape(shape)
    with wcodec.safe_open(path, "np") as file:
        file.get_tensor("a", out=out)
    assert same(out, array)
    assert (room[0], room[-1]) == (7, 7)


def test_a_tensor_is_decoded_to_another_librarys_memory() -> None:
    array = weights("I16", 90, 40)
    wcodec.numpy.save_file({"a": array}, "a.wcodec")
    with wcodec.safe_open("a.wcodec", "np") as file:
        out = Foreign(np.zeros_like(array))
        assert file.get_tensor("a", out=out) is out
    assert same(out.array, array)
    data, _ = wcodec.Encoder().encode_layer(Foreign(array))
    out = Foreign(np.zeros_like(array))
    assert wcodec.Decoder().decode_layer(data, 90, 40, out=out)[0] is out
    assert same(out.array, array)


WRONG: dict[str, tuple[Any, str]] = {
    "dtype": (np.zeros((6, 4), np.float32), "has another dtype than the tensor's, I16"),
    "order": (np.zeros((6, 4), ">i2"), "has another dtype than the tensor's, I16"),
    "unknown": (np.zeros((6, 4), object), "has another dtype than the tensor's, I16"),
    "shape": (np.zeros((4, 6), np.int16), r"has shape \[4, 6\], and not the tensor's, \[6, 4\]"),
    "rank": (np.zeros(24, np.int16), r"has shape \[24\]"),
    "columns": (np.zeros((6, 8), np.int16)[:, ::2], "is not contiguous"),
    "transposed": (np.zeros((4, 6), np.int16).T, "is not contiguous"),
    "backwards": (np.zeros((6, 4), np.int16)[::-1], "is not contiguous"),
    "odd": (np.zeros(49, np.uint8)[1:].view(np.int16).reshape(6, 4), "is not contiguous"),
    "fixed": (read_only(np.zeros((6, 4), np.int16)), "is read-only"),
    "spread": (np.broadcast_to(np.int16(1), (6, 4)), "is not contiguous"),
    "foreign shape": (Foreign(np.zeros((4, 6), np.int16)), r"has shape \[4, 6\]"),
    "foreign columns": (Foreign(np.zeros((6, 8), np.int16)[:, ::2]), "is not contiguous"),
    "foreign and fixed": (Foreign(read_only(np.zeros((6, 4), np.int16))), "is read-only"),
    "foreign dtype": (Foreign(weights("BF16", 6, 4)), "DLPack does not make it one"),
    "on a GPU": (OnGpu(np.zeros((6, 4), np.int16)), "is in the memory of a device"),
    "list": ([[0] * 4] * 6, "is no array of numpy, but a list"),
    "bytes": (bytearray(48), "is no array of numpy, but a bytearray"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_outputs_that_do_not_fit(wrong: str) -> None:
    out, reason = WRONG[wrong]
    array = weights("I16", 6, 4)
    before = content(out)
    data, _ = wcodec.Encoder().encode_layer(array)
    Path("a.wcodec").write_bytes(data)
    file = wcodec.safe_open("a.wcodec", "np")
    with file, pytest.raises(wcodec.ArgumentError, match=reason):
        file.get_tensor("layer", out=out)
    with pytest.raises(wcodec.ArgumentError, match=reason):
        wcodec.Decoder().decode_layer(data, 6, 4, out=out)
    assert content(out) == before


def test_errors_of_the_file_come_before_those_of_the_output() -> None:
    wcodec.numpy.save_file({"a": weights("I8", 9, 9)}, "a.wcodec")
    file = wcodec.safe_open("a.wcodec", "np")
    with pytest.raises(wcodec.NoSuchTensorError):
        file.get_tensor("b", out=[])
    file.close()
    with pytest.raises(wcodec.ArgumentError, match="is closed"):
        file.get_tensor("a", out=np.zeros((9, 9), np.int8))


def test_a_part_is_an_array_for_other_libraries() -> None:
    array = weights("F32", 60, 90)
    wcodec.numpy.save_file({"a": array, "b": weights("BF16", 4, 4)}, "a.wcodec")
    with wcodec.safe_open("a.wcodec", "np") as file:
        part = file.get_slice("a")
        assert part.__dlpack_device__() == CPU
        taken = np.from_dlpack(part)
        assert same(taken, array)
        # It is the caller's own.
        taken[:] = 0
        assert same(np.from_dlpack(part), array)
        # A type that DLPack has, but numpy does not export.
        assert file.get_slice("b").__dlpack_device__() == CPU
        with pytest.raises(BufferError):
            np.from_dlpack(file.get_slice("b"))
    with pytest.raises(wcodec.ArgumentError, match="is closed"):
        np.from_dlpack(part)


def test_arrays_of_other_libraries_are_saved() -> None:
    array = weights("U16", 50, 30)
    for layout in (array, array.T, array[::2], read_only(array.copy())):
        wcodec.numpy.save_file({"a": Foreign(layout)}, "a.wcodec")  # type: ignore[dict-item]
        assert same(wcodec.numpy.load_file("a.wcodec")["a"], layout)
    with pytest.raises(wcodec.ArgumentError, match="is in the memory of a device"):
        wcodec.numpy.save({"a": OnGpu(array)})  # type: ignore[dict-item]
