"""A store that several processes share, and that is no folder of this machine to fsspec."""

from __future__ import annotations

import fsspec
from fsspec.implementations.local import LocalFileSystem


class ElsewhereFileSystem(LocalFileSystem):
    """Files of this machine by a protocol of their own."""

    protocol = "elsewhere"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(LocalFileSystem._strip_protocol(str(path).removeprefix("elsewhere://")))


def register() -> None:
    """Tells fsspec of it, in each process."""
    fsspec.register_implementation("elsewhere", ElsewhereFileSystem, clobber=True)
