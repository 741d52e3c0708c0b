#!/bin/sh
# Puts ptxas, NVIDIA's assembler for PTX, into target/tools, where tests/ptx.rs looks for it.
# It comes from a Python package; neither a CUDA toolkit nor a GPU is needed. Does nothing, and
# says nothing, where that version is already there.
set -eu

version=13.0.88
tools=$(cd "$(dirname "$0")/.." && pwd)/target/tools

is_installed() {
    [ -x "$tools/ptxas" ] && "$tools/ptxas" --version | grep -q "V$version\$"
}

if is_installed; then
    exit 0
fi

echo "Installing ptxas $version into target/tools ..."
mkdir -p "$tools"
scratch=$(mktemp -d "$tools/ptxas.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --no-deps \
    --only-binary=:all: --dest "$scratch" "nvidia-cuda-nvcc==$version"
python3 -m zipfile --extract "$scratch"/*.whl "$scratch"
install -m 755 "$scratch/nvidia/cu13/bin/ptxas" "$tools/ptxas"

is_installed || { echo "$0: the package did not hold ptxas $version" >&2; exit 1; }
