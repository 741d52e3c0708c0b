#!/usr/bin/env bash
# Tests and measures wcodec on a machine with an NVIDIA GPU. Neither Rust nor a network is needed.
set -euo pipefail
bundle=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bin=$scratch/bin
# In the names of tests that take minutes and many gigabytes, and are run where they are asked for.
large=beyond_4_gib
# In the names of those that need a second GPU.
two=two_gpus

usage() {
    cat >&2 <<END
usage: run.sh test [NAME ...]             the tests that need a GPU; with names, those that match one
       run.sh large                       those of tensors beyond 4 GiB: minutes, 20 GB of memory, 15
                                          of the GPU's and 5 of the disk's
       run.sh two-gpus                    those of two GPUs of one machine
       run.sh sanitize [TOOL [NAME ...]]  the tests, without names not the large ones, under
                                          compute-sanitizer: memcheck, racecheck, initcheck,
                                          synccheck, or all of them
       run.sh bench [OPTION ...]          wcodec-bench gpu; --json FILE and --plot DIR keep the results
       run.sh multiply [OPTION ...]       wcodec-bench multiply: packed matrices beside cuBLAS
       run.sh multiply-torch [OPTION ...] the same by the C interface beside PyTorch: --weights FILE for
                                          those of a model, and numbers of rows of x
       run.sh capi                        tests of the C interface, by PyTorch
       run.sh models [OPTION ...]         the Python package's tests that need a GPU; options for pytest
       run.sh models-bench                models of transformers, dense and packed: speed, loading,
                                          and offloading beside accelerate
       run.sh load [OPTION ...]           a model from a file to the GPU, beside PyTorch where there is one;
                                          options for wcodec-bench load, such as --gigabytes 4
       run.sh compare [OPTION ...]        wcodec-bench compare: beside zstd, lz4 and snappy on the CPU
       run.sh profile [OPTION ...]        each kernel of the benchmarks under ncu, a line each; with
                                          options for ncu, such as --set full, what ncu prints
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
    local prefix=() log=$scratch/log test list failed=()
    while [ "$1" != -- ]; do prefix+=("$1"); shift; done
    shift
    : >"$log"
    for test in "$scratch"/tests/*; do
        # A program that uses no GPU is an error to the sanitizer. Not piped to grep -q, which stops reading at the first
        # test: the program that writes on fails, and its tests would be left out.
        list=$("$test" --ignored --list "$@") || fail "FAILED: ${test##*/} does not list its tests"
        [[ $list == *': test'* ]] || continue
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
    if [ $# -gt 0 ]; then
        run_tests -- "$@"
        return
    fi
    run_tests -- --skip "$large" --skip "$two"
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
    local tool=$1 tools=(memcheck racecheck initcheck synccheck) skipped
    shift
    [ "$tool" = all ] || tools=("$tool")
    # The whole model would take hours under some of the tools, and they need device memory themselves.
    [ $# -gt 0 ] || set -- --skip a_real_model --skip memory_that_is_taken --skip "$large" --skip "$two"
    for tool in "${tools[@]}"; do
        skipped=()
        # It keeps a record of all device memory in device memory, which is what the test measures.
        [ "$tool" != initcheck ] || skipped=(--skip decoding_over_and_over)
        run_tests compute-sanitizer --tool "$tool" --error-exitcode 9 -- --test-threads=1 "${skipped[@]}" "$@"
    done
}

# Everything that profile.py shows. Sections alone are asked for should a metric be unknown to this ncu.
sections=(SpeedOfLight LaunchStats Occupancy SchedulerStats WarpStateStats ComputeWorkloadAnalysis
    MemoryWorkloadAnalysis MemoryWorkloadAnalysis_Tables)
pipe_metrics() {
    local pipe
    for pipe in alu fma xu lsu; do
        printf 'sm__inst_executed_pipe_%s.avg.pct_of_peak_sustained_active,' "$pipe"
    done
}
stall_metrics() {
    local reason
    for reason in long_scoreboard short_scoreboard wait math_pipe_throttle not_selected mio_throttle \
        lg_throttle barrier branch_resolve dispatch_stall no_instruction sleeping membar drain \
        imc_miss tex_throttle; do
        printf 'smsp__average_warps_issue_stalled_%s_per_issue_active.ratio,' "$reason"
    done
}
other_metrics=(
    gpu__time_duration.sum
    smsp__issue_active.avg.pct_of_peak_sustained_active
    sm__inst_executed.avg.per_cycle_active
    sm__warps_active.avg.pct_of_peak_sustained_active
    launch__registers_per_thread
    l1tex__throughput.avg.pct_of_peak_sustained_active
    l1tex__data_pipe_lsu_wavefronts_mem_shared.sum
    l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum
    dram__throughput.avg.pct_of_peak_sustained_elapsed
    dram__bytes_read.sum
    dram__bytes_write.sum
)

# Runs every kernel of the benchmarks under ncu once: profile_kernels LOG OPTION...
profile_kernels() {
    local log=$1
    shift
    rm -f "$log"
    ncu --clock-control none --csv --page raw --print-units base --log-file "$log" "$@" \
        "$bin/wcodec-bench" profile >"$scratch/output" 2>&1 && grep -q '^"[0-9]' "$log"
}

profile() {
    local log=$scratch/profile.csv metrics section named_sections=()
    for section in "${sections[@]}"; do named_sections+=(--section "$section"); done
    metrics=$(pipe_metrics)$(stall_metrics)$(IFS=,; echo "${other_metrics[*]}")
    profile_kernels "$log" --metrics "$metrics" ||
        profile_kernels "$log" "${named_sections[@]}" ||
        { cat "$log" "$scratch/output" >&2; fail "ncu failed"; }
    python3 "$bundle/profile.py" "$log"
}

# The same model, loaded here and by PyTorch.
load() {
    local model=$scratch/model
    "$bin/wcodec-bench" load --dir "$model" --keep "$@"
    if python3 -c 'import torch, safetensors.torch' 2>/dev/null; then
        python3 "$bundle/load_torch.py" "$model/model.safetensors"
    else
        echo "There is no PyTorch with safetensors here to compare with."
    fi
}

# cuBLAS lies where the toolkit is, or where PyTorch is.
multiply() {
    local folders
    folders=$(python3 -c 'import nvidia; print(*nvidia.__path__, sep="\n")' 2>/dev/null || true)
    folders=$(find -L ${folders:+"$folders"} /usr/local/cuda*/ -name 'libcublas.so.1[23]' -printf '%h:' 2>/dev/null || true)
    LD_LIBRARY_PATH=$folders${LD_LIBRARY_PATH:-} "$bin/wcodec-bench" multiply "$@"
}

# The Python package, where the bundle has it.
need_package() {
    [ -d "$scratch/python/wcodec" ] ||
        fail "this bundle has no Python package: run \`make wheel\` before \`make gpu-bundle\`"
    export PYTHONPATH=$scratch/python:$scratch/python/tests${PYTHONPATH:+:$PYTHONPATH}
}

models() {
    need_package
    python3 -c 'import pytest' 2>/dev/null || fail "there is no pytest here"
    # Without the package's own settings, which make errors of the warnings of the versions it is locked to.
    python3 -m pytest --quiet -c /dev/null --rootdir "$scratch" -p no:cacheprovider "$scratch/python/tests/gpu" "$@"
}

models_bench() {
    need_package
    cd "$scratch/python/benches"
    python3 models_speed.py
    python3 models_memory.py
}

command=${1:-}
[ $# -eq 0 ] || shift
need xz
tar -xJf "$bundle/programs.tar.xz" -C "$scratch"
case $command in
test)
    test_all "$@"
    ;;
large)
    run_tests -- "$large"
    ;;
two-gpus)
    run_tests -- "$two"
    ;;
sanitize)
    need compute-sanitizer
    [ $# -gt 0 ] || set -- all
    sanitize "$@"
    ;;
bench)
    "$bin/wcodec-bench" gpu "$@"
    ;;
multiply)
    multiply "$@"
    ;;
multiply-torch)
    python3 "$bundle/multiply_torch.py" "$scratch/lib/libwcodec_c.so" "$@"
    ;;
capi)
    python3 "$bundle/capi_test.py" "$scratch/lib/libwcodec_c.so"
    ;;
models)
    models "$@"
    ;;
models-bench)
    models_bench
    ;;
load)
    load "$@"
    ;;
compare)
    "$bin/wcodec-bench" compare "$@"
    ;;
profile)
    need ncu
    need python3
    if [ $# -eq 0 ]; then
        profile
    else
        ncu --clock-control none "$@" "$bin/wcodec-bench" profile
    fi
    ;;
*)
    usage
    ;;
esac
