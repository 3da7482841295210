/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder with a journal in it, a writer and a workload that can be decided on, for the tests of this
 * room. One bench a test process.
 */
#ifndef TESTS_RECORD_BENCH_H
#define TESTS_RECORD_BENCH_H

#include "core/situation.h"

#include <keda/formula.h>
#include <keda/journal.h>

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "record/journal.h"

#define BENCH_WALL_MS INT64_C(1769860800000)

typedef struct bench {
    char folder[64], path[96], rotated[96];
    journal *journal;
    journal_options options;
    journal_track *track;
    struct situation s;
    const char *names[SITUATION_METRICS];
    int64_t wall_ms;
    keda_error err;
    char log[4096]; /* messages, a line each */
    char notes[4096];
    size_t ndecisions;
    keda_replay_result result;
} bench;

static inline void bench_take_log(int32_t level, const char *message,
                                  const keda_log_pair *pairs, size_t npairs, void *user)
{
    bench *b = user;
    const size_t at = strlen(b->log);
    (void)snprintf(b->log + at, sizeof b->log - at, "%d %s", (int)level, message);
    for (size_t i = 0; i < npairs; i++) {
        const size_t end = strlen(b->log);
        (void)snprintf(b->log + end, sizeof b->log - end, " %s=%s", pairs[i].key,
                       pairs[i].value);
    }
    (void)strncat(b->log, "\n", sizeof b->log - strlen(b->log) - 1);
}

static inline void bench_take_note(const char *text, void *user)
{
    bench *b = user;
    (void)strncat(b->notes, text, sizeof b->notes - strlen(b->notes) - 2);
    (void)strncat(b->notes, "\n", sizeof b->notes - strlen(b->notes) - 1);
}

static inline void bench_open(bench *b)
{
    b->options.path = b->path;
    cr_assert_eq(journal_open(&b->journal, &b->options, &b->err), KEDA_OK, "%s", b->err.text);
}

static inline void bench_init(bench *b, size_t nmetrics)
{
    memset(b, 0, sizeof *b);
    (void)snprintf(b->folder, sizeof b->folder, "/tmp/keda-journal-XXXXXX");
    cr_assert_not_null(mkdtemp(b->folder));
    (void)snprintf(b->path, sizeof b->path, "%s/journal", b->folder);
    (void)snprintf(b->rotated, sizeof b->rotated, "%s/journal.1", b->folder);
    b->options = (journal_options){.max_bytes = JOURNAL_BYTES_DEFAULT,
                                   .files = 1,
                                   .engine_id = 0x1234,
                                   .log = {.fn = bench_take_log, .user = b}};
    situation_open(&b->s, nmetrics);
    b->s.decision = (keda_decision)KEDA_DECISION_INIT;
    b->s.decision.proposals = b->s.proposals;
    b->s.decision.nproposals = nmetrics;
    b->s.decision.proposal_size = sizeof b->s.proposals[0];
    for (size_t i = 0; i < nmetrics; i++)
        b->names[i] = i == 0 ? "s0-lag" : NULL;
    b->wall_ms = BENCH_WALL_MS;
}

static inline void bench_close(bench *b)
{
    char name[160];

    journal_close(b->journal);
    b->journal = NULL;
    cr_assert_null(b->track);
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "%s.%d", b->path, i);
        (void)unlink(name);
    }
    (void)snprintf(name, sizeof name, "%s.lock", b->path);
    (void)unlink(name);
    (void)unlink(b->path);
    (void)rmdir(b->folder);
}

static inline void bench_wait(bench *b, int64_t ms)
{
    b->wall_ms += ms;
    b->s.seen.now_ms += ms;
}

/* Decides, notes, applies; the target follows. */
static inline void bench_decide(bench *b)
{
    struct situation *s = &b->s;
    cr_assert_eq(keda_decide(&s->policy, &s->seen, s->history, &s->decision), KEDA_OK);
    const keda_outcome outcome =
        s->decision.is_write ? KEDA_OUTCOME_WRITTEN : KEDA_OUTCOME_NOT_WRITTEN;
    const journal_entry entry = {.workload = "default/orders",
                                 .policy = &s->policy,
                                 .names = b->names,
                                 .seen = &s->seen,
                                 .history = s->history,
                                 .decision = &s->decision,
                                 .outcome = outcome,
                                 .wall_ms = b->wall_ms};
    journal_note(b->journal, &b->track, &entry);
    for (size_t i = 0; i < s->seen.nreadings; i++)
        if (s->policy.has_fallback && (s->decision.due & (KEDA_DUE_POLL | KEDA_DUE_SYNC)) != 0)
            s->readings[i].failures = s->proposals[i].failures;
    keda_history_apply(s->history, &s->decision, outcome);
    if (s->decision.is_write)
        s->seen.spec_replicas = s->decision.to;
    b->ndecisions++;
}

static inline void bench_end(bench *b)
{
    journal_close(b->journal);
    b->journal = NULL;
}

static inline keda_status bench_replay(bench *b)
{
    keda_replay_options options = KEDA_REPLAY_OPTIONS_INIT;
    options.journal.with_rotated = 1;
    options.journal.on_note = bench_take_note;
    options.journal.user = b;
    b->result = (keda_replay_result)KEDA_REPLAY_RESULT_INIT;
    b->notes[0] = '\0';
    return keda_replay(b->path, &options, &b->result, &b->err);
}

static inline void bench_replays(bench *b)
{
    cr_assert_eq(bench_replay(b), KEDA_OK, "%s", b->err.text);
    cr_assert_eq(b->result.differences, 0, "%s", b->result.difference);
    cr_assert_eq((size_t)b->result.decisions, b->ndecisions, "%lld of %zu",
                 (long long)b->result.decisions, b->ndecisions);
}

static inline void bench_read(const bench *b, keda_buf *text)
{
    buf_truncate(text, 0);
    cr_assert_eq(buf_read_file(text, b->path, 1 << 26, NULL), KEDA_OK);
}

static inline void bench_write(const bench *b, const char *text, size_t size)
{
    FILE *file = fopen(b->path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static inline size_t bench_count(const keda_buf *text, const char *piece)
{
    size_t n = 0;
    for (const char *at = text->data; at != NULL && (at = strstr(at, piece)) != NULL; at++)
        n++;
    return n;
}

#endif
