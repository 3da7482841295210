/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors on the loop: uv_poll with our own handle, which may be closed inside its callback.
 */
#include "internal.h"

#include <assert.h>

#include "base/mem.h"

struct loop_watch {
    uv_poll_t poll; /* first: libuv hands it back */
    loop *loop;
    loop_watch_fn ready;
    void *user;
    int events;
    uint64_t pass; /* in which it was served last */
    bool is_closed;
};

static void on_ready(uv_poll_t *poll, int status, int uv_events);

static int start(loop_watch *watch)
{
    if (watch->events == 0)
        return uv_poll_stop(&watch->poll);
    const int events = (watch->events & LOOP_READABLE ? UV_READABLE : 0) |
                       (watch->events & LOOP_WRITABLE ? UV_WRITABLE : 0);
    return uv_poll_start(&watch->poll, events, on_ready);
}

/* An error on the descriptor counts as readiness: whoever reads or writes next learns it. libuv
 * has stopped watching then, the owner has not. */
static void on_ready(uv_poll_t *poll, int status, int uv_events)
{
    loop_watch *watch = (loop_watch *)poll;
    int events = watch->events;
    if (status == 0)
        events = (uv_events & UV_READABLE ? LOOP_READABLE : 0) |
                 (uv_events & UV_WRITABLE ? LOOP_WRITABLE : 0);
    else
        (void)start(watch);
    if (events == 0 || watch->is_closed || watch->pass == watch->loop->pass)
        return;
    watch->pass = watch->loop->pass;
    watch->loop->nserved++;
    watch->ready(watch, events, watch->user);
}

keda_status loop_watch_open(loop_watch **out, loop *l, int fd, int events, loop_watch_fn ready,
                            void *user, keda_error *err)
{
    loop_watch *watch = mem_zalloc(1, sizeof *watch);
    if (watch == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "watching a descriptor: out of memory");
    int rc = uv_poll_init(&l->uv, &watch->poll, fd);
    if (rc != 0) {
        mem_free(watch);
        return loop_fail_uv(err, rc, "watching a descriptor");
    }
    watch->loop = l;
    watch->ready = ready;
    watch->user = user;
    keda_status status = loop_watch_set(watch, events, err);
    if (status == KEDA_OK)
        *out = watch;
    else
        loop_watch_close(watch);
    return status;
}

keda_status loop_watch_set(loop_watch *watch, int events, keda_error *err)
{
    assert(!watch->is_closed);
    watch->events = events & (LOOP_READABLE | LOOP_WRITABLE);
    watch->loop->is_changed = true;
    const int rc = start(watch);
    return rc == 0 ? KEDA_OK : loop_fail_uv(err, rc, "watching a descriptor");
}

static void on_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

void loop_watch_close(loop_watch *watch)
{
    if (watch == NULL || watch->is_closed)
        return;
    watch->is_closed = true;
    watch->loop->is_changed = true;
    uv_close((uv_handle_t *)&watch->poll, on_closed);
}
