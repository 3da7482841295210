/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HorizontalPodAutoscaler that KEDA would make of a ScaledObject, and what its status would name
 * of it (spec: scaledobject 10). Pure: nothing here scales by one. For engine/hpas.c.
 */
#ifndef CONFIG_HPA_H
#define CONFIG_HPA_H

#include "metrics.h"
#include "scaled_object.h"

typedef struct hpa_input {
    const document *doc;                /* labels, annotations and behaviour as written */
    const scaled_object *object;        /* of the same document */
    const keda_spec_list *const *specs; /* of each trigger */
    bool is_labelled; /* KEDA has given the object its own label, which it does before */
    bool is_yaml;     /* else JSON */
} hpa_input;

/* Appends the object's text, which ends with a line end; status (may be NULL) gets JSON: hpaName,
 * externalMetricNames, resourceMetricNames, compositeScalerName, triggersTypes. owner references need a
 * cluster and are left out. Errors: KEDA_EINVAL for a metric name that is there twice; KEDA_ENOMEM. */
keda_status hpa_build(const hpa_input *in, keda_buf *out, keda_buf *status, keda_error *err);

/* Appends the types of the triggers, each once, with commas between. Errors: KEDA_ENOMEM. */
keda_status hpa_trigger_types(const scaled_object *object, keda_buf *out, keda_error *err);

#endif
