"""Folders that are made from others."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wcodec.errors import _make


@contextmanager
def made_from(source: Path, target: Path) -> Iterator[Path]:
    """A new folder, which gets the target's name at the end, or is removed.

    Raises:
        MissingFileError: there is no folder at the source.
        OutputExistsError: there is something at the target.
        ArgumentError: the target is inside of the source.
    """
    if not source.is_dir():
        raise _make("io", f"there is no folder {source}", errno=2, path=source)
    if source.resolve() in target.resolve().parents:
        raise _make("invalid_argument", f"{target} is inside of {source}")
    _refuse_existing(target)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}.unfinished")
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        _refuse_existing(target)
        unfinished.rename(target)
    except OSError as error:
        # As an error of the package's own, which those that it raised already are.
        if hasattr(error, "code"):
            raise
        raise _make("io", str(error), error.errno, error.filename) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder by their paths in it, in a fixed order, but for hidden folders."""
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            yield (Path(place) / name).relative_to(folder)


def _refuse_existing(target: Path) -> None:
    if os.path.lexists(target):
        raise _make("output_exists", f"{target} exists already", path=target)
