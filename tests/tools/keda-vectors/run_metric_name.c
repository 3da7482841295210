/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metric_name/metric_name: normalising, index prefixes, and the names that cron, metrics-api and
 * rabbitmq triggers give their metrics.
 */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "lang/metric_name.h"
#include "vectors.h"

static void compare(const json_t *line, const char *got, struct report *report)
{
    const json_t *expected = vector_get(line, "expected");
    if (vector_bool_or(expected, "error", false, report))
        report_text(report, "error", NULL, got);
    else
        report_text(report, "text", vector_text(expected, "text", report), got);
}

/* A name of the library's own making, normalised or not, with its prefix. */
static void compare_prefixed(const json_t *line, const char *name, bool is_normalized,
                             struct report *report)
{
    const int64_t index = vector_i64(vector_get(line, "input"), "index", report);
    keda_buf copy = {0}, full = {0};
    if (buf_puts(&copy, name) == KEDA_OK) {
        if (is_normalized)
            metric_name_normalize(copy.data);
        if (metric_name_prefixed(&full, index, copy.data) == KEDA_OK)
            compare(line, full.data, report);
    }
    keda_buf_clear(&copy);
    keda_buf_clear(&full);
}

static keda_status put_trimmed(keda_buf *out, const char *text)
{
    const text_view view = text_trim(text, strlen(text));
    return buf_append(out, view.data, view.size);
}

/* The scaler trims both and refuses equal ones; the name is made of what is left. */
static void run_cron(const json_t *line, const json_t *input, struct report *report)
{
    keda_buf start = {0}, end = {0}, name = {0};
    if (put_trimmed(&start, vector_text(input, "start", report)) == KEDA_OK &&
        put_trimmed(&end, vector_text(input, "end", report)) == KEDA_OK &&
        metric_name_cron(&name, vector_text(input, "timezone", report), start.data, end.data) ==
            KEDA_OK) {
        if (strcmp(start.data, end.data) == 0)
            compare(line, NULL, report);
        else
            compare_prefixed(line, name.data, false, report);
    }
    keda_buf_clear(&start);
    keda_buf_clear(&end);
    keda_buf_clear(&name);
}

static void run_with_start(const json_t *line, const char *start, const char *text,
                           bool is_escaped, struct report *report)
{
    keda_buf name = {0};
    if (buf_puts(&name, start) == KEDA_OK &&
        (is_escaped ? metric_name_query_escape(&name, text) : buf_puts(&name, text)) == KEDA_OK)
        compare_prefixed(line, name.data, true, report);
    keda_buf_clear(&name);
}

static void run_normalize(const json_t *line, const char *text, struct report *report)
{
    keda_buf name = {0};
    if (buf_puts(&name, text) == KEDA_OK) {
        metric_name_normalize(name.data);
        compare(line, name.data, report);
    }
    keda_buf_clear(&name);
}

int run_metric_name(const json_t *line, struct report *report)
{
    const json_t *input = vector_get(line, "input");
    const char *op = vector_text(input, "op", report);
    if (strcmp(op, "normalize") == 0)
        run_normalize(line, vector_text(input, "text", report), report);
    else if (strcmp(op, "generate") == 0 || strcmp(op, "generate_raw") == 0)
        compare_prefixed(line, vector_text(input, "text", report), strcmp(op, "generate") == 0,
                         report);
    else if (strcmp(op, "remove_index") == 0)
        compare(line,
                metric_name_without_index(vector_text(input, "text", report),
                                          vector_i64(input, "index", report)),
                report);
    else if (strcmp(op, "cron") == 0)
        run_cron(line, input, report);
    else if (strcmp(op, "metrics_api") == 0)
        run_with_start(line, "metric-api-", vector_text(input, "value_location", report), false,
                       report);
    else if (strcmp(op, "query_escape") == 0)
        run_with_start(line, "rabbitmq-", vector_text(input, "text", report), true, report);
    else
        report_malformed(report, "input.op");
    return 0;
}
