"""Folders of shards by a Ray of two workers on this machine."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import safetensors.numpy

import stores
import wcodec
from weights import weights

ray = pytest.importorskip("ray", reason="needs the package ray")
clustered = pytest.importorskip("wcodec.ray", reason="needs the package ray")

SHARDS = 6


@pytest.fixture(scope="module", autouse=True)
def _two_workers() -> Iterator[None]:
    here = str(Path(__file__).parents[1])
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        logging_level="error",
        log_to_driver=False,
        runtime_env={
            "env_vars": {"PYTHONPATH": here},
            "worker_process_setup_hook": "stores.register",
        },
    )
    yield
    ray.shutdown()


def content(shard: int, shift: float = 0) -> dict[str, Any]:
    layer = weights("F32", 300, 512, seed=shard)
    layer[0, :4] += shift
    return {f"{shard}.a": layer, f"{shard}.b": weights("BF16", 400, 256, seed=shard)}


def make_model(folder: str, shards: int = SHARDS, shift: float = 0) -> Path:
    model = Path(folder)
    (model / "sub").mkdir(parents=True)
    for shard in range(shards):
        safetensors.numpy.save_file(content(shard, shift), model / f"model-{shard}.safetensors")
    (model / "config.json").write_text("{}")
    (model / "sub" / "notes.txt").write_text("more")
    return model


def visible(folder: str) -> dict[str, bytes]:
    """The files of a folder, by their paths in it, without hidden ones."""
    found = {}
    for path in Path(folder).rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[str(name)] = path.read_bytes()
    return found


def test_there_and_back() -> None:
    model = make_model("model")
    told: list[tuple[int, int, str]] = []
    report = clustered.compress("model", "packed", progress=lambda *one: told.append(one))
    assert [one.name for one in report.shards] == [f"model-{n}.safetensors" for n in range(SHARDS)]
    assert [one.name for one in report.copied] == ["config.json", "sub/notes.txt"]
    sizes = [path.stat().st_size for path in model.glob("*.safetensors")]
    assert report.input_bytes == sum(sizes) > report.output_bytes > 0
    assert told[-1][:2] == (sum(sizes) + 6, sum(sizes) + 6)
    assert sorted(visible("packed")) == sorted(
        [f"model-{n}.wcodec" for n in range(SHARDS)] + ["config.json", "sub/notes.txt"]
    )
    # Others read what Ray wrote.
    with wcodec.safe_open("packed", "np") as file:
        assert (file.get_tensor("3.a") == content(3)["3.a"]).all()
    assert not clustered.verify("packed").failed
    clustered.decompress(f"file://{Path('packed').absolute()}", "restored")
    assert visible("restored") == visible("model")
    analysis = clustered.analyze("packed")
    assert [one.name for one in analysis.shards] == [f"model-{n}.wcodec" for n in range(SHARDS)]
    assert all(one.summary for one in analysis.shards)


def test_one_file() -> None:
    make_model("model", 1)
    clustered.compress("model/model-0.safetensors", "one.wcodec")
    clustered.decompress("one.wcodec", "one.safetensors")
    assert Path("one.safetensors").read_bytes() == Path("model/model-0.safetensors").read_bytes()


def test_deltas() -> None:
    make_model("base")
    make_model("tuned", shift=0.5)
    clustered.compress("base", "base-packed")
    report = clustered.delta("tuned", "delta", "base-packed")
    alone = sum(path.stat().st_size for path in Path("base-packed").glob("*.wcodec"))
    assert sum(path.stat().st_size for path in Path("delta").glob("*.wcodec")) < alone / 10
    assert report.output_bytes < alone / 10
    clustered.verify("delta", base_uri="base")
    clustered.decompress("delta", "restored", base_uri="base-packed")
    assert visible("restored") == visible("tuned")
    with pytest.raises(clustered.ShardsFailedError, match="base"):
        clustered.verify("delta")


def test_a_bad_shard_fails_alone_and_is_named() -> None:
    model = make_model("model")
    good = (model / "model-2.safetensors").read_bytes()
    (model / "model-2.safetensors").write_bytes(good[:-9])
    with pytest.raises(
        clustered.ShardsFailedError, match=r"1 of 8 files failed\nmodel-2\."
    ) as failed:
        clustered.compress("model", "packed")
    (bad,) = failed.value.report.failed
    assert (bad.name, bad.code) == ("model-2.safetensors", "truncated")
    assert "model-2.wcodec" not in visible("packed")
    assert len(visible("packed")) == SHARDS + 1
    # Mended, it alone is left to do.
    (model / "model-2.safetensors").write_bytes(good)
    report = clustered.compress("model", "packed")
    assert [one.name for one in report.shards if not one.was_done] == ["model-2.safetensors"]


def test_what_is_done_is_known_by_hash() -> None:
    model = make_model("model")
    clustered.compress("model", "packed")

    def done_again(**options: Any) -> list[str]:
        report = clustered.compress("model", "packed", **options)
        return [one.name[6] for one in report.shards if not one.was_done]

    assert done_again() == []
    # Another time of change, and the same bytes.
    os.utime(model / "model-0.safetensors")
    # Other bytes of the same length, at either end.
    safetensors.numpy.save_file(content(1, 0.5), model / "model-1.safetensors")
    packed = Path("packed/model-3.wcodec")
    damaged = bytearray(packed.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    packed.write_bytes(damaged)
    Path("packed/model-4.wcodec").unlink()
    Path("packed/.wcodec-shards/model-5.safetensors.json").write_text("{")
    assert done_again() == ["1", "3", "4", "5"]
    assert done_again() == []
    assert len(done_again(profile="ratio")) == SHARDS
    assert len(done_again(profile="ratio", resume=False)) == SHARDS
    assert not clustered.verify("packed").failed


def workers() -> list[int]:
    """The processes of Ray that are at work on a shard."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if folder.name.isdigit() and line.startswith(b"ray::do"):
            found.append(int(folder.name))
    return found


def test_a_worker_that_is_killed_costs_its_shard() -> None:
    make_model("model", 12)
    killed: list[int] = []

    def kill_one(done: int, total: int, name: str) -> None:
        at_work = workers()
        if at_work and not killed:
            killed.append(at_work[0])
            os.kill(at_work[0], signal.SIGKILL)

    report = clustered.compress("model", "packed", progress=kill_one)
    assert killed
    assert not report.failed
    clustered.decompress("packed", "restored")
    assert visible("restored") == visible("model")
    assert not list(Path().rglob("*.unfinished"))


def test_a_run_that_is_stopped_goes_on() -> None:
    make_model("model", 8)

    def stop(done: int, total: int, name: str) -> None:
        if name.endswith(".safetensors"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clustered.compress("model", "packed", progress=stop)
    assert not list(Path().rglob("*.unfinished"))
    for path in Path("packed").glob("*.wcodec"):
        wcodec.verify(path, device="cpu")
    report = clustered.compress("model", "packed")
    was_done = [one for one in report.shards if one.was_done]
    assert 1 <= len(was_done) < 8
    assert not clustered.verify("packed").failed


def test_what_cannot_be_done() -> None:
    with pytest.raises(FileNotFoundError):
        clustered.compress("absent", "packed")
    Path("empty").mkdir()
    Path("empty/config.json").write_text(json.dumps({}))
    with pytest.raises(wcodec.ArgumentError, match=r"no files \.safetensors"):
        clustered.compress("empty", "packed")
    make_model("model", 1)
    with pytest.raises(wcodec.ArgumentError, match=r"the base .*empty has no files"):
        clustered.delta("model", "packed", "empty")


def test_a_store_that_is_no_folder_of_this_machine() -> None:
    """Files are brought here, and put there whole."""
    model = make_model("model", 2).absolute()
    stores.register()
    source, target = f"elsewhere://{model}", f"elsewhere://{model.parent}/packed"
    clustered.compress(source, target)
    assert len(visible("packed")) == 4
    assert not clustered.verify(target).failed
    clustered.decompress(target, f"elsewhere://{model.parent}/restored")
    assert visible("restored") == visible("model")
    assert not list(Path().rglob("*.unfinished"))
    report = clustered.compress(source, target)
    assert all(one.was_done for one in report.shards)
