#!/bin/sh
# Prints the test targets that hold tests for a GPU, as arguments for cargo: those whose source has
# a test marked #[ignore = "needs an NVIDIA GPU"], or that and something more.
set -eu
cd "$(dirname "$0")/../.."

mark='ignore = "needs an NVIDIA GPU'
targets=

if grep -rqF "$mark" host/src/*.rs host/src/[!b]*/; then
    targets="--lib"
fi
for root in tests/*.rs; do
    name=$(basename "$root" .rs)
    # A target is its root file and the folder of the same name.
    if grep -rqsF "$mark" "$root" "tests/$name"; then
        targets="$targets --test $name"
    fi
done

[ -n "$targets" ] || { echo "$0: no test is marked #[$mark\"]" >&2; exit 1; }
echo "$targets"
