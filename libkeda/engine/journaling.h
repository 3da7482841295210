/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's journal: opened with it, told of every decision, written once a step. Without
 * journal_path none of this does anything.
 */
#ifndef ENGINE_JOURNALING_H
#define ENGINE_JOURNALING_H

#include "engine/workload.h"

typedef struct journaling journaling;

/* *out stays NULL without a path. Errors: as journal_open. */
keda_status journaling_open(keda_engine *e, const keda_engine_options *opts, keda_error *err);
/* Writes what is pending. NULL is fine. */
void journaling_close(journaling *g);

/* The decision of the cycle; before the history hears of it. */
void journaling_note(workload *w, keda_outcome outcome);
/* The workload's work has ended. */
void journaling_forget(workload *w);
/* Writes that failed; -1: there is no journal. */
int64_t journaling_errors(const keda_engine *e);

#endif
