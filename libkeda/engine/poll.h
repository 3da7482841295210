/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_poll: one question to one instance. Collects values from whatever thread, and is handed to
 * whoever asked on the engine's; an answer that nobody awaits any more is dropped.
 */
#ifndef ENGINE_POLL_H
#define ENGINE_POLL_H

#include "engine/instance.h"
#include "engine/ticket.h"

/* err is NULL when it was answered; the values lie in the poll. Comes exactly once, later. */
typedef void (*poll_answered_fn)(const keda_poll *poll, const keda_error *err, void *user);

typedef struct poll_value {
    size_t spec_index;
    double raw;
} poll_value;

enum { POLL_INLINE_VALUES = 2 };

struct keda_poll {
    ticket ticket; /* first */
    keda_scaler *scaler;
    uint32_t due; /* keda_poll_due bits */
    int64_t started_ms, started_wall_ms;
    poll_answered_fn answered;
    void *user;

    poll_value few[POLL_INLINE_VALUES];
    poll_value *values; /* few, or allocated */
    size_t nvalues, capacity;
    int32_t is_active; /* -1: not said */
    bool is_failed;
    keda_error err;

    keda_endpoint *endpoint; /* that answers it; NULL: none */
    keda_poll *next;         /* in the endpoint's queue */
    bool is_queued;
    bool is_counted; /* its end has been noted by the endpoint */
};

typedef struct poll_question {
    uint32_t due;
    int64_t deadline_ms; /* absolute */
    poll_answered_fn answered;
    void *user;
} poll_question;

/* Asks. On failure nothing is under way and `answered` does not come. */
keda_status poll_start(keda_scaler *s, const poll_question *question, keda_error *err);
/* Nobody waits any more for the instance's poll, if there is one: `answered` comes now, cancelled. */
void poll_forget(keda_scaler *s);

#endif
