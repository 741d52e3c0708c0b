"""Files in stores that fsspec knows, brought here and put there whole."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fsspec.core import url_to_fs

# Stores that show an object once all of it is there.
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "hf", "oss", "oci"})
_PIECE = 1 << 20
_UNFINISHED = ".unfinished"


class Store:
    """A file or a folder by its URI, and the paths in it."""

    def __init__(self, uri: str, options: dict[str, Any] | None = None) -> None:
        self.uri = uri
        self.files, self.root = url_to_fs(uri, **(options or {}))
        self.root = self.root.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether its paths are those of this machine's files."""
        return "file" in self._protocols()

    def _protocols(self) -> set[str]:
        names = self.files.protocol
        return {names} if isinstance(names, str) else set(names)

    def names(self) -> list[str]:
        """The files by their paths below the root, but for those with a part that is hidden.

        A root that is a file is a name of no length.

        Raises:
            FileNotFoundError: there is nothing.
        """
        if self.files.isfile(self.root):
            return [""]
        found = self.files.find(self.root)
        if not found:
            raise FileNotFoundError(f"there are no files at {self.uri}")
        names = sorted(path[len(self.root) + 1 :] for path in found)
        return [name for name in names if not any(p.startswith(".") for p in name.split("/"))]

    def path(self, name: str) -> str:
        """The path of a name in the store."""
        return f"{self.root}/{name}" if name else str(self.root)

    def size(self, name: str) -> int:
        """The bytes of a file."""
        return int(self.files.size(self.path(name)) or 0)

    def key(self, name: str) -> str:
        """What changes when a file does, as far as the store tells without its content."""
        return str(self.files.ukey(self.path(name)))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        self.files.invalidate_cache()
        return bool(self.files.exists(self.path(name)))

    def read(self, name: str) -> bytes:
        """The content of a small file."""
        return bytes(self.files.cat_file(self.path(name)))

    def sha256(self, name: str) -> str:
        """The hash of a file's content, which is read for it."""
        with self.files.open(self.path(name), "rb") as file:
            return _sha256(file)

    @contextmanager
    def fetched(self, name: str, folder: Path) -> Iterator[Path]:
        """A file as one of this machine: itself, or a copy of it in a folder, which is removed."""
        if self.is_local:
            yield Path(self.path(name))
            return
        copy = folder / Path(self.path(name)).name
        self.files.get_file(self.path(name), str(copy))
        try:
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    @contextmanager
    def scratch(self, name: str, run: str) -> Iterator[Path]:
        """A hidden folder for what becomes a file of this name, beside it where that is local."""
        beside = None
        if self.is_local:
            beside = Path(self.path(name)).parent
            beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(_UNFINISHED, f".wcodec-{run}-", beside) as folder:
            yield Path(folder)

    def remove_scratch(self, run: str) -> None:
        """Removes what workers of a run that were killed have left."""
        if self.is_local:
            for folder in Path(self.root).parent.glob(f"**/.wcodec-{run}-*{_UNFINISHED}"):
                shutil.rmtree(folder, ignore_errors=True)

    def put(self, file: Path, name: str) -> None:
        """Makes a file of this machine's one of the store, which appears whole or not at all."""
        path = self.path(name)
        folder, _, last = path.rpartition("/")
        if self.is_local:
            Path(folder or ".").mkdir(parents=True, exist_ok=True)
            file.replace(path)
            return
        if self._protocols() & _WHOLE:
            self.files.put_file(str(file), path)
            return
        self.files.makedirs(folder, exist_ok=True)
        unfinished = f"{folder}/.{last}.{uuid.uuid4().hex}.unfinished"
        try:
            self.files.put_file(str(file), unfinished)
            self.files.mv(unfinished, path)
        except BaseException:
            with suppress(Exception):
                self.files.rm_file(unfinished)
            raise


def absolute(uri: str) -> str:
    """The URI for processes that are in other folders."""
    return str(Path(uri).absolute()) if "://" not in uri else uri


def sha256_of(path: Path) -> str:
    """The hash of a file of this machine."""
    with path.open("rb") as file:
        return _sha256(file)


def _sha256(file: Any) -> str:
    hasher = hashlib.sha256()
    while piece := file.read(_PIECE):
        hasher.update(piece)
    return hasher.hexdigest()
