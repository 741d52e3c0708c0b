#!/bin/sh
# Tests wcodec from a crate that is not of this workspace (tests/outside), as those that depend on it build it: with cargo's own
# profiles, of which that of a debug build does not optimise.
set -eu
cd "$(dirname "$0")/.."

# The versions of the workspace; cargo leaves out of the copy what the crate does not need.
cp Cargo.lock tests/outside/Cargo.lock
CARGO_TARGET_DIR=$PWD/target/outside exec "${CARGO:-cargo}" test --manifest-path tests/outside/Cargo.toml "$@"
