/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text written into a caller's buffer, and the parts of sentences which the one line and the whole
 * explanation of a record share. Private to core.
 */
#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include <keda/explain.h>

#include <stdbool.h>

/* A buffer that is being filled; what does not fit is cut. */
struct line {
    char *at;
    size_t left; /* the terminator included */
};

/* A record and the names of its policy's metrics; NULL, or NULL entries: numbered. */
struct subject {
    const keda_record *record;
    const char *const *names;
};

void line_put(struct line *line, const char *format, ...) KEDA_PRINTF(2, 3);
void line_put_milli(struct line *line, int64_t milli);

/* Of the policy's metric; its number is also the formula's, when it is beyond the last one. */
void line_put_name(struct line *line, const struct subject *subject, int32_t metric);

/* "100 per replica", "100", "80 %" */
void line_put_target(struct line *line, int64_t target_milli, int32_t target_type);

/* The whole of keda_record_line, without a newline. */
void line_put_record(struct line *line, const struct subject *subject);

/* NULL when the record does not hold that metric. */
const keda_record_metric *record_metric_of(const keda_record *record, int32_t metric);

static inline bool record_is_composite(const keda_record *record, int32_t metric)
{
    return record->has_composite && metric >= 0 && (size_t)metric == record->nmetrics_all;
}

#endif
