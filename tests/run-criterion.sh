#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs one Criterion binary and fails on what Criterion lets pass: a leak or another sanitizer report from a
# worker process, a selection of tests that is empty, and, under CI=true, a skipped test. Prints
# `N skipped: reason` for each reason. Arguments after the binary are Criterion's.
set -u

bin=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

here=$(cd "$(dirname "$0")" && pwd)
export ASAN_OPTIONS="detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:log_path=$logs/asan"
export LSAN_OPTIONS="suppressions=$here/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$logs/ubsan"

rc=0
"$bin" --tap="$logs/report.tap" "$@" 2>&1 | tee "$logs/output"
status=${PIPESTATUS[0]}
fail() {
    printf 'run-criterion: %s: %s\n' "$(basename "$bin")" "$*" >&2
    rc=1
}

[ "$status" -eq 0 ] || fail "exit status $status"

synthesis=$(grep -aE 'Tested: [0-9]+' "$logs/output" | tail -n 1)
number() { printf '%s\n' "$synthesis" | sed -n "s/.*$1: \([0-9][0-9]*\).*/\1/p"; }
tested=$(number Tested)
passing=$(number Passing)
if [ -z "$tested" ]; then
    fail "no closing line: the run did not end by itself"
elif [ "$tested" -eq 0 ]; then
    fail "Tested: 0, nothing was selected"
fi

for log in "$logs"/asan* "$logs"/ubsan*; do
    [ -e "$log" ] || continue
    cat "$log" >&2
    fail "a sanitizer reported"
done

# Under --filter, Criterion calls everything not selected skipped; without one, that means disabled.
skips=$(sed -n 's/^ok - .*# SKIP //p' "$logs/report.tap" 2>/dev/null)
case " $* " in
*" --filter"*) skips=$(printf '%s\n' "$skips" | grep -v '^test was skipped$') ;;
*) skips=$(printf '%s\n' "$skips" | sed 's/^test was skipped$/disabled/') ;;
esac
skipped=0
reasons=
if [ -n "$skips" ]; then
    skipped=$(printf '%s\n' "$skips" | wc -l)
    reasons=$(printf '%s\n' "$skips" | sort | uniq -c | sed -E 's/^ *([0-9]+) /\1 skipped: /')
    printf '%s\n' "$reasons"
    [ "${CI:-}" = true ] && fail "skipped tests fail where CI=true"
fi

if [ -n "${KEDA_COUNT_FILE:-}" ]; then
    failed=$((${tested:-0} - ${passing:-0}))
    if [ "$rc" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
    fi
    mkdir -p "$(dirname "$KEDA_COUNT_FILE")"
    printf '%s %s %s\n%s' "${passing:-0}" "$failed" "$skipped" "${reasons:+$reasons
}" > "$KEDA_COUNT_FILE"
fi
exit "$rc"
