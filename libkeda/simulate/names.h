/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a trace may call a trigger: its name, s<index>, or the name of one of its metrics.
 */
#ifndef SIMULATE_NAMES_H
#define SIMULATE_NAMES_H

#include <keda/engine.h>

enum { NAMES_NONE = -1 };

typedef struct names {
    const keda_plan_trigger *triggers;
    size_t ntriggers;
    const char *const *metrics;
    size_t nmetrics;
} names;

/* Index of the trigger, or NAMES_NONE. */
int32_t names_find(const names *n, const char *text);
/* How a trigger is called in messages and pictures: its name, or s<index>; size >= 128. */
void names_label(const names *n, size_t trigger, char *out, size_t size);
/* KEDA_EINVAL: "no trigger is called ..., expected one of ...", with a did-you-mean. */
keda_status names_unknown(const names *n, const char *text, keda_error *err);

#endif
