/* SPDX-License-Identifier: Apache-2.0 */
/* The one function a fuzz target defines. Its name is libFuzzer's; the build includes this everywhere. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
