#!/bin/sh
# Builds the wheel of the Python package into target/wheels, with the GPU kernels inside, and checks it.
#
# build-wheel.sh [ARCHITECTURE]
#
# It is for Linux on this machine's architecture, or x86_64 or aarch64: zig, which comes as a Python package, links it for
# either, so that it runs where glibc is 2.28 or newer. Another than this machine's takes the Rust target of that name.
set -eu
cd "$(dirname "$0")/.."

architecture=${1:-$(uname -m)}
env=target/python/env
scripts/python-env.sh wheel
mkdir -p target/wheels
rm -f target/wheels/wcodec-*_"$architecture".whl
# zig and the linker's wrapper are found by way of the environment.
PATH=$PWD/$env/bin:$PATH
export PATH
cd python
# shellcheck disable=SC2086  # an option, and none for this machine
maturin build --release --locked --quiet --zig --compatibility manylinux_2_28 ${1:+--target $1-unknown-linux-gnu} \
    --target-dir ../target --out ../target/wheels
cd ..
"$env/bin/python" scripts/check-wheel.py target/wheels/wcodec-*_"$architecture".whl
