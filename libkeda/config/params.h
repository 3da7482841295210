/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trigger parameters by field table: looking up, defaults, enum, exclusive, conversion (spec: typed
 * configuration). The struct's memory is the caller's, what hangs off it is freed by params_clear.
 */
#ifndef CONFIG_PARAMS_H
#define CONFIG_PARAMS_H

#include <keda/scaler.h>

/* The three maps; NULL maps are empty. Values of auth and env never enter a message. */
typedef struct params_sources {
    const keda_map *metadata;
    const keda_map *auth;
    const keda_map *env;
    int32_t is_metric_source; /* inside a formula: KEDA_TARGET_FIELD fields are optional */
} params_sources;

/* Called for each problem: parameter name, severity, message (no secrets). */
typedef void (*params_report_fn)(const char *name, keda_severity severity, const char *message,
                                 void *user);

/* Fills meta; every field is tried even after an error. Returns the number of failing fields;
 * PARAMS_NO_MEMORY when one of them failed for want of memory, which is not reported. */
#define PARAMS_NO_MEMORY SIZE_MAX
size_t params_parse(const keda_field *fields, size_t nfields, size_t field_size,
                    const params_sources *sources, void *meta, params_report_fn report,
                    void *user);
void params_clear(const keda_field *fields, size_t nfields, size_t field_size, void *meta);

/* Metadata keys that no field knows (name, alias, <name>FromEnv), with a did-you-mean. */
void params_unknown(const keda_field *fields, size_t nfields, size_t field_size,
                    const keda_map *metadata, params_report_fn report, void *user);

/* Value of a map or NULL. */
const char *params_map_get(const keda_map *map, const char *name);

#endif
