"""The tool on files in stores: what it reads is brought here first, what it writes is put there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wcodec._ranges import RangeReader, reader_of

# The commands that take URLs, of which only the last writes something.
_COMMANDS = ("inspect", "verify", "decompress")
# Bytes that are asked for at once, by several requests, and held until they are written.
_AT_ONCE = 128 << 20


def run(arguments: list[str], program: Callable[[list[str]], int]) -> int:
    """Runs the tool with files in place of URLs, and returns its exit status.

    Args:
        arguments: the tool's, after its name.
        program: the tool, of all arguments.
    """
    if not any(map(_is_url, arguments)) or not any(one in _COMMANDS for one in arguments):
        return program(["wcodec", *arguments])
    arguments = [part for argument in arguments for part in _apart(argument)]
    try:
        with ExitStack() as stack:
            return _run(arguments, program, stack)
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


def _run(arguments: list[str], program: Callable[[list[str]], int], stack: ExitStack) -> int:
    if "--rm" in arguments:
        raise ValueError("--rm removes files of this machine alone: leave it out")
    output = _output(arguments)
    local = ["wcodec", *arguments]
    for number, argument in enumerate(arguments):
        if number != output and _is_url(argument):
            local[1 + number] = _fetched(argument, stack)
    if "decompress" in arguments and output is None and "--output-dir" not in arguments:
        # Beside an input that was brought here, the output would go with it.
        return program([*local, "--output-dir", "."])
    if output is None or not _is_url(arguments[output]):
        return program(local)
    made = Path(stack.enter_context(TemporaryDirectory())) / "made"
    local[1 + output] = str(made)
    target = _Target(arguments[output], bool({"--force", "-f"} & set(arguments)))
    status = program(local)
    if status == 0:
        target.put(made)
    return status


def _is_url(argument: str) -> bool:
    return "://" in argument


def _apart(argument: str) -> list[str]:
    """An option with its value as two arguments, where that is a URL."""
    name, equals, value = argument.partition("=")
    if name.startswith("--") and equals and _is_url(value):
        return [name, value]
    if argument.startswith("-o") and _is_url(argument):
        return ["-o", argument[2:].removeprefix("=")]
    return [argument]


def _output(arguments: list[str]) -> int | None:
    """The number of the argument that says what to write."""
    for number, argument in enumerate(arguments[:-1]):
        if argument in ("-o", "--output"):
            return number + 1
    return None


def _last_part(url: str) -> str:
    return url.rstrip("/").rpartition("/")[2]


def _fetched(url: str, stack: ExitStack) -> str:
    """The file, or all files of the folder, at a URL, as a path of this machine."""
    from fsspec.core import url_to_fs

    folder = Path(stack.enter_context(TemporaryDirectory()))
    files, root = url_to_fs(url)
    here = folder / _last_part(url)
    if not files.isdir(root):
        _copy(reader_of(url), here)
        return str(here)
    for path in files.find(root):
        below = path[len(root.rstrip("/")) + 1 :]
        # A hostile store must not write elsewhere.
        if ".." in Path(below).parts or Path(below).is_absolute():
            raise ValueError(f"{url} has a file with the name {below}")
        (here / below).parent.mkdir(parents=True, exist_ok=True)
        _copy(_reader_in(files, path), here / below)
    return str(here)


def _reader_in(files: Any, path: str) -> RangeReader:
    return RangeReader(
        lambda start, end: files.cat_file(path, start=start, end=end), files.size(path), path
    )


def _copy(reader: RangeReader | None, file: Path) -> None:
    """Copies all that a reader gets to a file, a stretch by several requests at once."""
    assert reader is not None
    with file.open("wb") as out:
        for start in range(0, reader.length, _AT_ONCE):
            end = min(start + _AT_ONCE, reader.length)
            with reader.holding([(start, end)]):
                out.write(reader.read(start, end - start))


class _Target:
    """A URL that something is written to."""

    def __init__(self, url: str, overwrite: bool) -> None:
        """Refuses a URL where there is something, before the work."""
        from fsspec.core import url_to_fs

        self._files, self._path = url_to_fs(url)
        if self._files.exists(self._path) and not overwrite:
            raise FileExistsError(f"{url} exists already: --force replaces it")

    def put(self, made: Path) -> None:
        """Puts a file or a folder there; an object appears once all of it is there."""
        folder = self._path.rstrip("/").rpartition("/")[0]
        self._files.makedirs(folder, exist_ok=True)
        self._files.put(str(made), self._path, recursive=made.is_dir())
