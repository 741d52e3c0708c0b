"""Files that are damaged, are not what they should be, or change while they are open."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import wcodec
import wcodec.numpy
from weights import same
from written_models import MODEL, write_folder, write_safetensors, write_wcodec


@pytest.fixture(params=[write_wcodec, write_safetensors, write_folder])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write: Callable[[Path], Path] = request.param
    return write(tmp_path)


def test_a_file_that_is_replaced_is_read_as_it_was() -> None:
    path = write_wcodec(Path())
    with wcodec.safe_open(path, "np") as file:
        wcodec.numpy.save_file({"other": np.zeros(3)}, "other.wcodec")
        Path("other.wcodec").replace(path)
        assert same(file.get_tensor("quantised"), MODEL["quantised"])
    with wcodec.safe_open(path, "np") as file:
        assert file.keys() == ["other"]


def test_a_file_that_is_cut_meanwhile(path: Path) -> None:
    out = np.zeros_like(MODEL["quantised"])
    with wcodec.safe_open(path, "np") as file:
        part = file.get_slice("quantised")
        for shard in [path] if path.is_file() else path.glob("*-of-*"):
            os.truncate(shard, 100)
        ask: list[Callable[[], object]] = [
            file.get_tensors,
            lambda: file.get_tensor("quantised"),
            lambda: file.get_tensor("quantised", out=out),
            lambda: part[5:9],
            lambda: part[:, :256],
        ]
        for get in ask:
            with pytest.raises(wcodec.WcodecError) as caught:
                get()
            assert caught.value.code in ("truncated", "io", "changed")


def test_an_archive_that_is_overwritten_meanwhile() -> None:
    path = write_wcodec(Path())
    content = path.read_bytes()
    with wcodec.safe_open(path, "np") as file:
        with path.open("r+b") as raw:
            raw.write(bytes(len(content)))
        with pytest.raises(wcodec.BadDataError) as caught:
            file.get_tensor("quantised")
    assert caught.value.code == "corrupt"


WITHOUT_ROOM = """
import resource
import wcodec
with wcodec.safe_open("large.wcodec", "np") as file:
    file.get_tensor("small")
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), -1))
    try:
        file.get_tensor("large")
    except wcodec.OutOfMemoryError as error:
        assert isinstance(error, MemoryError)
        print(error)
    # What there is room for goes on.
    assert len(file.get_tensor("small")) == 9
"""


def test_a_tensor_that_there_is_no_room_for() -> None:
    tensors = {"large": np.zeros(400 << 20, np.int8), "small": np.zeros(9, np.int8)}
    wcodec.numpy.save_file(tensors, "large.wcodec")
    command = [sys.executable, "-c", WITHOUT_ROOM]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith("there is no room for tensor 'large': ")


def test_flipped_bits_are_told() -> None:
    path = write_wcodec(Path())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with wcodec.safe_open(path, "np") as file, pytest.raises(wcodec.BadDataError) as caught:
        file.get_tensors()
    assert caught.value.code == "corrupt"
    with pytest.raises(wcodec.BadDataError):
        wcodec.numpy.load(content)


@pytest.mark.parametrize("content", [b"", b"x", b"WCDC", b"PK\3\4" * 99, bytes(1000)])
def test_files_of_something_else(content: bytes) -> None:
    Path("strange").write_bytes(content)
    with pytest.raises(wcodec.BadDataError):
        wcodec.safe_open("strange", "np")
    with pytest.raises(wcodec.BadDataError):
        wcodec.numpy.load(content)
