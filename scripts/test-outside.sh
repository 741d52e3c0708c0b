#!/bin/sh
# Tests wcodec from a crate outside of this workspace (tests/outside), as a crate that depends on
# it is built: with cargo's own profiles, of which that of a debug build does not optimise.
set -eu
cd "$(dirname "$0")/.."

# The versions of the workspace; cargo leaves out of the copy what the crate does not need.
cp Cargo.lock tests/outside/Cargo.lock
export CARGO_TARGET_DIR="$PWD/target/outside"
exec "${CARGO:-cargo}" test --manifest-path tests/outside/Cargo.toml "$@"
