/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding journals again (libkeda/record/replay.c). */
#include "record/bench.h"

#include <keda/explain.h>

#include <dirent.h>

#include "base/crc.h"

static bench b;
static keda_replay_options options;
static keda_replay_result result;

static void init(void)
{
    bench_init(&b, 1);
    bench_open(&b);
    options = (keda_replay_options)KEDA_REPLAY_OPTIONS_INIT;
    result = (keda_replay_result)KEDA_REPLAY_RESULT_INIT;
}

static void done(void)
{
    bench_close(&b);
}

TestSuite(replay, .init = init, .fini = done);

static void record(void)
{
    static const double values[] = {40, 40, 40, 200, 200, 200, 10, 10, 10};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        situation_read(&b.s, 0, values[i]);
        bench_decide(&b);
        bench_wait(&b, 15000);
    }
    bench_end(&b);
}

/* Every occurrence of a piece, in lines whose checksums are made right again; as long as before. */
static void falsify(const char *piece, const char *by)
{
    static const char frame[] = ",\"crc\":\"01234567\"}";
    keda_buf text = {0};
    size_t n = 0;

    bench_read(&b, &text);
    for (char *at = text.data; (at = strstr(at, piece)) != NULL; at++, n++)
        memcpy(at, by, strlen(by));
    cr_assert_gt(n, 0, "%s: %s", piece, text.data);
    for (char *line = text.data, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        char crc[16];
        (void)snprintf(crc, sizeof crc, "%08x",
                       (unsigned)crc32_of(line, (size_t)(end - line) - (sizeof frame - 1)));
        memcpy(end - 10, crc, 8);
    }
    bench_write(&b, text.data, text.size);
    keda_buf_clear(&text);
}

static bool contains(const char *text, const char *piece)
{
    return strstr(text, piece) != NULL;
}

/* ---- journals of every version there has been */

static keda_status count(const keda_replayed *replayed, void *user)
{
    size_t *n = user;
    cr_assert_str_empty(replayed->difference);
    ++*n;
    return KEDA_OK;
}

Test(replay, decides_the_committed_journals_as_they_were)
{
    static const char folder[] = KEDA_SOURCE_DIR "/tests/record/data";
    char path[512];
    size_t nfiles = 0, n = 0;
    int64_t decisions = 0;
    DIR *dir = opendir(folder);

    cr_assert_not_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        options.on_decision = count;
        options.user = &n;
        cr_assert_eq(keda_replay(path, &options, &result, &b.err), KEDA_OK, "%s", b.err.text);
        cr_assert_eq(result.differences, 0, "%s", result.difference);
        decisions += result.decisions;
        nfiles++;
    }
    (void)closedir(dir);
    cr_assert_geq(nfiles, 3);
    cr_assert_geq(decisions, 150);
    cr_assert_eq((int64_t)n, decisions);
}

/* ---- differences */

Test(replay, tells_a_changed_input)
{
    record();
    falsify("[200000]", "[210000]");
    cr_assert_eq(bench_replay(&b), KEDA_OK, "%s", b.err.text);
    cr_assert_eq(b.result.differences, 1);
    cr_assert_lt((size_t)b.result.decisions, b.ndecisions);
    cr_assert(contains(b.result.difference, "journal:"), "%s", b.result.difference);
    cr_assert(contains(b.result.difference, ": default/orders at 2026-01-31T12:00:45.000Z: "));
    cr_assert(contains(b.result.difference, "s0-lag: replicas: recorded 20, decided 21"));
    cr_assert(contains(b.result.difference, "; decided now: s0-lag 210 above target 10"));
}

Test(replay, tells_each_kind_of_result_that_differs)
{
    static const struct {
        const char *piece, *by, *told;
    } changes[] = {
        {"\"to\":4", "\"to\":5", "to: recorded 5, decided 4"},
        {"\"metric_replicas\":4", "\"metric_replicas\":3",
         "metric_replicas: recorded 3, decided 4"},
        {"\"average_value_milli\":40000", "\"average_value_milli\":40001",
         "s0-lag: average_value_milli: recorded 40001"},
    };
    keda_buf text = {0};

    record();
    bench_read(&b, &text);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        bench_write(&b, text.data, text.size);
        falsify(changes[i].piece, changes[i].by);
        cr_assert_eq(bench_replay(&b), KEDA_OK, "%s", b.err.text);
        cr_assert_eq(b.result.differences, 1, "%s", changes[i].piece);
        cr_assert(contains(b.result.difference, changes[i].told), "%s", b.result.difference);
    }
    keda_buf_clear(&text);
}

Test(replay, tells_a_condition_that_differs)
{
    record();
    falsify("\"Ready\":\"True/", "\"Ready\":\"Fals/");
    cr_assert_eq(bench_replay(&b), KEDA_EINVAL);
    cr_assert(contains(b.err.text, "conditions.Ready: expected such as"), "%s", b.err.text);
    falsify("\"Ready\":\"Fals/ScaledObjectReady\"", "\"Ready\":\"False/ScalerActive\"    ");
    cr_assert_eq(bench_replay(&b), KEDA_OK, "%s", b.err.text);
    cr_assert(contains(b.result.difference,
                       "Ready: recorded False/ScalerActive, decided True/ScaledObjectReady"),
              "%s", b.result.difference);
}

Test(replay, finds_a_change_in_a_step_of_a_run)
{
    keda_buf text = {0};

    situation_read(&b.s, 0, 10);
    b.s.policy.cooldown_s = 100;
    bench_decide(&b);
    situation_read(&b.s, 0, 0);
    for (int i = 0; i < 5; i++) {
        bench_wait(&b, 15000);
        bench_decide(&b);
    }
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert(contains(text.data, "[4,3,15000,15000]"), "%s", text.data);
    keda_buf_clear(&text);
    bench_replays(&b);
    falsify("[4,3,15000,15000]", "[4,3,85000,15000]"); /* the cooldown is over */
    cr_assert_eq(bench_replay(&b), KEDA_OK);
    cr_assert_eq(b.result.differences, 1);
}

Test(replay, goes_on_after_differences_when_asked)
{
    record();
    falsify("[200000]", "[210000]");
    options.is_going_on = 1;
    cr_assert_eq(keda_replay(b.path, &options, &result, &b.err), KEDA_OK);
    cr_assert_gt(result.differences, 1);
    cr_assert_eq((size_t)result.decisions, b.ndecisions);
}

/* ---- the callback */

static keda_status cancel(const keda_replayed *replayed, void *user)
{
    int *left = user;
    char text[512];
    keda_record_metric metric;
    keda_record made = KEDA_RECORD_INIT;

    made.metrics = &metric;
    made.nmetrics = 1;
    cr_assert_eq(keda_record_make(replayed->entry->policy, replayed->entry->seen,
                                  replayed->entry->history, replayed->decision,
                                  (keda_outcome)replayed->entry->outcome,
                                  replayed->entry->wall_ms, &made),
                 KEDA_OK);
    keda_record_explain(&made, replayed->entry->names, text, sizeof text);
    cr_assert(contains(text, "s0-lag"));
    cr_assert_leq(replayed->done_bytes, replayed->all_bytes);
    return --*left == 0 ? KEDA_ECANCELED : KEDA_OK;
}

Test(replay, ends_when_its_callback_says_so)
{
    int left = 3;

    record();
    options.on_decision = cancel;
    options.user = &left;
    cr_assert_eq(keda_replay(b.path, &options, &result, &b.err), KEDA_ECANCELED);
    cr_assert_eq(result.decisions, 3);
}

Test(replay, can_look_at_one_workload_alone)
{
    record();
    options.workload = "default/other";
    cr_assert_eq(keda_replay(b.path, &options, &result, &b.err), KEDA_OK);
    cr_assert_eq(result.decisions, 0);
    cr_assert_eq(result.workloads, 0);
    options.workload = "default/orders";
    cr_assert_eq(keda_replay(b.path, &options, &result, &b.err), KEDA_OK);
    cr_assert_eq((size_t)result.decisions, b.ndecisions);
}

Test(replay, refuses_structs_of_a_wrong_size)
{
    record();
    options.struct_size = 8;
    cr_assert_eq(keda_replay(b.path, &options, &result, &b.err), KEDA_EINVAL);
    result.struct_size = 8;
    cr_assert_eq(keda_replay(b.path, NULL, &result, &b.err), KEDA_EINVAL);
}

Test(replay, reads_rotated_files_only_when_asked)
{
    bench_end(&b);
    b.options.max_bytes = 2048;
    b.options.files = 30;
    bench_open(&b);
    for (int i = 0; i < 20; i++) {
        situation_read(&b.s, 0, i % 5 * 20);
        bench_decide(&b);
        bench_wait(&b, 15000);
    }
    bench_end(&b);
    cr_assert_eq(keda_replay(b.path, NULL, &result, &b.err), KEDA_OK);
    cr_assert_lt((size_t)result.decisions, b.ndecisions);
    bench_replays(&b);
}
