/* SPDX-License-Identifier: Apache-2.0 */
/* Whole engines that record what they decide, and journals that are decided again. */
#include "support/rig.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc.h"
#include <keda/journal.h>

static char folder[] = "/tmp/keda-journal-XXXXXX";
static char path[64], lock[80], state[80], state_lock[96], rotated[80];
static rig r;
static keda_error err;

static void init(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/journal", folder);
    (void)snprintf(lock, sizeof lock, "%s.lock", path);
    (void)snprintf(rotated, sizeof rotated, "%s.1", path);
    (void)snprintf(state, sizeof state, "%s/state", folder);
    (void)snprintf(state_lock, sizeof state_lock, "%s.lock", state);
}

static void fini(void)
{
    (void)unlink(path);
    (void)unlink(lock);
    (void)unlink(rotated);
    (void)unlink(state);
    (void)unlink(state_lock);
    (void)rmdir(folder);
}

TestSuite(journal, .init = init, .fini = fini);

static const char behaviours[] =
    "  minReplicaCount: 0\n"
    "  maxReplicaCount: 50\n"
    "  cooldownPeriod: 60\n"
    "  fallback: {failureThreshold: 2, replicas: 6}\n"
    "  advanced:\n"
    "    horizontalPodAutoscalerConfig:\n"
    "      behavior:\n"
    "        scaleUp: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 4, "
    "periodSeconds: 60}, {type: Percent, value: 50, periodSeconds: 30}]}\n"
    "        scaleDown: {stabilizationWindowSeconds: 45, policies: [{type: Percent, value: 30, "
    "periodSeconds: 60}]}\n";

static const char modifiers[] =
    "  fallback: {failureThreshold: 2, replicas: 3}\n"
    "  advanced:\n"
    "    scalingModifiers: {formula: \"(a + b) / 2 + max([a, 1])\", target: \"20\"}\n";

static const char two[] =
    "  - {type: script, name: a, metadata: {source: first, target: \"10\"}}\n"
    "  - {type: script, name: b, metadata: {source: second, target: \"10\"}}\n";

static void open_rig(void)
{
    rig_init(&r);
    r.options.journal_path = path;
    r.options.state_path = state;
    rig_start(&r);
}

static void put(void)
{
    cr_assert_eq(rig_put(&r, "orders", rig_object("orders", behaviours, NULL)), KEDA_OK, "%s",
                 r.err.text);
}

static size_t ndecisions;

static void count(rig *from, const keda_decision_record *record)
{
    (void)from;
    (void)record;
    ndecisions++;
}

/* Up, failures with fallback and without, the target unreadable and refusing, down to zero. */
static void live(void)
{
    rig_source *source = rig_source_of(&r, "orders");

    r.on_decision = count;
    for (int i = 0; i < 3; i++) {
        static const double values[] = {0, 35.125, 900, 120, 1e300, 7, 0};
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            source->value = values[j];
            rig_run(&r, 95000);
        }
        source->fails = KEDA_EUNAVAILABLE;
        rig_run(&r, 120000);
        source->fails = KEDA_OK;
        source->value = 300;
        r.refuses = KEDA_EUNAVAILABLE;
        r.nrefusals = 3;
        rig_run(&r, 90000);
        const int32_t replicas = r.replicas;
        r.replicas = -1;
        rig_run(&r, 60000);
        r.replicas = replicas;
        source->is_empty = true;
        rig_run(&r, 45000);
        source->is_empty = false;
    }
}

static keda_replay_result replay(void)
{
    keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
    keda_replay_options options = KEDA_REPLAY_OPTIONS_INIT;

    options.journal.with_rotated = 1;
    cr_assert_eq(keda_replay(path, &options, &result, &err), KEDA_OK, "%s", err.text);
    return result;
}

static void replays_all(void)
{
    const keda_replay_result result = replay();
    cr_assert_eq(result.differences, 0, "%s", result.difference);
    cr_assert_eq((size_t)result.decisions, ndecisions);
    cr_assert_gt(ndecisions, 20);
}

Test(journal, replays_failures_fallback_behaviours_and_a_restart)
{
    open_rig();
    put();
    live();
    rig_close(&r);
    replays_all();
    open_rig();
    put();
    live();
    rig_close(&r);
    replays_all();
}

Test(journal, replays_a_formula)
{
    open_rig();
    cr_assert_eq(rig_put(&r, "sum", rig_object("orders", modifiers, two)), KEDA_OK, "%s",
                 r.err.text);
    r.on_decision = count;
    for (int i = 0; i < 40; i++) {
        rig_source_of(&r, "first")->value = i * 7 % 50;
        rig_source_of(&r, "second")->fails = i % 11 > 7 ? KEDA_ETIMEOUT : KEDA_OK;
        rig_source_of(&r, "second")->value = i * 3.25;
        rig_run(&r, 20000);
    }
    rig_close(&r);
    replays_all();
}

Test(journal, goes_on_over_a_changed_document)
{
    open_rig();
    put();
    rig_source_of(&r, "orders")->value = 200;
    r.on_decision = count;
    rig_run(&r, 600000);
    cr_assert_eq(rig_put(&r, "orders", rig_object("orders", "  maxReplicaCount: 7\n", NULL)),
                 KEDA_OK);
    rig_run(&r, 600000);
    rig_close(&r);
    replays_all();
}

Test(journal, holds_what_ran_a_minute_ago)
{
    keda_buf text = {0};

    open_rig();
    put();
    rig_source_of(&r, "orders")->value = 0;
    rig_run(&r, 300000);
    cr_assert_eq(buf_read_file(&text, path, 1 << 20, &err), KEDA_OK);
    size_t runs = 0;
    for (const char *at = text.data; (at = strstr(at, "\"kind\":\"run\"")) != NULL; at++)
        runs++;
    cr_assert_geq(runs, 3);
    cr_assert_leq(runs, 6);
    keda_buf_clear(&text);
    rig_close(&r);
}

/* A digit of the value that was read, in the middle of a line whose checksum is made to fit again. */
static void falsify(const char *piece)
{
    keda_buf text = {0};
    char crc[16];

    cr_assert_eq(buf_read_file(&text, path, 1 << 24, &err), KEDA_OK);
    char *at = strstr(text.data, piece);
    cr_assert_not_null(at);
    at[strlen(piece) - 1] = at[strlen(piece) - 1] == '9' ? '1' : '9';
    char *begin = at, *end = strchr(at, '\n');
    while (begin > text.data && begin[-1] != '\n')
        begin--;
    const size_t framed = strlen(",\"crc\":\"01234567\"}");
    (void)snprintf(crc, sizeof crc, "%08x",
                   (unsigned)crc32_of(begin, (size_t)(end - begin) - framed));
    memcpy(end - 10, crc, 8);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(text.data, 1, text.size, file), text.size);
    cr_assert_eq(fclose(file), 0);
    keda_buf_clear(&text);
}

Test(journal, tells_a_falsified_value_from_a_damaged_one)
{
    open_rig();
    put();
    live();
    rig_close(&r);
    falsify("\"items_milli\":[3");
    const keda_replay_result result = replay();
    cr_assert_eq(result.differences, 1);
    cr_assert_not_null(strstr(result.difference, "default/orders at 2026-01-31T"), "%s",
                       result.difference);
    cr_assert_not_null(strstr(result.difference, "recorded "));
    cr_assert_not_null(strstr(result.difference, "decided now: "));
}

Test(journal, never_holds_what_a_trigger_was_given)
{
    keda_buf text = {0};

    open_rig();
    cr_assert_eq(rig_put(&r, "orders",
                         rig_object("orders", NULL,
                                    "  - {type: script, metadata: {source: orders, target: "
                                    "\"10\", password: hunter2}}\n")),
                 KEDA_OK, "%s", r.err.text);
    rig_source_of(&r, "orders")->fails = KEDA_EAUTH;
    rig_run(&r, 120000);
    rig_close(&r);
    cr_assert_eq(buf_read_file(&text, path, 1 << 20, &err), KEDA_OK);
    cr_assert_null(strstr(text.data, "hunter2"));
    cr_assert_not_null(strstr(text.data, "EAUTH"));
    keda_buf_clear(&text);
}

Test(journal, counts_what_could_not_be_written_among_the_metrics)
{
    cr_assert_eq(symlink("/dev/full", path), 0);
    open_rig();
    put();
    rig_source_of(&r, "orders")->value = 100;
    rig_run(&r, 60000);
    cr_assert_gt(r.replicas, 0);
    cr_assert_not_null(strstr(rig_metrics(&r), "\nkeda_journal_errors_total "));
    cr_assert_null(strstr(rig_metrics(&r), "\nkeda_journal_errors_total 0\n"));
    cr_assert_eq(rig_count_logged(&r, "journal not written"), 1);
    rig_close(&r);
}

Test(journal, is_not_there_unless_asked_for)
{
    rig_open(&r);
    put();
    rig_run(&r, 60000);
    cr_assert_null(strstr(rig_metrics(&r), "keda_journal"));
    rig_close(&r);
}

Test(journal, belongs_to_one_engine)
{
    rig other;

    open_rig();
    rig_init(&other);
    other.options.journal_path = path;
    cr_assert_eq(rig_try_start(&other), KEDA_ECONFLICT);
    rig_close(&other);
    rig_close(&r);
}
