/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When the journal is written: lines once a step, pending runs at the latest after a minute, so that a
 * crash loses no more than that.
 */
#include "engine/journaling.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/option.h"
#include "record/journal.h"

enum { RUNS_MS = 60000 };

struct journaling {
    loop *l;
    journal *journal;
    loop_after flush;
    loop_timer end_runs;
    bool is_waiting; /* for end_runs */
};

static void on_flush(loop_after *after, void *user)
{
    journaling *g = user;
    (void)after;
    journal_flush(g->journal);
}

static void on_end_runs(loop_timer *timer, void *user)
{
    journaling *g = user;
    (void)timer;
    g->is_waiting = false;
    journal_end_runs(g->journal);
    journal_flush(g->journal);
}

keda_status journaling_open(keda_engine *e, const keda_engine_options *opts, keda_error *err)
{
    const char *path = POINTER(opts, journal_path);
    const uint64_t seeds[] = {e->phase_seed, (uint64_t)engine_wall_ms(e)};
    const journal_options options = {
        .path = path,
        .max_bytes = OPT(opts, journal_max_bytes, (int64_t)JOURNAL_BYTES_DEFAULT),
        .files = OPT(opts, journal_files, (int32_t)JOURNAL_FILES_DEFAULT),
        .engine_id = clock_hash(seeds, sizeof seeds),
        .log = e->log};

    if (path == NULL)
        return KEDA_OK;
    journaling *g = mem_zalloc(1, sizeof *g);
    if (g == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    g->l = e->loop;
    const keda_status rc = journal_open(&g->journal, &options, err);
    if (rc == KEDA_OK)
        e->journaling = g;
    else
        mem_free(g);
    return rc;
}

void journaling_close(journaling *g)
{
    if (g == NULL)
        return;
    loop_after_cancel(g->l, &g->flush);
    loop_timer_cancel(g->l, &g->end_runs);
    journal_close(g->journal);
    mem_free(g);
}

/* Without memory for the timer a run waits for the next decision, or the end. */
static void wait_for_runs(journaling *g)
{
    if (g->is_waiting || !journal_has_runs(g->journal))
        return;
    g->is_waiting = loop_timer_set(g->l, &g->end_runs, loop_now_ms(g->l) + RUNS_MS, on_end_runs,
                                   g, NULL) == KEDA_OK;
}

void journaling_note(workload *w, keda_outcome outcome)
{
    journaling *g = w->engine->journaling;
    const choice *made = w->cycle.choice;
    const journal_entry entry = {.workload = w->object.id,
                                 .policy = &made->policy,
                                 .names = w->metric_names,
                                 .seen = &made->seen,
                                 .history = w->history,
                                 .decision = &made->decision,
                                 .outcome = outcome,
                                 .wall_ms = engine_wall_ms(w->engine)};

    if (g == NULL)
        return;
    journal_note(g->journal, &w->track, &entry);
    loop_after_add(g->l, &g->flush, on_flush, g);
    wait_for_runs(g);
}

void journaling_forget(workload *w)
{
    journaling *g = w->engine->journaling;

    if (g == NULL)
        return;
    journal_drop(g->journal, &w->track);
    loop_after_add(g->l, &g->flush, on_flush, g);
}

int64_t journaling_errors(const keda_engine *e)
{
    return e->journaling != NULL ? journal_errors(e->journaling->journal) : -1;
}
