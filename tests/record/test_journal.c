/* SPDX-License-Identifier: Apache-2.0 */
/* What is written when (libkeda/record/journal.c, track.c, file.c). */
#include "record/bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bench b;

static void one_metric(void)
{
    bench_init(&b, 1);
    bench_open(&b);
}

static void done(void)
{
    bench_close(&b);
}

TestSuite(journal, .init = one_metric, .fini = done);

static void decide_at(double value)
{
    situation_read(&b.s, 0, value);
    bench_decide(&b);
    bench_wait(&b, 15000);
}

Test(journal, replays_what_it_recorded)
{
    static const double values[] = {0, 0, 55, 55, 400, 400, 30, 0, 0, 0};

    for (size_t i = 0; i < 60; i++)
        decide_at(values[i / 6]);
    bench_end(&b);
    bench_replays(&b);
    cr_assert_eq(b.result.workloads, 1);
}

Test(journal, writes_equal_decisions_as_one_run)
{
    keda_buf text = {0};

    for (int i = 0; i < 100; i++)
        decide_at(10);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_leq(bench_count(&text, "\"kind\":\"decision\""), 3);
    cr_assert_eq(bench_count(&text, "\"kind\":\"run\""), 1);
    cr_assert_not_null(strstr(text.data, "\"steps\":[["));
    cr_assert_lt(text.size, 4000);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, keeps_the_times_of_a_run_exactly)
{
    static const int64_t waits[] = {15000, 15000, 15000, 15001, 14999, 1, 30000, 30000};
    keda_journal *j = NULL;
    keda_journal_entry entry = KEDA_JOURNAL_ENTRY_INIT;
    int64_t now_ms[9], wall_ms[9];
    size_t n = 0;

    situation_read(&b.s, 0, 10);
    for (size_t i = 0; i < 9; i++) {
        b.s.readings[0].age_ms = i < 4 ? 0 : (int64_t)i * 3;
        bench_decide(&b);
        now_ms[i] = b.s.seen.now_ms;
        wall_ms[i] = b.wall_ms;
        bench_wait(&b, i < 8 ? waits[i] : 0);
    }
    bench_end(&b);
    cr_assert_eq(keda_journal_open(&j, b.path, NULL, &b.err), KEDA_OK);
    while (keda_journal_next(j, &entry, &b.err) == KEDA_OK) {
        if (entry.kind != KEDA_JOURNAL_DECISION)
            continue;
        cr_assert_eq(entry.seen->now_ms, now_ms[n]);
        cr_assert_eq(entry.wall_ms, wall_ms[n]);
        cr_assert_eq(entry.seen->readings[0].age_ms, n < 4 ? 0 : (int64_t)n * 3);
        n++;
    }
    cr_assert_eq(n, 9);
    keda_journal_close(j);
}

Test(journal, runs_through_alternating_halves)
{
    keda_buf text = {0};

    situation_read(&b.s, 0, 10);
    for (int i = 0; i < 40; i++) {
        b.s.seen.due = i % 2 == 0 ? KEDA_DUE_POLL | KEDA_DUE_SYNC : KEDA_DUE_SYNC;
        bench_decide(&b);
        bench_wait(&b, 15000);
    }
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_leq(bench_count(&text, "\"kind\":\"decision\""), 5);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, runs_through_a_trigger_that_keeps_failing)
{
    keda_buf text = {0};

    b.s.policy.has_fallback = 1;
    b.s.policy.fallback_threshold = 3;
    b.s.policy.fallback_replicas = 6;
    decide_at(10);
    b.s.readings[0].state = KEDA_READING_FAILED;
    b.s.readings[0].error = KEDA_ETIMEOUT;
    for (int i = 0; i < 200; i++) {
        b.s.readings[0].age_ms += 15000;
        bench_decide(&b);
        bench_wait(&b, 15000);
    }
    cr_assert_eq(b.s.readings[0].failures, 200);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_leq(bench_count(&text, "\"kind\":\"decision\""), 20, "%s", text.data);
    cr_assert_not_null(strstr(text.data, "\"ETIMEOUT\""));
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, ends_runs_when_asked_and_loses_nothing_but_them)
{
    keda_buf text = {0};

    for (int i = 0; i < 10; i++)
        decide_at(10);
    cr_assert(journal_has_runs(b.journal));
    journal_flush(b.journal);
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"run\""), 0);
    journal_end_runs(b.journal);
    journal_flush(b.journal);
    cr_assert_not(journal_has_runs(b.journal));
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"run\""), 1);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, bounds_the_length_of_a_run)
{
    keda_buf text = {0};

    situation_read(&b.s, 0, 10);
    for (int i = 0; i < 3000; i++) {
        bench_decide(&b);
        bench_wait(&b, 15000 + i % 7);
    }
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_gt(bench_count(&text, "\"kind\":\"run\""), 3);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, begins_anew_when_the_policy_changes)
{
    keda_buf text = {0};

    decide_at(10);
    decide_at(10);
    b.s.policy.max_replicas = 4;
    decide_at(400);
    decide_at(400);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"snapshot\""), 2);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, begins_anew_after_an_interruption)
{
    decide_at(400);
    decide_at(400);
    keda_history_set_last_active(b.s.history, 1, 5);
    journal_interrupt(b.journal, b.track);
    decide_at(0);
    decide_at(0);
    bench_end(&b);
    bench_replays(&b);
}

Test(journal, forgets_a_workload_that_is_dropped)
{
    keda_buf text = {0};

    decide_at(10);
    decide_at(10);
    decide_at(10);
    journal_drop(b.journal, &b.track);
    cr_assert_null(b.track);
    journal_flush(b.journal);
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"run\""), 1);
    decide_at(10);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"snapshot\""), 2);
    keda_buf_clear(&text);
    bench_replays(&b);
}

Test(journal, is_readable_by_its_owner_alone)
{
    struct stat st;

    decide_at(10);
    journal_flush(b.journal);
    cr_assert_eq(stat(b.path, &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
}

/* ---- files */

Test(journal, goes_on_in_its_file_after_a_restart)
{
    keda_buf text = {0};

    decide_at(10);
    decide_at(30);
    bench_end(&b);
    bench_open(&b);
    decide_at(30);
    decide_at(5);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_eq(bench_count(&text, "\"kind\":\"file\""), 2);
    keda_buf_clear(&text);
    bench_replays(&b);
    cr_assert_eq(b.result.workloads, 1);
}

Test(journal, refuses_a_file_that_another_one_writes)
{
    journal *other = NULL;

    cr_assert_eq(journal_open(&other, &b.options, &b.err), KEDA_ECONFLICT);
    cr_assert_not_null(strstr(b.err.text, "in use by another process"));
    cr_assert_null(other);
}

Test(journal, refuses_a_file_that_is_no_journal)
{
    bench_end(&b);
    bench_write(&b, "root:x:0:0\n", 11);
    cr_assert_eq(journal_open(&b.journal, &b.options, &b.err), KEDA_EINVAL);
    cr_assert_not_null(strstr(b.err.text, "is no journal"), "%s", b.err.text);
    b.options.path = b.folder;
    cr_assert_eq(journal_open(&b.journal, &b.options, &b.err), KEDA_EINVAL);
    b.options.path = "/nowhere/at/all";
    cr_assert_eq(journal_open(&b.journal, &b.options, &b.err), KEDA_EINVAL);
}

Test(journal, cuts_off_a_torn_line_at_any_byte)
{
    keda_buf text = {0};

    decide_at(10);
    decide_at(30);
    bench_end(&b);
    bench_read(&b, &text);
    const char *last = text.data + text.size - 2;
    while (last[-1] != '\n')
        last--;
    for (const char *end = last; end < text.data + text.size; end++) {
        bench_write(&b, text.data, (size_t)(end - text.data));
        b.log[0] = '\0';
        bench_open(&b);
        b.ndecisions = 1;
        b.s.history->has_last_active = 0;
        decide_at(10);
        bench_end(&b);
        cr_assert_eq(strstr(b.log, "torn last line") != NULL, end > last);
        bench_replays(&b);
    }
    keda_buf_clear(&text);
}

Test(journal, begins_anew_after_a_torn_first_line)
{
    bench_end(&b);
    bench_write(&b, "{\"v\":\"1", 7);
    bench_open(&b);
    decide_at(10);
    bench_end(&b);
    cr_assert_not_null(strstr(b.log, "torn last line"));
    bench_replays(&b);
}

Test(journal, moves_a_file_aside_whose_last_line_is_damaged)
{
    keda_buf text = {0};

    decide_at(10);
    bench_end(&b);
    bench_read(&b, &text);
    text.data[text.size - 20] ^= 1;
    bench_write(&b, text.data, text.size);
    bench_open(&b);
    b.ndecisions = 0;
    decide_at(10);
    bench_end(&b);
    cr_assert_not_null(strstr(b.log, "a new file begins"), "%s", b.log);
    cr_assert_eq(access(b.rotated, F_OK), 0);
    cr_assert_eq(rename(b.rotated, "/dev/null/x"), -1);
    cr_assert_eq(unlink(b.rotated), 0);
    bench_replays(&b);
    keda_buf_clear(&text);
}

Test(journal, moves_full_files_aside_and_begins_with_snapshots)
{
    keda_buf text = {0};

    bench_end(&b);
    b.options.max_bytes = 4096;
    b.options.files = 30;
    bench_open(&b);
    for (int i = 0; i < 25; i++)
        decide_at(i % 5 * 20);
    bench_end(&b);
    bench_read(&b, &text);
    cr_assert_lt(text.size, 6000);
    cr_assert_eq(bench_count(&text, "\"kind\":\"snapshot\""), 1);
    cr_assert_eq(bench_count(&text, "\"seq\":1,"), 1);
    keda_buf_clear(&text);
    cr_assert_eq(access(b.rotated, F_OK), 0);
    bench_replays(&b);
}

Test(journal, keeps_as_many_files_as_it_is_told)
{
    char name[128];

    bench_end(&b);
    b.options.max_bytes = 1024;
    b.options.files = 2;
    bench_open(&b);
    for (int i = 0; i < 60; i++)
        decide_at(i % 5 * 20);
    bench_end(&b);
    (void)snprintf(name, sizeof name, "%s.2", b.path);
    cr_assert_eq(access(name, F_OK), 0);
    (void)snprintf(name, sizeof name, "%s.3", b.path);
    cr_assert_neq(access(name, F_OK), 0);
    cr_assert_eq(bench_replay(&b), KEDA_OK, "%s", b.err.text);
    cr_assert_eq(b.result.differences, 0);
    cr_assert_lt((size_t)b.result.decisions, b.ndecisions);
}

Test(journal, writes_pending_runs_before_a_file_is_moved_aside)
{
    bench_end(&b);
    b.options.max_bytes = 3000;
    b.options.files = 30;
    bench_open(&b);
    for (int i = 0; i < 40; i++)
        decide_at(i < 10 ? 10 : i % 2 * 20);
    bench_end(&b);
    bench_replays(&b);
}

/* ---- a disk that fails */

static void limit_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(journal, goes_on_when_the_disk_is_full_and_when_it_is_not_any_more)
{
    keda_buf text = {0};

    decide_at(10);
    journal_flush(b.journal);
    bench_read(&b, &text);
    limit_files(text.size + 100);
    for (int i = 0; i < 5; i++) {
        decide_at(10 * i);
        journal_flush(b.journal);
    }
    cr_assert_eq(journal_errors(b.journal), 5);
    const char *said = strstr(b.log, "journal not written");
    cr_assert_not_null(said, "%s", b.log);
    cr_assert_null(strstr(said + 1, "journal not written"));
    limit_files(RLIM_INFINITY);
    decide_at(50);
    decide_at(50);
    journal_flush(b.journal);
    cr_assert_not_null(strstr(b.log, "journal written again"));
    bench_end(&b);
    b.ndecisions = 3;
    bench_replays(&b);
    cr_assert_not_null(strstr(b.notes, "5 decisions before could not be written"), "%s",
                       b.notes);
    keda_buf_clear(&text);
}

Test(journal, tries_a_full_disk_once_a_second)
{
    decide_at(10);
    journal_flush(b.journal);
    limit_files(1);
    for (int i = 0; i < 30; i++) {
        situation_read(&b.s, 0, i);
        bench_decide(&b);
        journal_flush(b.journal);
        bench_wait(&b, 100);
    }
    cr_assert_eq(journal_errors(b.journal), 3);
}

Test(journal, lives_with_a_device_that_is_full)
{
    bench_end(&b);
    cr_assert_eq(unlink(b.path) == 0 || access(b.path, F_OK) != 0, 1);
    cr_assert_eq(symlink("/dev/full", b.path), 0);
    bench_open(&b);
    for (int i = 0; i < 5; i++) {
        decide_at(10 * i);
        journal_flush(b.journal);
    }
    cr_assert_eq(journal_errors(b.journal), 5);
}

Test(journal, grows_on_when_it_cannot_be_moved_aside)
{
    char in_the_way[160];

    bench_end(&b);
    b.options.max_bytes = 1024;
    bench_open(&b);
    (void)snprintf(in_the_way, sizeof in_the_way, "%s/x", b.rotated);
    cr_assert_eq(mkdir(b.rotated, 0700), 0);
    cr_assert_eq(mkdir(in_the_way, 0700), 0);
    for (int i = 0; i < 12; i++)
        decide_at(i % 5 * 20);
    cr_assert_not_null(strstr(b.log, "not moved aside"), "%s", b.log);
    cr_assert_geq(journal_errors(b.journal), 1);
    cr_assert_leq(journal_errors(b.journal), 3);
    bench_end(&b);
    cr_assert_eq(rmdir(in_the_way), 0);
    cr_assert_eq(rmdir(b.rotated), 0);
    bench_replays(&b);
}
