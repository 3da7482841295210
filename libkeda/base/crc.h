/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32 as zlib, gzip and PNG have it: finds damage, not intent.
 */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *bytes, size_t size);

#endif
