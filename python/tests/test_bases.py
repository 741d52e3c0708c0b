"""Files whose tensors are coded against those of others, opened and loaded with these."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import wcodec
import wcodec.numpy

ROWS, COLUMNS = 96, 512
_rng = np.random.default_rng(5)
OLD = {
    "same": _rng.normal(size=(ROWS, COLUMNS)).astype(np.float32),
    "moved": _rng.normal(size=(ROWS, COLUMNS)).astype(np.float32),
}
NEW = {name: array.copy() for name, array in OLD.items()}
NEW["moved"].flat[::50] += 1
NEW["new"] = _rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tuned.wcodec`, which needs `base.safetensors`, and `base.wcodec`, which is the same."""
    monkeypatch.chdir(tmp_path)
    safetensors.numpy.save_file(OLD, "base.safetensors")
    safetensors.numpy.save_file(NEW, "tuned.safetensors")
    wcodec.compress("base.safetensors", device="cpu")
    wcodec.compress("tuned.safetensors", base="base.safetensors", device="cpu")
    size = Path("tuned.wcodec").stat().st_size
    # The new tensor, and next to nothing beside it.
    assert NEW["new"].nbytes / 2 < size < NEW["new"].nbytes * 1.1


@pytest.mark.parametrize("base", ["base.safetensors", Path("base.wcodec"), ["base.wcodec"]])
def test_loading_with_a_base(base: str | Path | list[str]) -> None:
    loaded = wcodec.numpy.load_file("tuned.wcodec", base=base)
    assert sorted(loaded) == sorted(NEW)
    for name, array in NEW.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_tensors_and_slices_with_a_base() -> None:
    with wcodec.safe_open("tuned.wcodec", "numpy", base="base.safetensors") as file:
        for name, array in NEW.items():
            np.testing.assert_array_equal(file.get_tensor(name), array)
            part = file.get_slice(name)
            np.testing.assert_array_equal(part[3:40], array[3:40])
            np.testing.assert_array_equal(part[:, 7:300], array[:, 7:300])
            np.testing.assert_array_equal(part[5:9, 100:101], array[5:9, 100:101])
            assert file.get_tensor_meta(name).shape == (ROWS, COLUMNS)
        with file.prefetch({"moved": np.s_[1:3], "same": None}) as loader:
            np.testing.assert_array_equal(loader.take("moved"), NEW["moved"][1:3])
            np.testing.assert_array_equal(loader.take("same"), NEW["same"])


def test_a_chain_and_a_folder() -> None:
    last = {**NEW, "same": NEW["same"] * np.float32(1.0000001)}
    safetensors.numpy.save_file(last, "last.safetensors")
    bases = ["base.safetensors", "tuned.wcodec"]
    wcodec.compress("last.safetensors", base=bases, device="cpu")
    Path("model").mkdir()
    shutil.move("last.wcodec", "model/model.wcodec")
    for name, array in wcodec.numpy.load_file("model", base=bases).items():
        np.testing.assert_array_equal(array, last[name])
    with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}"):
        wcodec.numpy.load_file("model", base="tuned.wcodec")


def test_only_what_is_asked_for_is_read() -> None:
    file = wcodec.safe_open("tuned.wcodec", "numpy", base="base.safetensors")
    # No tensor of the base was read yet, and one that decodes alone needs none.
    with Path("base.safetensors").open("r+b") as base:
        base.seek(-4, io.SEEK_END)
        base.write(b"\x55\x55\x55\x55")
    np.testing.assert_array_equal(file.get_tensor("new"), NEW["new"])
    # The last of the base was changed, the other was not.
    np.testing.assert_array_equal(file.get_tensor("moved"), NEW["moved"])
    with pytest.raises(wcodec.ArgumentError) as raised:
        file.get_tensor("same")
    assert raised.value.code == "base_needed"


@pytest.mark.parametrize("base", [None, [], "tuned.safetensors"])
def test_a_base_that_is_missing_or_another(base: str | list[str] | None) -> None:
    with wcodec.safe_open("tuned.wcodec", "numpy", base=base) as file:
        np.testing.assert_array_equal(file.get_tensor("new"), NEW["new"])
        if base != "tuned.safetensors":
            with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}"):
                file.get_tensor("same")
        with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}") as raised:
            file.get_tensor("moved")
        assert raised.value.code == "base_needed"
        with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}"):
            file.get_slice("moved")[2:3]


def test_a_base_goes_with_a_path() -> None:
    with pytest.raises(wcodec.MissingFileError):
        wcodec.safe_open("tuned.wcodec", "numpy", base="absent")
    content = io.BytesIO(Path("tuned.wcodec").read_bytes())
    with pytest.raises(wcodec.ArgumentError, match="no path"):
        wcodec.safe_open(content, "numpy", base="base.safetensors")
