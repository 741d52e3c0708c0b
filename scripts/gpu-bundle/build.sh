#!/usr/bin/env bash
# Makes target/gpu-bundle: the programs, the tests that need a GPU, and a real model to decode, for
# a machine with an NVIDIA GPU but without Rust. Copy the folder there and run its run.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

bundle=target/gpu-bundle
limit=60000000
CARGO=${CARGO:-cargo}

# Runs cargo, and prints the name and the path of each program that it built, if it matches $1.
built() {
    local kind=$1
    shift
    "$CARGO" "$@" --release --locked --message-format=json-render-diagnostics | python3 -c '
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    is_test = message.get("profile", {}).get("test", False)
    if message.get("executable") and is_test == (sys.argv[1] == "tests"):
        print(message["target"]["name"], message["executable"])
' "$kind"
}

# Puts the programs into the folder $1.
put() {
    local programs name path
    programs=$(built "$@")
    mkdir "$scratch/$1"
    while read -r name path; do
        strip -o "$scratch/$1/$name" "$path"
    done <<<"$programs"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
rm -rf "$bundle"
mkdir -p "$bundle/data"
read -ra targets <<<"$(scripts/gpu-bundle/targets.sh)"
put bin build -p wcodec-cli -p wcodec-bench --bins --features peers
put tests test -p wcodec --features gpu --no-run "${targets[@]}"
"$CARGO" build --release --locked -p wcodec-capi
mkdir "$scratch/lib"
strip -o "$scratch/lib/libwcodec_c.so" "${CARGO_TARGET_DIR:-target}/release/libwcodec_c.so"
# The Python package of the newest wheel, with its tests and benchmarks.
mkdir -p target/wheels
wheel=$(find target/wheels -name 'wcodec-*.whl' -printf '%T@ %p\n' | sort -n | sed -n '$s/^[^ ]* //p')
mkdir "$scratch/python"
if [ -n "$wheel" ]; then
    python3 -m zipfile -e "$wheel" "$scratch/python"
    cp -r python/conftest.py python/tests python/benches "$scratch/python"
else
    echo "There is no wheel in target/wheels: run.sh models will have no Python package."
fi
# Test programs share most of their code, which xz finds in its largest window.
XZ_OPT=-9 tar -cJf "$bundle/programs.tar.xz" -C "$scratch" bin lib tests python

model=minilm
[ -f "target/demo/$model-bf16.wcodec" ] || model=synthetic
cp "target/demo/$model-bf16.wcodec" "target/demo/$model-int8-tensor.wcodec" "$bundle/data"
install -m 755 scripts/gpu-bundle/run.sh scripts/gpu-bundle/*.py LICENSE-MIT LICENSE-APACHE "$bundle"

find "$bundle" -type f -printf '%10s  %P\n' | sort -k 2
size=$(find "$bundle" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
echo "$bundle: $size bytes"
[ "$size" -lt "$limit" ] || { echo "$0: the limit is $limit bytes" >&2; exit 1; }
