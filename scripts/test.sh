#!/usr/bin/env bash
# Runs every test that needs no GPU, and ends with what each test program said last and what this
# machine could not run.
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

status=0
"${CARGO:-cargo}" test --workspace --features peers --locked --no-fail-fast 2>&1 |
    tee "$log" || status=$?
# The programs turn the library's feature `gpu` on; this is the library as others get it.
scripts/test-outside.sh 2>&1 | tee -a "$log" || status=$?
# A workspace of its own, so that the library's other users need not build candle.
"${CARGO:-cargo}" test --manifest-path candle/Cargo.toml --target-dir target --locked --no-fail-fast 2>&1 |
    tee -a "$log" || status=$?
CARGO=${CARGO:-cargo} scripts/test-python.sh 2>&1 | tee -a "$log" || status=$?

echo
scripts/sum-up-tests.sh "$log" || [ "$status" -ne 0 ] || status=1
exit "$status"
