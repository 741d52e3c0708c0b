"""The Python in docs/guide runs, each page's blocks one after another, as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from transformers_models import dense_model

ROOT = Path(__file__).parents[3]
# Of this guide: other pages are tested where what they are about is.
PAGES = [
    "exactness",
    "first-model",
    "lora",
    "offload",
    "troubleshooting",
    "which-form",
]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_a_page_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    # Layers enough to be offloaded.
    dense_model("llama", layers=4).save_pretrained("my-model")
    text = (ROOT / "docs/guide" / f"{page}.md").read_text()
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})


def test_all_pages_are_led_to_and_lead_somewhere() -> None:
    guide = ROOT / "docs/guide"
    contents = (guide / "README.md").read_text()
    for page in PAGES:
        assert f"]({page}.md)" in contents
    for target in re.findall(r"\]\(([\w.-]+\.md)\)", contents):
        assert (guide / target).is_file()


def test_the_example_prints_memory_and_speed() -> None:
    dense_model("llama").save_pretrained("my-model")
    command = [sys.executable, str(ROOT / "python/examples/before_and_after.py"), "my-model", "4"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if "tokens/s" in line]
    assert [line.split(":")[0] for line in lines] == ["dense", "packed"]
    before, after = (int(line.split()[1].replace(",", "")) for line in lines)
    assert after < before
