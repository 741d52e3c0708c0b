"""Numbers of bytes, as people write them."""

from __future__ import annotations

import re

from wcodec.errors import _make

_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?\s*", re.IGNORECASE)


def parse(size: int | str) -> int:
    """The bytes of such as `"24GB"` (10^9 each) or `"24GiB"` (2^30 each).

    Raises:
        ArgumentError: it is no size.

    >>> parse("1.5GB"), parse("12GiB"), parse("4096"), parse(7)
    (1500000000, 12884901888, 4096, 7)
    """
    if isinstance(size, int):
        if size < 0:
            raise _make("invalid_argument", f"{size} bytes are no size")
        return size
    found = _SIZE.fullmatch(size)
    if found is None or (found[3] and not found[2]):
        raise _make("invalid_argument", f"{size!r} is no size: write such as 24GB, 24GiB or 4096")
    unit = (1024 if found[3] else 1000) ** _UNITS[found[2].upper()] if found[2] else 1
    return int(float(found[1]) * unit)


def shown(size: int) -> str:
    """Bytes in the largest decimal unit that leaves no zero before the point.

    >>> shown(16059990016), shown(950), shown(0)
    ('16.06 GB', '950 B', '0 B')
    """
    for unit, scale in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= scale:
            return f"{size / scale:.2f} {unit}"
    return f"{size} B"
