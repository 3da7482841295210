/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a collection from a version on. What comes inside curl is only kept; it is read, and the caller
 * told, when the loop has served everything else.
 */
#include "kube/watch.h"

#include "base/buf.h"

enum {
    QUIET_MS = 90000, /* a server sends a bookmark every minute */
    MIN_STREAM_S = 300,
    MAX_STREAM_S = 600
};

static keda_status take_event(keda_kube_watch *w, const watch_event *event, keda_error *err)
{
    keda_status rc = KEDA_OK;

    w->has_spoken = true;
    w->failures = 0;
    if (event->version != NULL)
        rc = watch_set_text(&w->version, event->version, err);
    if (rc != KEDA_OK)
        return rc;
    if (event->type == WATCH_CHANGED)
        w->opts.object(event->object, w->opts.user);
    else if (event->type == WATCH_GONE)
        w->opts.gone(event->object, w->opts.user);
    return KEDA_OK;
}

/* Reads and tells what came. Errors: the stream is of no use any more. */
static keda_status take_lines(keda_kube_watch *w, keda_error *err)
{
    const char *line;
    size_t size;
    keda_status rc = KEDA_OK;

    if (w->is_open)
        watch_tell_well(w);
    while (rc == KEDA_OK && !w->is_closed && watch_lines_next(&w->lines, &line, &size)) {
        watch_event event;

        if ((rc = watch_event_parse(&event, line, size, err)) != KEDA_OK) {
            if (rc != KEDA_ENOMEM)
                watch_list_anew(w);
            break;
        }
        rc = take_event(w, &event, err);
        keda_json_free(event.root);
    }
    return rc;
}

/* The stream is over, its lines are read. err: KEDA_OK when it ended well. */
static void end_stream(keda_kube_watch *w, const keda_error *err)
{
    const int64_t now_ms = watch_now_ms(w);
    const bool is_quiet = err->code == KEDA_ETIMEOUT && now_ms - w->heard_ms >= QUIET_MS;
    const bool has_lasted =
        w->has_spoken || (w->is_open && now_ms - w->asked_ms >= WATCH_MIN_LASTING_MS);
    const bool is_cut = w->is_open && err->code == KEDA_EUNAVAILABLE && err->http_status == 0;

    watch_lines_reset(&w->lines); /* a begun line comes again, whole */
    if (has_lasted)
        w->failures = 0;
    if (watch_is_gone(err)) {
        watch_list_anew(w);
        watch_proceed_after(w, has_lasted ? watch_breath_ms(w) : watch_back_off_ms(w, err));
    } else if (err->code == KEDA_OK || is_quiet) {
        watch_proceed_after(w, watch_breath_ms(w));
    } else if (is_cut && w->failures == 0) {
        watch_proceed_after(w, watch_back_off_ms(w, err));
    } else {
        watch_fail(w, err);
    }
}

static void on_soon(loop_after *after, void *user)
{
    keda_kube_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)after;
    watch_enter(w);
    if (take_lines(w, &err) != KEDA_OK && !w->is_closed) {
        keda_kube_cancel(w->call);
        w->call = NULL;
        end_stream(w, &err);
    }
    watch_leave(w);
}

/* Inside curl: nothing is told here. */
static keda_status on_piece(const char *bytes, size_t size, void *user)
{
    keda_kube_watch *w = user;

    w->is_open = true;
    w->heard_ms = watch_now_ms(w);
    loop_after_add(w->kube->l, &w->soon, on_soon, w);
    return watch_lines_put(&w->lines, bytes, size);
}

static void on_stream_end(const keda_json *body, const keda_error *given, void *user)
{
    keda_kube_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)body;
    w->call = NULL;
    loop_after_cancel(w->kube->l, &w->soon);
    watch_enter(w);
    if (take_lines(w, &err) == KEDA_OK && given != NULL)
        err = *given;
    if (!w->is_closed)
        end_stream(w, &err);
    watch_leave(w);
}

keda_status watch_ask_stream(keda_kube_watch *w, keda_error *err)
{
    const http_stream stream = {.piece = on_piece, .quiet_ms = QUIET_MS, .user = w};
    const int32_t timeout_s =
        MIN_STREAM_S +
        (int32_t)(clock_random_next(&w->random) % (uint64_t)(MAX_STREAM_S - MIN_STREAM_S + 1));
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    const watch_scope scope = watch_scope_of(w);
    keda_buf path = {0};
    keda_status rc = watch_stream_path(&path, &scope, w->version, timeout_s);

    w->is_open = w->has_spoken = false;
    request.path = path.data;
    if (rc == KEDA_OK)
        rc = kube_stream(w->kube, &request, &stream, on_stream_end, w, &w->call, err);
    else
        (void)keda_error_set(err, rc, "out of memory");
    keda_buf_clear(&path);
    return rc;
}
