/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one ScaledObject needs, as parts for its bundle. work.c asks; dependencies.c reads.
 */
#ifndef OPERATOR_GATHER_H
#define OPERATOR_GATHER_H

#include "operator/bundle.h"
#include "operator/operator.h"

typedef struct op_gathered { /* zeroed is empty */
    bundle_part *parts;
    keda_json **roots;
    char **names;
    size_t count, capacity;
} op_gathered;

/* OP_WAITS: something is still being read. OP_FAILS: something cannot be. Cleared by the caller always. */
op_progress op_gather(op_object *o, const keda_json *object, op_gathered *out, keda_error *err);
void op_gathered_clear(op_gathered *g);

#endif
