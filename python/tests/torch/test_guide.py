"""The Python in the pages of the guide runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs" / "guide"


@pytest.fixture(autouse=True)
def _one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torchrun says to a process that is alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    numbers = {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_PORT": port}
    for name, value in numbers.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")


@pytest.mark.parametrize("page", ["ray.md", "remote.md", "sharded.md", "weight-sync.md"])
def test_examples_run(page: str) -> None:
    if page == "ray.md":
        pytest.importorskip("ray", reason="needs the package ray")
    import torch.distributed as dist

    blocks = (GUIDE / page).read_text().split("```python\n")[1:]
    assert blocks
    try:
        for block in blocks:
            exec(compile(block.partition("```")[0], page, "exec"), {})
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
        if page == "ray.md":
            import ray

            ray.shutdown()
