/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a trace, CSV or JSON lines, and its first line as a generator. What is read is in
 * order of time, within its bounds, and known by the triggers' names.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/feed.h"
#include "simulate/moment.h"

static const char *const metrics[] = {"s0-kafka-orders", "s1-cron"};
static const keda_plan_trigger triggers[] = {
    {.struct_size = sizeof triggers[0], .type = "kafka", .name = "", .nmetrics = 1},
    {.struct_size = sizeof triggers[0],
     .type = "cron",
     .name = "day",
     .first_metric = 1,
     .nmetrics = 1}};
static const names all = {triggers, 2, metrics, 2};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_column(const trace *t, const trace_column *c)
{
    must(c->trigger >= NAMES_NONE && c->trigger < 2);
    for (size_t i = 0; i < c->count; i++) {
        must(i == 0 || c->times[i - 1] < c->times[i]);
        must(c->times[i] <= t->last_ms && c->times[i] >= 0);
        must(!isfinite(c->values[i]) || fabs(c->values[i]) <= TRACE_MAX_VALUE);
        must(!c->is_rate || !(c->values[i] < 0.0));
    }
}

static void walk(trace *t)
{
    enum { STEPS = 64 };
    feeds f;

    if (feeds_init(&f, 2, NULL) != KEDA_OK)
        return;
    if (feeds_add_trace(&f, t, NULL) == KEDA_OK) {
        feeds_rewind(&f);
        feed *first = feeds_of(&f, 0);
        for (int64_t at = 0, n = 0; first != NULL && n < STEPS && at < MOMENT_MAX_MS; n++) {
            (void)feed_value(first, at);
            must(!first->is_rate || feed_rate(first, at) >= 0.0);
            const int64_t next = feed_next(first, at);
            must(next > at);
            at = next;
        }
    }
    feeds_clear(&f);
}

static void read_generator(const char *text)
{
    enum { STEPS = 64 };
    generator g;

    if (generator_parse(&g, text, NULL) != KEDA_OK)
        return;
    for (int64_t at = 0, n = 0; n < STEPS && at < MOMENT_MAX_MS; n++) {
        must(generator_value(&g, at) >= 0.0);
        const int64_t next = generator_next(&g, at);
        must(next > at);
        at = next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    trace *t = calloc(1, sizeof *t);
    keda_error err = KEDA_ERROR_INIT;
    char line[300];

    if (t == NULL)
        return 0;
    if (trace_read(t, &all, "fuzz", (const char *)data, size, &err) == KEDA_OK) {
        for (size_t i = 0; i < t->ncolumns; i++)
            check_column(t, &t->columns[i]);
        walk(t);
    } else {
        must(err.code != KEDA_EINVAL || err.line > 0);
    }
    trace_clear(t);
    free(t);
    const size_t n = size < sizeof line ? size : sizeof line - 1;
    memcpy(line, data, n);
    line[n] = '\0';
    line[strcspn(line, "\n")] = '\0';
    read_generator(line);
    return 0;
}
