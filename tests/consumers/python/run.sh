#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The headers from Python by ctypes.
set -eu
python3 "$KEDA_SOURCE_DIR/tests/consumers/python/consumer.py" "$(pkg-config --variable=libdir libkeda)/libkeda.so.0"
