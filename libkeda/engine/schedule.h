/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a workload's cycles start: polls and horizontal syncs at fixed phases, the first poll at once.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "engine/workload.h"

/* Takes a place among the loop's timers, so that starting cannot fail; schedule_stop gives it back. */
keda_status schedule_claim(workload *w, keda_error *err);
void schedule_start(workload *w, workload_begin how);
void schedule_stop(workload *w);
/* Its count has been set: syncs begin above zero. */
void schedule_count_changed(workload *w);

#endif
