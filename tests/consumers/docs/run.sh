#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command of the README and of docs/, as written.
set -eu
exec python3 "$KEDA_SOURCE_DIR/tests/consumers/docs/run_docs.py" "$KEDA_SOURCE_DIR"
