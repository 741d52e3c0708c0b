#!/bin/sh
# Type-checks the library and the programs for systems that no test is run on.
#
# Their standard library is checked from its source, which lies beside Debian's compiler or comes as rustup's rust-src: no
# target has to be installed. Where there is none it says so, and that is all.
#
# check-targets.sh [TARGET...]
set -eu
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- x86_64-pc-windows-msvc x86_64-pc-windows-gnu aarch64-apple-darwin aarch64-unknown-linux-gnu

# The compilers that rust-cuda/cuda_builder compiles the kernels with, in the same order.
found=
for rustc in "${RUSTC:-rustc}" /usr/bin/rustc; do
    sysroot=$("$rustc" --print sysroot 2>/dev/null) || continue
    if [ -f "$sysroot/lib/rustlib/src/rust/library/std/src/lib.rs" ]; then
        found=$rustc
        break
    fi
done
if [ -z "$found" ]; then
    echo "$*: SKIPPED, as there is no source of std here"
    exit 0
fi

# One of them takes a tool of its own.
needs_dlltool=x86_64-pc-windows-gnu
dlltool=x86_64-w64-mingw32-dlltool
package=binutils-mingw-w64-x86-64
case " $* " in
*" $needs_dlltool "*)
    if ! command -v $dlltool >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
        echo "Installing $package, for $needs_dlltool ..."
        apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $package ||
            echo "$package cannot be installed."
    fi
    ;;
esac

targets=
for target in "$@"; do
    if [ "$target" = $needs_dlltool ] && ! command -v $dlltool >/dev/null; then
        echo "$target: SKIPPED, as there is no $dlltool (Debian's $package)"
    else
        targets="$targets --target $target"
    fi
done
[ -n "$targets" ] || exit 0

# Nothing of it is run, so that it need not be fast.
# shellcheck disable=SC2086  # options, one word each
RUSTC=$found RUSTC_BOOTSTRAP=1 CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=0 \
    RUSTFLAGS="-D warnings" \
    "${CARGO:-cargo}" check --quiet --locked -Zbuild-std --target-dir target/targets \
    -p wcodec -p wcodec-capi -p wcodec-cli -p wcodec-bench --lib --bins $targets
echo "checked for$(echo "$targets" | sed 's/ --target//g')"
