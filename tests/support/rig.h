/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole engine on a fake clock with scripted peers: trigger types whose answers a test sets by
 * name, an endpoint kind that counts its batches, and a callback target. One rig a test process.
 */
#ifndef SUPPORT_RIG_H
#define SUPPORT_RIG_H

#include <stdbool.h>

#include <keda/engine.h>

#include "support/fake_clock.h"

/* What a trigger with `source: NAME` answers. */
typedef struct rig_source {
    char name[64];
    double value;
    size_t nvalues;     /* readings given, all of `value`; 0: 1 */
    keda_status fails;  /* KEDA_OK: it answers */
    bool is_empty;      /* it answers without a reading */
    bool is_held;       /* polls are kept until rig_release */
    bool is_active_set; /* says itself that it is active, or not */
    bool is_active;
    keda_status opens; /* what `open` returns */
    keda_poll *held;   /* the kept one */
    size_t nasked, ncancelled, nopened, nclosed;
    uint32_t due;    /* of the last poll */
    char secret[64]; /* the `password` of the last instance opened */
} rig_source;

enum { RIG_MAX_SOURCES = 16 };

typedef struct rig {
    fake_clock clock;
    keda_engine *engine;
    keda_engine_options options; /* may be set before rig_start */
    rig_source sources[RIG_MAX_SOURCES];
    size_t nsources;

    int32_t replicas; /* of the callback target; -1: cannot be read */
    size_t ngets, nsets;
    keda_status refuses;                         /* what the next sets answer */
    size_t nrefusals;                            /* how many of them; 0: while refuses is set */
    void (*on_set)(struct rig *rig, int32_t to); /* NULL: nothing; may call the engine */

    size_t ndecisions;
    int32_t reason; /* of the last decision */
    char text[512]; /* its line */
    void (*on_decision)(struct rig *rig, const keda_decision_record *record);

    keda_buf log; /* "info scaled workload=default/orders from=0 to=1 ..." a line each */

    size_t nbatches, batch_size; /* of the endpoint kind "rig" */
    size_t nendpoints;           /* open now */
    size_t nendpoints_opened;
    bool are_batches_held;
    keda_status batches_fail;
    keda_findings *findings; /* of the last put */
    keda_error err;
} rig;

/* Makes the engine: types `script` (parameters source, target, activation, password, tag) and
 * `batch` (source, target, endpoint; asked by way of an endpoint), and the callback target. */
void rig_init(rig *r);             /* options may then be changed */
void rig_start(rig *r);            /* ends the test when the engine cannot be made */
keda_status rig_try_start(rig *r); /* says so instead; rig_close all the same */
void rig_open(rig *r);             /* both */
void rig_close(rig *r);            /* frees the engine */

rig_source *rig_source_of(rig *r, const char *name); /* makes it when needed */
/* Ends a kept poll with what the source says now. */
void rig_release(rig *r, rig_source *source);

/* A ScaledObject on the callback target `name`; extra spec lines and triggers are YAML, indented by
 * two; NULL: none, and one script trigger of source NAME with target 10. In the rig's own buffer. */
const char *rig_object(const char *name, const char *spec, const char *triggers);
keda_status rig_put(rig *r, const char *id, const char *text);
/* All findings of the last put, a line each. */
const char *rig_findings(rig *r);

/* Moves the clock on by ms, stepping at everything that falls due on the way. */
void rig_run(rig *r, int64_t ms);
/* Steps without moving the clock. */
void rig_step(rig *r);
/* Steps in real time until `is_done` says so; ends the test after ten seconds. For threads. */
void rig_wait(rig *r, bool (*is_done)(rig *r));

/* True when a log line has this text in it. */
bool rig_logged(const rig *r, const char *text);
size_t rig_count_logged(const rig *r, const char *text);
/* The metrics text; valid until the next call. */
const char *rig_metrics(rig *r);
keda_workload_status rig_workload(rig *r, const char *id);
keda_trigger_status rig_trigger(rig *r, const char *id, size_t i);

#endif
