"""What tensors are coded against, as arguments name it."""

from __future__ import annotations

import os
from collections.abc import Sequence

_Path = str | os.PathLike[str]
# A file or folder, or several.
Base = _Path | Sequence[_Path] | None


def listed(base: Base) -> list[_Path]:
    """The files and folders that are named, of none or one, too."""
    if base is None:
        return []
    return [base] if isinstance(base, (str, os.PathLike)) else list(base)
