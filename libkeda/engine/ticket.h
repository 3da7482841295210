/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question that another party answers, maybe late, maybe from its own thread, maybe after the
 * engine is gone: what polls and target calls have in common. The ticket is the asked one's until
 * ticket_end; then the engine settles and destroys it, on its thread, with no other frame of the
 * engine below. When the engine is gone, ticket_end itself destroys it.
 */
#ifndef ENGINE_TICKET_H
#define ENGINE_TICKET_H

#include <stdatomic.h>

#include "base/log.h"
#include "loop/gate.h"

/* What outlives the engine for the sake of threads that are stuck in a client library. */
typedef struct engine_shared {
    atomic_size_t refs;
    loop_gate *gate;
    loop *l;                 /* the engine's thread only */
    const keda_clock *clock; /* inside the gate */
    log_sink log;            /* inside the gate */
} engine_shared;

keda_status shared_new(engine_shared **out, loop *l, const log_sink *log, keda_error *err);
engine_shared *shared_ref(engine_shared *shared);
void shared_unref(engine_shared *shared);
/* False when the engine is gone. Any thread. */
bool shared_now_ms(engine_shared *shared, int64_t *now_ms);
/* The host's log, or NULL for silence; what is not NULL must be left. Any thread. */
const log_sink *shared_log_enter(engine_shared *shared);
void shared_log_leave(engine_shared *shared);

#define TICKET_NO_DEADLINE INT64_MAX

typedef struct ticket ticket;
struct ticket { /* first member of a poll or call */
    engine_shared *shared;
    int64_t deadline_ms; /* set once, before it is given away */
    bool is_awaited;     /* somebody still waits for the answer */
    loop_timer timer;
    loop_after after;
    loop_task task;
    void (*settle)(ticket *t);  /* it has been answered */
    void (*expire)(ticket *t);  /* the deadline has passed and it is still awaited */
    void (*destroy)(ticket *t); /* frees it; any thread */
};

/* Starts to wait. On failure nothing is held. */
keda_status ticket_open(ticket *t, engine_shared *shared, int64_t deadline_ms, keda_error *err);
/* The asked one's last touch. Any thread. */
void ticket_end(ticket *t);
/* Nobody waits any more. */
void ticket_abandon(ticket *t);

#endif
