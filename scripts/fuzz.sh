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

# Builds a target, and says where it is. Comparisons are traced, so that their operands turn up in inputs, where inputs are parsed;
# in coding they would take most of the time (see benches/log), and tell little.
build() {
    case $1 in
        roundtrip | tiles) folder=target/plain coverage="level=4 inline-8bit-counters pc-table" ;;
        *) folder=target/traced coverage="level=4 inline-8bit-counters pc-table trace-compares" ;;
    esac
    instrumentation="--cfg fuzzing -Zsanitizer=address -Cpasses=sancov-module"
    for option in $coverage; do
        instrumentation="$instrumentation -Cllvm-args=-sanitizer-coverage-$option"
    done
    # With --target, so that build scripts and macros are built without.
    RUSTC_BOOTSTRAP=1 RUSTFLAGS=$instrumentation \
        cargo build --release --locked --target "$host" --target-dir "$folder" --bin "$1" >&2
    echo "$folder/$host/release/$1"
}

cd "$root/fuzz"
# Files that are opened and thrown away: in memory, where there is such a folder.
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm
mkdir -p artifacts target/corpus
for target in $targets; do
    program=$(build "$target")
    echo "Fuzzing $target ..."
    # What is found new goes to the first folder, not to the committed corpus.
    mkdir -p "target/corpus/$target"
    "$program" "target/corpus/$target" "corpus/$target" \
        -runs="${FUZZ_RUNS:-10000000}" -max_total_time="${FUZZ_SECONDS:-0}" \
        -timeout=10 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \
        -artifact_prefix="artifacts/$target-"
done
