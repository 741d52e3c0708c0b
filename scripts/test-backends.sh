#!/usr/bin/env bash
# Runs every test that needs no GPU once for each CPU backend that this CPU has, forced for all
# programs, and ends with those that it lacks.
set -uo pipefail
cd "$(dirname "$0")/.."

# A backend that there is not makes the program say which there are.
asked=$(WCODEC_CPU=none "${CARGO:-cargo}" run --quiet --locked -p wcodec-cli -- \
    verify --device cpu Cargo.toml 2>&1)
can_run=${asked##*this CPU can run }
[ "$can_run" != "$asked" ] || { echo "$0: not the answer that was expected: $asked" >&2; exit 1; }

status=0
for backend in avx512 avx2 neon portable; do
    case ", $can_run," in
        *", $backend,"*) ;;
        *) continue ;;
    esac
    echo "== $backend"
    WCODEC_CPU=$backend "${CARGO:-cargo}" test --workspace --features peers --locked \
        --no-fail-fast || status=$?
done
for backend in avx512 avx2 neon portable; do
    case ", $can_run," in
        *", $backend,"*) ;;
        *) echo "$backend: SKIPPED, as this CPU lacks it" ;;
    esac
done
exit "$status"
