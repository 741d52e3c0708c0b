"""Single matrices, by the names that earlier users were promised."""

from __future__ import annotations

import numpy as np
import pytest

import wcodec
from weights import DTYPES, same, weights


@pytest.mark.parametrize("dtype", DTYPES)
def test_layers_come_back(dtype: str) -> None:
    layer = weights(dtype, 128, 96)
    data, encoded = wcodec.Encoder().encode_layer(layer)
    decoded, stats = wcodec.Decoder().decode_layer(data, 128, 96)
    assert same(decoded, layer)
    for sizes in (encoded, stats):
        assert sizes["compression_ratio"] == layer.nbytes / len(data)
        assert (sizes["original_bytes"], sizes["compressed_bytes"]) == (layer.nbytes, len(data))
    assert encoded["encode_time_ms"] > 0
    assert stats["decode_time_ms"] > 0
    assert stats["device"].startswith("CPU (")


def test_layers_that_are_not_as_asked_for() -> None:
    data, _ = wcodec.Encoder(profile="fast").encode_layer(weights("I8", 6, 4))
    decoder = wcodec.Decoder()
    with pytest.raises(wcodec.ArgumentError, match=r"has shape \[6, 4\], not \[4, 6\]"):
        decoder.decode_layer(data, 4, 6)
    two = wcodec.numpy.save({"a": np.zeros(1), "b": np.ones(1)})
    with pytest.raises(wcodec.ArgumentError, match="hold 2 tensors"):
        decoder.decode_layer(two, 1, 1)
    broken = bytearray(data)
    broken[-1] ^= 1
    with pytest.raises(wcodec.BadDataError):
        decoder.decode_layer(bytes(broken), 6, 4)
    with pytest.raises(wcodec.ArgumentError, match="no array of numpy, but a list"):
        wcodec.Encoder().encode_layer([[1, 2]])
    with pytest.raises(wcodec.ArgumentError, match="no profile 'best'"):
        wcodec.Encoder("best").encode_layer(weights("I8", 6, 4))


def test_they_say_what_they_are() -> None:
    assert repr(wcodec.Encoder("ratio")) == "Encoder(profile='ratio')"
    assert repr(wcodec.Decoder()).startswith("<Decoder on CPU (")


@pytest.mark.skipif(wcodec.is_gpu_available(), reason="needs a machine without a GPU")
def test_without_a_gpu() -> None:
    with pytest.raises(wcodec.GpuError) as caught:
        wcodec.GPUDecoder()
    assert caught.value.code == "no_gpu"
    decoder = wcodec.GPUDecoder(fallback=True)
    layer = weights("BF16", 64, 64)
    data, _ = wcodec.Encoder().encode_layer(layer)
    decoded, stats = decoder.decode_layer(data, 64, 64)
    assert same(decoded, layer)
    assert stats["device"].startswith("CPU (")
    assert repr(decoder).startswith("<GPUDecoder on CPU (")


@pytest.mark.skipif(not wcodec.is_gpu_available(), reason="needs an NVIDIA GPU")
def test_on_a_gpu() -> None:
    layer = weights("BF16", 1024, 1024)
    data, _ = wcodec.Encoder().encode_layer(layer)
    decoded, stats = wcodec.GPUDecoder().decode_layer(data, 1024, 1024)
    assert same(decoded, layer)
    assert stats["device"].startswith("GPU 0 (")
    with pytest.raises(wcodec.GpuError):
        wcodec.GPUDecoder(99)
