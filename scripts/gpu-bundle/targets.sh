#!/bin/sh
# Prints the test targets of the library that hold tests for a GPU, as arguments for cargo: those whose source has
# a test marked #[ignore = "needs an NVIDIA GPU"], or that and something more.
set -eu
cd "$(dirname "$0")/../.."

mark='ignore = "needs an NVIDIA GPU'
targets=

if grep -rqF "$mark" host/src; then
    targets="--lib"
fi
# A target is a file, or a folder with a main.rs.
for root in tests/*.rs tests/*/main.rs; do
    sources=${root%/main.rs}
    name=$(basename "$sources" .rs)
    if grep -rqF "$mark" "$sources"; then
        targets="$targets --test $name"
    fi
done

[ -n "$targets" ] || { echo "$0: no test is marked #[$mark\"]" >&2; exit 1; }
echo "$targets"
