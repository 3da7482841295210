/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ScaledObject while it is read, and the files that read its parts. For scaled_object.c alone.
 */
#ifndef CONFIG_DRAFT_H
#define CONFIG_DRAFT_H

#include "reader.h"
#include "scaled_object.h"

typedef struct draft {
    scaled_object object;                          /* first: tables of members point into it */
    int64_t polling_interval_ms, sync_interval_ms; /* from annotations; 0: none */
} draft;

extern const member_table advanced_table, fallback_table, behavior_table, trigger_table;

void annotations_read(reader *r, const node *annotations, draft *out);
void triggers_read(reader *r, const node *list, void *object);
void advanced_read(reader *r, const node *map, void *object);
void fallback_read(reader *r, const node *map, void *object);
int32_t fallback_behavior(const scaled_object *object); /* keda_fallback_behavior */
void behavior_read(reader *r, const node *map, void *object);
void behavior_free(behavior_spec *behavior);
void trigger_spec_clear(trigger_spec *trigger);
void trigger_spec_take_texts(trigger_spec *trigger, text_block *all);

/* What members mean together: scaled_object_checks; W1 and W2 always. */
void checks_run(reader *r, const node *spec, scaled_object *object, uint32_t checks);

/* Compiles the formula, so after the triggers. */
void modifiers_check(reader *r, const node *spec, scaled_object *object);
void modifiers_policy(const scaled_object *object, keda_policy *out);

#endif
