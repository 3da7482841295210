#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The headers from Go by cgo; no module but the standard library.
set -eu
go=$("$KEDA_SOURCE_DIR/scripts/go-tool") || {
    echo 'no Go toolchain'
    exit 77
}
cp "$KEDA_SOURCE_DIR"/tests/consumers/go/main.go "$KEDA_SOURCE_DIR"/tests/consumers/go/go.mod .
GOFLAGS=-mod=mod GOTOOLCHAIN=local "$go" build -o consumer .
./consumer "$KEDA_SOURCE_DIR/tests/consumers/pool.yaml"
