"""Checks a wheel as those who install it meet it: its metadata and files, and then at work.

    python check-wheel.py WHEEL

Runs in an environment that has twine. The wheel is installed into a new environment, with numpy and
nothing else, unless it is for another kind of processor or interpreter than this one.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
import zlib
from email import message_from_string
from email.message import Message
from pathlib import Path

MOST_BYTES = 15_000_000
# As the package's extra `numpy` asks for.
NUMPY = "numpy>=1.24"
FIELDS = [
    "Name",
    "Version",
    "Summary",
    "Requires-Python",
    "License-Expression",
    "Description-Content-Type",
    "Keywords",
    "Classifier",
    "Provides-Extra",
]
FILES = [
    "wcodec/py.typed",
    "wcodec/_native.pyi",
    "wcodec/__main__.py",
    "{info}/licenses/LICENSE-MIT",
    "{info}/licenses/LICENSE-APACHE",
]
# Of each set of instructions that kernels are compiled for.
KERNELS = {b"sm_75", b"sm_80", b"sm_90"}
IMPORT = """
import sys, time
before = set(sys.modules)
start = time.perf_counter()
import wcodec
milliseconds = 1000 * (time.perf_counter() - start)
packages = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = packages - set(sys.stdlib_module_names) - {"wcodec"}
assert not foreign, f"import wcodec imports {foreign}"
print(milliseconds)
"""


def check(is_right: bool, wrong: str) -> None:
    """Ends the program where something is wrong."""
    if not is_right:
        sys.exit(f"{sys.argv[1]}: {wrong}")


def check_tags(wheel: Path) -> bool:
    """Returns whether the wheel is for this machine."""
    _, _, interpreter, abi, system = wheel.stem.split("-")
    is_free_threaded = abi.endswith("t")
    check(
        (interpreter, abi) == ("cp310", "abi3") or is_free_threaded and interpreter + "t" == abi,
        f"is tagged {interpreter}-{abi}: neither for the stable ABI nor free-threaded",
    )
    check(system.startswith("manylinux_2_28_"), f"is tagged {system}, not manylinux_2_28")
    runs_here = not is_free_threaded or abi[2:-1] == sysconfig.get_python_version().replace(".", "")
    if is_free_threaded and not sysconfig.get_config_var("Py_GIL_DISABLED"):
        runs_here = False
    return runs_here and system == f"manylinux_2_28_{platform.machine()}"


def check_metadata(wheel: Path, content: zipfile.ZipFile, info: str) -> Message:
    """Returns the metadata, which has all that a package index shows."""
    twine = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(wheel)]
    check(subprocess.run(twine).returncode == 0, "twine refuses it")
    metadata = message_from_string(content.read(f"{info}/METADATA").decode())
    missing = [field for field in FIELDS if not metadata[field]]
    check(not missing, f"has no {missing} in its metadata")
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    check(not needs, f"needs other packages: {needs}")
    scripts = content.read(f"{info}/entry_points.txt").decode()
    check("wcodec=wcodec.__main__:main" in scripts.replace(" ", ""), "has no console script")
    return metadata


def kernels(native: bytes) -> set[bytes]:
    """The sets of instructions of the kernels that lie compressed in a native module."""
    found = set()
    for place in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", native):
        try:
            begin = zlib.decompressobj().decompress(native[place.start() :][: 1 << 16], 4096)
        except zlib.error:
            continue
        found.update(re.findall(rb"^\.target (sm_\d+)", begin, re.MULTILINE))
    return found


def check_files(wheel: Path, content: zipfile.ZipFile, info: str) -> None:
    """Everything is there, and small enough."""
    size = wheel.stat().st_size
    check(size < MOST_BYTES, f"has {size} bytes: the limit is {MOST_BYTES}")
    names = set(content.namelist())
    missing = {name.format(info=info) for name in FILES} - names
    check(not missing, f"lacks {sorted(missing)}")
    native = [name for name in names if re.fullmatch(r"wcodec/_native\.[^/]*so", name)]
    check(len(native) == 1, f"has the native modules {native}, not one")
    found = kernels(content.read(native[0]))
    check(found == KERNELS, f"has kernels for {sorted(found)}, not for {sorted(KERNELS)}")
    print(f"{wheel}: {size} bytes, kernels for {b', '.join(sorted(found)).decode()}")


def run(folder: Path, *command: str) -> str:
    """Runs a program of the environment in the folder, away from the sources."""
    program = [str(folder / "env" / "bin" / command[0]), *command[1:]]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True)
    check(done.returncode == 0, f"{command} fails:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_at_work(wheel: Path, metadata: Message, folder: Path) -> None:
    """Installs the wheel, alone and then with numpy, and uses it as its description shows."""
    venv.create(folder / "env", with_pip=True)
    install = ("python", "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(folder, *install, "--no-index", str(wheel.resolve()))
    # The first compiles the sources; of the others the machine may do something else meanwhile.
    times = [float(run(folder, "python", "-I", "-c", IMPORT)) for _ in range(5)]
    print(f"import wcodec: {min(times):.0f} ms")
    run(folder, *install, NUMPY)
    blocks = [part.partition("```")[0] for part in metadata.get_payload().split("```python\n")[1:]]
    blocks = [block for block in blocks if "torch" not in block]
    check(bool(blocks), "has a description without an example of numpy")
    for block in blocks:
        run(folder, "python", "-I", "-W", "error", "-c", block)
    version = f"wcodec {metadata['Version']}"
    for program in [("wcodec",), ("python", "-I", "-m", "wcodec")]:
        said = run(folder, *program, "--version")
        check(said.startswith(version), f"{program} --version says {said!r}, not {version!r}")
        # The example wrote it.
        run(folder, *program, "verify", "--device", "cpu", "layer.wcodec")


def main() -> None:
    """Checks the wheel of the command line."""
    wheel = Path(sys.argv[1])
    runs_here = check_tags(wheel)
    with zipfile.ZipFile(wheel) as content:
        info = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
        check_files(wheel, content, info)
        metadata = check_metadata(wheel, content, info)
    if not runs_here:
        print(f"{wheel.name}: SKIPPED what runs it, as it is not for this machine's Python")
        return
    with tempfile.TemporaryDirectory() as folder:
        check_at_work(wheel, metadata, Path(folder))
    print(f"{wheel.name}: works in an environment with numpy alone")


if __name__ == "__main__":
    main()
