#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# add_subdirectory inside a project of another C standard; nothing of ours leaks into it, nothing is installed.
set -eu
cmake -S "$KEDA_SOURCE_DIR/tests/consumers/subdir" -B b -DCMAKE_C_COMPILER="$CC" -DCMAKE_BUILD_TYPE=Debug \
    -DKEDA_WITH_KAFKA=OFF
cmake --build b -j2
b/uses_keda
b/uses_keda_static
DESTDIR=$PWD/installed cmake --install b
test ! -e installed
