"""Folders of safetensors files whose tensors are archives."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy

import wcodec
import wcodec.numpy
from weights import DTYPES, same, weights

SMALL = {f"odd.{n}": weights("I8", n) for n in (1, 3, 7)}
RANDOM = np.random.default_rng(1).integers(0, 256, 999, dtype=np.uint8)
MODEL = {name: weights(name, 60, 300) for name in DTYPES if name not in ("C64", "F8_E8M0")}
MODEL |= SMALL | {"random": RANDOM, "none": weights("F32", 0, 4), "one": weights("F64").reshape(())}


def write_raw(path: Path, model: dict[str, Any]) -> None:
    """A safetensors file in the order that is given, which the package would not write."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt", "é": "\n"}}
    end = 0
    for name, array in model.items():
        dtype = next(known for known, type_ in DTYPES.items() if np.dtype(type_) == array.dtype)
        start, end = end, end + array.nbytes
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [start, end]}
    text = json.dumps(header, indent=1, ensure_ascii=False).encode()
    data = b"".join(array.tobytes() for array in model.values())
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_folder() -> Path:
    folder = Path("model")
    (folder / "sub" / ".hidden").mkdir(parents=True)
    write_raw(folder / "a.safetensors", MODEL)
    safetensors.numpy.save_file({"b": weights("F16", 300, 70)}, folder / "sub" / "b.safetensors")
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": dict.fromkeys(MODEL, "a.safetensors")})
    )
    (folder / "config.json").write_text('{\n  "model_type": "llama"\n}\n')
    (folder / "sub" / "tokenizer.json").write_text("{}")
    (folder / "sub" / ".hidden" / "x").write_text("")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def packed() -> Path:
    wcodec.pack_safetensors(write_folder(), "packed", device="cpu")
    return Path("packed")


def test_a_folder_there_and_back_to_the_byte() -> None:
    before = contents(write_folder())
    summary = wcodec.pack_safetensors("model", Path("packed"), device="cpu")
    assert (summary.path, summary.tensors) == (Path("packed"), len(MODEL) + 1)
    assert 10 < summary.archives < summary.tensors
    assert summary.output_bytes < summary.input_bytes
    assert wcodec.unpack_safetensors("packed", "again", device="cpu") == Path("again")
    del before["sub/.hidden/x"]
    assert contents(Path("again")) == before
    names = sorted(path.name for path in Path().iterdir())
    assert names == ["again", "model", "packed"]


def test_other_programs_see_sound_files(packed: Path) -> None:
    with safetensors.safe_open(packed / "a.safetensors", "np") as file:
        assert set(file.keys()) == set(MODEL)
        assert file.metadata()["format"] == "pt"
        assert same(file.get_tensor("random"), RANDOM)
        assert all(same(file.get_tensor(name), array) for name, array in SMALL.items())
        assert file.get_slice("BF16").get_dtype() == "U8"
    index = "model.safetensors.index.json"
    assert (packed / index).read_bytes() == (Path("model") / index).read_bytes()
    assert json.loads((packed / "config.json").read_text()) == {
        "quantization_config": {"quant_method": "wcodec"},
        "model_type": "llama",
    }


def test_tensors_keep_their_places_in_words(packed: Path) -> None:
    def offsets(path: Path) -> dict[str, int]:
        content = path.read_bytes()
        header = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
        del header["__metadata__"]
        return {name: entry["data_offsets"][0] % 8 for name, entry in header.items()}

    assert offsets(packed / "a.safetensors") == offsets(Path("model") / "a.safetensors")


def test_tensors_are_those_of_the_source(packed: Path) -> None:
    # By its index, which lists the one file.
    with wcodec.safe_open(packed, "np") as file:
        assert file.metadata() == {"format": "pt", "é": "\n"}
        assert file.offset_keys() == list(MODEL)
        for name, array in MODEL.items():
            assert file.get_tensor_meta(name).shape == array.shape
            assert same(file.get_tensor(name), array), name
        assert same(file.get_slice("F32")[7:31, ::3], MODEL["F32"][7:31, ::3])
        assert same(file.get_slice("random")[5:], RANDOM[5:])
        with file.prefetch() as loader:
            assert all(same(array, MODEL[name]) for name, array in loader)
    loaded = wcodec.numpy.load_file(packed / "a.safetensors")
    assert all(same(loaded[name], array) for name, array in MODEL.items())


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("{}", "{}"),
        ("[1]", "[1]"),
        ('{"a": ', '{"a": '),
        ('{"quantization_config": {"bits": 4}}', '{"quantization_config": {"bits": 4}}'),
        (' {"a": 1}', ' {"quantization_config": {"quant_method": "wcodec"}, "a": 1}'),
    ],
)
def test_configs(config: str, expected: str) -> None:
    folder = write_folder()
    (folder / "config.json").write_text(config)
    wcodec.pack_safetensors(folder, "packed", device="cpu")
    assert Path("packed/config.json").read_text() == expected
    wcodec.unpack_safetensors("packed", "again", device="cpu")
    assert Path("again/config.json").read_text() == config


def test_files_that_only_look_like_safetensors() -> None:
    folder = write_folder()
    (folder / "broken.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{]")
    with pytest.warns(wcodec.ModelWarning, match=r"copied as it is: .*broken\.safetensors"):
        wcodec.pack_safetensors(folder, "packed", device="cpu")
    with pytest.warns(wcodec.ModelWarning, match=r"copied as it is: .*broken\.safetensors"):
        wcodec.unpack_safetensors("packed", "again", device="cpu")
    assert contents(Path("again"))["broken.safetensors"] == b"\x02\0\0\0\0\0\0\0{]"


def test_what_is_refused(packed: Path) -> None:
    with pytest.raises(wcodec.OutputExistsError, match="packed exists"):
        wcodec.pack_safetensors("model", packed)
    with pytest.raises(wcodec.ArgumentError, match="holds archives already"):
        wcodec.pack_safetensors(packed, "twice")
    with pytest.raises(wcodec.MissingFileError, match="no folder absent"):
        wcodec.pack_safetensors("absent", "new")
    with pytest.raises(wcodec.ArgumentError, match="inside of model"):
        wcodec.pack_safetensors("model", "model/packed")
    with pytest.raises(wcodec.ArgumentError, match="no profile 'best'"):
        wcodec.pack_safetensors("model", "new", profile="best")
    # Nothing is left of what had begun.
    assert sorted(path.name for path in Path().iterdir()) == ["model", "packed"]


def test_damage_is_found_wherever_it_is(packed: Path) -> None:
    path = packed / "a.safetensors"
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    begin, end = (start + offset for offset in header["BF16"]["data_offsets"])
    for at in (begin, begin + 24, begin + 80, (begin + end) // 2, end - 9):
        damaged = bytearray(content)
        damaged[at] ^= 4
        path.write_bytes(damaged)
        with pytest.raises(wcodec.BadDataError):
            wcodec.numpy.load_file(path)
        with pytest.raises(wcodec.BadDataError):
            wcodec.unpack_safetensors(packed, "again", device="cpu")
    assert not Path("again").exists()


def changed_metadata(path: Path, **strings: str | None) -> None:
    """Writes other strings into the room that the header has."""
    content = path.read_bytes()
    start = 8 + struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:start])
    for name, value in strings.items():
        header["__metadata__"].pop(name.replace("_", "."))
        if value is not None:
            header["__metadata__"][name.replace("_", ".")] = value
    text = json.dumps(header).encode()
    offset = struct.pack("<Q", len(text))
    path.write_bytes(offset + text + content[start:])


@pytest.mark.parametrize(
    ("strings", "reason"),
    [
        ({"wcodec": "2"}, "version"),
        ({"wcodec_archives": "1"}, "of each tensor"),
        ({"wcodec_archives": "2" * len(MODEL)}, "of each tensor"),
        ({"wcodec_archives": "1" * len(MODEL)}, "archive"),
        ({"wcodec_archives": None}, "of each tensor"),
    ],
)
def test_metadata_that_is_not_sound(packed: Path, strings: dict[str, Any], reason: str) -> None:
    changed_metadata(packed / "a.safetensors", **strings)
    with pytest.raises(wcodec.BadDataError, match=reason):
        wcodec.safe_open(packed / "a.safetensors", "np")
    with pytest.raises(wcodec.BadDataError, match=reason):
        wcodec.unpack_safetensors(packed, "again", device="cpu")
    assert not Path("again").exists()


@pytest.mark.parametrize("header", [None, "", "{}", '{"a":{}}', "x" * 70])
def test_a_source_header_that_is_another(packed: Path, header: str | None) -> None:
    changed_metadata(packed / "a.safetensors", wcodec_header=header)
    with pytest.raises(wcodec.BadDataError, match="header of its source"):
        wcodec.unpack_safetensors(packed, "again", device="cpu")
    assert sorted(path.name for path in Path().iterdir()) == ["model", "packed"]
