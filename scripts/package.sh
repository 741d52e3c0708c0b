#!/usr/bin/env bash
# Packages every crate that is published, kernels included, and proves that what was packaged
# builds by itself: without this folder and without a compiler for kernels, with the feature `gpu`
# and without it, and its documentation.
#
# The packages are left in target/package. CONTRIBUTING.md says how they are published.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
# Each after those that it depends on.
packages=(
    wcodec-codec wcodec-cpu
    wcodec-cuda-std-macros wcodec-cuda-std wcodec-kernels wcodec-cust wcodec-cuda-builder
    wcodec wcodec-bench wcodec-capi wcodec-cli
)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$0: $1" >&2
    exit 1
}

# The folder that the build script of a build, which prints JSON, has put kernels into.
kernels_of() {
    local folder
    grep -o '"out_dir":"[^"]*"' | cut -d'"' -f4 | while read -r folder; do
        [ ! -f "$folder/kernels_sm_80.ptx.z" ] || echo "$folder"
    done
}

echo "Compiling the kernels ..."
json=(--quiet --message-format json)
compiled=$("$cargo" check "${json[@]}" --locked -p wcodec --lib --features gpu | kernels_of)
rm -rf ptx
mkdir ptx
cp "$compiled"/*.ptx.z ptx/

echo "Packaging ..."
rm -rf target/package
# While something is being changed as well. That tests stay here is no news.
"$cargo" package --quiet --locked --allow-dirty --no-verify "${packages[@]/#/--package=}" 2>&1 |
    grep -vE '^warning: ignoring (test|example|benchmark) ' || true
for package in "${packages[@]}"; do
    file=$(echo target/package/"$package"-[0-9]*.crate)
    [ -f "$file" ] || fail "$package was not packaged"
    # The results of benchmarks are pages that the README leads to.
    ! tar -tzf "$file" | grep -E '^[^/]+/(tests|fuzz|benches|examples)/' | grep -v '\.md$' ||
        fail "$file has tests in it"
    tar -xzf "$file" -C "$scratch"
    echo "$(stat -c %s "$file") $(basename "$file")"
done

# The crate that tests/outside is, with the packages in place of the registry's.
cp -R tests/outside rust-toolchain.toml Cargo.lock "$scratch"
mv "$scratch/Cargo.lock" "$scratch/outside"
version=$(basename target/package/wcodec-[0-9]*.crate .crate)
version=${version#wcodec-}
sed -i "s|path = \"../..\"|version = \"=$version\"|" "$scratch/outside/Cargo.toml"
mkdir "$scratch/.cargo"
{
    echo "[patch.crates-io]"
    for package in "${packages[@]}"; do
        echo "$package = { path = '$scratch/$package-$version' }"
    done
} >"$scratch/.cargo/config.toml"

export CARGO_TARGET_DIR=$PWD/target/outside
cd "$scratch/outside"
# Hides the source that kernels are compiled with, of the compilers that rust-cuda/cuda_builder
# looks at.
hide='
    empty=$(mktemp -d)
    for rustc in rustc /usr/bin/rustc; do
        source=$("$rustc" --print sysroot 2>/dev/null)/lib/rustlib/src
        [ ! -d "$source" ] || mount --bind "$empty" "$source" || exit 1
        [ ! -f "$source/rust/library/core/src/lib.rs" ] || exit 1
    done
    exec "$@"'
hidden=(unshare --mount --map-root-user sh -c "$hide" hide)
if ! "${hidden[@]}" true 2>/dev/null; then
    echo "building without a compiler for kernels: SKIPPED, as it cannot be hidden here"
    hidden=(env)
fi

echo "Building what depends on it ..."
"${hidden[@]}" "$cargo" build --quiet
built=$("${hidden[@]}" "$cargo" build "${json[@]}" --features wcodec/gpu | kernels_of)
[ ! -e "$built/cuda-builder" ] || fail "kernels were compiled"
for ptx in "$compiled"/*.ptx; do
    cmp "$ptx" "$built/$(basename "$ptx")" || fail "the package has other kernels than the source"
done
"${hidden[@]}" "$cargo" doc --quiet --no-deps --all-features \
    --manifest-path "$scratch/wcodec-$version/Cargo.toml"
for program in wcodec-capi wcodec-cli; do
    "${hidden[@]}" "$cargo" check --quiet --manifest-path "$scratch/$program-$version/Cargo.toml"
done
echo "packages: build by themselves, with the same kernels"
