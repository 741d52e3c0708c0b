#!/bin/sh
# Sums up what `cargo test` and pytest printed: sum-up-tests.sh LOG
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
    # pytest, quiet: "SKIPPED [2] FILE:LINE: REASON", and "3 failed, 12 passed, 2 skipped in 1.23s".
    /^SKIPPED \[[0-9]+\] / {
        count = substr($2, 2) + 0
        reason = $0
        sub(/^SKIPPED \[[0-9]+\] [^ ]+ /, "", reason)
        left_out[reason] += count
    }
    /^[0-9]+ [a-z]+(, [0-9]+ [a-z]+)* in [0-9.]+s/ {
        print "     pytest: " $0
        for (field = 1; field < NF; field += 2) {
            if ($(field + 1) ~ /^passed/) passed += $field
            if ($(field + 1) ~ /^(failed|error)/) failed += $field
            if ($(field + 1) ~ /^skipped/) ignored += $field
        }
    }
    END {
        if (passed + failed == 0) { print "No test was run."; exit 1 }
        for (reason in left_out) printf "Left out: %d, %s\n", left_out[reason], reason | "sort"
        close("sort")
        printf "%d passed, %d failed, %d ignored\n", passed, failed, ignored
    }
' "$1"
