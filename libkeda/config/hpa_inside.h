/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between hpa.c and hpa_metrics.c: values under construction.
 */
#ifndef CONFIG_HPA_INSIDE_H
#define CONFIG_HPA_INSIDE_H

#include <jansson.h>

#include "hpa.h"

/* A value that could not be made is NULL, which spoils what it is put into: the flag says so. */
typedef struct hpa_draft {
    const hpa_input *in;
    bool is_short_of_memory;
} hpa_draft;

/* Gives the value to the map; NULL is memory that was not there. */
void hpa_set(hpa_draft *d, json_t *map, const char *name, json_t *take_value);
void hpa_set_text(hpa_draft *d, json_t *map, const char *name, const char *text);
void hpa_add(hpa_draft *d, json_t *list, json_t *take_value);

/* spec.metrics, in the order of upstream. */
json_t *hpa_metrics(hpa_draft *d);
/* externalMetricNames, resourceMetricNames and compositeScalerName, into the map. */
void hpa_put_names(hpa_draft *d, json_t *status);
/* spec.behavior; NULL with memory: there is none. */
json_t *hpa_behavior(hpa_draft *d);

#endif
