/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of every public function: how it is called, and what it says when memory runs out. One row a symbol of
 * libkeda.map, in the calls_*.c of its headers; test_every_call.c runs the rows and misses none.
 */
#ifndef TESTS_MEMORY_EVERY_CALL_H
#define TESTS_MEMORY_EVERY_CALL_H

#include "memory/heap.h"

#include <keda/keda.h>
#include <keda/kube.h>
#include <keda/operator.h>
#include <keda/simulate.h>

#include "support/fake_clock.h"
#include "support/kube_peer.h"

/* What the rows of a header share: made by `open` with memory enough, used by `call`, ended by `close`. */
typedef struct world {
    size_t n;        /* the request that fails; for a call that arms by itself */
    bool has_failed; /* and whether it did */
    bool is_called;  /* `open` is over */
    bool is_again;   /* called once more, with memory enough */
    keda_error err;
    fake_clock clock;
    keda_buf text; /* what was written */
    keda_findings *findings;
    keda_formula *formula;
    keda_json *json;
    keda_engine *engine;
    keda_journal *journal;
    keda_simulation *simulation;
    kube_peer *peer; /* on a thread of its own */
    keda_kube *kube;
    keda_kube_call *kube_call;
    keda_kube_watch *watch;
    keda_kube_lease *lease;
    keda_operator *operator;
    keda_http *http;
    keda_http_call *http_call;
    int32_t replicas; /* of the target */
    size_t npending;  /* reports to come, of keda_engine_poll */
    bool is_unknown;  /* one of them had no reading */
    /* Asked inside the callback of that moment, of a trigger or target, with its subject: a list of specs, an
     * instance, a poll, a call. */
    enum moment {
        IN_NOTHING,
        IN_SPECS,
        IN_OPEN,
        IN_POLL,
        IN_OBSERVE,
        IN_SCALE,
        IN_CLOSE
    } moment;
    keda_status (*in_call)(struct world *w, void *subject, keda_error *err);
    keda_scaler *scaler; /* the instance */
    keda_target *target;
    keda_endpoint *endpoint;
} world;

typedef struct every_call {
    const char *symbol;
    void (*open)(world *w); /* NULL: nothing */
    keda_status (*call)(world *w);
    void (*close)(world *w); /* NULL: nothing */
    /* What it may do instead of KEDA_ENOMEM; NULL: nothing. As its header says. */
    const char *instead;
    /* A library whose own want of memory it does not outlive, by no fault of ours; NULL: none. libcurl (7.88) leaves a
     * transfer half registered when a socket's entry cannot be had (multi.c, singlesocket), and reads freed memory
     * when its handle is used again. */
    const char *spares;
    bool is_quiet; /* asks for no memory at all */
    bool arms;     /* arms by itself, inside a callback */
} every_call;

/* A row that never asks for memory. */
#define QUIET(name, prepare, function, end)                                                    \
    {                                                                                          \
        .symbol = #name, .open = (prepare), .call = (function), .close = (end),                \
        .is_quiet = true                                                                       \
    }
/* A row which fails with KEDA_ENOMEM. */
#define FAILS(name, prepare, function, end)                                                    \
    {                                                                                          \
        .symbol = #name, .open = (prepare), .call = (function), .close = (end)                 \
    }
/* One that may go on with less, as said. */
#define GOES_ON(name, prepare, function, end, how)                                             \
    {                                                                                          \
        .symbol = #name, .open = (prepare), .call = (function), .close = (end),                \
        .instead = (how)                                                                       \
    }

typedef struct every_table {
    const every_call *rows;
    size_t nrows;
} every_table;

extern const every_table calls_base, calls_core, calls_engine, calls_json, calls_kube,
    calls_operator, calls_record, calls_scaler, calls_simulate, calls_target;

/* Ends the test with err's text when rc is not KEDA_OK. */
void world_need(const world *w, keda_status rc);

/* An engine on the world's clock with the trigger type `probe`, the endpoint kind `probe`, the callback target and
 * the target kind Probe. world_end ends it and everything else. */
void world_engine(world *w);
void world_engine_logging(world *w); /* with a log */
void world_orders(
    world *w); /* and ScaledObject default/orders with one trigger, on the callback */
void world_polled(world *w);                    /* and a decision */
void world_journal(world *w, const char *path); /* the same, written into a journal */
keda_status world_put(world *w);                /* the document of world_orders */
keda_status world_put_probe(world *w);          /* the same on a Probe */
void world_step(world *w, int64_t ms);          /* lets time pass, with memory enough */
extern const char world_document[];
extern const keda_scaler_desc world_scaler;
extern const keda_endpoint_desc world_endpoint;
extern const keda_target_desc world_target;
extern const keda_callback_target world_callback; /* its user is to be set */
void world_end(world *w);

/* An API server and a client of it, on the engine when there is one. */
void world_server(world *w);
keda_kube_options world_kube_options(world *w);
void world_client(world *w);

/* For calls inside callbacks: armed once a life. */
void world_arm(world *w);
void world_disarm(world *w);

keda_status world_write(const char *text, size_t size,
                        void *user); /* counts; allocates nothing */

#endif
