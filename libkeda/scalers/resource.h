/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cpu and memory share: their parameters and what becomes of them; in cpu.c. How much the pods use
 * is not asked for by a trigger type: both always are unknown here.
 */
#ifndef SCALERS_RESOURCE_H
#define SCALERS_RESOURCE_H

#include <keda/scaler.h>

typedef struct resource_meta {
    char *value, *container, *type;
} resource_meta;

enum { RESOURCE_NFIELDS = 3 };
extern const keda_field resource_fields[RESOURCE_NFIELDS];

/* Ends the poll as unknown, saying where the resource would be read. */
void resource_refuse(keda_poll *poll, const char *resource);

#endif
