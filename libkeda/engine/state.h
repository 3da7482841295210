/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What survives a restart: an append-only file of small records, each line with its checksum, kept
 * short by rewriting it. One writer at a time. Times are wall times; what they mean is the business
 * of workload.c and targets.c.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>

#include "base/log.h"
#include "loop/loop.h"

typedef struct state_file state_file;

typedef enum state_kind { STATE_WORKLOAD = 'w', STATE_TARGET = 't' } state_kind;

typedef enum state_field {
    STATE_CREATED,     /* wall ms */
    STATE_LAST_ACTIVE, /* wall ms; written when a workload turns inactive */
    STATE_IS_ACTIVE,   /* 1 while it is active */
    STATE_ORIGINAL,    /* count before anything was scaled */
    STATE_REPLICAS,    /* of a target whose count ends with the process */
    STATE_NFIELDS
} state_field;

/* Reads the file, or starts a new one. What is put is written at the end of the loop's step.
 * Errors: KEDA_EINVAL for a file that is something else; KEDA_ECONFLICT when another one has it. */
keda_status state_open(state_file **out, const char *path, loop *l, const log_sink *log,
                       keda_error *err);
void state_close(state_file *s); /* writes what is left; NULL is fine */

/* NULL files and absent values read as -1; putting into a NULL file does nothing. */
int64_t state_get(const state_file *s, state_kind kind, const char *key, state_field field);
void state_put(state_file *s, state_kind kind, const char *key, state_field field,
               int64_t value);
void state_remove(state_file *s, state_kind kind, const char *key);
/* After all that is still in use has been named, removes the records of everything else. */
void state_name(state_file *s, state_kind kind, const char *key);
void state_remove_unnamed(state_file *s);
keda_status state_flush(state_file *s, keda_error *err);

#endif
