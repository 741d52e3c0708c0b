"""The sizes that other compressors give a file. Each is decompressed again and compared."""

from pathlib import Path

import zstandard

# Level 19 takes some two megabytes a second on a core, so that a long file is sampled.
LONG = 32 << 20
SAMPLES, SAMPLE = 8, 2 << 20


def zstd(data: bytes, level: int) -> float:
    """The ratio of a whole file."""
    packed = zstandard.ZstdCompressor(level=level).compress(data)
    if zstandard.ZstdDecompressor().decompress(packed) != data:
        raise ValueError("zstd gave other bytes back")
    return len(data) / len(packed)


def zstd_19(data: bytes) -> str:
    """The ratio, marked with ~ where it is that of samples."""
    if len(data) <= LONG:
        return f"{zstd(data, 19):.4f}"
    step = (len(data) - SAMPLE) // (SAMPLES - 1)
    samples = b"".join(data[at * step:at * step + SAMPLE] for at in range(SAMPLES))
    return f"{zstd(samples, 19):.4f}~"


def zipnn(path: Path, dtypes: dict) -> str:
    """The ratio of ZipNN, told the element type of the most bytes; "-" where it is not installed."""
    try:
        from zipnn import ZipNN
    except ImportError:
        return "-"
    data = path.read_bytes()
    names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F8_E4M3": "float8_e4m3fn"}
    most = names.get(max(dtypes, key=dtypes.get), "float32")
    coder = ZipNN(input_format="byte", bytearray_dtype=most)
    packed = bytes(coder.compress(bytearray(data)))
    if bytes(ZipNN(input_format="byte").decompress(bytearray(packed))) != data:
        raise ValueError("ZipNN gave other bytes back")
    return f"{len(data) / len(packed):.4f}"
