#!/usr/bin/env bash
# Tests and measures wcodec on a machine with an NVIDIA GPU. Neither Rust nor a network is needed.
set -euo pipefail
bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bin=$scratch/bin

usage() {
    cat >&2 <<END
usage: run.sh test [NAME ...]             the tests that need a GPU; with names, those that match one
       run.sh sanitize [TOOL [NAME ...]]  the same under compute-sanitizer: memcheck, racecheck,
                                          initcheck, synccheck, or all of them
       run.sh bench [OPTION ...]          wcodec-bench gpu
       run.sh profile [OPTION ...]        wcodec-bench gpu under ncu; NCU_OPTIONS replaces --set basic
END
    exit 2
}

fail() {
    echo "run.sh: $1" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "there is no $1 here"
}

# Runs every test program: run_tests PREFIX... -- ARGUMENTS...
run_tests() {
    local prefix=() log=$scratch/log test failed=()
    while [ "$1" != -- ]; do prefix+=("$1"); shift; done
    shift
    : >"$log"
    for test in "$scratch"/tests/*; do
        echo "== ${prefix[*]} ${test##*/}"
        "${prefix[@]}" "$test" --ignored "$@" 2>&1 | tee -a "$log" || failed+=("${test##*/}")
    done
    [ "${#failed[@]}" -eq 0 ] || fail "FAILED: ${failed[*]} ${prefix[*]:+under ${prefix[*]}}"
    grep -q '^test result: ok\. [1-9]' "$log" || fail "FAILED: no test was run"
}

# Restores a model of the bundle on the CPU, for the tests to take it through the GPU.
restore_model() {
    export WCODEC_MODEL=$scratch/${1##*/}.safetensors
    "$bin/wcodec" --quiet decompress "$1" -o "$WCODEC_MODEL" --device cpu
}

test_all() {
    local models=("$bundle"/data/*.wcodec) model
    "$bin/wcodec" gpu
    restore_model "${models[0]}"
    run_tests -- "$@"
    [ $# -eq 0 ] || return 0
    for model in "${models[@]:1}"; do
        restore_model "$model"
        run_tests -- a_real_model
    done
    for model in "${models[@]}"; do
        "$bin/wcodec" verify "$model" --device cuda
    done
    echo "All tests passed."
}

sanitize() {
    local tool=$1 tools=(memcheck racecheck initcheck synccheck)
    shift
    [ "$tool" = all ] || tools=("$tool")
    # The whole model would take hours under some of the tools.
    [ $# -gt 0 ] || set -- --skip a_real_model
    for tool in "${tools[@]}"; do
        run_tests compute-sanitizer --tool "$tool" --error-exitcode 9 -- --test-threads=1 "$@"
    done
}

command=${1:-}
[ $# -eq 0 ] || shift
tar -xzf "$bundle/programs.tar.gz" -C "$scratch"
case $command in
test)
    test_all "$@"
    ;;
sanitize)
    need compute-sanitizer
    [ $# -gt 0 ] || set -- all
    sanitize "$@"
    ;;
bench)
    "$bin/wcodec-bench" gpu "$@"
    ;;
profile)
    need ncu
    read -ra options <<<"${NCU_OPTIONS:---set basic}"
    ncu --clock-control none "${options[@]}" "$bin/wcodec-bench" gpu "$@"
    ;;
*)
    usage
    ;;
esac
