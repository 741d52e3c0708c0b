#!/bin/sh
# Runs tests on aarch64 as QEMU emulates it: without arguments those that compare the NEON warp with the portable one and with
# the reference (a minute or two), otherwise what they ask of `cargo test`, such as `--test roundtrip`.
#
# Needs the Rust target, and Debian's qemu-user-static, gcc-aarch64-linux-gnu and libc6-dev-arm64-cross. Tests that start
# the command line tool need binfmt_misc to know QEMU as well.
set -eu
cd "$(dirname "$0")/.."

need() {
    command -v "$1" >/dev/null || {
        echo "$0: no $1 here. Run: sudo apt-get install -y $2" >&2
        exit 1
    }
}

need qemu-aarch64-static qemu-user-static
need aarch64-linux-gnu-gcc "gcc-aarch64-linux-gnu libc6-dev-arm64-cross"

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu"
[ $# -gt 0 ] || set -- --test warps
exec "${CARGO:-cargo}" test --target aarch64-unknown-linux-gnu --locked "$@"
