/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runners of the hpa sets share: tolerances as quantities, and a proposal compared with what
 * a line expects. Defined in run_hpa.c.
 */
#ifndef KEDA_VECTORS_RUN_HPA_H
#define KEDA_VECTORS_RUN_HPA_H

#include "vectors.h"

#include <keda/decide.h>

/* A member such as "333m"; negative, which means unset, when absent. */
double hpa_tolerance_of(const json_t *json, const char *key, struct report *report);

/* prefix stands before the names of the fields, such as "per_metric[2]."; may be "". */
void hpa_compare_proposal(const json_t *expect, const char *prefix, const keda_proposal *got,
                          struct report *report);

#endif
