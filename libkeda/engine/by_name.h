/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters for types without a C struct (KEDA_SCALER_PARAMS_BY_NAME): checked by the same field
 * table, then kept as texts.
 */
#ifndef ENGINE_BY_NAME_H
#define ENGINE_BY_NAME_H

#include "config/params.h"

/* *out is the caller's; by_name_clear wipes it. */
keda_status by_name_resolve(keda_map *out, const keda_scaler_desc *desc,
                            const params_sources *sources, params_report_fn report, void *user,
                            size_t *nproblems, keda_error *err);
void by_name_clear(keda_map *map);

#endif
