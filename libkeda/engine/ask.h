/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cycle asks of triggers and target, and how their answers find back to it.
 */
#ifndef ENGINE_ASK_H
#define ENGINE_ASK_H

#include "engine/workload.h"

/* How long a cycle waits: 3 s, or the polling interval where that is shorter and above 500 ms. */
int64_t ask_limit_ms(const workload *w);
/* Both give the number of answers that will come to cycle_on_reading, later. */
int32_t ask_triggers(workload *w);
int32_t ask_count(workload *w);
void ask_keep_count(workload *w, const keda_error *err);
/* All that is known at this moment. */
void ask_observe(workload *w, keda_observation *out);
/* Failures in a row, from the decision to the readings of the next one. */
void ask_keep_failures(workload *w);
/* cycle_apply hears how it ended. */
void ask_write(workload *w, int32_t to);
/* After a lost race: observe and decide again, at most three times a cycle; false when that is used
 * up. */
bool ask_count_again(workload *w);

#endif
