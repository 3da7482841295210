/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring of a workload's last decisions: kept as they are made, and told. A workload of very many
 * metrics is told by the first of them and the one that counted.
 */
#include "engine/records.h"

#include <keda/explain.h>

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/journaling.h"

enum { DEPTH = 8, MAX_METRICS = 32, EXPLANATION_SIZE = 4096 };

typedef struct room { /* for a record that is taken out */
    keda_record record;
    keda_record_metric metrics[MAX_METRICS];
} room;

static void open_room(room *out)
{
    out->record = (keda_record)KEDA_RECORD_INIT;
    out->record.metrics = out->metrics;
    out->record.nmetrics = MAX_METRICS;
}

keda_status records_make(workload *w, keda_error *err)
{
    const size_t nmetrics = w->nmetrics < MAX_METRICS ? w->nmetrics : MAX_METRICS;
    const size_t size = keda_ring_size(nmetrics, DEPTH);

    w->ring = mem_zalloc(1, size);
    if (w->ring == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_ring_init(w->ring, size, nmetrics);
    return KEDA_OK;
}

static bool take_out(const workload *w, size_t i, room *out)
{
    open_room(out);
    const keda_status rc = keda_ring_at(w->ring, i, &out->record);
    return rc == KEDA_OK || rc == KEDA_ELIMIT;
}

static bool is_news(const workload *w, const keda_record *made)
{
    room kept;
    return !take_out(w, 0, &kept) || keda_record_is_news(made, &kept.record);
}

void records_note(workload *w, keda_outcome outcome)
{
    const choice *c = w->cycle.choice;
    room made;

    journaling_note(w, outcome);
    open_room(&made);
    const keda_status rc = keda_record_make(&c->policy, &c->seen, w->history, &c->decision,
                                            outcome, engine_wall_ms(w->engine), &made.record);
    if (rc != KEDA_OK && rc != KEDA_ELIMIT)
        return;
    made.record.is_dry_run = w->engine->settings.is_dry_run;
    if (is_news(w, &made.record))
        keda_ring_push(w->ring, &made.record);
}

void records_line(const workload *w, char *buf, size_t size)
{
    room newest;

    if (size > 0)
        buf[0] = '\0';
    if (take_out(w, 0, &newest))
        keda_record_line(&newest.record, w->metric_names, buf, size);
}

/* ---- public */

static bool find_at(const workload *w, int64_t wall_ms, room *out)
{
    for (size_t i = 0; take_out(w, i, out); i++)
        if (wall_ms < 0 || out->record.first_wall_ms <= wall_ms)
            return true;
    return false;
}

keda_status keda_engine_explain(const keda_engine *e, const char *id, int64_t wall_ms,
                                keda_write_fn write, void *user, keda_error *err)
{
    char text[EXPLANATION_SIZE];
    const workload *w = table_find(&e->workloads, id);
    room found;

    if (w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    if (!find_at(w, wall_ms, &found))
        return keda_error_set(err, KEDA_ENOTFOUND,
                              keda_ring_count(w->ring) == 0
                                  ? "%s: no decision has been made yet"
                                  : "%s: the decisions that are kept were all made later",
                              id);
    keda_record_explain(&found.record, w->metric_names, text, sizeof text);
    if (write(text, strlen(text), user) != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "the explanation could not be written");
    return KEDA_OK;
}
