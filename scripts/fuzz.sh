#!/bin/sh
# Builds the fuzz targets with libFuzzer's instrumentation and the address sanitizer, and runs each.
#
# fuzz.sh [TARGET...]; in the environment:
#   FUZZ_RUNS     executions of each target (default 10,000,000)
#   FUZZ_SECONDS  seconds for each target at most (default 0, for no limit)
#
# It takes no nightly compiler and no cargo-fuzz: the instrumentation is an ordinary pass of LLVM, and the sanitizer's
# run-time library comes with the toolchain, which only has to be told that unstable flags are meant.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
host=$(rustc -vV | sed -n 's/^host: //p')
targets=${*:-archive blob header roundtrip safetensors tiles}

instrumentation="--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    instrumentation="$instrumentation -Cllvm-args=-sanitizer-coverage-$option"
done

# With --target, so that build scripts and macros are built without.
cd "$root/fuzz"
RUSTC_BOOTSTRAP=1 RUSTFLAGS=$instrumentation \
    cargo build --release --locked --target "$host"

# Files that are opened and thrown away: in memory, where there is such a folder.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
mkdir -p artifacts target/corpus
for target in $targets; do
    echo "Fuzzing $target ..."
    # What is found new goes to the first folder, not to the committed corpus.
    mkdir -p "target/corpus/$target"
    "target/$host/release/$target" "target/corpus/$target" "corpus/$target" \
        -runs="${FUZZ_RUNS:-10000000}" -max_total_time="${FUZZ_SECONDS:-0}" \
        -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target-"
done
