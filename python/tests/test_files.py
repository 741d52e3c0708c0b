"""Files and folders: compressed, restored, checked and described."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import wcodec
import wcodec.numpy
from weights import weights

MODEL = {f"layer.{n}.weight": weights("F16", 200, 300, seed=n) for n in range(8)}
BYTES = sum(array.nbytes for array in MODEL.values())


def write_file() -> Path:
    safetensors.numpy.save_file(MODEL, "model.safetensors", {"format": "np"})
    return Path("model.safetensors")


def write_folder() -> Path:
    folder = Path("my-model")
    folder.mkdir()
    safetensors.numpy.save_file(MODEL, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    return folder


def test_a_file_there_and_back() -> None:
    source = write_file()
    summary = wcodec.compress(source, device="cpu")
    assert summary.path == Path("model.wcodec")
    assert (summary.tensors, summary.tensor_bytes) == (len(MODEL), BYTES)
    assert summary.input_bytes == source.stat().st_size
    assert summary.output_bytes == summary.path.stat().st_size < summary.input_bytes
    assert summary.device is not None
    assert summary.device.startswith("CPU")
    checked = wcodec.verify("model.wcodec", device="cpu", threads=1)
    assert (checked.tensors, checked.tensor_bytes) == (len(MODEL), BYTES)
    restored = wcodec.decompress("model.wcodec", "again.safetensors", device="cpu")
    assert restored.path == Path("again.safetensors")
    assert restored.path.read_bytes() == source.read_bytes()
    assert wcodec.compress(source, "unchecked.wcodec", verify=False).device is None


def test_a_folder_there_and_back() -> None:
    source = write_folder()
    assert wcodec.compress(source, device="cpu").path == Path("my-model.wcodec")
    assert wcodec.verify("my-model.wcodec", device="cpu").is_listed
    source.rename("before")
    assert wcodec.decompress("my-model.wcodec", device="cpu").path == source
    for name in ("model.safetensors", "config.json"):
        assert (source / name).read_bytes() == (Path("before") / name).read_bytes()


def test_weights_that_are_left_out_are_warned_of() -> None:
    source = write_folder()
    hidden = source / ".hidden"
    hidden.mkdir()
    (hidden / "model.safetensors").write_bytes((source / "model.safetensors").read_bytes())
    with pytest.warns(wcodec.ModelWarning, match="left out, with weights in them"):
        summary = wcodec.compress(source, device="cpu")
    assert [path.name for path in summary.left_out] == [".hidden"]


def test_an_output_that_is_there() -> None:
    source = write_file()
    Path("model.wcodec").write_text("mine")
    with pytest.raises(FileExistsError) as caught:
        wcodec.compress(source, device="cpu")
    assert isinstance(caught.value, wcodec.OutputExistsError)
    assert caught.value.filename == "model.wcodec"
    assert Path("model.wcodec").read_text() == "mine"
    wcodec.compress(source, device="cpu", overwrite=True)
    assert wcodec.verify("model.wcodec", device="cpu").tensors == len(MODEL)


def test_damage_is_found() -> None:
    wcodec.compress(write_file(), device="cpu")
    content = bytearray(Path("model.wcodec").read_bytes())
    content[len(content) // 2] ^= 1
    Path("model.wcodec").write_bytes(content)
    with pytest.raises(wcodec.BadDataError, match="layer"):
        wcodec.verify("model.wcodec", device="cpu")
    with pytest.raises(wcodec.BadDataError):
        wcodec.decompress("model.wcodec", "again.safetensors", device="cpu")
    assert not Path("again.safetensors").exists()


def test_a_file_against_a_base() -> None:
    base = write_file().rename("base.safetensors")
    changed = {name: array.copy() for name, array in MODEL.items()}
    for array in changed.values():
        array.flat[::50] += 1
    safetensors.numpy.save_file(changed, "tuned.safetensors")
    for bases in (base, [str(base)]):
        summary = wcodec.compress("tuned.safetensors", base=bases, device="cpu", overwrite=True)
        assert summary.output_bytes < BYTES / 8
        assert wcodec.verify("tuned.wcodec", base=bases, device="cpu").tensors == len(MODEL)
        wcodec.decompress("tuned.wcodec", "again", base=bases, device="cpu", overwrite=True)
        assert Path("again").read_bytes() == Path("tuned.safetensors").read_bytes()
    sizes = wcodec.analyze("tuned.wcodec", base=base, device="cpu")["bits_per_weight"]
    assert sizes["against_bases"]["against"] < sizes["against_bases"]["alone"] / 4
    Path("again").unlink()
    wrongs: tuple[str | list[str] | None, ...] = (None, [], "tuned.safetensors")
    for wrong in wrongs:
        with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}") as raised:
            wcodec.decompress("tuned.wcodec", "again", base=wrong, device="cpu")
        assert raised.value.code == "base_needed"
        with pytest.raises(wcodec.ArgumentError, match=r"[0-9a-f]{16}"):
            wcodec.analyze("tuned.wcodec", base=wrong, device="cpu")
    assert not Path("again").exists()
    with pytest.raises(wcodec.MissingFileError):
        wcodec.compress("tuned.safetensors", "b.wcodec", base="absent", device="cpu")
    with pytest.raises(wcodec.LimitError):
        wcodec.verify("tuned.wcodec", base=base, device="cpu", limits={"bases": 0})


def test_limits() -> None:
    wcodec.compress(write_file(), device="cpu")
    few: dict[str, Any] = {"limits": {"tensors": 3}, "device": "cpu"}
    for work in (wcodec.verify, wcodec.inspect, wcodec.analyze, wcodec.decompress):
        with pytest.raises(wcodec.LimitError, match="the limit is 3"):
            work("model.wcodec", **few)
    with pytest.raises(wcodec.ArgumentError, match="no limit 'tensor'"):
        wcodec.verify("model.wcodec", limits={"tensor": 3})


def test_reports() -> None:
    wcodec.compress(write_file(), device="cpu")
    (report,) = wcodec.inspect("model.wcodec", device="cpu")
    assert [tensor["name"] for tensor in report["tensors"]] == list(MODEL)
    assert report["totals"]["decoded_bytes"] == BYTES
    assert report["totals"]["entropy_limit_bytes"] > 0
    (report,) = wcodec.inspect("model.wcodec", entropy=False)
    assert report["totals"]["entropy_limit_bytes"] is None
    for source in ("model.wcodec", "model.safetensors"):
        analysis = wcodec.analyze(source, device="cpu")
        assert analysis["input"] == source
        printed = tool("analyze", source, "--json", "--device", "cpu").stdout
        assert analysis == json.loads(printed)


def test_files_that_were_copied_are_reported() -> None:
    source = write_folder()
    (source / "broken.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{]")
    wcodec.compress(source, device="cpu")
    reports = wcodec.inspect("my-model.wcodec", entropy=False)
    printed = tool("inspect", "my-model.wcodec", "--json", "--no-entropy").stdout
    assert reports == json.loads(printed)
    assert sorted(Path(report["file"]).name for report in reports) == [
        "broken.safetensors",
        "model.wcodec",
    ]


def test_arguments_that_are_not_known() -> None:
    source = write_file()
    with pytest.raises(wcodec.ArgumentError, match="none of auto, cpu, cuda and cuda:N"):
        wcodec.compress(source, device="gpu")
    with pytest.raises(wcodec.ArgumentError, match="no profile 'best'"):
        wcodec.compress(source, profile="best")
    with pytest.raises(wcodec.ArgumentError, match="no entropy coder 'huffman'"):
        wcodec.compress(source, entropy="huffman")
    with pytest.raises(wcodec.ArgumentError, match=r"does not end in \.wcodec"):
        wcodec.decompress(source)
    for threads in (-1, 1025):
        with pytest.raises(wcodec.ArgumentError, match="not a number from 0 to 1024"):
            wcodec.compress(source, threads=threads)
    with pytest.raises(FileNotFoundError):
        wcodec.compress("absent.safetensors")


def test_progress_is_told() -> None:
    told: list[tuple[int, int, str]] = []
    wcodec.compress(write_file(), device="cpu", progress=lambda *state: told.append(state))
    assert told[-1][:2] == (BYTES, BYTES)
    assert told[-1][2] in MODEL
    done = [state[0] for state in told]
    assert done == sorted(done)


def test_progress_that_raises_stops_the_work() -> None:
    class EnoughError(Exception):
        """No more is wanted."""

    def stop(done: int, total: int, tensor: str) -> None:
        raise EnoughError

    # So many that they take far longer than it is until the function is called first.
    array = weights("BF16", 4096, 4096)
    wcodec.numpy.save_file({f"layer.{number}": array for number in range(12)}, "large.wcodec")
    with pytest.raises(EnoughError):
        wcodec.decompress("large.wcodec", device="cpu", progress=stop)
    assert [path.name for path in Path().iterdir()] == ["large.wcodec"]


def test_a_bar_where_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bars: list[Any] = []

    class Bar:
        """A bar of tqdm's, which is not installed."""

        n, total = 0, 0

        def __init__(self, **options: Any) -> None:
            self.options = options
            bars.append(self)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *error: object) -> None:
            self.closed = True

        def set_postfix_str(self, text: str, refresh: bool) -> None:
            self.text = text

        def update(self, more: int) -> None:
            self.n += more

    module = type(sys)("tqdm")
    module.tqdm = Bar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", module)
    source = write_file()
    wcodec.compress(source, device="cpu", progress=True)
    assert (bars[0].n, bars[0].total, bars[0].closed) == (BYTES, BYTES, True)
    # Of itself only on a terminal.
    wcodec.verify("model.wcodec", device="cpu")
    monkeypatch.setattr(sys, "stderr", type("Terminal", (io.StringIO,), {"isatty": lambda _: 1})())
    wcodec.verify("model.wcodec", device="cpu")
    wcodec.verify("model.wcodec", device="cpu", progress=False)
    assert [bar.options["desc"] for bar in bars] == ["compress", "verify"]


# Where the tests run in the background, Ctrl-C is ignored from the start.
COMPRESS = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import wcodec
print("begun", flush=True)
wcodec.compress("large.safetensors", device="cpu")
"""


def test_ctrl_c_stops_and_leaves_nothing() -> None:
    array = weights("F32", 512, 512)
    safetensors.numpy.save_file({str(n): array + n for n in range(300)}, "large.safetensors")
    child = subprocess.Popen(
        [sys.executable, "-c", COMPRESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    while len(list(Path().iterdir())) < 2:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    assert said.endswith("KeyboardInterrupt\n")
    assert [path.name for path in Path().iterdir()] == ["large.safetensors"]


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line tool, as a module."""
    command = [sys.executable, "-m", "wcodec", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_line_tool() -> None:
    source = write_file()
    assert tool("compress", str(source), "--device", "cpu").returncode == 0
    assert tool("verify", "model.wcodec", "--device", "cpu").returncode == 0
    assert tool("--version").stdout == f"wcodec {wcodec.__version__}\n"
    assert tool("verify", str(source), "--device", "cpu").returncode == 1
    absent = tool("verify", "absent.wcodec", "--device", "cpu")
    assert (absent.returncode, "absent.wcodec" in absent.stderr) == (2, True)
    assert tool("nonsense").returncode == 2
    script = Path(sys.executable).with_name("wcodec")
    printed = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert printed.stdout == f"wcodec {wcodec.__version__}\n"


def test_names_of_earlier_users() -> None:
    source = write_file()
    summary = wcodec.encode_safetensors_to_wcodec(source, Path("a.wcodec"), device="cpu")
    assert summary.tensors == len(MODEL)
    loaded = wcodec.numpy.load_file("a.wcodec")
    assert all(np.array_equal(loaded[name], MODEL[name]) for name in MODEL)
    assert os.fspath(summary.path) == "a.wcodec"
