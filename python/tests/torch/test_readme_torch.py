"""The examples with torch run."""

from __future__ import annotations

from test_readme import run_examples


def test_examples_with_torch_run() -> None:
    run_examples("python/README.md", with_torch=True)
