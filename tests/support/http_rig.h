/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop on a fake clock, a pool and a scripted peer, stepped in turn until something holds; and
 * one answer, copied so that a test can look at it after `done`.
 */
#ifndef SUPPORT_HTTP_RIG_H
#define SUPPORT_HTTP_RIG_H

#include <stdbool.h>

#include "net/http.h"
#include "support/fake_clock.h"
#include "support/http_peer.h"

typedef struct http_rig {
    fake_clock clock;
    loop *l;
    keda_http *http;
    http_peer *peers[4];
    size_t npeers;
} http_rig;

/* Opens loop and pool, and takes the peer; rig must not move in memory afterwards. */
void http_rig_open(http_rig *rig, http_peer *peer, const http_pool_options *opts);
void http_rig_close(http_rig *rig); /* the pool and the loop; peers stay */
void http_rig_add(http_rig *rig, http_peer *peer);

/* Steps until the condition holds; aborts when nothing happens for long. */
void http_rig_until(http_rig *rig, bool (*holds)(void *user), void *user);
/* Steps until neither side has anything left to do. */
void http_rig_settle(http_rig *rig);

typedef struct http_rig_answer {
    int times; /* `done` was called */
    bool has_reply;
    int32_t status;
    char *body;
    size_t body_size;
    int64_t retry_after_ms, latency_ms;
    keda_error err;
    char header[128]; /* value of `header_name`, "" when absent */
    const char *header_name;
} http_rig_answer;

void http_rig_done(const keda_http_reply *reply, const keda_error *err, void *user);
void http_rig_answer_clear(http_rig_answer *answer);
/* Sends and steps until it is over. */
void http_rig_ask(http_rig *rig, const keda_http_request *request, http_rig_answer *answer);
void http_rig_get(http_rig *rig, const char *url, http_rig_answer *answer);

#endif
