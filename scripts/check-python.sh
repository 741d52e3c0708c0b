#!/bin/sh
# Checks formatting, lints and types of the Python package and of its native module.
set -eu
cd "$(dirname "$0")/.."

"${CARGO:-cargo}" fmt --manifest-path python/Cargo.toml --check
"${CARGO:-cargo}" clippy --manifest-path python/Cargo.toml --target-dir target --all-targets --locked -- -D warnings
scripts/python-env.sh
cd python
bin=../target/python/env/bin
"$bin/ruff" check --quiet --no-cache .
"$bin/ruff" format --quiet --no-cache --check .
"$bin/mypy" --cache-dir ../target/python/mypy
