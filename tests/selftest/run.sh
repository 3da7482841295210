#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves that run-criterion.sh can fail: each planted fault must turn it red for its own reason, and the
# sound test must stay green. Argument: the program made from planted.c.
set -u

bin=$1
runner="$(cd "$(dirname "$0")/.." && pwd)/run-criterion.sh"
unset KEDA_COUNT_FILE
rc=0

# expect STATUS TEXT NAME ARGUMENT...: the wrapper ends with STATUS (0 or 1) and its output contains TEXT.
expect() {
    local want=$1 text=$2 name=$3
    shift 3
    local output status
    output=$("$runner" "$bin" "$@" 2>&1)
    status=$?
    if [ "$status" -eq "$want" ] && printf '%s' "$output" | grep -qaF -- "$text"; then
        printf 'ok: %s\n' "$name"
    else
        printf 'NOT ok: %s: status %s, output:\n%s\n' "$name" "$status" "$output"
        rc=1
    fi
}

export CI=
expect 0 'Passing: 1' 'a sound test passes' --filter 'planted/passes'
expect 1 'a sanitizer reported' 'a leak fails' --filter 'planted/leaks'
expect 1 'Tested: 0' 'an empty selection fails' --filter 'nowhere/*'
expect 1 'exit status' 'a literal as parameter of a PIE fails' --filter 'planted/reads_a_literal'
expect 1 '1 skipped: no broker' 'a skip says why' --filter 'planted/is_skipped'
export CI=true
expect 1 'skipped tests fail' 'a skip fails where CI=true' --filter 'planted/@(is_skipped|passes)'
exit "$rc"
