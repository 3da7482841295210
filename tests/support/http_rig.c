/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stepping a loop and scripted peers in turn on one thread. Waits on descriptors only; the clock
 * stands still unless the test moves it.
 */
#include "support/http_rig.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000 };

static void must(bool ok, const char *what, const keda_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "http_rig: %s: %s\n", what, err != NULL ? err->text : "");
    abort();
}

void http_rig_open(http_rig *rig, http_peer *peer, const http_pool_options *opts)
{
    keda_error err = KEDA_ERROR_INIT;

    memset(rig, 0, sizeof *rig);
    fake_clock_init(&rig->clock);
    must(loop_new(&rig->l, &rig->clock.clock, &err) == KEDA_OK, "loop", &err);
    must(http_pool_new(&rig->http, rig->l, opts, &err) == KEDA_OK, "pool", &err);
    http_rig_add(rig, peer);
}

void http_rig_add(http_rig *rig, http_peer *peer)
{
    must(rig->npeers < sizeof rig->peers / sizeof rig->peers[0], "too many peers", NULL);
    if (peer != NULL)
        rig->peers[rig->npeers++] = peer;
}

void http_rig_close(http_rig *rig)
{
    http_pool_free(rig->http);
    loop_free(rig->l);
    rig->http = NULL;
    rig->l = NULL;
}

/* One turn of everybody. */
static bool step(http_rig *rig)
{
    keda_error err = KEDA_ERROR_INIT;
    bool did_something = false;

    must(loop_step(rig->l, &err) == KEDA_OK, "step", &err);
    for (size_t i = 0; i < rig->npeers; i++)
        did_something = http_peer_step(rig->peers[i]) || did_something;
    return did_something;
}

/* False: nothing became ready in that time. */
static bool wait_for_bytes(http_rig *rig, int timeout_ms)
{
    struct pollfd fds[5] = {{.fd = loop_fd(rig->l), .events = POLLIN}};

    if (loop_next_due_ms(rig->l) == 0)
        return true;
    for (size_t i = 0; i < rig->npeers; i++)
        fds[i + 1] = (struct pollfd){.fd = http_peer_fd(rig->peers[i]), .events = POLLIN};
    return poll(fds, rig->npeers + 1, timeout_ms) > 0;
}

void http_rig_until(http_rig *rig, bool (*holds)(void *user), void *user)
{
    while (!holds(user)) {
        if (!step(rig) && !holds(user))
            must(wait_for_bytes(rig, PATIENCE_MS), "nothing happens", NULL);
    }
}

void http_rig_settle(http_rig *rig)
{
    do {
        while (step(rig))
            continue;
    } while (wait_for_bytes(rig, 20));
}

void http_rig_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    http_rig_answer *a = user;

    a->times++;
    a->err = *err;
    a->has_reply = reply != NULL;
    if (reply == NULL)
        return;
    a->status = reply->status;
    a->body_size = reply->body_size;
    a->body = malloc(reply->body_size + 1);
    must(a->body != NULL, "memory", NULL);
    memcpy(a->body, reply->body, reply->body_size + 1);
    a->retry_after_ms = reply->retry_after_ms;
    a->latency_ms = reply->latency_ms;
    if (a->header_name != NULL && keda_http_header(reply, a->header_name) != NULL)
        (void)snprintf(a->header, sizeof a->header, "%s",
                       keda_http_header(reply, a->header_name));
}

void http_rig_answer_clear(http_rig_answer *answer)
{
    free(answer->body);
    *answer = (http_rig_answer){0};
}

static bool is_over(void *user)
{
    return ((const http_rig_answer *)user)->times > 0;
}

void http_rig_ask(http_rig *rig, const keda_http_request *request, http_rig_answer *answer)
{
    keda_error err = KEDA_ERROR_INIT;

    must(keda_http_send(rig->http, request, http_rig_done, answer, NULL, &err) == KEDA_OK,
         "send", &err);
    http_rig_until(rig, is_over, answer);
}

void http_rig_get(http_rig *rig, const char *url, http_rig_answer *answer)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = url;
    http_rig_ask(rig, &request, answer);
}
