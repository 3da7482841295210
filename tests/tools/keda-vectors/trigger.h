/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trigger made from a line of triggers/<type> or compute/<type>, by its type's own table: for the
 * runners of these sets.
 */
#ifndef KEDA_VECTORS_TRIGGER_H
#define KEDA_VECTORS_TRIGGER_H

#include "config/metrics.h"
#include "config/params.h"
#include "vectors.h"

struct trigger_line {
    const keda_scaler_desc *desc;
    void *meta; /* as the type parses it */
    keda_spec_list specs;
    const char *target_type; /* "AverageValue", "Value", or what the line says */
    bool is_refused;
};

/* The type among those built in; NULL when there is none. */
const keda_scaler_desc *trigger_type(const char *name);

/* Parses, checks and asks for specs; close it in any case. */
void trigger_line_open(struct trigger_line *t, const keda_scaler_desc *desc,
                       const keda_map *metadata, const json_t *input, struct report *report);
void trigger_line_close(struct trigger_line *t);

/* Text members of an object. */
void trigger_fill_map(keda_map *map, const json_t *object);

#endif
