/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be seen of workloads and triggers, as the structs of keda/observe.h.
 */
#ifndef ENGINE_STATUS_H
#define ENGINE_STATUS_H

#include "engine/workload.h"

void status_of_metric(const workload *w, size_t at, keda_trigger_status *out);
/* Texts made for the occasion go to *text, which must outlive *out; NULL: without them. */
void status_of_workload(const workload *w, keda_buf *text, keda_workload_status *out);
/* The name that KEDA's `scaler` label has: the trigger's own, else the implementation's. */
const char *status_scaler_label(const trigger *t);

/* Copies a struct up to the size that the caller's says it has, which stays. KEDA_EINVAL for none. */
keda_status status_copy_out(void *out, const void *all, size_t all_size, keda_error *err);

#endif
