"""The tool on files in stores."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
import safetensors.numpy
from fsspec.implementations.memory import MemoryFileSystem

import wcodec
from wcodec._remote import run
from weights import weights

MODEL = {f"layer.{n}": weights("F32", 300, 512, seed=n) for n in range(3)}


@pytest.fixture(autouse=True)
def _stored() -> Iterator[None]:
    """A file and a folder in a store, and what they were made from here."""
    Path("model").mkdir()
    safetensors.numpy.save_file(MODEL, "model/model.safetensors")
    Path("model/config.json").write_text("{}")
    wcodec.compress("model", "packed", device="cpu")
    for path in Path("packed").iterdir():
        with fsspec.open(f"memory://b/packed/{path.name}", "wb") as file:
            file.write(path.read_bytes())
    yield
    MemoryFileSystem.store.clear()


ARCHIVE = "memory://b/packed/model.wcodec"


def program(arguments: list[str]) -> int:
    """The tool in a process of its own, of which there is one program."""
    return subprocess.run([sys.executable, "-m", *arguments], check=False).returncode


def tool(*arguments: str) -> int:
    return run([*arguments, "--device", "cpu"], program)


def original() -> bytes:
    return Path("model/model.safetensors").read_bytes()


def test_files(capfd: pytest.CaptureFixture[str]) -> None:
    assert program(["wcodec", "verify", f"file://{Path('packed/model.wcodec').absolute()}"]) == 0
    assert tool("verify", ARCHIVE) == 0
    assert tool("inspect", "--json", ARCHIVE) == 0
    assert '"layer.2"' in capfd.readouterr().out
    assert tool("decompress", ARCHIVE) == 0
    assert Path("model.safetensors").read_bytes() == original()
    assert tool("decompress", ARCHIVE, "--output", "here.safetensors") == 0
    assert Path("here.safetensors").read_bytes() == original()
    assert tool("decompress", ARCHIVE, "--output-dir", "there") == 0
    assert Path("there/model.safetensors").read_bytes() == original()


def test_folders() -> None:
    assert tool("verify", "memory://b/packed") == 0
    assert tool("-q", "decompress", "memory://b/packed", "-o", "restored") == 0
    assert Path("restored/model.safetensors").read_bytes() == original()
    assert Path("restored/config.json").read_text() == "{}"


@pytest.mark.parametrize("output", [["-o", "U"], ["-oU"], ["--output", "U"], ["--output=U"]])
def test_what_is_written_to_a_store(output: list[str], capfd: Any) -> None:
    output = [part.replace("U", "memory://out/model.safetensors") for part in output]
    assert tool("decompress", ARCHIVE, *output) == 0
    assert MemoryFileSystem.store["/out/model.safetensors"].getvalue() == original()
    assert tool("decompress", "packed/model.wcodec", *output) == 2
    assert "exists already" in capfd.readouterr().err
    assert tool("decompress", "packed/model.wcodec", "--force", *output) == 0


def test_what_is_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    assert tool("verify", "memory://b/absent.wcodec") == 2
    assert "absent" in capfd.readouterr().err
    assert tool("decompress", ARCHIVE, "--rm") == 2
    assert "--rm" in capfd.readouterr().err
    damaged = bytearray(Path("packed/model.wcodec").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    with fsspec.open(ARCHIVE, "wb") as file:
        file.write(damaged)
    assert tool("verify", ARCHIVE) == 1
    assert "checksum" in capfd.readouterr().err
    assert tool("decompress", ARCHIVE, "-o", "memory://out/model.safetensors") == 1
    assert "/out/model.safetensors" not in MemoryFileSystem.store


def test_a_large_file_is_brought_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wcodec._remote._AT_ONCE", 300_000)
    monkeypatch.setattr("wcodec._ranges._PART", 100_000)
    asked: list[int] = []
    cat_file = MemoryFileSystem.cat_file

    def recorded(self: Any, path: str, start: int, end: int, **options: Any) -> Any:
        asked.append(end - start)
        return cat_file(self, path, start=start, end=end, **options)

    monkeypatch.setattr(MemoryFileSystem, "cat_file", recorded)
    assert tool("verify", ARCHIVE) == 0
    assert sum(asked) == Path("packed/model.wcodec").stat().st_size
    assert max(asked) == 100_000


def test_other_commands_are_the_tools_own(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["gpu"], program) in (0, 2)
    assert run(["compress", "s3://b/model.safetensors"], program) == 2
    assert "s3://b/model.safetensors" in capfd.readouterr().err
