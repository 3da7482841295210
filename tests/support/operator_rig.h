/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator on a rig's engine, before an API server in memory. Everything runs on the test's thread, on
 * the rig's clock; several rigs may share one server.
 */
#ifndef SUPPORT_OPERATOR_RIG_H
#define SUPPORT_OPERATOR_RIG_H

#include <keda/operator.h>

#include "support/kube_peer.h"
#include "support/rig.h"

typedef struct operator_rig {
    rig r;
    kube_peer *peer;
    bool owns_peer;
    keda_kube *kube;
    keda_operator *op;
    keda_kube_options kube_options;
    keda_operator_options options; /* may be set before operator_rig_start */
    bool is_stopped;               /* `stopped` has been called */
} operator_rig;

/* peer NULL: one of its own, with which it closes. */
void operator_rig_init(operator_rig *o, kube_peer *peer);
void operator_rig_start(operator_rig *o);
void operator_rig_open(operator_rig *o); /* both, with a peer of its own */
/* Ends operator, client and engine at once, as a crash does; the server stays as it is. */
void operator_rig_crash(operator_rig *o);
/* A new process in place of the one that has ended. */
void operator_rig_restart(operator_rig *o);
void operator_rig_stop(operator_rig *o, int64_t grace_ms); /* and waits until it has stopped */
void operator_rig_close(operator_rig *o);

/* Lets engine and server work until neither has anything to do, without moving the clock. */
void operator_rig_settle(operator_rig *o);
/* Moves the clock on, settling at everything that falls due on the way. */
void operator_rig_run(operator_rig *o, int64_t ms);
/* The same of two on one server, whose clocks go together. */
void operator_rigs_run(operator_rig *a, operator_rig *b, int64_t ms);

/* Deployment default/NAME. */
void operator_rig_deploy(operator_rig *o, const char *name, int replicas);
/* ScaledObject default/NAME on Deployment NAME, one script trigger of source NAME, target 10. metadata and spec:
 * further JSON members with a comma in front, "" for none. */
void operator_rig_put(operator_rig *o, const char *name, const char *metadata,
                      const char *spec);
/* spec.replicas of Deployment default/NAME; -1: there is none. */
int operator_rig_replicas(operator_rig *o, const char *name);
/* Text at a path of an object, "" when there is none; valid until the fourth next call. Numbers and others as
 * JSON. */
const char *operator_rig_text(operator_rig *o, const char *kind, const char *name,
                              const char *path);
/* "True ScaledObjectReady: message" of ScaledObject default/NAME; likewise. */
const char *operator_rig_condition(operator_rig *o, const char *name, const char *type);

#endif
