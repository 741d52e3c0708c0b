"""Arrays that are saved come back, whatever their dtype, shape and layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import wcodec
import wcodec.numpy
from weights import DTYPES, same, weights


def saved_and_loaded(
    array: np.ndarray[Any, Any], profile: str = "balanced"
) -> np.ndarray[Any, Any]:
    return wcodec.numpy.load(wcodec.numpy.save({"a": array}, profile=profile))["a"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype: str) -> None:
    array = weights(dtype, 70, 300)
    wcodec.numpy.save_file({"a": array}, "a.wcodec")
    with wcodec.safe_open("a.wcodec", "np") as file:
        assert file.get_tensor_meta("a").dtype == dtype
        assert same(file.get_tensor("a"), array)
        assert same(file.get_slice("a")[20:30], array[20:30])


@settings(max_examples=100, deadline=None)
@given(data=st.data(), shape=array_shapes(min_dims=0, min_side=0, max_side=40))
def test_any_bytes(data: st.DataObject, shape: tuple[int, ...]) -> None:
    dtype = np.dtype(DTYPES[data.draw(st.sampled_from(sorted(set(DTYPES) - {"BOOL"})))])
    count = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    array = random.bytes(count)
    expected = np.frombuffer(array, dtype).reshape(shape)
    assert same(saved_and_loaded(expected), expected)


def test_layouts() -> None:
    array = weights("F32", 60, 90)
    for view in (array.T, array[::-1], array[3:50:7, ::2], np.broadcast_to(array[0], (9, 90))):
        assert same(saved_and_loaded(view), view)
    swapped = array.astype(array.dtype.newbyteorder(">"))
    assert same(saved_and_loaded(swapped), array)


@pytest.mark.parametrize("profile", ["ratio", "balanced", "fast"])
def test_profiles(profile: str) -> None:
    array = weights("BF16", 512, 512)
    assert len(wcodec.numpy.save({"a": array}, profile=profile)) < array.nbytes
    assert same(saved_and_loaded(array, profile), array)


def test_a_profile_that_is_not_known() -> None:
    with pytest.raises(wcodec.ArgumentError, match="no profile 'best'"):
        wcodec.numpy.save({}, profile="best")


def test_a_file_has_the_content_of_save() -> None:
    tensors, metadata = {"a": weights("F16", 50, 50), "b": weights("I8", 9)}, {"k": "v"}
    wcodec.numpy.save_file(tensors, Path("a.wcodec"), metadata)
    assert Path("a.wcodec").read_bytes() == wcodec.numpy.save(tensors, metadata)


def test_tensors_are_in_the_order_of_safetensors() -> None:
    tensors = {f"{dtype} {n}": weights(dtype, 3) for n in (2, 1) for dtype in DTYPES}
    known = {name: array for name, array in tensors.items() if hasattr(np, array.dtype.name)}
    wcodec.numpy.save_file(known, "a.wcodec")
    safetensors.numpy.save_file(known, "a.safetensors")
    with wcodec.safe_open("a.wcodec", "np") as file:
        theirs = safetensors.safe_open("a.safetensors", "np").offset_keys()
        assert file.offset_keys() == theirs


def test_a_file_is_replaced_whole_or_not_at_all() -> None:
    wcodec.numpy.save_file({"a": weights("I8", 5)}, "a.wcodec")
    before = Path("a.wcodec").read_bytes()
    with pytest.raises(wcodec.ArgumentError):
        wcodec.numpy.save_file({"a": weights("I8", 6), "b\0": weights("I8", 6)}, "a.wcodec")
    assert Path("a.wcodec").read_bytes() == before
    wcodec.numpy.save_file({"b": weights("I8", 6)}, "a.wcodec")
    assert list(wcodec.numpy.load_file("a.wcodec")) == ["b"]
    assert [path.name for path in Path().iterdir()] == ["a.wcodec"]


def test_what_cannot_be_saved() -> None:
    bad: list[Any] = [
        np.array(["a"]),
        np.array([object()]),
        np.zeros(3, np.complex128),
        np.zeros(3, "datetime64[s]"),
        [1, 2],
        None,
    ]
    for value in bad:
        with pytest.raises(wcodec.ArgumentError, match="tensor 'a'"):
            wcodec.numpy.save({"a": value})
    with pytest.raises(wcodec.ArgumentError, match="in a dict"):
        wcodec.numpy.save([weights("I8", 1)])  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        wcodec.numpy.save({}, {"a": 1})  # type: ignore[dict-item]
    with pytest.raises(wcodec.ArgumentError):
        wcodec.numpy.save({"__metadata__": weights("I8", 1)})


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError, match="make the folder absent first"):
        wcodec.numpy.save_file({}, "absent/a.wcodec")
