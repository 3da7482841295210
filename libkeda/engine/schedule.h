/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a workload's cycles start: polls and horizontal syncs at fixed phases, the first poll at once.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "engine/workload.h"

void schedule_start(workload *w, workload_begin how);
void schedule_stop(workload *w);
/* Its count has been set: syncs begin above zero. */
void schedule_count_changed(workload *w);

/* First moment after `after_ms` at which t mod interval is phase mod interval; interval > 0. */
int64_t schedule_next(int64_t after_ms, int64_t interval_ms, int64_t phase_ms);

#endif
