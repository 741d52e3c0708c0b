"""The tree of exceptions, and the codes that it stands for."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

import wcodec
from wcodec.errors import _CLASSES, _make

KIND_RS = Path(__file__).parents[2] / "host/src/error/kind.rs"


def test_every_code_of_the_library_has_a_class() -> None:
    codes = re.findall(r"=> \"([a-z_]+)\",$", KIND_RS.read_text(), re.MULTILINE)
    assert sorted(codes) == sorted(_CLASSES)


@pytest.mark.parametrize("code", sorted(_CLASSES))
def test_an_error_of_each_code(code: str) -> None:
    error = _make(code, 'a message: "it\'s"', 13, "file")
    assert isinstance(error, wcodec.WcodecError)
    assert (str(error), error.code) == ('a message: "it\'s"', code)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.code) == (type(error), str(error), code)


def test_a_code_that_is_new() -> None:
    error = _make("not_known_yet", "message")
    assert (type(error), error.code) == (wcodec.WcodecError, "not_known_yet")


def test_classes_of_python_catch_them() -> None:
    for code, kind in {
        "corrupt": ValueError,
        "io": OSError,
        "output_exists": FileExistsError,
        "no_such_tensor": KeyError,
        "out_of_memory": MemoryError,
        "no_gpu": RuntimeError,
        "invalid_argument": ValueError,
    }.items():
        assert isinstance(_make(code, "message"), kind)
    assert isinstance(_make("io", "message", 2), FileNotFoundError)
    assert not isinstance(_make("io", "message", 13), FileNotFoundError)
