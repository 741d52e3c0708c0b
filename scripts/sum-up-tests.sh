#!/bin/sh
# Sums up what `cargo test` printed: sum-up-tests.sh LOG
#
# Prints the last word of each test program, one line for each reason why tests were left out, and
# the totals. Status 1 if no test was run.
set -eu

awk '
    /^ +(Running|Doc-tests) / { print; next }
    /^test result: / { print; passed += $4; failed += $6; ignored += $8; next }
    # libtest: "test NAME ... ignored, REASON"; libtest-mimic: "test [REASON] NAME  ... ignored".
    /^test .* \.\.\. ignored/ {
        reason = "no reason given"
        if (sub(/^.* \.\.\. ignored, /, "")) reason = $0
        else if (match($0, /^test \[[^]]*\]/)) reason = substr($0, 7, RLENGTH - 7)
        left_out[reason]++
    }
    END {
        if (passed + failed == 0) { print "No test was run."; exit 1 }
        for (reason in left_out) printf "Left out: %d, %s\n", left_out[reason], reason | "sort"
        close("sort")
        printf "%d passed, %d failed, %d ignored\n", passed, failed, ignored
    }
' "$1"
