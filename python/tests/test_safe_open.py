"""`safe_open` on a `.wcodec` file, a folder of shards, and an ordinary safetensors file."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import wcodec
import wcodec.numpy
from weights import Array, same
from written_models import METADATA, MODEL, write_folder, write_safetensors, write_wcodec


@pytest.fixture(params=[write_wcodec, write_safetensors, write_folder])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write: Callable[[Path], Path] = request.param
    return write(tmp_path)


def test_tensors_come_back(path: Path) -> None:
    with wcodec.safe_open(path, "np") as file:
        assert file.keys() == sorted(MODEL)
        assert sorted(file.offset_keys()) == sorted(MODEL)
        assert file.metadata() == METADATA
        for name, array in MODEL.items():
            assert same(file.get_tensor(name), array)
        for tensors in (file.get_tensors(), file.get_tensors(list(MODEL))):
            assert sorted(tensors) == sorted(MODEL)
            assert all(same(tensors[name], MODEL[name]) for name in MODEL)
        assert list(file.get_tensors(["scale"])) == ["scale"]
    loaded = wcodec.numpy.load_file(path)
    assert all(same(loaded[name], MODEL[name]) for name in MODEL)


def test_slices_come_back(path: Path) -> None:
    with wcodec.safe_open(str(path), framework="numpy") as file:
        part = file.get_slice("quantised")
        assert (part.get_shape(), part.get_dtype()) == ([300, 512], "I8")
        assert same(part[250:260, 7::-2], MODEL["quantised"][250:260, 7::-2])
        assert repr(part) == "<TensorSlice 'quantised', I8 [300, 512]>"


def test_a_file_says_what_safetensors_says() -> None:
    write_wcodec(Path()), write_safetensors(Path())
    theirs = safetensors.safe_open("model.safetensors", "np")
    content = Path("model.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    for name in ("model.wcodec", "model.safetensors"):
        with wcodec.safe_open(name, "np") as ours:
            assert ours.keys() == theirs.keys()
            assert ours.offset_keys() == theirs.offset_keys()
            assert ours.metadata() == theirs.metadata()
            for tensor in MODEL:
                meta, listed = ours.get_tensor_meta(tensor), header[tensor]
                assert meta.dtype == listed["dtype"]
                assert list(meta.shape) == listed["shape"]
                assert list(meta.data_offsets) == listed["data_offsets"]


def test_content_in_memory() -> None:
    for file in (write_wcodec(Path()), write_safetensors(Path())):
        content = file.read_bytes()
        for data in (content, bytearray(content), memoryview(content)):
            loaded = wcodec.numpy.load(data)
            assert all(same(loaded[name], MODEL[name]) for name in MODEL)


def test_a_file_without_metadata() -> None:
    wcodec.numpy.save_file({}, "none.wcodec")
    with wcodec.safe_open("none.wcodec", "np") as file:
        assert file.metadata() is None
        assert (file.keys(), file.get_tensors()) == ([], {})


def test_names_that_are_not_there(path: Path) -> None:
    with wcodec.safe_open(path, "np") as file:
        ask: list[Callable[[str], object]] = [
            file.get_tensor,
            file.get_slice,
            file.get_tensor_meta,
            lambda name: file.get_tensors(["scale", name]),
        ]
        for get in ask:
            with pytest.raises(KeyError, match="has no tensor named 'absent'") as caught:
                get("absent")
            assert isinstance(caught.value, wcodec.NoSuchTensorError)
            assert caught.value.code == "no_such_tensor"


def test_a_closed_file(path: Path) -> None:
    file = wcodec.safe_open(path, "np")
    part = file.get_slice("quantised")
    assert f"{path}" in repr(file)
    file.close()
    file.close()
    assert repr(file) == f"<safe_open {str(path)!r}, closed>"
    ask: list[Callable[[], object]] = [
        file.keys,
        file.offset_keys,
        file.metadata,
        file.get_tensors,
        lambda: file.get_tensor("scale"),
        lambda: file.get_slice("scale"),
        lambda: file.get_tensor_meta("scale"),
        lambda: part[0],
        lambda: part[:],
    ]
    for get in ask:
        with pytest.raises(ValueError, match="is closed") as caught:
            get()
        assert isinstance(caught.value, wcodec.ArgumentError)


def test_several_threads_at_once(path: Path) -> None:
    names = list(MODEL) * 20
    with wcodec.safe_open(path, "np") as file, ThreadPoolExecutor(8) as pool:
        for name, array in zip(names, pool.map(file.get_tensor, names), strict=True):
            assert same(array, MODEL[name])


def test_files_that_are_not_there() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        wcodec.safe_open("absent.wcodec", "np")
    error = caught.value
    assert isinstance(error, wcodec.MissingFileError)
    assert (error.code, error.errno, error.filename) == ("io", 2, "absent.wcodec")
    Path("folder").mkdir()
    with pytest.raises(wcodec.ArgumentError, match="holds no safetensors or"):
        wcodec.safe_open("folder", "np")


def test_a_strange_model_is_warned_of() -> None:
    model = write_folder(Path())
    wcodec.numpy.save_file({"more": np.zeros(1)}, model / "more.wcodec")
    with pytest.warns(wcodec.ModelWarning, match=r"more\.wcodec"):
        wcodec.safe_open(model, "np")


def test_arguments_that_are_not_known() -> None:
    path = write_wcodec(Path())
    with pytest.raises(wcodec.ArgumentError, match="no framework 'tf'"):
        wcodec.safe_open(path, "tf")
    with pytest.raises(wcodec.ArgumentError, match="no device 'cuda'"):
        wcodec.safe_open(path, "np", "cuda")
    with pytest.raises(TypeError):
        wcodec.safe_open(3, "np")  # type: ignore[arg-type]


def test_a_dtype_that_numpy_lacks() -> None:
    header = json.dumps({"a": {"dtype": "F4", "shape": [2, 2], "data_offsets": [0, 2]}}).encode()
    Path("f4.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"ab")
    with wcodec.safe_open("f4.safetensors", "np") as file:
        assert file.get_tensor_meta("a").dtype == "F4"
        for get in (file.get_tensor, file.get_slice):
            with pytest.raises(wcodec.ArgumentError, match="dtype F4, for which numpy has no type"):
                get("a")


def test_arrays_are_the_callers() -> None:
    path = write_wcodec(Path())
    with wcodec.safe_open(path, "np") as file:
        array: Array = file.get_tensor("quantised")
    array[:] = 0
    assert not array.any()
    assert same(wcodec.numpy.load_file(path)["quantised"], MODEL["quantised"])
