#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# find_package(keda), linked shared and static; the static one runs without any module or shared libkeda.
set -eu
cmake -S "$KEDA_SOURCE_DIR/tests/consumers/cmake" -B b -DCMAKE_PREFIX_PATH="$KEDA_PREFIX" -DCMAKE_C_COMPILER="$CC"
cmake --build b
b/uses_keda
LD_LIBRARY_PATH='' KEDA_PLUGIN_PATH=/nonexistent b/uses_keda_static
