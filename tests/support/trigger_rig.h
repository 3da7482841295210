/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole engine with one workload whose one trigger asks a scripted HTTP peer, which runs on a thread of
 * its own: for tests of types that ask over HTTP. One a test process.
 */
#ifndef SUPPORT_TRIGGER_RIG_H
#define SUPPORT_TRIGGER_RIG_H

#include "support/http_peer.h"
#include "support/rig.h"

typedef struct trigger_rig {
    rig r;
    http_peer *peer;
    char text[32768]; /* documents of the last put */
} trigger_rig;

/* Takes the peer; NULL: a plain one. */
void trigger_rig_open(trigger_rig *t, http_peer *take_peer);
void trigger_rig_close(trigger_rig *t);

/* A trigger with this metadata, in YAML's flow style without braces, and these parameters from a Secret.
 * PEER in the metadata stands for host and port of the peer. */
keda_status trigger_rig_put(trigger_rig *t, const char *type, const char *metadata,
                            const keda_param *auth, size_t nauth);
/* Waits until its trigger has a reading or has failed. */
keda_trigger_status trigger_rig_wait(trigger_rig *t);
/* Both; a refused put ends the test. */
keda_trigger_status trigger_rig_ask(trigger_rig *t, const char *type, const char *metadata,
                                    const keda_param *auth, size_t nauth);
/* The next poll of the same trigger, after its interval. */
keda_trigger_status trigger_rig_again(trigger_rig *t);

/* What the peer was asked, from 0; ends the test when it was not. */
const http_peer_request *trigger_rig_asked(trigger_rig *t, size_t i);

#endif
