/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_kube_watch: its memory, what it tells, how it goes on after failures. Pages are watch_list.c's,
 * events watch_stream.c's.
 */
#include "kube/watch.h"

#include "base/mem.h"
#include "base/num.h"

#include <assert.h>
#include <string.h>

enum { PAGE_SIZE = 500 };

static void proceed(keda_kube_watch *w);

int64_t watch_now_ms(const keda_kube_watch *w)
{
    return loop_now_ms(w->kube->l);
}

watch_scope watch_scope_of(const keda_kube_watch *w)
{
    return (watch_scope){.path = w->opts.path,
                         .label_selector = w->opts.label_selector,
                         .field_selector = w->opts.field_selector};
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

void watch_enter(keda_kube_watch *w)
{
    w->busy++;
}

void watch_leave(keda_kube_watch *w)
{
    if (--w->busy == 0 && w->is_closed)
        watch_free(w);
}

/* text NULL: none. */
keda_status watch_set_text(char **out, const char *text, keda_error *err)
{
    char *copy = mem_strdup(text);

    if (text != NULL && copy == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    mem_free(*out);
    *out = copy;
    return KEDA_OK;
}

void watch_list_anew(keda_kube_watch *w)
{
    w->is_listing = true;
    (void)watch_set_text(&w->token, NULL, NULL);
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

void watch_tell_well(keda_kube_watch *w)
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
    watch_enter(w);
    proceed(w);
    watch_leave(w);
}

static void on_again_soon(loop_after *after, void *user)
{
    (void)after;
    on_again(NULL, user);
}

/* Without memory for the timer it is tried again at once, until there is some. */
void watch_proceed_after(keda_kube_watch *w, int64_t delay_ms)
{
    if (w->is_closed)
        return;
    if (delay_ms <= 0)
        proceed(w);
    else if (loop_timer_set(w->kube->l, &w->again, num_add_sat(watch_now_ms(w), delay_ms),
                            on_again, w, NULL) != KEDA_OK)
        loop_after_add(w->kube->l, &w->soon, on_again_soon, w);
}

int64_t watch_back_off_ms(keda_kube_watch *w, const keda_error *err)
{
    if (w->failures < INT32_MAX)
        w->failures++;
    return watch_delay_ms(w->failures, err, clock_random_unit(&w->random));
}

int64_t watch_breath_ms(const keda_kube_watch *w)
{
    return WATCH_MIN_LASTING_MS - (watch_now_ms(w) - w->asked_ms);
}

bool watch_is_gone(const keda_error *err)
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

void watch_fail(keda_kube_watch *w, const keda_error *err)
{
    const int64_t delay_ms = watch_back_off_ms(w, err);

    if (!is_passing(err))
        watch_list_anew(w);
    tell_trouble(w, err);
    watch_proceed_after(w, delay_ms);
}

static keda_status ask(keda_kube_watch *w, keda_error *err)
{
    w->asked_ms = w->heard_ms = watch_now_ms(w);
    return w->is_listing ? watch_ask_page(w, err) : watch_ask_stream(w, err);
}

static void proceed(keda_kube_watch *w)
{
    keda_error err = KEDA_ERROR_INIT;

    if (ask(w, &err) != KEDA_OK)
        watch_fail(w, &err);
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
    keda_status rc = watch_set_text(&copy, text, err);

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
