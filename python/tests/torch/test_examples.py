"""The example programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_weights_are_sent_as_what_changed() -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    program = [sys.executable, *torchrun, str(EXAMPLES / "weight_sync.py")]
    ended = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    shares = [float(share) for share in re.findall(r"([\d.]+)% of the weights", ended.stdout)]
    assert len(shares) == 8
    # The first is whole; after that less than a quarter of the bytes, as few weights change.
    assert shares[0] > 50
    assert max(shares[1:]) < 25
