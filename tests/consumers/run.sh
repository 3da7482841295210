#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Uses the installed library as a stranger would: `run.sh BUILD [NAME...]`. Installs into a folder, moves that
# folder (a prefix must be relocatable), and runs each consumer's own run.sh there; then builds each example that
# has a Makefile. A consumer finds KEDA_PREFIX, KEDA_SOURCE_DIR, PKG_CONFIG_PATH, LD_LIBRARY_PATH and an empty
# current folder; status 77 means skipped, its last line says why.
set -u

build=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
KEDA_SOURCE_DIR=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if ! cmake --install "$build" --prefix "$scratch/installed" > "$scratch/log" 2>&1; then
    cat "$scratch/log"
    exit 1
fi
mv "$scratch/installed" "$scratch/moved"
KEDA_PREFIX=$scratch/moved
libdir=$(dirname "$(find "$KEDA_PREFIX" -name libkeda.pc)")/..
libdir=$(cd "$libdir" && pwd)
export KEDA_SOURCE_DIR KEDA_PREFIX KEDA_BUILD_DIR=$build
export PKG_CONFIG_PATH=$libdir/pkgconfig LD_LIBRARY_PATH=$libdir CC=${CC:-cc}
export PATH=$KEDA_PREFIX/bin:$PATH

passed=0
failed=0
skipped=0
reasons=

# consumer NAME COMMAND...: runs it in a folder of its own; its output is shown only when it matters.
consumer() {
    local name=$1 status
    shift
    mkdir -p "$scratch/run/$name"
    (cd "$scratch/run/$name" && "$@") > "$scratch/log" 2>&1 < /dev/null
    status=$?
    case $status in
    0)
        echo "ok: $name"
        passed=$((passed + 1))
        ;;
    77)
        echo "skipped: $name: $(tail -n 1 "$scratch/log")"
        reasons+="1 skipped: $name: $(tail -n 1 "$scratch/log")"$'\n'
        skipped=$((skipped + 1))
        ;;
    *)
        echo "NOT ok: $name (status $status)"
        cat "$scratch/log"
        failed=$((failed + 1))
        ;;
    esac
}

# An example must build from a copy of its own folder, by pkg-config alone, and say it works when it can.
example() {
    cp -R "$1/." . && make && if grep -q '^check:' Makefile; then make check; fi
}

wanted=" $* "
is_wanted() { [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]]; }

for script in "$here"/*/run.sh; do
    name=$(basename "$(dirname "$script")")
    is_wanted "$name" && consumer "$name" "$script"
done
for makefile in "$KEDA_SOURCE_DIR"/examples/*/Makefile; do
    [ -e "$makefile" ] || continue
    folder=$(dirname "$makefile")
    name=$(basename "$folder")
    is_wanted "$name" && consumer "$name" example "$folder"
done

echo "$passed passed, $failed failed, $skipped skipped"
if [ "$skipped" -gt 0 ] && [ "${CI:-}" = true ]; then
    echo 'skipped consumers fail where CI=true'
    failed=$((failed + skipped))
    skipped=0
fi
if [ -n "${KEDA_COUNT_FILE:-}" ]; then
    mkdir -p "$(dirname "$KEDA_COUNT_FILE")"
    printf '%s %s %s\n%s' "$passed" "$failed" "$skipped" "$reasons" > "$KEDA_COUNT_FILE"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
