"""Makes the models, takes each all the way and back, and prints one table.

    python -m demo_models FOLDER WCODEC [MODEL ...]
"""

import filecmp
import json
import subprocess
import sys
from pathlib import Path

from . import formats, peers, wheels
from .models import MODELS

COLUMNS = ["model", "bytes", "balanced", "ratio", "limit", "zstd -3", "zstd -19", "ZipNN"]


def main(folder: Path, program: Path, names: list) -> None:
    packages, sources = folder / "wheels", folder / "models"
    for made in (packages, sources):
        made.mkdir(parents=True, exist_ok=True)
    wheels.download(packages)
    rows = [COLUMNS]
    for name in names or MODELS:
        source = sources / f"{name}.safetensors"
        if not source.is_file():
            formats.save(MODELS[name](packages), source)
        rows.append(row(name, source, program))
        print(" ".join(rows[-1]), flush=True)
    print("\n" + table(rows) + "\n")
    print("All of them came back byte for byte. limit: the entropy of each plane of each tensor, order 0,")
    print("without tables and index. ~: of samples. -: not installed (see scripts/demo-models.sh).")


def row(name: str, source: Path, program: Path) -> list:
    """A model's sizes under both profiles, its limit, and those of the peers."""
    archive, restored = source.with_suffix(".wcodec"), source.with_suffix(".restored")
    run = lambda *arguments: subprocess.run([program, *arguments], check=True, capture_output=True)
    ratios = []
    for profile in ("balanced", "ratio"):
        run("-q", "compress", "--force", "--profile", profile, source, "-o", archive)
        ratios.append(source.stat().st_size / archive.stat().st_size)
    run("-q", "decompress", "--force", archive, "-o", restored)
    if not filecmp.cmp(source, restored, shallow=False):
        raise ValueError(f"{name}: another file came back")
    (report,) = json.loads(run("inspect", "--json", archive).stdout)
    limit = source.stat().st_size / max(report["totals"]["entropy_limit_bytes"], 1)
    dtypes = {}
    for tensor in report["tensors"]:
        dtypes[tensor["dtype"]] = dtypes.get(tensor["dtype"], 0) + tensor["decoded_bytes"]
    data = source.read_bytes()
    others = [f"{peers.zstd(data, 3):.4f}", peers.zstd_19(data), peers.zipnn(source, dtypes)]
    return [name, str(len(data)), *(f"{ratio:.4f}" for ratio in (*ratios, limit)), *others]


def table(rows: list) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append(f"| {row[0].ljust(widths[0])} | {' | '.join(cells)} |")
    marks = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines.insert(1, f"| {' | '.join(marks)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3:])
