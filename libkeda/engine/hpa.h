/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HorizontalPodAutoscalers of a change that is made for them alone: keda_engine_hpa in sources.c.
 */
#ifndef ENGINE_HPA_H
#define ENGINE_HPA_H

#include "engine/change.h"

struct hpa_texts {
    keda_buf text; /* the caller clears it */
    bool is_json;
};

/* Adds that of a workload whose triggers have been staged; what stands in the way becomes a finding. */
keda_status hpa_texts_add(change *c, const workload *w, const document *doc, keda_error *err);

#endif
