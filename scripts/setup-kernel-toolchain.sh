#!/bin/sh
# Makes the GPU kernels compilable: they are compiled together with `core`, so the source of
# `core` must lie beside the compiler. Does nothing, and says nothing, where it already does.
#
# The compilers looked at are those that rust-cuda/cuda_builder looks at, in the same order.
set -eu

system_rustc=/usr/bin/rustc
packages="rustc-web rust-web-src"

has_core_source() {
    sysroot=$("$1" --print sysroot 2>/dev/null) || return 1
    [ -f "$sysroot/lib/rustlib/src/rust/library/core/src/lib.rs" ]
}

fail() {
    echo "$0: $1" >&2
    exit 1
}

if has_core_source "${RUSTC:-rustc}" || has_core_source "$system_rustc"; then
    exit 0
fi

command -v apt-get >/dev/null ||
    fail "no apt-get here. With rustup, run: rustup component add rust-src"
[ "$(id -u)" -eq 0 ] ||
    fail "not root. Run: sudo apt-get install -y $packages"

echo "Installing $packages, the compiler for the GPU kernels ..."
apt-get -q update
# shellcheck disable=SC2086  # two packages, two words
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages

has_core_source "$system_rustc" ||
    fail "$packages are installed, but $system_rustc still has no source of core beside it"
