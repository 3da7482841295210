/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing a collection in pages. The caller hears of a list when its first page is there.
 */
#include "kube/watch.h"

#include "base/buf.h"

enum { LIST_TIMEOUT_MS = 30000 };

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
    (void)watch_set_text(&w->token, NULL, NULL);
    w->opts.end(w->opts.user);
    watch_proceed_after(w, 0);
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
        if ((rc = watch_set_text(&w->token, token, err)) == KEDA_OK)
            watch_proceed_after(w, 0);
        return rc;
    }
    if ((rc = watch_set_text(&w->version, version, err)) == KEDA_OK)
        end_list(w);
    return rc;
}

/* A page that was too long is asked for by halves; an expired token makes the list begin again. */
static void fail_page(keda_kube_watch *w, const keda_error *err)
{
    if (err->code == KEDA_ELIMIT && err->http_status == 0 && w->limit > 1) {
        w->limit /= 2;
        watch_proceed_after(w, 0);
    } else if (watch_is_gone(err) && w->token != NULL) {
        watch_list_anew(w);
        watch_proceed_after(w, watch_breath_ms(w));
    } else {
        watch_fail(w, err);
    }
}

static void on_page(const keda_json *body, const keda_error *given, void *user)
{
    keda_kube_watch *w = user;
    keda_error err = KEDA_ERROR_INIT;

    w->call = NULL;
    if (given != NULL)
        err = *given;
    watch_enter(w);
    if (err.code == KEDA_OK)
        (void)read_page(w, body, &err);
    if (err.code != KEDA_OK && !w->is_closed)
        fail_page(w, &err);
    watch_leave(w);
}

keda_status watch_ask_page(keda_kube_watch *w, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    const watch_scope scope = watch_scope_of(w);
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
