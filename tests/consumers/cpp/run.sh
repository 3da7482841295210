#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The headers and the shared library from C++17.
set -eu
# shellcheck disable=SC2046 # words are what pkg-config prints
c++ -std=c++17 -Wall -Wextra -pedantic-errors -Werror "$KEDA_SOURCE_DIR/tests/consumers/cpp/program.cpp" -o program \
    $(pkg-config --cflags --libs libkeda)
./program
