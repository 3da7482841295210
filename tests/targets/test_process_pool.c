/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of real processes on a fake clock (libkeda/targets/process_pool.c). Each test steps the loop
 * until what it waits for has happened, blocking on the loop's descriptor; time passes by hand.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "support/fake_clock.h"
#include "support/target_rig.h"
#include "targets/process_pool.h"

enum { PATIENCE_MS = 60000 };

static const keda_target_desc *const desc = &keda_target_process_pool;
static fake_clock fake;
static process_pool_host host;
static keda_target self;
static void *state;
static keda_target_call closing;

static void make(void)
{
    fake_clock_init(&fake);
    cr_assert_eq(loop_new(&host.loop, &fake.clock, NULL), KEDA_OK);
    state = mem_zalloc(1, desc->state_size);
}

static void drop(void)
{
    mem_free(state);
    loop_free(host.loop);
    target_rig_clear(&self);
}

TestSuite(process_pool, .init = make, .fini = drop, .timeout = 120);

static void open_pool(const char *spec_json)
{
    const keda_target_ref ref = {.struct_size = sizeof ref,
                                 .api_version = "libkeda.io/v1alpha1",
                                 .kind = "ProcessPool",
                                 .space = "default",
                                 .name = "jobs",
                                 .spec_json = spec_json};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(desc->open(state, &ref, &self, &err, &host), KEDA_OK, "%s", err.text);
}

static void open_script(const char *script)
{
    char spec[1024];
    (void)snprintf(spec, sizeof spec, "{\"command\": [\"/bin/sh\", \"-c\", \"%s\"]}", script);
    open_pool(spec);
}

static keda_replicas observe(void)
{
    keda_target_call call = {0};
    desc->observe(state, &call, &host);
    cr_assert_eq(call.ncompletions, 1);
    return call.replicas;
}

static void scale(int32_t to)
{
    keda_target_call call = {0};
    desc->scale(state, to, &call, &host);
    cr_assert_eq(call.ncompletions, 1);
    cr_assert_eq(call.err.code, KEDA_OK, "%s", call.err.text);
}

static void step(void)
{
    cr_assert_eq(loop_step(host.loop, NULL), KEDA_OK);
}

/* Waits for the next thing to happen and lets it. A step in front of the wait could be what the
 * caller waits for, and nothing would follow it. */
static void wait_and_step(void)
{
    struct pollfd p = {.fd = loop_fd(host.loop), .events = POLLIN};
    if (loop_next_due_ms(host.loop) != 0)
        cr_assert_eq(poll(&p, 1, PATIENCE_MS), 1, "nothing happens; log:\n%s", self.log.data);
    step();
}

static bool is_logged(const char *text)
{
    return self.log.data != NULL && strstr(self.log.data, text) != NULL;
}

static void wait_for_log(const char *text)
{
    step();
    while (!is_logged(text))
        wait_and_step();
}

static void wait_for_total(int32_t total)
{
    step();
    while (observe().total != total)
        wait_and_step();
}

static void wait_for_close(void)
{
    step();
    while (closing.ncompletions == 0)
        wait_and_step();
    cr_assert_eq(closing.ncompletions, 1);
}

static void close_pool(void)
{
    desc->close(state, &closing, &host);
    wait_for_close();
}

/* Says that it is there, ends when asked. */
#define PATIENT                                                                                \
    "trap 'echo bye $KEDA_REPLICA; exit 0' TERM; echo hello $KEDA_POOL $KEDA_REPLICA; "        \
    "while :; do sleep 1000 & wait; done"
/* Does not listen. */
#define STUBBORN                                                                               \
    "trap '' TERM; echo hello $KEDA_POOL $KEDA_REPLICA; while :; do sleep 1000; done"

Test(process_pool, starts_at_zero)
{
    open_script(PATIENT);
    keda_replicas seen = observe();
    cr_expect_eq(seen.spec, 0);
    cr_expect_eq(seen.status, 0);
    cr_expect_eq(seen.ready, 0);
    close_pool();
    cr_expect_null(self.log.data);
}

Test(process_pool, runs_as_many_workers_as_wanted_and_names_them)
{
    open_script(PATIENT);
    scale(2);
    wait_for_log("3 jobs/0: hello jobs 0\n");
    wait_for_log("3 jobs/1: hello jobs 1\n");
    keda_replicas seen = observe();
    cr_expect_eq(seen.spec, 2);
    cr_expect_eq(seen.status, 2);
    cr_expect_eq(seen.total, 2);
    cr_expect_eq(seen.ready, 0);
    close_pool();
    cr_expect(is_logged("bye 0"));
    cr_expect(is_logged("bye 1"));
}

Test(process_pool, counts_a_worker_as_ready_after_a_second_and_says_so)
{
    open_script(PATIENT);
    scale(1);
    wait_for_log("hello");
    fake_clock_advance(&fake, 999);
    step();
    cr_expect_eq(observe().ready, 0);
    cr_expect_eq(self.nchanged, 0);
    fake_clock_advance(&fake, 1);
    step();
    cr_expect_eq(observe().ready, 1);
    cr_expect_eq(self.nchanged, 1);
    close_pool();
}

Test(process_pool, stops_the_newest_first)
{
    open_script(PATIENT);
    scale(3);
    for (int i = 0; i < 3; i++)
        wait_for_log((const char *[]){"hello jobs 0", "hello jobs 1", "hello jobs 2"}[i]);
    scale(1);
    cr_expect_eq(observe().spec, 1);
    cr_expect_eq(observe().status, 1);
    wait_for_log("bye 2");
    wait_for_log("bye 1");
    wait_for_log("worker jobs/1 stopped");
    cr_expect_not(is_logged("bye 0"));
    close_pool();
}

Test(process_pool, kills_what_does_not_end_within_the_grace)
{
    open_script(STUBBORN);
    scale(1);
    wait_for_log("hello");
    scale(0);
    fake_clock_advance(&fake, 29999);
    step();
    cr_expect_not(is_logged("stopped"));
    fake_clock_advance(&fake, 1);
    wait_for_log("4 worker jobs/0 stopped with signal 9");
    close_pool();
}

Test(process_pool, waits_for_a_stopping_worker_before_its_number_is_used_again)
{
    open_script(STUBBORN);
    scale(1);
    wait_for_log("hello jobs 0");
    scale(0);
    scale(1);
    cr_expect_eq(observe().spec, 1);
    cr_expect_eq(observe().status, 0);
    fake_clock_advance(&fake, 30000);
    wait_for_log("stopped with signal 9");
    cr_expect_eq(observe().status, 1);
    scale(0);
    desc->close(state, &closing, &host);
    fake_clock_advance(&fake, 30000);
    wait_for_close();
}

Test(process_pool, backs_off_when_a_worker_crashes)
{
    open_script("exit 3");
    scale(1);
    wait_for_log("2 worker jobs/0 ended with status 3, starts again in 1000 ms");
    keda_replicas seen = observe();
    cr_expect_eq(seen.spec, 1);
    cr_expect_eq(seen.status, 0);
    cr_expect_eq(seen.total, 1);
    cr_expect_eq(seen.ready, 0);
    cr_expect_eq(self.nchanged, 1);
    cr_expect_eq(loop_next_due_ms(host.loop), 1000);
    fake_clock_advance(&fake, 1000);
    wait_for_log("starts again in 2000 ms");
    fake_clock_advance(&fake, 2000);
    wait_for_log("starts again in 4000 ms");
    close_pool();
}

Test(process_pool, starts_a_worker_again_that_ended_well)
{
    char dir[] = "/tmp/keda-pool.XXXXXX";
    char script[512];
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(script, sizeof script, "mkdir %s/was-here && exit 0; " PATIENT, dir);
    open_script(script);
    scale(1);
    wait_for_log("3 worker jobs/0 ended with status 0, starts again in 1000 ms");
    fake_clock_advance(&fake, 1000);
    wait_for_log("hello jobs 0");
    cr_expect_eq(observe().status, 1);
    close_pool();
    (void)snprintf(script, sizeof script, "%s/was-here", dir);
    cr_expect_eq(rmdir(script), 0);
    cr_expect_eq(rmdir(dir), 0);
}

Test(process_pool, backs_off_when_a_worker_keeps_ending_well_at_once)
{
    open_script("exit 0");
    scale(1);
    wait_for_log("ended with status 0, starts again in 1000 ms");
    fake_clock_advance(&fake, 1000);
    wait_for_log("ended with status 0, starts again in 2000 ms");
    close_pool();
}

static size_t count_logged(const char *text)
{
    size_t n = 0;
    for (const char *p = self.log.data; p != NULL && (p = strstr(p, text)) != NULL; p++)
        n++;
    return n;
}

static void note_fired(loop_timer *timer, void *user)
{
    bool *has_fired = user;
    (void)timer;
    *has_fired = true;
}

Test(process_pool, bounds_what_a_talkative_worker_says)
{
    loop_timer timer = {0};
    bool has_fired = false;
    open_pool("{\"command\": [\"/usr/bin/yes\", \"so\"]}");
    scale(1);
    for (int i = 0; i < 20; i++)
        wait_and_step();
    cr_expect_eq(count_logged("3 jobs/0: so\n"), 200);
    cr_expect_eq(count_logged("dropped"), 0);
    cr_expect_eq(loop_next_due_ms(host.loop), 1000);
    cr_assert_eq(loop_timer_set(host.loop, &timer, loop_now_ms(host.loop) + 500, note_fired,
                                &has_fired, NULL),
                 KEDA_OK);
    fake_clock_advance(&fake, 500);
    step();
    cr_expect(has_fired, "others have their turn");
    fake_clock_advance(&fake, 500);
    step();
    cr_expect_eq(count_logged("lines dropped\n"), 1);
    cr_expect(is_logged("2 jobs/0: "));
    for (int i = 0; i < 20; i++)
        wait_and_step();
    cr_expect_eq(count_logged("3 jobs/0: so\n"), 400);
    cr_expect_eq(count_logged("lines dropped\n"), 1);
    close_pool();
    cr_expect_eq(count_logged("lines dropped\n"), 2, "the rest is told at its end");
}

Test(process_pool, shows_no_control_characters_and_marks_a_cut)
{
    open_script("printf '\\\\033[2J\\\\377\\\\n'; printf '%05000d\\\\n' 0; echo end; sleep "
                "1000");
    scale(1);
    wait_for_log("jobs/0: end\n");
    cr_expect(is_logged("3 jobs/0: \\x1b[2J\xef\xbf\xbd\n"), "%s", self.log.data);
    cr_expect(is_logged("000 ...\n"));
    cr_expect_eq(count_logged("jobs/0: "), 3);
    close_pool();
}

Test(process_pool, forgets_a_crashed_worker_that_is_no_longer_wanted)
{
    open_script("exit 3");
    scale(1);
    wait_for_log("starts again");
    scale(0);
    wait_for_total(0);
    cr_expect_eq(loop_next_due_ms(host.loop), -1);
    close_pool();
}

Test(process_pool, says_once_why_a_command_cannot_be_executed)
{
    open_pool("{\"command\": [\"/nonexistent/worker\"]}");
    scale(2);
    wait_for_log("worker jobs/0 ended with status 127, starts again in 1000 ms");
    wait_for_log("worker jobs/1 ended with status 127, starts again in 1000 ms");
    cr_expect_str_eq(self.trouble.data, "2 of 2 workers do not stay up: keda-child: "
                                        "/nonexistent/worker: No such file or directory");
    fake_clock_advance(&fake, 1000);
    wait_for_log("worker jobs/0 ended with status 127, starts again in 2000 ms");
    cr_expect(is_logged("1 worker jobs/"));
    cr_expect_eq(count_logged(": keda-child: /nonexistent/worker: No such file or directory\n"),
                 1);
    scale(0);
    cr_expect_null(self.trouble.data, "nobody is missed");
    close_pool();
}

Test(process_pool, is_in_trouble_until_all_workers_stay_up)
{
    char dir[] = "/tmp/keda-pool-XXXXXX", script[256], ready[64];
    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(ready, sizeof ready, "%s/ready", dir);
    (void)snprintf(script, sizeof script,
                   "test $KEDA_REPLICA != 1 -o -e %s || exit 3; echo hello; sleep 1000", ready);
    open_script(script);
    scale(3);
    wait_for_log("worker jobs/1 ended");
    cr_expect_str_eq(self.trouble.data,
                     "1 of 3 workers do not stay up: worker jobs/1 ended with status 3, starts "
                     "again in 1 s");
    const int fd = open(ready, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    fake_clock_advance(&fake, 1000);
    wait_for_log("jobs/1: hello");
    cr_expect_not_null(self.trouble.data, "not yet");
    fake_clock_advance(&fake, 1000);
    step();
    cr_expect_null(self.trouble.data);
    cr_expect_eq(self.ntroubles, 2);
    close_pool();
    unlink(ready);
    rmdir(dir);
}

Test(process_pool, gives_workers_what_the_document_says)
{
    open_pool("{\"command\": [\"/bin/sh\", \"-c\", \"echo $(pwd) $GREETING $(ulimit -n); sleep "
              "1000\"],"
              " \"env\": {\"GREETING\": \"hi\"}, \"workingDirectory\": \"/usr\","
              " \"limits\": {\"nofile\": 77}}");
    scale(1);
    wait_for_log("jobs/0: /usr hi 77\n");
    close_pool();
}

Test(process_pool, is_opened_only_with_its_helper)
{
    const keda_target_ref ref = {
        .struct_size = sizeof ref, .name = "jobs", .spec_json = "{\"command\": [\"true\"]}"};
    const process_pool_host misled = {.loop = host.loop, .plugin_path = "/proc/self"};
    union {
        const process_pool_host *in;
        void *out;
    } user = {.in = &misled};
    keda_error err = KEDA_ERROR_INIT;
    /* Found beside the modules although the path given has none. */
    cr_expect_eq(desc->open(state, &ref, &self, &err, user.out), KEDA_OK, "%s", err.text);
    close_pool();
}

Test(process_pool, names_the_pool_whose_document_is_bad)
{
    const keda_target_ref ref = {.struct_size = sizeof ref, .name = "jobs", .spec_json = "{}"};
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(desc->open(state, &ref, &self, &err, &host), KEDA_EINVAL);
    cr_expect_str_eq(err.text,
                     "ProcessPool jobs: command: must be a list of at least one text");
}

Test(process_pool, kills_the_rest_when_its_closing_is_cancelled)
{
    open_script(STUBBORN);
    scale(2);
    wait_for_log("hello jobs 0");
    wait_for_log("hello jobs 1");
    desc->close(state, &closing, &host);
    cr_expect_eq(closing.ncompletions, 0);
    desc->cancel(state, NULL, &host);
    cr_expect_eq(closing.ncompletions, 0);
    desc->cancel(state, &closing, &host);
    cr_expect_eq(closing.ncompletions, 1);
    loop_free(host.loop);
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "somebody is still alive");
    cr_assert_eq(loop_new(&host.loop, &fake.clock, NULL), KEDA_OK);
}

Test(process_pool, refuses_to_scale_while_it_is_closing)
{
    keda_target_call call = {0};
    open_script(STUBBORN);
    scale(1);
    desc->close(state, &closing, &host);
    desc->scale(state, 5, &call, &host);
    cr_expect_eq(call.err.code, KEDA_ECANCELED);
    desc->cancel(state, &closing, &host);
    cr_expect_eq(closing.ncompletions, 1);
}

static void close_from_log(const char *text, void *user)
{
    (void)user;
    if (strstr(text, "starts again") != NULL && closing.ncompletions == 0)
        desc->close(state, &closing, &host);
}

Test(process_pool, may_be_closed_by_whoever_reads_its_log)
{
    open_script("exit 3");
    self.on_log = close_from_log;
    scale(1);
    wait_for_close();
}

static void scale_from_log(const char *text, void *user)
{
    int32_t *to = user;
    if (strstr(text, "starts again") == NULL || *to == 0)
        return;
    scale(*to);
    *to = 0;
}

Test(process_pool, may_be_scaled_by_whoever_reads_its_log)
{
    int32_t to = 5;
    open_script("test $KEDA_REPLICA = 1 || exit 3; echo hello; sleep 1000");
    self.on_log = scale_from_log;
    self.user = &to;
    scale(1);
    wait_for_log("jobs/1: hello");
    cr_expect_eq(observe().spec, 5);
    cr_expect_eq(observe().total, 5);
    close_pool();
}

Test(process_pool, brings_many_up_and_down_again)
{
    open_script("sleep 1000");
    for (int round = 0; round < 3; round++) {
        scale(25);
        step();
        while (observe().status != 25) /* the numbers of the last round are free again */
            wait_and_step();
        scale(0);
        cr_expect_eq(observe().status, 0);
    }
    close_pool();
    step();
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "somebody is still alive");
}
