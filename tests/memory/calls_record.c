/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/journal.h: a journal which an engine has written. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/keda-memory-XXXXXX";
static char path[64];

static void written(world *w)
{
    if (path[0] != '\0')
        return;
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/journal", folder);
    world_journal(w, path);
    world_end(w);
    *w = (world){.n = w->n, .err = KEDA_ERROR_INIT};
}

static keda_status open_journal(world *w)
{
    return keda_journal_open(&w->journal, path, NULL, &w->err);
}

static void opened(world *w)
{
    written(w);
    world_need(w, open_journal(w));
}

/* After an error it is at its end: what can be called again is the whole reading. */
static keda_status read_all(world *w)
{
    keda_journal_entry entry = KEDA_JOURNAL_ENTRY_INIT;
    keda_status rc = KEDA_OK;
    size_t n = 0;

    if (w->is_again) {
        keda_journal_close(w->journal);
        w->journal = NULL;
        if ((rc = open_journal(w)) != KEDA_OK)
            return rc;
    }
    while ((rc = keda_journal_next(w->journal, &entry, &w->err)) == KEDA_OK)
        n++;
    if (rc == KEDA_ENOTFOUND && n >= 2)
        return KEDA_OK;
    return rc;
}

static keda_status progress(world *w)
{
    int64_t done = 0, all = 0;

    keda_journal_progress(w->journal, &done, &all);
    return all > 0 ? KEDA_OK : KEDA_EINVAL;
}

static keda_status close_journal(world *w)
{
    keda_journal_close(w->journal);
    w->journal = NULL;
    return KEDA_OK;
}

static keda_status replay(world *w)
{
    keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
    const keda_status rc = keda_replay(path, NULL, &result, &w->err);

    return rc == KEDA_OK && result.differences != 0 ? KEDA_EINTERNAL : rc;
}

static const every_call rows[] = {
    FAILS(keda_journal_open, written, open_journal, world_end),
    FAILS(keda_journal_next, opened, read_all, world_end),
    QUIET(keda_journal_progress, opened, progress, world_end),
    QUIET(keda_journal_close, opened, close_journal, world_end),
    FAILS(keda_replay, written, replay, world_end),
};
const every_table calls_record = {rows, sizeof rows / sizeof rows[0]};
