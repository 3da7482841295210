/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_endpoint: what instances share. One per kind and parameters, counted references, lingering
 * when unused. Polls that fall due together are handed on as one batch, on the endpoint's own thread
 * when its client blocks; while it fails it is asked at most once per back-off step.
 */
#ifndef ENGINE_ENDPOINT_H
#define ENGINE_ENDPOINT_H

#include "engine/backoff.h"
#include "engine/poll.h"

typedef struct endpoint_batch endpoint_batch;

struct keda_endpoint {
    table_node node;     /* first; named by kind and parameters, secrets included */
    keda_engine *engine; /* NULL once the engine is gone */
    engine_shared *shared;
    endpoint_kind *kind;
    char *name; /* kind and parameters, compared and never shown */
    size_t name_size;
    void *state;
    int32_t refs;
    loop_timer linger;

    keda_poll *first, *last; /* queue */
    loop_after flush;
    endpoint_batch *batch; /* of a blocking endpoint: under way */
    loop_worker *worker;
    loop_job close_job;
    bool has_thread;
    bool is_closing;

    size_t nasked; /* polls given away and not noted yet */
    size_t ngood;  /* since the last verdict */
    size_t nbad;   /* likewise; failures that speak against the peer */
    backoff backoff;
    keda_error trouble; /* of the last bad one */
};

void endpoint_release(keda_endpoint *ep);
/* Puts a poll into the next batch. Engine's thread. */
void endpoint_enqueue(keda_endpoint *ep, keda_poll *poll);
/* Takes a poll that nobody waits for out of the queue, where it then ends; false when it is not in
 * one. */
bool endpoint_withdraw(keda_poll *poll);
/* A poll has ended or is no longer waited for: counts once for its endpoint, if it has one. err is
 * NULL after an answer. */
void endpoint_poll_ended(keda_poll *poll, const keda_error *err);
/* For phases: the same for all users of one endpoint. */
uint64_t endpoint_hash(const keda_endpoint *ep);
/* The engine ends: batches under way are to end soon. */
void endpoint_cancel_all(keda_engine *e);
/* The engine ends: closes all, used or not. */
void endpoint_close_all(keda_engine *e);

#endif
