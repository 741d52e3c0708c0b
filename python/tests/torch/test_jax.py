"""Arrays of JAX, on the CPU."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import wcodec
import wcodec.jax
import wcodec.numpy


@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "int8", "float8_e4m3fn", "bool"])
def test_arrays_come_back(dtype: str) -> None:
    array = jnp.arange(6000).reshape(60, 100).astype(dtype)
    wcodec.jax.save_file({"a": array}, "a.wcodec", {"k": "v"})
    for loaded in (
        wcodec.jax.load_file("a.wcodec")["a"],
        wcodec.jax.load(wcodec.jax.save({"a": array}))["a"],
        wcodec.safe_open("a.wcodec", "flax").get_slice("a")[:],
    ):
        assert isinstance(loaded, jax.Array)
        assert loaded.dtype == array.dtype
        assert np.asarray(loaded).tobytes() == np.asarray(array).tobytes()
    part = wcodec.safe_open("a.wcodec", "jax").get_slice("a")[7:9, ::3]
    assert np.asarray(part).tobytes() == np.asarray(array[7:9, ::3]).tobytes()


def test_nothing_is_rounded() -> None:
    wcodec.numpy.save_file({"a": np.arange(3)}, "a.wcodec")
    with pytest.raises(wcodec.ArgumentError, match="JAX would round to 32 bits"):
        wcodec.jax.load_file("a.wcodec")


def test_devices() -> None:
    wcodec.numpy.save_file({"a": np.arange(3, dtype=np.int8)}, "a.wcodec")
    device = jax.devices("cpu")[0]
    assert wcodec.jax.load_file("a.wcodec", device)["a"].devices() == {device}
    with pytest.raises(wcodec.ArgumentError, match="JAX cannot use the device 'abacus'"):
        wcodec.jax.load_file("a.wcodec", "abacus")
    with pytest.raises(wcodec.GpuError, match="JAX cannot use the device 'cuda:9'"):
        wcodec.jax.load_file("a.wcodec", "cuda:9")


def test_what_cannot_be_saved() -> None:
    with pytest.raises(wcodec.ArgumentError, match="is no array of JAX, but a ndarray"):
        wcodec.jax.save({"a": np.zeros(3)})
