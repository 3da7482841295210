/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A collection followed for ever: listed in pages, then watched, and again. At any time a watch has one
 * request under way or its timer set. What comes inside curl is only kept; it is read, and the caller told,
 * when the loop has served everything else. The text of events is watch_event.c's, paths and delays
 * watch_path.c's.
 */
#include "kube/kube.h"
#include "kube/watch_event.h"
#include "kube/watch_path.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"

#include <assert.h>
#include <string.h>

enum {
    PAGE_SIZE = 500,
    LIST_TIMEOUT_MS = 30000,
    QUIET_MS = 90000, /* a server sends a bookmark every minute */
    MIN_LASTING_MS = 1000,
    MIN_STREAM_S = 300,
    MAX_STREAM_S = 600
};

struct keda_kube_watch {
    keda_kube *kube;
    keda_kube_watch_options opts; /* texts are ours */
    keda_kube_call *call;         /* NULL: waits for the timer */
    loop_timer again;
    loop_after soon; /* lines wait to be read */
    clock_random random;
    /* the list */
    bool is_listing;
    char *token;   /* of the next page; NULL: the first */
    int32_t limit; /* of a page; less after one that was too long */
    char *version; /* where the watch goes on; NULL before the first list */
    /* the stream */
    watch_lines lines;
    bool is_open, has_spoken; /* its head came; an event came */
    int64_t asked_ms, heard_ms;
    /* how it goes */
    int32_t failures;             /* in a row */
    int32_t told_code, told_http; /* the trouble the caller knows; 0: none */
    int32_t busy;                 /* callbacks further up; it is freed by the last */
    bool is_closed;
};

static void proceed(keda_kube_watch *w);

static int64_t now_of(const keda_kube_watch *w)
{
    return loop_now_ms(w->kube->l);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void watch_free(keda_kube_watch *w)
{
    const char *const texts[] = {w->opts.path, w->opts.label_selector, w->opts.field_selector};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        union {
            const char *in;
            char *out;
        } ours = {.in = texts[i]};
        mem_free(ours.out);
    }
    watch_lines_reset(&w->lines);
    mem_free(w->token);
    mem_free(w->version);
    mem_free(w);
}

static void enter(keda_kube_watch *w)
{
    w->busy++;
}

static void leave(keda_kube_watch *w)
{
    if (--w->busy == 0 && w->is_closed)
        watch_free(w);
}

/* text NULL: none. */
static keda_status set_text(char **out, const char *text, keda_error *err)
{
    char *copy = mem_strdup(text);

    if (text != NULL && copy == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    mem_free(*out);
    *out = copy;
    return KEDA_OK;
}

static void list_anew(keda_kube_watch *w)
{
    w->is_listing = true;
    (void)set_text(&w->token, NULL, NULL);
}

/* ---- telling -------------------------------------------------------------------------------- */

/* Messages hold times and ports, so what is the same trouble is told by its codes. */
static void tell_trouble(keda_kube_watch *w, const keda_error *err)
{
    if (w->told_code == err->code && w->told_http == err->http_status)
        return;
    w->told_code = err->code;
    w->told_http = err->http_status;
    if (w->opts.trouble != NULL)
        w->opts.trouble(err, w->opts.user);
}

static void tell_well(keda_kube_watch *w)
{
    if (w->told_code == KEDA_OK)
        return;
    w->told_code = KEDA_OK;
    w->told_http = 0;
    if (w->opts.trouble != NULL)
        w->opts.trouble(NULL, w->opts.user);
}

/* ---- going on ------------------------------------------------------------------------------- */

static void on_again(loop_timer *timer, void *user)
{
    keda_kube_watch *w = user;

    (void)timer;
    enter(w);
    proceed(w);
    leave(w);
}

static void on_again_soon(loop_after *after, void *user)
{
    (void)after;
    on_again(NULL, user);
}

/* Without memory for the timer it is tried again at once, until there is some. */
static void proceed_after(keda_kube_watch *w, int64_t delay_ms)
{
    if (w->is_closed)
        return;
    if (delay_ms <= 0)
        proceed(w);
    else if (loop_timer_set(w->kube->l, &w->again, num_add_sat(now_of(w), delay_ms), on_again,
                            w, NULL) != KEDA_OK)
        loop_after_add(w->kube->l, &w->soon, on_again_soon, w);
}

static int64_t back_off_ms(keda_kube_watch *w, const keda_error *err)
{
    if (w->failures < INT32_MAX)
        w->failures++;
    return watch_delay_ms(w->failures, err, clock_random_unit(&w->random));
}

/* Never two attempts within a second, however well they end. */
static int64_t breath_ms(const keda_kube_watch *w)
{
    return MIN_LASTING_MS - (now_of(w) - w->asked_ms);
}

static bool is_gone(const keda_error *err)
{
    return err->http_status == 410;
}

/* What may be well the next time with the same question; everything else begins with a list. */
static bool is_passing(const keda_error *err)
{
    return err->code == KEDA_EUNAVAILABLE || err->code == KEDA_ETIMEOUT ||
           err->code == KEDA_EAUTH || err->code == KEDA_ENOMEM ||
           (err->code == KEDA_ELIMIT && err->http_status == 429);
}

static void fail(keda_kube_watch *w, const keda_error *err)
{
    const int64_t delay_ms = back_off_ms(w, err);

    if (!is_passing(err))
        list_anew(w);
    tell_trouble(w, err);
    proceed_after(w, delay_ms);
}

/* ---- the list ------------------------------------------------------------------------------- */

static watch_scope scope_of(const keda_kube_watch *w)
{
    return (watch_scope){.path = w->opts.path,
                         .label_selector = w->opts.label_selector,
                         .field_selector = w->opts.field_selector};
}

static void give_items(keda_kube_watch *w, const keda_json *items)
{
    const size_t count = keda_json_count(items);

    for (size_t i = 0; i < count && !w->is_closed; i++)
        w->opts.object(keda_json_at(items, i, NULL), w->opts.user);
}

static void end_list(keda_kube_watch *w)
{
    w->is_listing = false;
    w->limit = w->opts.page_size;
    (void)set_text(&w->token, NULL, NULL);
    w->opts.end(w->opts.user);
    proceed_after(w, 0);
}

static keda_status read_page(keda_kube_watch *w, const keda_json *body, keda_error *err)
{
    const char *version = keda_json_string(keda_json_get(body, "metadata.resourceVersion"));
    const char *token = keda_json_string(keda_json_get(body, "metadata.continue"));
    const keda_json *items = keda_json_get(body, "items");
    const bool is_first = w->token == NULL;
    keda_status rc;

    if (version == NULL || *version == '\0' ||
        (keda_json_type_of(items) != KEDA_JSON_ARRAY &&
         keda_json_type_of(items) != KEDA_JSON_NULL))
        return keda_error_set(err, KEDA_EPROTOCOL, "%s: the answer is no list", w->opts.path);
    if (is_first)
        w->opts.begin(w->opts.user);
    give_items(w, items);
    if (w->is_closed)
        return KEDA_OK;
    if (token != NULL && *token != '\0') {
        if ((rc = set_text(&w->token, token, err)) == KEDA_OK)
            proceed_after(w, 0);
        return rc;
    }
    if ((rc = set_text(&w->version, version, err)) == KEDA_OK)
        end_list(w);
    return rc;
}

/* A page that was too long is asked for by halves; an expired token makes the list begin again. */
static void fail_page(keda_kube_watch *w, const keda_error *err)
{
    if (err->code == KEDA_ELIMIT && err->http_status == 0 && w->limit > 1) {
        w->limit /= 2;
        proceed_after(w, 0);
    } else if (is_gone(err) && w->token != NULL) {
        list_anew(w);
        proceed_after(w, breath_ms(w));
    } else {
        fail(w, err);
    }
}

static void on_page(const keda_json *body, const keda_error *given, void *user)
{
    keda_kube_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    w->call = NULL;
    if (given != NULL)
        err = *given;
    enter(w);
    if (err.code == KEDA_OK)
        (void)read_page(w, body, &err);
    if (err.code != KEDA_OK && !w->is_closed)
        fail_page(w, &err);
    leave(w);
}

static keda_status ask_page(keda_kube_watch *w, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    const watch_scope scope = scope_of(w);
    keda_buf path = {0};
    keda_status rc = watch_list_path(&path, &scope, w->limit, w->token);

    request.path = path.data;
    request.timeout_ms = LIST_TIMEOUT_MS;
    if (rc == KEDA_OK)
        rc = keda_kube_send(w->kube, &request, on_page, w, &w->call, err);
    else
        (void)keda_error_set(err, rc, "out of memory");
    keda_buf_clear(&path);
    return rc;
}

/* ---- the stream ----------------------------------------------------------------------------- */

static keda_status take_event(keda_kube_watch *w, const watch_event *event, keda_error *err)
{
    keda_status rc = KEDA_OK;

    w->has_spoken = true;
    w->failures = 0;
    if (event->version != NULL)
        rc = set_text(&w->version, event->version, err);
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
        tell_well(w);
    while (rc == KEDA_OK && !w->is_closed && watch_lines_next(&w->lines, &line, &size)) {
        watch_event event;

        if ((rc = watch_event_parse(&event, line, size, err)) != KEDA_OK) {
            if (rc != KEDA_ENOMEM)
                list_anew(w);
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
    const int64_t now_ms = now_of(w);
    const bool is_quiet = err->code == KEDA_ETIMEOUT && now_ms - w->heard_ms >= QUIET_MS;
    const bool has_lasted =
        w->has_spoken || (w->is_open && now_ms - w->asked_ms >= MIN_LASTING_MS);
    const bool is_cut = w->is_open && err->code == KEDA_EUNAVAILABLE && err->http_status == 0;

    watch_lines_reset(&w->lines); /* a begun line comes again, whole */
    if (has_lasted)
        w->failures = 0;
    if (is_gone(err)) {
        list_anew(w);
        proceed_after(w, has_lasted ? breath_ms(w) : back_off_ms(w, err));
    } else if (err->code == KEDA_OK || is_quiet) {
        proceed_after(w, breath_ms(w));
    } else if (is_cut && w->failures == 0) {
        proceed_after(w, back_off_ms(w, err));
    } else {
        fail(w, err);
    }
}

static void on_soon(loop_after *after, void *user)
{
    keda_kube_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    (void)after;
    enter(w);
    if (take_lines(w, &err) != KEDA_OK && !w->is_closed) {
        keda_kube_cancel(w->call);
        w->call = NULL;
        end_stream(w, &err);
    }
    leave(w);
}

/* Inside curl: nothing is told here. */
static keda_status on_piece(const char *bytes, size_t size, void *user)
{
    keda_kube_watch *w = user;

    w->is_open = true;
    w->heard_ms = now_of(w);
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
    enter(w);
    if (take_lines(w, &err) == KEDA_OK && given != NULL)
        err = *given;
    if (!w->is_closed)
        end_stream(w, &err);
    leave(w);
}

static keda_status ask_stream(keda_kube_watch *w, keda_error *err)
{
    const http_stream stream = {.piece = on_piece, .quiet_ms = QUIET_MS};
    const int32_t timeout_s =
        MIN_STREAM_S +
        (int32_t)(clock_random_next(&w->random) % (uint64_t)(MAX_STREAM_S - MIN_STREAM_S + 1));
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    const watch_scope scope = scope_of(w);
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

static keda_status ask(keda_kube_watch *w, keda_error *err)
{
    w->asked_ms = w->heard_ms = now_of(w);
    return w->is_listing ? ask_page(w, err) : ask_stream(w, err);
}

static void proceed(keda_kube_watch *w)
{
    keda_error err = KEDA_ERROR_INIT;

    if (ask(w, &err) != KEDA_OK)
        fail(w, &err);
}

/* ---- opening and closing -------------------------------------------------------------------- */

static keda_status read_options(keda_kube_watch_options *out,
                                const keda_kube_watch_options *given, keda_error *err)
{
    const size_t size = given->struct_size < sizeof *out ? given->struct_size : sizeof *out;

    *out = (keda_kube_watch_options){0};
    memcpy(out, given, size);
    if (out->path == NULL || *out->path != '/' || strchr(out->path, '?') != NULL)
        return keda_error_set(err, KEDA_EINVAL, "watch: not the path of a collection");
    if (out->begin == NULL || out->object == NULL || out->gone == NULL || out->end == NULL)
        return keda_error_set(err, KEDA_EINVAL, "watch: a callback is missing");
    if (out->page_size <= 0)
        out->page_size = PAGE_SIZE;
    return KEDA_OK;
}

static keda_status copy_text(const char **out, const char *text, keda_error *err)
{
    char *copy = NULL;
    keda_status rc = set_text(&copy, text, err);

    *out = copy;
    return rc;
}

static keda_status copy_options(keda_kube_watch *w, const keda_kube_watch_options *opts,
                                keda_error *err)
{
    keda_status rc;

    w->opts = *opts;
    w->opts.path = w->opts.label_selector = w->opts.field_selector = NULL;
    rc = copy_text(&w->opts.path, opts->path, err);
    if (rc == KEDA_OK)
        rc = copy_text(&w->opts.label_selector, opts->label_selector, err);
    if (rc == KEDA_OK)
        rc = copy_text(&w->opts.field_selector, opts->field_selector, err);
    return rc;
}

keda_status keda_kube_watch_open(keda_kube_watch **out, keda_kube *kube,
                                 const keda_kube_watch_options *given, keda_error *err)
{
    keda_kube_watch_options opts;
    keda_kube_watch *w;
    keda_status rc;

    assert(out != NULL && kube != NULL && given != NULL);
    if ((rc = read_options(&opts, given, err)) != KEDA_OK)
        return rc;
    w = mem_zalloc(1, sizeof *w);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    w->kube = kube;
    w->is_listing = true;
    w->limit = opts.page_size;
    clock_random_seed(&w->random, clock_random_seed_from_system());
    rc = copy_options(w, &opts, err);
    if (rc == KEDA_OK)
        rc = ask(w, err);
    if (rc != KEDA_OK) {
        watch_free(w);
        return rc;
    }
    *out = w;
    return KEDA_OK;
}

void keda_kube_watch_close(keda_kube_watch *w)
{
    if (w == NULL || w->is_closed)
        return;
    if (w->call != NULL)
        keda_kube_cancel(w->call);
    w->call = NULL;
    loop_timer_cancel(w->kube->l, &w->again);
    loop_after_cancel(w->kube->l, &w->soon);
    w->is_closed = true;
    if (w->busy == 0)
        watch_free(w);
}
