/* SPDX-License-Identifier: Apache-2.0 */
/* Types and endpoints with a thread of their own (libkeda/engine/instance.c, endpoint.c). */
#include <criterion/criterion.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "support/rig.h"

static rig r;
static sem_t may_answer; /* polls wait for it */
static atomic_int nasked, nended, nclosed, ncancelled, nbatches;
static bool must_wait;

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    (void)meta;
    (void)user;
    return keda_spec_add(out, 10.0, 0.0, err, "blocking");
}

static void wait_and_answer(keda_poll *poll, double value)
{
    atomic_fetch_add(&nasked, 1);
    if (must_wait)
        (void)sem_wait(&may_answer);
    keda_poll_value(poll, 0, value);
    keda_scaler_log(keda_poll_scaler(poll), KEDA_LOG_DEBUG, "answered on a thread");
    atomic_fetch_add(&nended, 1);
    keda_poll_done(poll);
}

static void poll_on_thread(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    wait_and_answer(poll, 25.0);
}

static void on_close(void *state, void *user)
{
    (void)state;
    (void)user;
    atomic_fetch_add(&nclosed, 1);
}

static const keda_scaler_desc blocking = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "blocking",
    .summary = "Blocks.",
    .state_size = 8,
    .flags = KEDA_SCALER_BLOCKING,
    .specs = specs,
    .poll = poll_on_thread,
    .close = on_close,
};

typedef struct shared_state {
    keda_endpoint *endpoint;
} shared_state;
static keda_endpoint *last_endpoint; /* what hangs at the end is still in somebody's hands */

static keda_status open_shared(void *state, const void *meta, keda_scaler *self,
                               keda_error *err, void *user)
{
    (void)meta;
    (void)user;
    keda_scaler_info info = {.struct_size = sizeof info};
    keda_scaler_describe(self, &info);
    const keda_param param = {.name = "name", .value = info.trigger};
    const keda_status rc =
        keda_endpoint_acquire(self, "blocking", &param, 1, &last_endpoint, err);
    ((shared_state *)state)->endpoint = last_endpoint;
    return rc;
}

static void poll_shared(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)meta;
    (void)user;
    keda_poll_via(poll, ((shared_state *)state)->endpoint);
}

static const keda_scaler_desc shared = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "shared",
    .summary = "Shares an endpoint that blocks.",
    .state_size = sizeof(shared_state),
    .flags = KEDA_SCALER_BATCHES,
    .specs = specs,
    .poll = poll_shared,
    .open = open_shared,
};

static keda_status endpoint_open(void *state, const keda_param *params, size_t nparams,
                                 keda_endpoint *self, keda_error *err, void *user)
{
    (void)state;
    (void)params;
    (void)nparams;
    (void)self;
    (void)err;
    (void)user;
    return KEDA_OK;
}

static void endpoint_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    (void)state;
    (void)user;
    atomic_fetch_add(&nbatches, 1);
    keda_endpoint_log(last_endpoint, KEDA_LOG_DEBUG, "a batch of %zu", npolls);
    for (size_t i = 0; i < npolls; i++)
        wait_and_answer(polls[i], 35.0);
}

static void endpoint_cancel(void *state, void *user)
{
    (void)state;
    (void)user;
    atomic_fetch_add(&ncancelled, 1);
}

static const keda_endpoint_desc endpoint = {
    .struct_size = sizeof(keda_endpoint_desc),
    .kind = "blocking",
    .flags = KEDA_ENDPOINT_BLOCKING,
    .open = endpoint_open,
    .poll_batch = endpoint_batch,
    .cancel = endpoint_cancel,
    .close = on_close,
};

static void start(int32_t max_threads)
{
    rig_init(&r);
    r.options.max_threads = max_threads;
    rig_start(&r);
    cr_assert_eq(keda_engine_register_scaler(r.engine, &blocking, NULL, &r.err), KEDA_OK);
    cr_assert_eq(keda_engine_register_scaler(r.engine, &shared, NULL, &r.err), KEDA_OK);
    cr_assert_eq(keda_engine_register_endpoint(r.engine, &endpoint, NULL, &r.err), KEDA_OK);
    cr_assert_eq(sem_init(&may_answer, 0, 0), 0);
}

static void put(const char *name, const char *triggers)
{
    cr_assert_eq(rig_put(&r, name, rig_object(name, NULL, triggers)), KEDA_OK, "%s",
                 r.err.text);
}

#define ONE "  - {type: blocking, metadata: {}}\n"

static bool has_decided(rig *rig_)
{
    return rig_->ndecisions > 0;
}

static bool has_asked(rig *rig_)
{
    (void)rig_;
    return atomic_load(&nasked) > 0;
}

static bool has_asked_twice(rig *rig_)
{
    (void)rig_;
    return atomic_load(&nasked) > 1;
}

Test(blocking, is_asked_on_its_own_thread)
{
    start(0);
    put("orders", ONE);
    rig_wait(&r, has_decided);
    cr_expect_eq(r.replicas, 3);
    cr_expect(rig_logged(&r, "debug answered on a thread workload=default/orders"), "%s",
              r.log.data);
    rig_close(&r);
    cr_expect_eq(nclosed, 1);
}

Test(blocking, delays_nobody_else)
{
    start(0);
    must_wait = true;
    rig_source_of(&r, "quick")->value = 15;
    put("slow", ONE);
    put("quick", NULL);
    rig_wait(&r, has_asked);
    cr_expect_eq(rig_workload(&r, "default/quick").decisions_total, 1);
    cr_expect_eq(rig_workload(&r, "default/slow").decisions_total, 0);
    (void)sem_post(&may_answer);
    rig_close(&r);
    cr_expect_eq(nclosed, 1);
}

Test(blocking, is_unknown_beyond_the_thread_limit)
{
    start(1);
    must_wait = true;
    put("first", ONE);
    rig_wait(&r, has_asked);
    put("second", ONE);
    rig_step(&r);
    const keda_trigger_status t = rig_trigger(&r, "default/second", 0);
    cr_expect_eq(t.state, KEDA_READING_UNKNOWN);
    cr_expect_not_null(strstr(t.error, "all 1 threads are in use"), "%s", t.error);
    (void)sem_post(&may_answer);
    (void)sem_post(&may_answer);
    cr_assert_eq(keda_engine_remove(r.engine, "first", &r.err), KEDA_OK);
    rig_close(&r);
}

Test(blocking, shares_one_thread_by_way_of_an_endpoint)
{
    start(1);
    must_wait = true;
    put("a", "  - {type: shared, metadata: {}}\n");
    rig_wait(&r, has_asked);
    put("b", "  - {type: shared, metadata: {}}\n  - {type: shared, metadata: {}}\n");
    rig_step(&r);
    cr_expect_eq(nbatches, 1, "what falls due meanwhile waits");
    for (int i = 0; i < 3; i++)
        (void)sem_post(&may_answer);
    rig_wait(&r, has_asked_twice);
    rig_close(&r);
    cr_expect_eq(nbatches, 2, "and is one batch");
    cr_expect_eq(nended, 3);
    cr_expect_eq(nclosed, 1);
}

static void remove_a(loop_timer *timer, void *user)
{
    (void)timer;
    (void)user;
    cr_assert_eq(keda_engine_remove(r.engine, "a", &r.err), KEDA_OK);
}

Test(blocking, is_not_asked_when_the_same_step_takes_its_only_poll_back)
{
    loop_timer removal = {0};
    start(0);
    put("a", "  - {type: shared, metadata: {}}\n");
    cr_assert_eq(loop_timer_set(engine_loop(r.engine), &removal,
                                loop_now_ms(engine_loop(r.engine)), remove_a, NULL, NULL),
                 KEDA_OK);
    rig_step(&r);
    rig_close(&r);
    cr_expect_eq(nbatches, 0);
}

Test(blocking, tells_a_batch_that_nobody_waits_for_it)
{
    start(0);
    must_wait = true;
    put("a", "  - {type: shared, metadata: {}}\n");
    rig_wait(&r, has_asked);
    rig_run(&r, 3000);
    cr_expect_eq(ncancelled, 1);
    cr_expect_eq(rig_trigger(&r, "default/a", 0).state, KEDA_READING_UNKNOWN);
    cr_expect(rig_logged(&r, "endpoint failing"), "%s", r.log.data);
    (void)sem_post(&may_answer);
    rig_close(&r);
}

Test(blocking, keeps_saying_why_while_a_poll_does_not_end)
{
    char first[256];
    start(0);
    must_wait = true;
    put("a", "  - {type: blocking, metadata: {}}\n");
    rig_wait(&r, has_asked);
    rig_run(&r, 3000);
    (void)snprintf(first, sizeof first, "%s", rig_trigger(&r, "default/a", 0).error);
    cr_expect_neq(first[0], '\0');
    rig_run(&r, 60000); /* it cannot be asked again: the one before is under way */
    cr_expect_gt(rig_trigger(&r, "default/a", 0).failures, 1);
    cr_expect_str_eq(rig_trigger(&r, "default/a", 0).error, first);
    (void)sem_post(&may_answer);
    rig_close(&r);
}

Test(blocking, leaves_the_queue_of_a_hanging_endpoint_in_time)
{
    start(0);
    must_wait = true;
    put("a", "  - {type: shared, metadata: {}}\n");
    rig_wait(&r, has_asked);
    rig_run(&r, 1000);
    put("b", "  - {type: shared, metadata: {}}\n  - {type: shared, metadata: {}}\n");
    put("c", "  - {type: shared, metadata: {}}\n");
    rig_run(&r, 1000);
    cr_assert_eq(keda_engine_remove(r.engine, "c", &r.err), KEDA_OK, "from the queue's middle");
    rig_run(&r, 2000);
    cr_expect_not_null(
        strstr(rig_trigger(&r, "default/b", 1).error, "no answer within 3000 ms"));
    cr_expect_eq(rig_workload(&r, "default/b").decisions_total, 1);
    must_wait = false;
    (void)sem_post(&may_answer);
    rig_close(&r);
    cr_expect_eq(nasked, 1, "what was given up is not asked afterwards");
}

Test(blocking, counts_endpoints_within_the_thread_limit)
{
    start(1);
    put("a", "  - {type: shared, name: one, metadata: {}}\n");
    rig_wait(&r, has_decided);
    put("b", "  - {type: shared, name: two, metadata: {}}\n");
    rig_step(&r);
    rig_step(&r);
    cr_expect_not_null(
        strstr(rig_trigger(&r, "default/b", 0).error, "all 1 threads are in use"), "%s",
        rig_trigger(&r, "default/b", 0).error);
    cr_expect(rig_logged(&r, "debug a batch of 1 endpoint=blocking"), "%s", r.log.data);
    rig_close(&r);
}

/* ---- the end */

static bool has_ended(rig *rig_)
{
    (void)rig_;
    return atomic_load(&nended) > 0;
}

Test(blocking, is_left_behind_when_it_hangs_at_the_end)
{
    start(0);
    must_wait = true;
    put("orders", ONE);
    rig_wait(&r, has_asked);
    rig_close(&r); /* returns, though the poll has not ended */
    cr_expect_eq(nclosed, 0);
    (void)sem_post(&may_answer); /* its answer finds a closed gate */
    for (int i = 0; i < 1000 && !has_ended(&r); i++)
        sched_yield();
}

Test(blocking, is_left_behind_when_its_endpoint_hangs_at_the_end)
{
    start(0);
    must_wait = true;
    put("orders", "  - {type: shared, metadata: {}}\n");
    rig_wait(&r, has_asked);
    rig_close(&r);
    cr_expect_eq(ncancelled, 1, "it was asked to end");
    cr_expect_eq(nclosed, 0);
    (void)sem_post(&may_answer);
    for (int i = 0; i < 1000 && !has_ended(&r); i++)
        sched_yield();
}

typedef struct holder { /* a poll that another thread ends */
    keda_poll *poll;
    pthread_t thread;
} holder;
static holder held;

static void *end_it(void *user)
{
    holder *mine = user;
    keda_poll_value(mine->poll, 0, 45.0);
    keda_poll_done(mine->poll);
    return NULL;
}

static void poll_elsewhere(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    held.poll = poll;
    if (!must_wait)
        cr_assert_eq(pthread_create(&held.thread, NULL, end_it, &held), 0);
}

static void register_elsewhere(void)
{
    keda_scaler_desc desc = blocking;
    desc.type = "elsewhere";
    desc.flags = 0;
    desc.poll = poll_elsewhere;
    cr_assert_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &r.err), KEDA_OK);
}

Test(blocking, may_answer_from_any_thread)
{
    start(0);
    register_elsewhere();
    put("orders", "  - {type: elsewhere, metadata: {}}\n");
    rig_wait(&r, has_decided);
    cr_expect_eq(r.replicas, 4);
    cr_assert_eq(pthread_join(held.thread, NULL), 0);
    rig_close(&r);
    cr_expect_eq(nclosed, 1);
}

Test(blocking, may_answer_after_the_engine_is_gone)
{
    start(0);
    register_elsewhere();
    must_wait = true;
    put("orders", "  - {type: elsewhere, metadata: {}}\n");
    rig_step(&r);
    rig_close(&r);
    cr_expect_eq(keda_poll_deadline_ms(held.poll), 0);
    keda_scaler_log(keda_poll_scaler(held.poll), KEDA_LOG_INFO, "nobody hears this");
    (void)end_it(&held);
    cr_expect_eq(nclosed, 0, "close never came");
}
