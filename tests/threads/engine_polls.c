/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine whose triggers answer from threads of their own, from their endpoint's and from strangers',
 * while documents change, and which ends while some are still busy; for the thread sanitizer.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <keda/keda.h>

enum { NROUNDS = 12, NWORKLOADS = 6, NSTEPS = 40, NSTRANGERS = 64 };

static atomic_int nanswered, nlogged;
static pthread_t strangers[NSTRANGERS];
static size_t nstrangers;
static int32_t replicas;

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    (void)meta;
    (void)user;
    return keda_spec_add(out, 10.0, 0.0, err, "thread");
}

static void answer(keda_poll *poll)
{
    keda_scaler_log(keda_poll_scaler(poll), KEDA_LOG_DEBUG, "answering");
    if (keda_poll_deadline_ms(poll) >= 0)
        keda_poll_value(poll, 0, 25.0);
    atomic_fetch_add(&nanswered, 1);
    keda_poll_done(poll);
}

static void poll_blocking(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    answer(poll);
}

static void *answer_as_stranger(void *user)
{
    answer(user);
    return NULL;
}

static void join_strangers(void)
{
    while (nstrangers > 0)
        (void)pthread_join(strangers[--nstrangers], NULL);
}

static void poll_stranger(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)meta;
    (void)user;
    if (nstrangers == NSTRANGERS)
        join_strangers();
    if (pthread_create(&strangers[nstrangers], NULL, answer_as_stranger, poll) != 0)
        abort();
    nstrangers++;
}

typedef struct batch_state {
    keda_endpoint *endpoint;
} batch_state;

static keda_status open_batch(void *state, const void *meta, keda_scaler *self, keda_error *err,
                              void *user)
{
    (void)meta;
    (void)user;
    return keda_endpoint_acquire(self, "threads", NULL, 0, &((batch_state *)state)->endpoint,
                                 err);
}

static void poll_batch(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)meta;
    (void)user;
    keda_poll_via(poll, ((batch_state *)state)->endpoint);
}

static keda_status open_endpoint(void *state, const keda_param *params, size_t nparams,
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

static void answer_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    (void)state;
    (void)user;
    for (size_t i = 0; i < npolls; i++)
        answer(polls[i]);
}

static const keda_scaler_desc types[] = {
    {.struct_size = sizeof(keda_scaler_desc),
     .type = "blocking",
     .summary = "Blocks.",
     .flags = KEDA_SCALER_BLOCKING,
     .specs = specs,
     .poll = poll_blocking},
    {.struct_size = sizeof(keda_scaler_desc),
     .type = "stranger",
     .summary = "Answers elsewhere.",
     .specs = specs,
     .poll = poll_stranger},
    {.struct_size = sizeof(keda_scaler_desc),
     .type = "batch",
     .summary = "Shares.",
     .state_size = sizeof(batch_state),
     .flags = KEDA_SCALER_BATCHES,
     .specs = specs,
     .open = open_batch,
     .poll = poll_batch},
};

static const keda_endpoint_desc endpoint = {.struct_size = sizeof(keda_endpoint_desc),
                                            .kind = "threads",
                                            .flags = KEDA_ENDPOINT_BLOCKING,
                                            .open = open_endpoint,
                                            .poll_batch = answer_batch};

static int32_t get(const char *space, const char *name, void *user)
{
    (void)space;
    (void)name;
    (void)user;
    return replicas;
}

static keda_status set(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user)
{
    (void)space;
    (void)name;
    (void)err;
    (void)user;
    replicas = to;
    return KEDA_OK;
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    (void)level;
    (void)message;
    (void)pairs;
    (void)npairs;
    (void)user;
    atomic_fetch_add(&nlogged, 1);
}

static void must(keda_status rc, const keda_error *err)
{
    if (rc == KEDA_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static keda_engine *make_engine(void)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    const keda_callback_target target = {.struct_size = sizeof target, .get = get, .set = set};
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *e = NULL;
    options.log = on_log;
    options.plugin_path = "";
    options.shutdown_grace_ms = 2000;
    must(keda_engine_new(&e, &options, &err), &err);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        must(keda_engine_register_scaler(e, &types[i], NULL, &err), &err);
    must(keda_engine_register_endpoint(e, &endpoint, NULL, &err), &err);
    must(keda_engine_on_scale(e, &target, &err), &err);
    return e;
}

static void put(keda_engine *e, size_t i, int round)
{
    keda_error err = KEDA_ERROR_INIT;
    char text[1024], id[16];
    (void)snprintf(id, sizeof id, "w%zu", i);
    (void)snprintf(
        text, sizeof text,
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
        "metadata: {name: w%zu, annotations: {libkeda.io/polling-interval: 50ms}}\n"
        "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: "
        "w%zu}\n  maxReplicaCount: %d\n  triggers: [{type: %s, metadata: {}}]\n",
        i, i, 10 + round % 2, types[i % 3].type);
    must(keda_engine_put(e, id, text, NULL, &err), &err);
}

/* Until something answers, or the next poll is due. */
static void wait_a_little(keda_engine *e)
{
    enum { LONGEST_MS = 20 };
    struct pollfd fd = {.fd = keda_engine_fd(e), .events = POLLIN};
    const int64_t due_ms = keda_engine_next_due_ms(e);
    (void)poll(&fd, 1, due_ms < 0 || due_ms > LONGEST_MS ? LONGEST_MS : (int)due_ms);
}

int main(void)
{
    keda_error err = KEDA_ERROR_INIT;
    for (int round = 0; round < NROUNDS; round++) {
        keda_engine *e = make_engine();
        for (int step = 0; step < NSTEPS; step++) {
            put(e, (size_t)(step % NWORKLOADS), step / NWORKLOADS);
            must(keda_engine_step(e, &err), &err);
            wait_a_little(e);
            if (step % 7 == 6)
                must(keda_engine_remove(e, "w0", &err), &err);
        }
        keda_engine_free(e); /* with polls under way */
        join_strangers();
    }
    printf("%d answers, %d records\n", atomic_load(&nanswered), atomic_load(&nlogged));
    return atomic_load(&nanswered) > NROUNDS ? 0 : 1;
}
