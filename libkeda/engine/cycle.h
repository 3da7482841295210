/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One poll from timer to write: measure (cycle_start, cycle_on_reading), decide (cycle_decide), act
 * (cycle_apply). What each of them asks of others is in ask.h and report.h.
 */
#ifndef ENGINE_CYCLE_H
#define ENGINE_CYCLE_H

#include "engine/poll.h"
#include "engine/workload.h"

/* An answer to something the cycle asked for: a trigger's poll, or the target's count. */
typedef struct cycle_reading {
    trigger *trigger; /* NULL: the target's count */
    const keda_poll *poll;
    const keda_error *err; /* NULL: it was answered */
} cycle_reading;

void cycle_start(workload *w, uint32_t due);
void cycle_on_reading(workload *w, const cycle_reading *reading);
void cycle_decide(workload *w);
/* write_err: how the write ended, once it has; NULL otherwise and after success. */
void cycle_apply(workload *w, const keda_error *write_err);

#endif
