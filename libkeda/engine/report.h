/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told, counted and written down about a workload: decisions, their outcomes, and changes of
 * its health. Changes are logged once.
 */
#ifndef ENGINE_REPORT_H
#define ENGINE_REPORT_H

#include "engine/workload.h"

/* May end the workload's work: the host's callback runs. */
void report_decision(workload *w, keda_outcome outcome, const keda_error *write_err);
/* There was no memory for a decision: the next tick makes another one. */
void report_undecided(workload *w);
/* For the operator: its health is another; its credentials were refused. */
void report_changed(const workload *w);
void report_refused(const workload *w);
void report_count_known(const workload *w, bool is_known, const char *error);
/* The target says so itself; error NULL: no longer. */
void report_trouble(const keda_target *t, const char *error);
void report_restored(keda_engine *e, const keda_target *t, int32_t to, const keda_error *err);

#endif
