/* SPDX-License-Identifier: Apache-2.0 */
/* Reading journals, sound ones and others (libkeda/record/reader.c, lines.c, line.c, get.c). */
#include "record/bench.h"

#include <keda/journal.h>

#include <fcntl.h>
#include <math.h>

#include "base/crc.h"
#include "core/history_io.h"
#include "record/get.h"
#include "support/failing_allocator.h"

static bench b;

static void two_metrics(void)
{
    failing_allocator_set(0); /* installs it, before anything is allocated */
    bench_init(&b, 2);
    bench_open(&b);
}

static void done(void)
{
    bench_close(&b);
}

TestSuite(reader, .init = two_metrics, .fini = done);

/* A journal with a bit of everything. */
static void record(void)
{
    for (int i = 0; i < 6; i++) {
        situation_read(&b.s, 0, i < 3 ? 40 : 200.5);
        situation_read(&b.s, 1, 11);
        bench_decide(&b);
        bench_wait(&b, 15000);
    }
    bench_end(&b);
}

static bool contains(const char *text, const char *piece)
{
    return strstr(text, piece) != NULL;
}

/* ---- every member comes back */

typedef struct full {
    keda_policy policy;
    keda_metric_policy metrics[2];
    keda_scaling_rules up, down;
    keda_rate_policy rates[2];
    keda_formula *formula;
    keda_reading readings[2];
    keda_pod_sample pods[2];
    keda_observation seen;
    keda_decision decision;
    keda_proposal proposals[2];
} full;

static const int64_t full_items[] = {1, INT64_MAX, -5};

static void fill_policy(full *f)
{
    static const char *const names[] = {"a", "b"};

    f->policy = (keda_policy){.struct_size = sizeof f->policy,
                              .min_replicas = 1,
                              .max_replicas = 77,
                              .idle_replicas = 0,
                              .cooldown_s = 11,
                              .initial_cooldown_s = 12,
                              .pause = KEDA_PAUSE_SCALE_IN,
                              .paused_replicas = 4,
                              .force_activation = 1,
                              .has_fallback = 1,
                              .fallback_replicas = 9,
                              .has_behavior = 1,
                              .deviations = 0xffffffffu,
                              .tolerance = 0.125,
                              .downscale_stabilization_s = 21,
                              .hpa_min_zero = 1,
                              .sync_interval_ms = 1000,
                              .fallback_threshold = 3,
                              .fallback_behavior = KEDA_FALLBACK_SCALING_MODIFIERS,
                              .composite_target_type = KEDA_TARGET_VALUE,
                              .composite_target = 0.1,
                              .composite_activation = 1e-300,
                              .cpu_initialization_ms = 5,
                              .initial_readiness_ms = 6,
                              .is_whole_modifiers_target = 1};
    for (int i = 0; i < 2; i++)
        f->metrics[i] = (keda_metric_policy){.struct_size = sizeof f->metrics[i],
                                             .source = KEDA_SOURCE_RESOURCE,
                                             .target_type = KEDA_TARGET_UTILIZATION,
                                             .target_milli = INT64_MAX - i,
                                             .activation = i == 0 ? (double)NAN : 2.5,
                                             .trigger = i + 3,
                                             .is_cpu = 1,
                                             .variable = i + 1};
    f->rates[0] = (keda_rate_policy){KEDA_RATE_PODS, 4, 15, 0};
    f->rates[1] = (keda_rate_policy){KEDA_RATE_PERCENT, 100, 1800, 0};
    f->up = f->down = (keda_scaling_rules)KEDA_SCALING_RULES_INIT;
    f->up.stabilization_s = 7;
    f->up.select_policy = KEDA_SELECT_MIN;
    f->up.tolerance = 0.3;
    f->up.policies = f->rates;
    f->up.npolicies = 2;
    f->policy.scale_up = &f->up;
    f->policy.scale_down = &f->down;
    f->policy.metrics = f->metrics;
    f->policy.nmetrics = 2;
    f->policy.metric_size = sizeof f->metrics[0];
    cr_assert_eq(keda_formula_new(&f->formula, "a + b * 2", names, 2, NULL), KEDA_OK);
    f->policy.formula = f->formula;
}

static void fill_readings(full *f)
{
    f->readings[0] = f->readings[1] = (keda_reading)KEDA_READING_INIT;
    f->readings[0].state = KEDA_READING_OK;
    f->readings[0].is_active = 0;
    f->readings[0].raw = -0.0;
    f->readings[0].items_milli = full_items;
    f->readings[0].nitems = 3;
    f->readings[0].age_ms = INT64_MAX;
    f->readings[0].failures = 8;
    f->readings[0].is_cached = KEDA_CACHED_FALLBACK;
    f->readings[1].state = KEDA_READING_FAILED;
    f->readings[1].error = KEDA_EAUTH;
    f->readings[1].raw = (double)INFINITY;
    f->readings[1].pods = f->pods;
    f->readings[1].npods = 2;
    for (int i = 0; i < 2; i++)
        f->pods[i] = (keda_pod_sample){.struct_size = sizeof f->pods[i],
                                       .is_listed = 1,
                                       .phase = KEDA_POD_RUNNING,
                                       .is_deleting = i,
                                       .ready = KEDA_POD_READY_FALSE,
                                       .has_start = 1,
                                       .has_sample = 1,
                                       .has_request = 1,
                                       .start_age_ms = 100,
                                       .ready_transition_age_ms = 200,
                                       .request_milli = 300,
                                       .sample_milli = INT64_MIN,
                                       .sample_age_ms = 400,
                                       .sample_window_ms = 500 + i};
    f->seen = (keda_observation){.struct_size = sizeof f->seen,
                                 .now_ms = INT64_MAX,
                                 .created_ms = INT64_MIN,
                                 .due = KEDA_DUE_POLL | KEDA_DUE_PUSH,
                                 .spec_replicas = 1,
                                 .status_replicas = 2,
                                 .pods_total = 3,
                                 .pods_ready = 4,
                                 .readings = f->readings,
                                 .nreadings = 2,
                                 .reading_size = sizeof f->readings[0]};
}

static void fill_decision(full *f)
{
    f->decision = (keda_decision)KEDA_DECISION_INIT;
    for (size_t i = 0; i < table_decision.count; i++) {
        const member *row = &table_decision.rows[i];
        char *at = (char *)&f->decision + row->offset;
        if (row->type == MEMBER_I64)
            *(int64_t *)(void *)at = INT64_C(1) << 60;
        else
            *(int32_t *)(void *)at = (int32_t)(i % 11 + 1);
    }
    for (int i = 0; i < KEDA_COND_COUNT; i++)
        f->decision.conditions[i] = (keda_condition){i % 4, i % 4 == 0 ? 0 : 3 * i};
    for (int i = 0; i < 2; i++)
        f->proposals[i] = (keda_proposal){.struct_size = sizeof f->proposals[i],
                                          .is_ok = 1,
                                          .cause = KEDA_CAUSE_TOO_MANY_REPLICAS,
                                          .replicas = -7,
                                          .within_tolerance = 1,
                                          .value_milli = 1,
                                          .average_value_milli = 2,
                                          .utilization_percent = 3,
                                          .failures = 9 + i,
                                          .is_fallback = 1};
    f->decision.composite = f->proposals[1];
    f->decision.proposals = f->proposals;
    f->decision.nproposals = 2;
}

static void same(const members *table, const void *a, const void *c)
{
    const member *row = members_difference(table, a, c);
    cr_assert_null(row, "%s", row->name);
}

static void same_policy(const full *f, const keda_policy *policy)
{
    same(&table_policy, &f->policy, policy);
    cr_assert_eq(policy->nmetrics, 2);
    for (size_t i = 0; i < 2; i++)
        same(&table_metric, &f->metrics[i], &policy->metrics[i]);
    same(&table_rules, &f->up, policy->scale_up);
    same(&table_rules, &f->down, policy->scale_down);
    cr_assert_eq(policy->scale_up->npolicies, 2);
    cr_assert_eq(policy->scale_down->npolicies, 0);
    for (size_t i = 0; i < 2; i++)
        same(&table_rate, &f->rates[i], &policy->scale_up->policies[i]);
    cr_assert_str_eq(keda_formula_text(policy->formula), "a + b * 2");
    cr_assert_str_eq(keda_formula_name(policy->formula, 1), "b");
    cr_assert_null(keda_formula_name(policy->formula, 2));
}

static void same_decision(const full *f, const keda_journal_entry *entry)
{
    const keda_observation *seen = entry->seen;

    same(&table_observation, &f->seen, seen);
    cr_assert_eq(seen->now_ms, f->seen.now_ms);
    cr_assert_eq(seen->nreadings, 2);
    for (size_t i = 0; i < 2; i++) {
        same(&table_reading, &f->readings[i], &seen->readings[i]);
        cr_assert_eq(seen->readings[i].age_ms, f->readings[i].age_ms);
        cr_assert_eq(seen->readings[i].failures, f->readings[i].failures);
        cr_assert_eq(seen->readings[i].nitems, f->readings[i].nitems);
        cr_assert_eq(seen->readings[i].npods, f->readings[i].npods);
        same(&table_pod, &f->pods[i], &seen->readings[1].pods[i]);
        same(&table_proposal, &f->proposals[i], proposal_at(entry->recorded, i));
    }
    cr_assert_eq(memcmp(seen->readings[0].items_milli, full_items, sizeof full_items), 0);
    same(&table_decision, &f->decision, entry->recorded);
    same(&table_proposal, &f->decision.composite, &entry->recorded->composite);
    cr_assert_eq(memcmp(f->decision.conditions, entry->recorded->conditions,
                        sizeof f->decision.conditions),
                 0);
    cr_assert(entry->has_proposals);
    cr_assert_eq(entry->outcome, KEDA_OUTCOME_FAILED);
}

Test(reader, gives_every_member_back)
{
    static const char *const names[] = {"s0-\"quoted\"\\ \x01 \xc3\xa9", NULL};
    full f;
    keda_journal *j = NULL;
    keda_journal_entry entry = KEDA_JOURNAL_ENTRY_INIT;
    history_state before, after;

    memset(&f, 0, sizeof f);
    fill_policy(&f);
    fill_readings(&f);
    fill_decision(&f);
    keda_history_set_last_active(b.s.history, 1, INT64_MIN);
    b.s.history->conditions[KEDA_COND_FALLBACK] =
        (keda_condition){KEDA_CONDITION_UNKNOWN, KEDA_CAUSE_NONE};
    const journal_entry written = {.workload = "team-a/orders",
                                   .policy = &f.policy,
                                   .names = names,
                                   .seen = &f.seen,
                                   .history = b.s.history,
                                   .decision = &f.decision,
                                   .outcome = KEDA_OUTCOME_FAILED,
                                   .wall_ms = -1};
    journal_note(b.journal, &b.track, &written);
    bench_end(&b);
    cr_assert_eq(keda_journal_open(&j, b.path, NULL, &b.err), KEDA_OK);
    cr_assert_eq(keda_journal_next(j, &entry, &b.err), KEDA_OK, "%s", b.err.text);
    cr_assert_eq(entry.kind, KEDA_JOURNAL_SNAPSHOT);
    cr_assert_str_eq(entry.workload, "team-a/orders");
    cr_assert_str_eq(entry.names[0], names[0]);
    cr_assert_str_eq(entry.names[1], "");
    same_policy(&f, entry.policy);
    history_export(b.s.history, &before);
    history_export(entry.history, &after);
    cr_assert_eq(memcmp(&before, &after, offsetof(history_state, lists)), 0);
    cr_assert_eq(keda_journal_next(j, &entry, &b.err), KEDA_OK, "%s", b.err.text);
    cr_assert_eq(entry.kind, KEDA_JOURNAL_DECISION);
    cr_assert_eq(entry.wall_ms, -1);
    same_decision(&f, &entry);
    cr_assert_eq(keda_journal_next(j, &entry, &b.err), KEDA_ENOTFOUND);
    cr_assert_eq(keda_journal_next(j, &entry, &b.err), KEDA_ENOTFOUND);
    keda_journal_close(j);
    keda_formula_free(f.formula);
}

/* ---- damage */

/* In place: files that are truncated and written again are flushed by some file systems. */
static void put_byte(int fd, size_t at, char byte)
{
    cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
}

Test(reader, finds_every_byte_that_is_changed)
{
    static const unsigned char flips[] = {0x01, 0x20, 0x2a, 0x80};
    keda_buf text = {0};

    record();
    bench_read(&b, &text);
    const int fd = open(b.path, O_WRONLY);
    for (size_t i = 0; i < text.size; i++) {
        for (size_t f = 0; f < sizeof flips; f++) {
            put_byte(fd, i, (char)(text.data[i] ^ flips[f]));
            const keda_status rc = bench_replay(&b);
            cr_assert_neq(rc, KEDA_OK, "byte %zu of %zu ^ %02x", i, text.size, flips[f]);
            cr_assert(contains(b.err.text, "journal:"), "%s", b.err.text);
            cr_assert_gt(b.err.line, 0);
        }
        put_byte(fd, i, text.data[i]);
    }
    bench_replays(&b);
    (void)close(fd);
    keda_buf_clear(&text);
}

Test(reader, leaves_out_a_torn_last_line_and_says_so)
{
    keda_buf text = {0};
    size_t last;

    record();
    bench_read(&b, &text);
    for (last = text.size - 1; text.data[last - 1] != '\n';)
        last--;
    for (size_t size = text.size - 1; size >= last; size--) {
        cr_assert_eq(truncate(b.path, (off_t)size), 0);
        cr_assert_eq(bench_replay(&b), KEDA_OK, "%s", b.err.text);
        cr_assert_eq(b.result.differences, 0);
        cr_assert_eq(contains(b.notes, "a torn last line was left out"), size > last);
    }
    keda_buf_clear(&text);
}

Test(reader, misses_lines_that_were_taken_away)
{
    keda_buf text = {0};

    record();
    bench_read(&b, &text);
    char *second = strchr(text.data, '\n') + 1, *third = strchr(second, '\n') + 1;
    const size_t rest = text.size - (size_t)(third - text.data);
    memmove(second, third, rest);
    bench_write(&b, text.data, (size_t)(second - text.data) + rest);
    cr_assert_eq(bench_replay(&b), KEDA_EINVAL);
    cr_assert(contains(b.err.text, "journal:2: expected number 2"), "%s", b.err.text);
    bench_write(&b, second, rest);
    cr_assert_eq(bench_replay(&b), KEDA_EINVAL);
    cr_assert(contains(b.err.text, "journal:1: expected number 1"), "%s", b.err.text);
    keda_buf_clear(&text);
}

/* ---- lines made by hand */

static void add_line(keda_buf *text, const char *version, int seq, const char *rest)
{
    const size_t start = text->size;
    cr_assert_eq(buf_printf(text, "{\"v\":\"%s\",\"seq\":%d,\"wall\":1%s", version, seq, rest),
                 KEDA_OK);
    cr_assert_eq(buf_printf(text, ",\"crc\":\"%08x\"}\n",
                            (unsigned)crc32_of(text->data + start, text->size - start)),
                 KEDA_OK);
}

#define FILE_LINE ",\"kind\":\"file\",\"library\":\"0.1.0\",\"abi\":1,\"engine\":\"x\""
#define OF        ",\"workload\":\"default/orders\""
#define SNAPSHOT                                                                               \
    ",\"kind\":\"snapshot\"" OF ",\"policy\":{\"metrics\":[{\"target_milli\":10000}]},"        \
    "\"names\":[\"x\"],\"history\":{\"capacity\":40,\"conditions\":{}}"
#define RESULT "\"result\":{\"reason\":\"Inactive\",\"conditions\":{}}"
#define DECISION                                                                               \
    ",\"kind\":\"decision\"" OF ",\"now\":5,\"readings\":[{}],\"outcome\":\"written\"," RESULT

static keda_status read_all(const keda_buf *text, size_t *n)
{
    keda_journal *j = NULL;
    keda_journal_entry entry = KEDA_JOURNAL_ENTRY_INIT;
    keda_status rc;

    *n = 0;
    bench_write(&b, text->data, text->size);
    cr_assert_eq(keda_journal_open(&j, b.path, NULL, &b.err), KEDA_OK);
    while ((rc = keda_journal_next(j, &entry, &b.err)) == KEDA_OK)
        ++*n;
    keda_journal_close(j);
    return rc;
}

Test(reader, refuses_another_major_version_and_reads_a_newer_minor_one)
{
    keda_buf text = {0};
    size_t n;

    add_line(&text, "2.0", 1, FILE_LINE);
    cr_assert_eq(read_all(&text, &n), KEDA_EUNSUPPORTED);
    cr_assert(
        contains(b.err.text, "journal:1: version 2.0 of the journal: this library reads 1.x"),
        "%s", b.err.text);
    buf_truncate(&text, 0);
    add_line(&text, "1.7", 1, FILE_LINE ",\"colour\":{\"deep\":[1]}");
    add_line(&text, "1.7", 2, ",\"kind\":\"weather\",\"sky\":\"blue\"");
    add_line(&text, "1.7", 3, SNAPSHOT ",\"moon\":1");
    add_line(&text, "1.7", 4, DECISION ",\"moon\":2");
    cr_assert_eq(read_all(&text, &n), KEDA_ENOTFOUND, "%s", b.err.text);
    cr_assert_eq(n, 2);
    keda_buf_clear(&text);
}

static const struct {
    const char *first, *second, *why;
} wrong_lines[] = {
    {"", "", "kind: expected a text"},
    {SNAPSHOT, "", "expected number 2"},
    {DECISION, NULL, "expected a snapshot of default/orders before"},
    {",\"kind\":\"run\"" OF ",\"count\":1,\"steps\":[[1,0,1,1]]", NULL,
     "expected a snapshot of default/orders before"},
    {",\"kind\":\"snapshot\"", NULL, "workload: expected its namespace and name"},
    {",\"kind\":\"snapshot\"" OF, NULL, "policy: expected an object"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{\"metrics\":[{}]}", NULL,
     "policy: metrics[0]: target_milli: expected 1 or more"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{\"metrics\":[3]}", NULL,
     "policy: metrics[0]: expected an object"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{\"metrics\":{}}", NULL,
     "policy: metrics: expected a list"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{\"formula\":{\"text\":\"1 +\",\"names\":[]}}",
     NULL, "policy: formula: "},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{},\"names\":[\"x\"]", NULL,
     "names: expected one a metric"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{}", NULL, "history: expected an object"},
    {",\"kind\":\"snapshot\"" OF ",\"policy\":{},\"history\":{}", NULL,
     "history: conditions: expected an object"},
    {",\"kind\":\"snapshot\"" OF
     ",\"policy\":{},\"history\":{\"conditions\":{\"Ready\":\"Yes/ScalerActive\"}}",
     NULL, "history: conditions.Ready: expected such as"},
    {",\"kind\":\"snapshot\"" OF
     ",\"policy\":{},\"history\":{\"capacity\":1,\"conditions\":{},\"ups\":[1,1,2,2]}",
     NULL, "history: capacity: expected 2 to"},
    {",\"kind\":\"snapshot\"" OF
     ",\"policy\":{},\"history\":{\"capacity\":9999999999,\"conditions\":{}}",
     NULL, "history: capacity: expected 0 to"},
    {",\"kind\":\"snapshot\"" OF
     ",\"policy\":{},\"history\":{\"capacity\":9,\"conditions\":{},\"ups\":[1]}",
     NULL, "history: ups: expected at most 0"},
    {SNAPSHOT, ",\"kind\":\"decision\"" OF, "outcome: expected"},
    {SNAPSHOT, ",\"kind\":\"decision\"" OF ",\"outcome\":\"written\"",
     "result: expected an object"},
    {SNAPSHOT, ",\"kind\":\"decision\"" OF ",\"outcome\":\"written\"," RESULT,
     "now: expected an integer"},
    {SNAPSHOT,
     ",\"kind\":\"decision\"" OF ",\"due\":9,\"outcome\":\"written\",\"now\":1," RESULT,
     "due: expected 0 to 7"},
    {SNAPSHOT,
     ",\"kind\":\"decision\"" OF
     ",\"outcome\":\"written\",\"now\":1,\"readings\":[{}],\"ages\":[1,2]," RESULT,
     "ages: expected at most 1"},
    {SNAPSHOT,
     ",\"kind\":\"decision\"" OF
     ",\"outcome\":\"written\",\"now\":1,\"readings\":[{\"pods\":[{},{\"phase\":\"x\"}]}]",
     "readings[0]: pods[1]: phase: expected an integer"},
    {SNAPSHOT,
     ",\"kind\":\"decision\"" OF
     ",\"outcome\":\"written\",\"now\":1,\"readings\":[{\"items_milli\":[1,0.5]}]",
     "readings[0]: items_milli: expected an integer"},
    {SNAPSHOT, ",\"kind\":\"run\"" OF ",\"count\":0,\"steps\":[[1,0,1,1]]",
     "count: expected 1 to"},
    {SNAPSHOT, ",\"kind\":\"run\"" OF ",\"count\":1,\"steps\":[]", "steps: expected"},
    {SNAPSHOT, ",\"kind\":\"run\"" OF ",\"count\":1,\"steps\":[[1,0,1,1]]",
     "steps[0]: expected a decision before with the same halves due"},
    {SNAPSHOT, ",\"seq\":3", "column "},
};

Test(reader, says_what_is_wrong_with_a_line)
{
    keda_buf text = {0};
    size_t n;

    for (size_t i = 0; i < sizeof wrong_lines / sizeof wrong_lines[0]; i++) {
        buf_truncate(&text, 0);
        if (wrong_lines[i].second == NULL || wrong_lines[i].second[0] != '\0' ||
            wrong_lines[i].first[0] == '\0')
            add_line(&text, "1.0", 1, FILE_LINE);
        add_line(&text, "1.0", 2, wrong_lines[i].first);
        if (wrong_lines[i].second != NULL)
            add_line(&text, "1.0", 3, wrong_lines[i].second);
        if (strcmp(wrong_lines[i].why, "expected number 2") == 0) {
            buf_truncate(&text, 0);
            add_line(&text, "1.0", 1, FILE_LINE);
            add_line(&text, "1.0", 3, SNAPSHOT);
        }
        const keda_status rc = read_all(&text, &n);
        cr_assert(rc == KEDA_EINVAL || rc == KEDA_ELIMIT, "%zu: %d", i, (int)rc);
        cr_assert(contains(b.err.text, wrong_lines[i].why), "%zu: %s", i, b.err.text);
        cr_assert(contains(b.err.text, "journal:"), "%s", b.err.text);
    }
    keda_buf_clear(&text);
}

Test(reader, bounds_what_steps_can_do)
{
    static const struct {
        const char *run, *why;
    } wrong[] = {
        {"\"count\":65537,\"steps\":[[65537,0,1,1]]", "count: expected 1 to 65536"},
        {"\"count\":2,\"steps\":[[3,0,1,1]]", "expected to stand for 1 to 2"},
        {"\"count\":2,\"steps\":[[0,0,1,1]]", "expected to stand for"},
        {"\"count\":2,\"steps\":[[1,0,1,1]]", "count: expected what its steps make"},
        {"\"count\":2,\"steps\":[[2,0,9223372036854775807,1]]", "beyond what numbers can hold"},
        {"\"count\":2,\"steps\":[[2,0,1,1,[0],[2147483647]]]", "beyond what numbers can hold"},
        {"\"count\":1,\"steps\":[[1,0,1,1,[0,0]]]", "steps[0]: expected 1 numbers"},
        {"\"count\":1,\"steps\":[[1,0,1,\"x\"]]", "steps[0]: step: expected an integer"},
        {"\"count\":1,\"steps\":[7]", "steps[0]: step: expected an integer"},
        {"\"count\":1,\"steps\":[[1,-1,1,1]]", "expected a decision before"},
    };
    keda_buf text = {0}, line = {0};
    size_t n;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        buf_truncate(&text, 0);
        buf_truncate(&line, 0);
        add_line(&text, "1.0", 1, FILE_LINE);
        add_line(&text, "1.0", 2, SNAPSHOT);
        add_line(&text, "1.0", 3, DECISION);
        cr_assert_eq(buf_printf(&line, ",\"kind\":\"run\"" OF ",%s", wrong[i].run), KEDA_OK);
        add_line(&text, "1.0", 4, line.data);
        cr_assert_eq(read_all(&text, &n), KEDA_EINVAL);
        cr_assert(contains(b.err.text, wrong[i].why), "%zu: %s", i, b.err.text);
        cr_assert(contains(b.err.text, "journal:4: "), "%s", b.err.text);
    }
    keda_buf_clear(&text);
    keda_buf_clear(&line);
}

Test(reader, says_what_cannot_be_opened)
{
    keda_journal *j = NULL;
    keda_journal_options options = {.struct_size = 1};

    cr_assert_eq(keda_journal_open(&j, "/nowhere/journal", NULL, &b.err), KEDA_ENOTFOUND);
    cr_assert(contains(b.err.text, "/nowhere/journal: "));
    cr_assert_eq(keda_journal_open(&j, b.folder, NULL, &b.err), KEDA_EINVAL);
    cr_assert_eq(keda_journal_open(&j, b.path, &options, &b.err), KEDA_EINVAL);
    cr_assert_null(j);
    keda_journal_close(NULL);
}

Test(reader, takes_an_empty_file_for_an_empty_journal)
{
    keda_buf text = {0};
    size_t n;

    cr_assert_eq(buf_puts(&text, ""), KEDA_OK);
    cr_assert_eq(read_all(&text, &n), KEDA_ENOTFOUND);
    cr_assert_eq(n, 0);
    keda_buf_clear(&text);
}

Test(reader, bounds_the_length_of_a_line)
{
    keda_buf text = {0};
    size_t n;

    text.data = calloc(1, JOURNAL_LINE_MAX + 200000);
    text.size = JOURNAL_LINE_MAX + 199999;
    cr_assert_not_null(text.data);
    memset(text.data, 'x', text.size);
    cr_assert_eq(read_all(&text, &n), KEDA_ELIMIT);
    cr_assert(contains(b.err.text, "journal:1: expected a line of at most"), "%s", b.err.text);
    free(text.data);
}

/* ---- without memory */

Test(reader, survives_any_allocation_that_fails)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = KEDA_ENOMEM;

    record();
    const size_t live = failing_allocator_live();
    for (size_t n = 1; rc != KEDA_OK; n++) {
        keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
        failing_allocator_set(n);
        rc = keda_replay(b.path, NULL, &result, &err);
        const bool has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_assert_eq(rc, has_failed && rc != KEDA_OK ? KEDA_ENOMEM : KEDA_OK, "%s", err.text);
        cr_assert_eq(failing_allocator_live(), live, "request %zu", n);
        cr_assert_lt(n, 10000);
    }
}

Test(reader, decides_on_while_the_writer_has_no_memory)
{
    bench_end(&b);
    for (size_t n = 1; n < 120; n++) {
        b.ndecisions = 0;
        (void)unlink(b.path);
        const size_t live = failing_allocator_live();
        failing_allocator_set(n);
        const keda_status rc = journal_open(&b.journal, &b.options, &b.err);
        if (rc == KEDA_OK)
            for (int i = 0; i < 6; i++) {
                situation_read(&b.s, 0, i < 3 ? 40 : 200.5);
                bench_decide(&b);
                bench_wait(&b, 15000);
            }
        failing_allocator_set(0);
        if (rc == KEDA_OK) {
            bench_end(&b);
            cr_assert_eq(bench_replay(&b), KEDA_OK, "request %zu: %s", n, b.err.text);
            cr_assert_eq(b.result.differences, 0, "request %zu: %s", n, b.result.difference);
            cr_assert_geq(b.result.decisions + 2, 6, "request %zu", n);
        }
        cr_assert_eq(failing_allocator_live(), live, "request %zu", n);
    }
}
