#!/bin/sh
# Lints the code that only aarch64 has (cpu/src/neon), and the library with it, on any machine. Where the target cannot
# be had it says so, and that is all. To run that code: scripts/test-aarch64.sh.
set -eu
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu

has_target() {
    ls "$("${RUSTC:-rustc}" --print target-libdir --target "$target")"/libcore-*.rlib >/dev/null 2>&1
}

if ! has_target && command -v rustup >/dev/null; then
    timeout 60 rustup -q target add "$target" || true
fi
if ! has_target; then
    echo "aarch64: SKIPPED, as there is no target $target here"
    exit 0
fi

"${CARGO:-cargo}" clippy --target "$target" -p wcodec-codec -p wcodec-kernels -p wcodec-cpu -p wcodec --lib --locked -- \
    -D warnings
echo "aarch64: checked"
