#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# add_subdirectory inside a project of another C standard; nothing of ours leaks into it, nothing is installed. The
# archive holds the kafka module, which then needs no file to be loaded.
set -eu
type=
if pkg-config --exists rdkafka; then
    type=kafka
fi
cmake -S "$KEDA_SOURCE_DIR/tests/consumers/subdir" -B b -DCMAKE_C_COMPILER="$CC" -DCMAKE_BUILD_TYPE=Debug \
    -DKEDA_STATIC_PLUGINS=$type
cmake --build b -j2
b/uses_keda
LD_LIBRARY_PATH='' KEDA_PLUGIN_PATH=/nonexistent b/uses_keda_static $type
DESTDIR=$PWD/installed cmake --install b
test ! -e installed
