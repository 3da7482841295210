/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as bytes: what two records that say the same have in common, numbers as long as they are.
 * Times, ages and counts of failures are not part of it (ring.c). Private to core.
 */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include <keda/explain.h>

#include <stdbool.h>

/* Upper bounds of a packed record, and of each of its metrics. */
enum { PACK_RECORD_MAX = 280, PACK_METRIC_MAX = 46 };

size_t pack_size(const keda_record *record);

/* True when the bytes are those of this record; their number is pack_size(record). */
bool pack_equals(const keda_record *record, const uint8_t *bytes);

void pack_write(const keda_record *record, uint8_t *bytes);

/* Fills all but what is not packed; of the metrics as many as *record has room for. Returns their
 * number in the bytes. */
size_t pack_read(const uint8_t *bytes, keda_record *record);

#endif
