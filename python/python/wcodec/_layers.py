"""Single matrices, coded in memory."""

from __future__ import annotations

import time
from typing import Any

from wcodec import _native
from wcodec._frameworks import framework_of, framework_of_array, output_for
from wcodec.errors import _make

_NAME = "layer"
Stats = dict[str, Any]


class Encoder:
    """Encodes single matrices; the bytes are a `.wcodec` file with the one tensor `layer`.

    >>> import numpy as np
    >>> from wcodec import Decoder, Encoder
    >>> weights = np.random.default_rng(1).integers(-9, 9, (256, 512), dtype=np.int8)
    >>> data, stats = Encoder(profile="ratio").encode_layer(weights)
    >>> stats["compression_ratio"] > 1.5
    True
    >>> decoded, stats = Decoder().decode_layer(data, 256, 512)
    >>> bool((decoded == weights).all()), stats["device"].startswith("CPU")
    (True, True)
    """

    def __init__(self, profile: str = "balanced") -> None:
        """An encoder.

        Args:
            profile: `"ratio"` for the fewest bytes, `"balanced"`, or `"fast"` to decode fastest.
        """
        self.profile = profile

    def encode_layer(self, array: Any) -> tuple[bytes, Stats]:
        """Encodes an array.

        Args:
            array: of numpy, torch, or any library that has DLPack, in host memory, of any shape
                and dtype that files know.

        Returns:
            The bytes, and a dict with `compression_ratio`, `original_bytes`, `compressed_bytes`
            and `encode_time_ms`.

        Raises:
            ArgumentError: the array has a dtype that files of tensors do not know.
        """
        given = framework_of_array(array).given(_NAME, array)
        start = time.perf_counter()
        native = (_NAME, given.dtype, given.shape, given.address, given.byte_len)
        data = _native.save([native], None, self.profile)
        elapsed = time.perf_counter() - start
        return data, {**_sizes(given.byte_len, len(data)), "encode_time_ms": 1000 * elapsed}

    def __repr__(self) -> str:
        return f"Encoder(profile={self.profile!r})"


class Decoder:
    """Decodes what `Encoder` made, on the CPU."""

    def __init__(self) -> None:
        """A decoder."""
        self._native = self._open()

    def _open(self) -> _native.DeviceDecoder:
        return _native.DeviceDecoder("cpu")

    @property
    def device(self) -> str:
        """What decodes, such as `"CPU (avx2)"` or `"GPU 0 (NVIDIA H200)"`."""
        return self._native.device

    def decode_layer(
        self, data: bytes, rows: int, cols: int, *, out: Any = None
    ) -> tuple[Any, Stats]:
        """Decodes a matrix.

        Args:
            data: the bytes.
            rows: its rows.
            cols: its columns.
            out: what to decode to, in place of a new array: as of `safe_open.get_tensor`.

        Returns:
            An array of numpy, or `out` itself, and a dict with `compression_ratio`,
            `original_bytes`, `compressed_bytes`, `decode_time_ms` and `device`.

        Raises:
            ArgumentError: the matrix has another shape, there is none or more than one, or `out`
                does not fit.
            BadDataError: the bytes are damaged.
        """
        start = time.perf_counter()
        source = _native.open_bytes(data)
        tensors = source.tensors()
        if len(tensors) != 1:
            raise _make("invalid_argument", f"the bytes hold {len(tensors)} tensors, not one layer")
        name, dtype, shape, byte_len, *_ = tensors[0]
        if shape != [rows, cols]:
            raise _make("invalid_argument", f"the layer has shape {shape}, not {[rows, cols]}")
        if out is None:
            framework = framework_of("numpy")
            array = framework.empty(name, dtype, (rows, cols))
            address = framework.address(array)
        else:
            array, address = out, output_for(name, dtype, (rows, cols), out).address
        source.decode([(name, None, None, address, byte_len)], self._native)
        elapsed = time.perf_counter() - start
        stats = {"decode_time_ms": 1000 * elapsed, "device": self.device}
        return array, {**_sizes(byte_len, len(data)), **stats}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} on {self.device}>"


class GPUDecoder(Decoder):
    """Decodes what `Encoder` made on an NVIDIA GPU; arrays are in host memory."""

    def __init__(self, device: int = 0, *, fallback: bool = False) -> None:
        """A decoder.

        Args:
            device: the number of the GPU.
            fallback: whether the CPU decodes where that GPU cannot be used.

        Raises:
            GpuError: it cannot be used, and `fallback` is not set.
        """
        self._ordinal = device
        self._fallback = fallback
        super().__init__()

    def _open(self) -> _native.DeviceDecoder:
        try:
            return _native.DeviceDecoder(f"cuda:{self._ordinal}")
        except RuntimeError:
            if not self._fallback:
                raise
            return _native.DeviceDecoder("cpu")


def _sizes(original: int, compressed: int) -> Stats:
    return {
        "compression_ratio": original / compressed,
        "original_bytes": original,
        "compressed_bytes": compressed,
    }
