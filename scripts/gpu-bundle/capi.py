"""The C interface of wcodec by ctypes: what measuring and testing it from Python takes."""

import ctypes
import os
from ctypes import POINTER, Structure, byref, c_char_p, c_size_t, c_uint32, c_uint64, c_void_p

ALL = 2**64 - 1
WHOLE, FAST = 0, 1
BF16 = 14


class Rows(Structure):
    _fields_ = [(name, c_uint64) for name in ("address", "rows", "columns", "stride")]


class Product(Structure):
    _fields_ = [("matrix", c_void_p), ("y", Rows), ("bias", c_uint64)]


class Piece(Structure):
    _fields_ = [("weights", Rows), ("x", Rows), ("y", Rows), ("bias", c_uint64)]


class PackedInfo(Structure):
    _fields_ = [
        ("rows", c_uint64),
        ("columns", c_uint64),
        ("byte_length", c_uint64),
        ("exceptions", c_uint32),
        ("form", c_uint32),
    ]


class Buffer(Structure):
    _fields_ = [("data", c_void_p), ("length", c_size_t)]


class Tensor(Structure):
    _fields_ = [
        ("dtype", c_uint32),
        ("rank", c_size_t),
        ("shape", POINTER(c_uint64)),
        ("data", c_void_p),
        ("length", c_size_t),
    ]


class LoadTarget(Structure):
    _fields_ = [
        ("number", c_size_t),
        ("first_row", c_uint64),
        ("end_row", c_uint64),
        ("address", c_uint64),
    ]


class Planned(Structure):
    _fields_ = [
        ("front", c_void_p),
        ("front_length", c_size_t),
        ("blob_length", c_uint64),
        ("blob", c_uint64),
        ("out", c_uint64),
        ("scratch", c_uint64),
    ]


Dense = ctypes.CFUNCTYPE(ctypes.c_bool, c_void_p, POINTER(Piece))


class Failed(Exception):
    """A call that failed, with its code and the library's message."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Library:
    """The functions of the shared library; those that fail raise `Failed`."""

    def __init__(self, path):
        self.library = ctypes.CDLL(os.path.abspath(path))
        for name in ("wcodec_last_error", "wcodec_status_code", "wcodec_gpu_name"):
            getattr(self.library, name).restype = c_char_p
        for name in ("wcodec_packed_most_rows", "wcodec_plan_workspace_length"):
            getattr(self.library, name).restype = c_uint64

    def __getattr__(self, name):
        function = getattr(self.library, "wcodec_" + name)

        def call(*arguments):
            status = function(*arguments)
            if status != 0:
                code = self.library.wcodec_status_code(status).decode()
                raise Failed(code, self.library.wcodec_last_error().decode())

        return call

    def new(self, name, *arguments):
        """Calls a function that gives an object as its last result."""
        made = c_void_p()
        getattr(self, name)(*arguments, byref(made))
        return made

    def free(self, name, made):
        """Frees an object."""
        getattr(self.library, f"wcodec_{name}_free")(made)


def rows(tensor):
    """A torch tensor of two dimensions, its columns one after another."""
    assert tensor.dim() == 2 and tensor.stride(1) == 1
    return Rows(tensor.data_ptr(), tensor.shape[0], tensor.shape[1], tensor.stride(0))
