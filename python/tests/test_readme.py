"""The Python in README.md runs, one block after another, as a reader would."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.numpy

from weights import weights

ROOT = Path(__file__).parents[2]


def run_examples(name: str, with_torch: bool) -> None:
    blocks = (ROOT / name).read_text().split("```python\n")[1:]
    blocks = [block.partition("```")[0] for block in blocks]
    blocks = [block for block in blocks if ("torch" in block) == with_torch]
    assert blocks
    safetensors.numpy.save_file({"a": weights("F32", 64, 512)}, "model.safetensors")
    for block in blocks:
        exec(compile(block, name, "exec"), {})


@pytest.mark.parametrize("name", ["README.md", "python/README.md"])
def test_examples_run(name: str) -> None:
    run_examples(name, with_torch=False)
