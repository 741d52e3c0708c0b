#!/bin/sh
# Builds the wheel of the Python package for this machine's architecture into target/wheels, with the GPU kernels inside.
#
# It runs where glibc is 2.28 or newer, whatever this machine has: zig, which comes as a Python package, links it.
set -eu
cd "$(dirname "$0")/.."

limit=15000000
env=target/python/env
scripts/python-env.sh wheel
mkdir -p target/wheels
rm -f target/wheels/wcodec-*.whl
# zig and the linker's wrapper are found by way of the environment.
PATH=$PWD/$env/bin:$PATH
export PATH
cd python
maturin build --release --locked --quiet --zig --compatibility manylinux_2_28 --target-dir ../target --out ../target/wheels
cd ..
wheel=$(echo target/wheels/wcodec-*.whl)
size=$(stat -c %s "$wheel")
echo "$wheel: $size bytes"
[ "$size" -lt "$limit" ] || { echo "$0: the limit is $limit bytes" >&2; exit 1; }
# It works by itself, in an environment that has nothing else.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/env"
"$scratch/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --no-deps "$wheel"
cd "$scratch"
env/bin/python -c 'import wcodec; print(f"wcodec {wcodec.__version__} is imported without any other package")'
