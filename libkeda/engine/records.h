/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last decisions of a workload, from which its texts are made: log, Events, status and explanation.
 */
#ifndef ENGINE_RECORDS_H
#define ENGINE_RECORDS_H

#include "engine/workload.h"

/* Makes the ring; metrics are laid out. */
keda_status records_make(workload *w, keda_error *err);
/* Keeps the decision of the cycle, and tells the journal; before the history hears of it. */
void records_note(workload *w, keda_outcome outcome);
/* The newest in one line; "" when there is none. */
void records_line(const workload *w, char *buf, size_t size);

#endif
