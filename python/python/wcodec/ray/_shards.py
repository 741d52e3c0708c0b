"""The work on one shard, in whatever process it is done."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import wcodec
from wcodec._files import Summary
from wcodec._source import Source
from wcodec.ray import _records
from wcodec.ray._records import Record
from wcodec.ray._stores import Store, sha256_of

ARCHIVE, SAFETENSORS = ".wcodec", ".safetensors"


@dataclass(frozen=True)
class Work:
    """What is done to every shard.

    Attributes:
        kind: compress, decompress, verify, analyze, or copy for files that are no shards.
        source: the URI of the file or folder.
        target: that of what is made of it, if anything is.
        base: that of what it is coded against.
        storage_options: what fsspec is told of the stores.
        profile: as for `wcodec.compress`.
        check: whether what was compressed is decoded and compared.
        device: what decodes.
        threads: how many threads a shard gets.
        resume: whether shards that are done are left as they are.
        run: what tells this run from others.
    """

    kind: str
    source: str
    target: str | None = None
    base: str | None = None
    storage_options: dict[str, Any] = field(default_factory=dict)
    profile: str = "balanced"
    check: bool = True
    device: str = "cpu"
    threads: int = 1
    resume: bool = True
    run: str = ""

    def settings(self) -> dict[str, Any]:
        """What the bytes that are made depend on."""
        return {"kind": self.kind, "profile": self.profile, "base": self.base}


@dataclass(frozen=True)
class Done:
    """What became of a shard.

    Attributes:
        name: its path below the source.
        bytes: its bytes.
        target: the path of what it became, below the target; None where nothing was made.
        was_done: whether that was there from before.
        summary: sizes as `wcodec.Summary` has them, or the report of `wcodec.analyze`.
        error: why it failed; None where it did not.
        code: the code of that error, as `wcodec.WcodecError` has them.
    """

    name: str
    bytes: int
    target: str | None = None
    was_done: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    code: str | None = None


def do(work: Work, name: str, bases: list[str]) -> Done:
    """Does the work on one shard. What is wrong with its data is no exception, but told.

    Args:
        work: what to do.
        name: the shard.
        bases: the files of the base that it needs.
    """
    source = Store(work.source, work.storage_options)
    size = source.size(name)
    try:
        return _do(work, source, name, size, bases)
    except wcodec.WcodecError as error:
        # What the system refuses may be had another time.
        if isinstance(error, OSError):
            raise OSError(str(error)) from error
        return Done(name, size, error=str(error), code=error.code)


def _do(work: Work, source: Store, name: str, size: int, bases: list[str]) -> Done:
    if work.target is None:
        with TemporaryDirectory() as folder, ExitStack() as stack:
            file, base_files = _fetch(work, source, name, bases, Path(folder), stack)
            return Done(name, size, summary=_look(work, source, file, base_files))
    target = Store(work.target, work.storage_options)
    # A single file is not worth a record, nor is there a folder for it.
    if work.resume and name:
        record = _records.finished(source, target, name, work.settings())
        if record is not None:
            return Done(name, size, record.target, True, record.summary)
    with target.scratch(name, work.run) as folder, ExitStack() as stack:
        key = source.key(name)
        file, base_files = _fetch(work, source, name, bases, folder, stack)
        hashed = sha256_of(file)
        made, summary = _make_target(work, source, file, base_files, folder)
        made_name = _target_name(work, name, made)
        record = Record(key, hashed, made_name, sha256_of(made), work.settings(), summary)
        target.put(made, made_name)
        if name:
            _records.write(target, name, record, work.run)
        return Done(name, size, made_name, False, summary)


def _fetch(
    work: Work, source: Store, name: str, bases: list[str], folder: Path, stack: ExitStack
) -> tuple[Path, list[Path]]:
    """The shard and what it is coded against, as files of this machine."""
    (folder / "in").mkdir()
    file = stack.enter_context(source.fetched(name, folder / "in"))
    if work.base is None:
        return file, []
    store = Store(work.base, work.storage_options)
    files = []
    for number, base in enumerate(bases):
        room = folder / f"base-{number}"
        room.mkdir()
        files.append(stack.enter_context(store.fetched(base, room)))
    return file, files


def _look(work: Work, source: Store, file: Path, bases: list[Path]) -> dict[str, Any]:
    options: dict[str, Any] = {"device": work.device, "threads": work.threads}
    if work.kind == "analyze":
        return wcodec.analyze(file, profile=work.profile, progress=False, **options)
    options |= {"base": bases, "progress": False}
    return _sizes(_beside_others(source, file, lambda: wcodec.verify(file, **options)))


def _make_target(
    work: Work, source: Store, file: Path, bases: list[Path], folder: Path
) -> tuple[Path, dict[str, Any]]:
    """Makes the target of a shard in a folder."""
    (folder / "out").mkdir()
    options: dict[str, Any] = {"device": work.device, "threads": work.threads}
    options |= {"base": bases, "progress": False}
    out = folder / "out" / "made"
    if work.kind == "copy":
        # Elsewhere than the source, which stays.
        shutil.copyfile(file, out)
        return out, {}
    if work.kind == "compress":
        options |= {"profile": work.profile, "verify": work.check}
        return out, _sizes(wcodec.compress(file, out, **options))
    summary = _beside_others(source, file, lambda: wcodec.decompress(file, out, **options))
    return out, _sizes(summary)


def _target_name(work: Work, name: str, made: Path) -> str:
    if work.kind == "copy":
        return name
    if work.kind == "compress":
        return name.removesuffix(SAFETENSORS) + ARCHIVE if name else ""
    with made.open("rb") as file:
        is_safetensors = file.read(9)[8:] == b"{"
    stem = name.removesuffix(ARCHIVE)
    return f"{stem}{SAFETENSORS}" if name and is_safetensors else stem


def _beside_others(source: Store, file: Path, act: Callable[[], Summary]) -> Summary:
    """Acts on an archive; where a tensor of it lies in another of its folder, with all of those."""
    try:
        return act()
    except wcodec.BadDataError as error:
        if error.code != "stored_elsewhere" or source.is_local:
            raise
    for other in source.names():
        if other.endswith(ARCHIVE) and other != file.name:
            source.files.get_file(source.path(other), str(file.parent / other))
    return act()


def _sizes(summary: Summary) -> dict[str, Any]:
    names = ("tensors", "tensor_bytes", "input_bytes", "output_bytes", "device")
    return {name: getattr(summary, name) for name in names}


def tensors_of(store: Store, name: str) -> list[str]:
    """The names of the tensors of a shard, of which the header is read."""
    if name.endswith(ARCHIVE) or store.path(name).endswith(ARCHIVE):
        with store.files.open(store.path(name), "rb") as file:
            return list(Source.of_path(file).infos)
    path = store.path(name)
    length = int.from_bytes(store.files.cat_file(path, start=0, end=8), "little")
    try:
        header = json.loads(store.files.cat_file(path, start=8, end=8 + length))
    except ValueError:
        # What is wrong with it is told when it is its turn.
        return []
    return [key for key in header if key != "__metadata__"]
