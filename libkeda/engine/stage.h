/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a trigger's document to an instance that can be opened: its type, its parameters from
 * metadata, authentication and environment, and its metrics.
 */
#ifndef ENGINE_STAGE_H
#define ENGINE_STAGE_H

#include "engine/change.h"
#include "engine/trigger.h"

/* All triggers of a new workload, then its metrics; problems become findings. */
keda_status stage_workload(change *c, workload *w, const entry *en, const document *doc,
                           keda_error *err);

/* An instance made again from the documents at work (or, with a change, from those to come). The
 * fingerprint tells whether anything differs. Errors: what is missing or wrong. */
keda_status stage_again(trigger *t, keda_scaler **out, uint64_t *fingerprint, keda_error *err);
keda_status stage_for_change(change *c, trigger *t, keda_scaler **out, uint64_t *fingerprint,
                             keda_error *err);

#endif
