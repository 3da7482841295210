/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_target: one thing that is scaled, by apiVersion, kind, namespace and name; and the calls to it.
 * A target with a document of its own (ProcessPool) lives as long as that; others with their
 * workload. One whose count ends with the process gets it back when it is opened, without a decision.
 */
#ifndef ENGINE_TARGET_H
#define ENGINE_TARGET_H

#include "engine/backoff.h"
#include "engine/engine.h"
#include "engine/kept_error.h"

typedef struct keda_target_call keda_target_call;

/* err is NULL after success. Comes exactly once, later, unless forgotten. */
typedef void (*target_ended_fn)(const keda_target_call *call, const keda_error *err,
                                void *user);

typedef enum target_order { TARGET_OBSERVE, TARGET_SCALE, TARGET_CLOSE } target_order;

typedef struct target_question {
    target_order order;
    int32_t to;          /* TARGET_SCALE */
    int64_t deadline_ms; /* absolute */
    target_ended_fn ended;
    void *user;
} target_question;

struct keda_target_call {
    ticket ticket; /* first */
    keda_target *target;
    target_question question;
    keda_replicas replicas;
    bool is_settled;
    kept_error err; /* of a call that failed */
};

struct keda_target {
    table_node node; /* first; by key, while it is not being given up */
    chain_link ending;
    keda_engine *engine;
    engine_shared *shared;
    target_kind *kind;
    /* State and texts lie behind the struct. */
    void *state;
    const char *key;
    const char *api_version, *kind_name, *space, *name;
    char *spec_json; /* its document; NULL: it has none */
    char *next_spec; /* to be opened with, once it is closed */
    bool is_open, is_closing, is_given_up;
    bool needs_pods; /* its workload has a metric of type Value */
    int32_t ncalls;
    int32_t wanted;               /* last count set; -1: none */
    keda_target_call *close_call; /* under way */
    backoff backoff;              /* of opening */
    kept_error trouble;           /* of opening */
    kept_error ailment; /* while it is open: what it says itself (keda_target_trouble) */
    keda_replicas seen;
    struct workload *owner; /* that scales it; NULL: nobody */
    loop_after changed;
};

typedef struct target_name {
    const char *api_version, *kind, *space, *name;
} target_name;

/* "libkeda.io/v1alpha1/ProcessPool/default/worker"; the caller frees it. NULL: out of memory. */
char *target_key(const target_name *name);

/* Not open, in no table. spec_json NULL: it has no document. */
keda_status target_new(keda_target **out, keda_engine *e, target_kind *kind,
                       const target_name *name, const char *spec_json, keda_error *err);
void target_discard(keda_target *t); /* one that was never added; NULL is fine */
/* Puts it to work: opens it, and brings back its count. */
void target_add(keda_target *t);
/* Closes it and opens it again with another document, with the same count. */
void target_respec(keda_target *t, char *take_spec_json);
/* Gives it up: closes once its calls have ended, and frees. */
void target_give_up(keda_target *t);
/* The engine ends: hurries those that are still closing; true when none is left. */
bool targets_are_gone(const keda_engine *e);
void targets_hurry(keda_engine *e);

/* ---- calls (target_call.c) */

/* *out (may be NULL) is valid until `ended`. Errors: why it is not open; then there is no call. */
keda_status target_ask(keda_target *t, const target_question *question, keda_target_call **out,
                       keda_error *err);
void target_forget(keda_target_call *call); /* `ended` does not come; NULL is fine */

/* targets.c, for target_call.c: a call has ended; the close call is gone, and so may be t. */
void target_call_ended(keda_target_call *call);
void target_closed(keda_target *t);
/* A close call has ended: others may have waited for its memory. */
void target_close_waiting(keda_engine *e);
/* Opens it if it is not, unless it was tried just now. */
keda_status target_open(keda_target *t, keda_error *err);

#endif
