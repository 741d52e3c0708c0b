#!/bin/sh
# Builds the native module of python/ for tests, and puts the package into target/python/env as it lies there: changes to
# its Python sources need no other build.
set -eu
cd "$(dirname "$0")/../python"

# Its profile is that of the Rust workspace's tests, with which it shares what both depend on.
export VIRTUAL_ENV="$PWD/../target/python/env"
exec "$VIRTUAL_ENV/bin/maturin" develop --quiet --locked --target-dir ../target
