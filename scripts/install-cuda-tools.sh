#!/bin/sh
# Puts ptxas, NVIDIA's assembler for PTX, and nvdisasm, the disassembler of what it makes, into
# target/tools, where tests/ptx.rs and tests/sass look for them. They come from Python packages;
# neither a CUDA toolkit nor a GPU is needed. Does nothing, and says nothing, where these versions
# are already there.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd)/target/tools

is_installed() {
    [ -x "$tools/$1" ] && "$tools/$1" --version | grep -q "V$2\$"
}

# install_tool NAME VERSION PACKAGE
install_tool() {
    ! is_installed "$1" "$2" || return 0
    echo "Installing $1 $2 into target/tools ..."
    mkdir -p "$tools"
    scratch=$(mktemp -d "$tools/$1.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps \
        --only-binary=:all: --dest "$scratch" "$3==$2"
    python3 -m zipfile --extract "$scratch"/*.whl "$scratch"
    install -m 755 "$scratch/nvidia/cu13/bin/$1" "$tools/$1"
    rm -rf "$scratch"
    is_installed "$1" "$2" || { echo "$0: $3 did not hold $1 $2" >&2; exit 1; }
}

# The assembler is the one of the driver that results are measured with: another counts otherwise.
install_tool ptxas 13.0.88 nvidia-cuda-nvcc
# There is no 13.0 of it; it reads what older assemblers made.
install_tool nvdisasm 13.2.86 nvidia-cuda-nvdisasm
