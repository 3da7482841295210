/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of external metrics: normalising, the s<index>- prefix, and the spelling rules that several
 * trigger types share (spec: languages 8).
 */
#ifndef LANG_METRIC_NAME_H
#define LANG_METRIC_NAME_H

#include <stdint.h>

#include <keda/base.h>

/* Each of / . : % ( ) becomes -, in place. */
void metric_name_normalize(char *name);

/* Appends "s<index>-<name>"; the name as it is. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status metric_name_prefixed(keda_buf *out, int64_t index, const char *name);

/* The name behind its s<index>- prefix, or NULL when it has another one or none. Borrowed. */
const char *metric_name_without_index(const char *name, int64_t index);

/* Appends the text as a query's value is escaped: blank is +, A-Za-z0-9-_.~ stay. */
KEDA_MUST_USE keda_status metric_name_query_escape(keda_buf *out, const char *text);

/* Appends "cron-<timezone>-<start>-<end>", normalised; start and end without blanks around. */
KEDA_MUST_USE keda_status metric_name_cron(keda_buf *out, const char *timezone,
                                           const char *start, const char *end);

#endif
