#!/bin/sh
# The long versions of the tests that CI has in bounded time; each number may be set in the environment.
set -eu
cd "$(dirname "$0")/.."

export WCODEC_SEED="${WCODEC_SEED:-$(date +%s)}"
echo "WCODEC_SEED=$WCODEC_SEED"

# Cases of each dtype; mutants of blobs, and a tenth of it of archives; mutants of each fuzz target; runs killed by each
# signal; loops of the memory test; cases of the round trip property.
export WCODEC_DTYPE_CASES="${WCODEC_DTYPE_CASES:-100000}"
export WCODEC_MUTATIONS="${WCODEC_MUTATIONS:-1000000}"
export WCODEC_MUTANTS="${WCODEC_MUTANTS:-100000}"
export WCODEC_KILLS="${WCODEC_KILLS:-500}"
export WCODEC_LOOPS="${WCODEC_LOOPS:-10000}"
export WCODEC_CASES="${WCODEC_CASES:-30000}"

cargo test --release --locked --no-fail-fast \
    --test corruption --test exhaustion --test faults --test fuzz --test hostile --test roundtrip --test soak
# A disk that is really full, where a file system may be mounted.
cargo test --release --locked --test mounts -- a_full_disk_leaves_nothing
