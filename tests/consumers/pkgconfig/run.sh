#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pkg-config, shared and static, from a moved prefix; C11 and nothing else of ours.
set -eu
program=$KEDA_SOURCE_DIR/tests/consumers/program.c
# shellcheck disable=SC2046 # words are what pkg-config prints
$CC -std=c11 -Wall -Wextra -Wpedantic -Werror "$program" -o shared $(pkg-config --cflags --libs libkeda)
./shared
archive=$(pkg-config --variable=libdir libkeda)/libkeda.a
# shellcheck disable=SC2046
$CC -std=c11 "$program" -o static $(pkg-config --cflags libkeda) "$archive" \
    $(pkg-config --static --libs libkeda | sed 's/-lkeda//')
LD_LIBRARY_PATH='' KEDA_PLUGIN_PATH=/nonexistent ./static
test -d "$(pkg-config --variable=plugindir libkeda)"
pkg-config --variable=features libkeda
