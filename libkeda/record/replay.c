/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_replay: every recorded decision once more, by the core of this library, from what was recorded
 * of its inputs and from what the decisions before left in the history.
 */
#include <keda/explain.h>
#include <keda/journal.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/subjects.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DIFFERENCES_TOLD = 6, LINE_METRICS = 64 };

typedef struct replay {
    const keda_replay_options *options;
    keda_journal *journal;
    keda_proposal *proposals;
    size_t capacity;
    subjects met; /* workloads, by id alone */
    keda_replay_result *out;
} replay;

/* ---- comparing */

typedef struct told { /* a text that grows in a buffer */
    char *text;
    size_t size, at;
    int count; /* of differences */
} told;

static void tell(told *t, const char *format, ...) KEDA_PRINTF(2, 3);
static void tell(told *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(t->text + t->at, t->size - t->at, format, args);
    va_end(args);
    if (n > 0)
        t->at += (size_t)n < t->size - t->at ? (size_t)n : t->size - t->at - 1;
}

/* Every member that differs, or the first few of very many. */
static void tell_members(told *t, const char *what, const members *table, const void *was,
                         const void *is)
{
    members rest = *table;
    const member *row = NULL;

    while ((row = members_difference(&rest, was, is)) != NULL) {
        char a[64], b[64];
        member_text(row, was, a, sizeof a);
        member_text(row, is, b, sizeof b);
        if (t->count++ < DIFFERENCES_TOLD)
            tell(t, "%s%s%s: recorded %s, decided %s", t->at > 0 ? "; " : "", what, row->name,
                 a, b);
        rest.count -= (size_t)(row - rest.rows) + 1;
        rest.rows = row + 1;
    }
}

static void condition_text(const keda_condition *c, char *out, size_t size)
{
    static const char *const words[] = {"unset", "True", "False", "Unknown"};
    const size_t n = sizeof words / sizeof words[0];
    const char *word = c->status >= 0 && (size_t)c->status < n ? words[c->status] : "?";

    (void)snprintf(out, size, "%s/%s", word, keda_cause_name(c->cause));
}

static void tell_conditions(told *t, const keda_condition *was, const keda_condition *is)
{
    for (int type = 0; type < KEDA_COND_COUNT; type++) {
        char a[96], b[96];
        if (was[type].status == is[type].status &&
            (was[type].cause == is[type].cause || was[type].status == KEDA_CONDITION_ABSENT))
            continue;
        condition_text(&was[type], a, sizeof a);
        condition_text(&is[type], b, sizeof b);
        if (t->count++ < DIFFERENCES_TOLD)
            tell(t, "%s%s: recorded %s, decided %s", t->at > 0 ? "; " : "",
                 table_conditions[type], a, b);
    }
}

static void tell_proposals(told *t, const keda_journal_entry *entry, const keda_decision *is)
{
    for (size_t i = 0; i < entry->recorded->nproposals && i < is->nproposals; i++) {
        char what[160];
        (void)snprintf(what, sizeof what,
                       "%.120s: ", entry->names[i][0] != '\0' ? entry->names[i] : "metric");
        tell_members(t, what, &table_proposal, proposal_at(entry->recorded, i),
                     proposal_at(is, i));
    }
}

static int compare(const keda_journal_entry *entry, const keda_decision *is, told *t)
{
    tell_members(t, "", &table_decision, entry->recorded, is);
    tell_conditions(t, entry->recorded->conditions, is->conditions);
    if (entry->has_proposals && proposals_are_told(entry->policy, is))
        tell_proposals(t, entry, is);
    if (entry->recorded->has_composite && is->has_composite)
        tell_members(t, "formula: ", &table_proposal, &entry->recorded->composite,
                     &is->composite);
    if (t->count > DIFFERENCES_TOLD)
        tell(t, "; and %d more", t->count - DIFFERENCES_TOLD);
    return t->count;
}

/* "FILE:LINE: WORKLOAD at TIME: how; now: why this number" */
static void keep_difference(replay *r, const keda_journal_entry *entry,
                            const keda_decision *decision, const char *how)
{
    char when[40], line[512];
    keda_record_metric metrics[LINE_METRICS];
    keda_record record = KEDA_RECORD_INIT;
    told t = {.text = r->out->difference, .size = sizeof r->out->difference};

    record.metrics = metrics;
    record.nmetrics = LINE_METRICS;
    const keda_status rc =
        keda_record_make(entry->policy, entry->seen, entry->history, decision,
                         (keda_outcome)entry->outcome, entry->wall_ms, &record);
    line[0] = '\0';
    if (rc == KEDA_OK || rc == KEDA_ELIMIT)
        keda_record_line(&record, entry->names, line, sizeof line);
    clock_format_utc(entry->wall_ms, 1, when, sizeof when);
    tell(&t, "%s:%" PRId64 ": %s at %s: %s", entry->file, entry->line, entry->workload, when,
         how);
    tell(&t, "; decided now: %s", line);
    text_cut_broken_end(r->out->difference);
}

/* ---- deciding */

static bool make_room(replay *r, size_t n)
{
    if (n <= r->capacity)
        return true;
    keda_proposal *more = mem_zalloc(n, sizeof *more);
    if (more == NULL)
        return false;
    mem_free(r->proposals);
    r->proposals = more;
    r->capacity = n;
    return true;
}

static keda_status decide(replay *r, const keda_journal_entry *entry, keda_decision *out,
                          keda_error *err)
{
    const size_t n = entry->policy->nmetrics;

    if (!make_room(r, n))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        r->proposals[i] = (keda_proposal){.struct_size = sizeof r->proposals[i]};
    *out = (keda_decision)KEDA_DECISION_INIT;
    out->proposals = r->proposals;
    out->nproposals = n;
    if (keda_decide(entry->policy, entry->seen, entry->history, out) != KEDA_OK)
        return keda_error_set(err, KEDA_EINVAL, "%s:%" PRId64 ": nothing can be decided of it",
                              entry->file, entry->line);
    return KEDA_OK;
}

static keda_status report(const replay *r, const keda_journal_entry *entry,
                          const keda_decision *decision, const char *difference)
{
    keda_replayed replayed = {.struct_size = sizeof replayed,
                              .entry = entry,
                              .decision = decision,
                              .difference = difference};

    if (r->options->on_decision == NULL)
        return KEDA_OK;
    keda_journal_progress(r->journal, &replayed.done_bytes, &replayed.all_bytes);
    return r->options->on_decision(&replayed, r->options->user);
}

/* *goes_on is false after a difference. */
static keda_status replay_decision(replay *r, const keda_journal_entry *entry, bool *goes_on,
                                   keda_error *err)
{
    char how[768] = "";
    told t = {.text = how, .size = sizeof how};
    keda_decision decision = KEDA_DECISION_INIT;
    keda_status rc = decide(r, entry, &decision, err);

    if (rc != KEDA_OK)
        return rc;
    r->out->decisions++;
    if (compare(entry, &decision, &t) > 0) {
        text_cut_broken_end(how);
        if (r->out->differences++ == 0)
            keep_difference(r, entry, &decision, how);
        *goes_on = r->options->is_going_on != 0;
    }
    if ((rc = report(r, entry, &decision, how)) != KEDA_OK)
        return keda_error_set(err, rc, "the replay was ended");
    keda_history_apply(entry->history, &decision, (keda_outcome)entry->outcome);
    return KEDA_OK;
}

static keda_status meet(replay *r, const char *workload, keda_error *err)
{
    known *k = NULL;

    if (subjects_find(&r->met, workload) != NULL)
        return KEDA_OK;
    const keda_status rc = subjects_begin(&r->met, workload, &k, err);
    r->out->workloads = (int64_t)r->met.count;
    return rc;
}

static keda_status replay_all(replay *r, keda_error *err)
{
    keda_journal_entry entry = KEDA_JOURNAL_ENTRY_INIT;
    const char *only = r->options->workload;
    keda_status rc = KEDA_OK;
    bool goes_on = true;

    while (goes_on && (rc = keda_journal_next(r->journal, &entry, err)) == KEDA_OK) {
        if (only != NULL && strcmp(only, entry.workload) != 0)
            continue;
        rc = entry.kind == KEDA_JOURNAL_SNAPSHOT ? meet(r, entry.workload, err)
                                                 : replay_decision(r, &entry, &goes_on, err);
        if (rc != KEDA_OK)
            return rc;
    }
    return rc == KEDA_ENOTFOUND ? KEDA_OK : rc;
}

keda_status keda_replay(const char *path, const keda_replay_options *options,
                        keda_replay_result *out, keda_error *err)
{
    const keda_replay_options defaults = KEDA_REPLAY_OPTIONS_INIT;
    replay r = {.options = options != NULL ? options : &defaults, .out = out};
    keda_status rc;

    if (r.options->struct_size < sizeof *r.options || out->struct_size < sizeof *out)
        return keda_error_set(err, KEDA_EINVAL, "replay options or result of a wrong size");
    *out = (keda_replay_result){.struct_size = out->struct_size};
    if ((rc = keda_journal_open(&r.journal, path, &r.options->journal, err)) == KEDA_OK)
        rc = replay_all(&r, err);
    keda_journal_close(r.journal);
    subjects_clear(&r.met);
    mem_free(r.proposals);
    return rc;
}
