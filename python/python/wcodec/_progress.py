"""Progress, told to a function or shown as a bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = Callable[[int, int, str], object]
Progress = Told | bool | None


@contextmanager
def reporting(what: str, progress: Progress) -> Iterator[Told | None]:
    """The function to tell, while the work lasts.

    Raises:
        ModuleNotFoundError: a bar was asked for, and tqdm is not installed.
    """
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not _wants_bar()):
        yield None
        return
    from tqdm import tqdm

    with tqdm(desc=what, unit="B", unit_scale=True, leave=False) as bar:

        def told(done: int, total: int, tensor: str) -> None:
            bar.total = total
            bar.set_postfix_str(tensor, refresh=False)
            bar.update(done - bar.n)

        yield told


def _wants_bar() -> bool:
    """Whether there is a terminal, and something that draws a bar on it."""
    if sys.stderr is None or not sys.stderr.isatty():
        return False
    try:
        import tqdm  # noqa: F401
    except ImportError:
        return False
    return True
