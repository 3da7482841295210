#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs one pytest suite (a folder), prints the reason of every skip, and fails on an empty suite and, under
# CI=true, on a skip. Leaves its counts in KEDA_COUNT_FILE. The suite finds the build by KEDA_BUILD_DIR.
set -u

suite=$1
shift
python=
for candidate in "${PYTHON:-python3}" /usr/bin/python3; do
    if "$candidate" -c 'import pytest' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo 'run-pytest: no python3 with pytest (Debian package: python3-pytest)' >&2
    exit 1
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
cd "$suite" || exit 1
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider -rs --junitxml="$report" "$@" .
status=$?

# First line: passed, failed, skipped; then one line per reason of a skip.
counts=$("$python" - "$report" <<'PY'
import collections
import sys
import xml.etree.ElementTree as tree
suite = next(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
total, bad, skipped = (int(suite.get(k, 0)) for k in ("tests", "failures", "skipped"))
bad += int(suite.get("errors", 0))
print(total - bad - skipped, bad, skipped)
for reason, count in collections.Counter(s.get("message", "") for s in suite.iter("skipped")).items():
    print(f"{count} skipped: {reason}")
PY
) || counts='0 1 0'
read -r passed failed skipped <<< "$counts"
reasons=$(printf '%s\n' "$counts" | tail -n +2)
if [ "$skipped" -gt 0 ] && [ "${CI:-}" = true ]; then
    echo "run-pytest: $skipped skipped tests fail where CI=true" >&2
    status=1
fi
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
# Under ctest, scripts/run-ctest does the sum.
if [ -n "${KEDA_TOTALS:-}" ] && [ -z "${KEDA_COUNT_FILE:-}" ]; then
    printf '%s %s %s\n' "$passed" "$failed" "$skipped" >> "$KEDA_TOTALS"
fi
if [ -n "${KEDA_COUNT_FILE:-}" ]; then
    mkdir -p "$(dirname "$KEDA_COUNT_FILE")"
    printf '%s %s %s\n%s\n' "$passed" "$failed" "$skipped" "$reasons" > "$KEDA_COUNT_FILE"
fi
exit "$status"
