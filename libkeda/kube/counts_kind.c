/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the name of a kind to facts about its objects. A list marks what it has, and at its end what is
 * not marked is gone; between lists the watch says what changes.
 */
#include "kube/counts_kind.h"

#include "base/mem.h"

#include <string.h>

enum {
    FORBIDDEN = 403,
    NOT_FOUND = 404,
    NOT_ALLOWED = 405,
    FIRST_RETRY_MS = 1000,
    LAST_RETRY_MS = 60000
};

/* ---- who must be told */

static void all_changed(const kube_kind *kind)
{
    for (kube_row *row = kube_rows_next(&kind->rows, NULL); row != NULL;
         row = kube_rows_next(&kind->rows, row))
        kube_row_changed(kind->counts, row, NULL);
}

static void set_facts(kube_kind *kind, kube_row *row, kube_facts *facts)
{
    const bool is_same = kube_facts_agree(row->facts, facts);

    mem_free(row->facts);
    row->facts = facts;
    if (!is_same)
        kube_row_changed(kind->counts, row, NULL);
    kube_rows_release(&kind->rows, row);
}

/* Drops what lies in `space` and was not in list `pass`; 0: everything. */
static void sweep(kube_kind *kind, const char *space, uint32_t pass)
{
    for (kube_row *row = kube_rows_next(&kind->rows, NULL), *next; row != NULL; row = next) {
        next = kube_rows_next(&kind->rows, row);
        if (row->facts != NULL && row->facts->pass != pass && kube_row_is_in(row, space))
            set_facts(kind, row, NULL);
    }
}

/* ---- trying again */

static void open_scopes(kube_kind *kind);

static void on_retry(loop_timer *timer, void *user)
{
    kube_kind *kind = user;

    (void)timer;
    if (kind->scopes == NULL)
        kube_kind_find(kind);
    else
        open_scopes(kind);
}

static void retry_later(kube_kind *kind)
{
    loop *l = kind->counts->kube->l;
    int64_t wait_ms = FIRST_RETRY_MS;

    for (int32_t i = 0; i < kind->nfailures && wait_ms < LAST_RETRY_MS; i++)
        wait_ms *= 2;
    kind->nfailures++;
    if (wait_ms > LAST_RETRY_MS)
        wait_ms = LAST_RETRY_MS;
    (void)loop_timer_set(l, &kind->retry, loop_now_ms(l) + wait_ms, on_retry, kind, NULL);
}

/* ---- what a watch says */

static void close_scopes(kube_kind *kind)
{
    for (size_t i = 0; i < kind->nscopes; i++)
        keda_kube_watch_close(kind->scopes[i].watch);
    mem_free(kind->scopes);
    kind->scopes = NULL;
    kind->nscopes = 0;
}

/* Without memory for an object the list says nothing of others either: all of it again, later. */
static void give_up(kube_scope *scope)
{
    keda_kube_watch_close(scope->watch);
    scope->watch = NULL;
    scope->is_listed = false;
    keda_error_set(&scope->trouble, KEDA_ENOMEM, "out of memory");
    all_changed(scope->kind);
    retry_later(scope->kind);
}

static void on_begin(void *user)
{
    kube_scope *scope = user;
    scope->pass++;
}

static bool is_workload(const kube_resource *resource)
{
    return strcmp(resource->group, "apps") == 0 &&
           (strcmp(resource->kind, "Deployment") == 0 ||
            strcmp(resource->kind, "StatefulSet") == 0 ||
            strcmp(resource->kind, "ReplicaSet") == 0);
}

/* Of the same object, from before what we have read or written ourselves. */
static bool is_stale(const kube_facts *known, const kube_facts *said)
{
    return known != NULL && strcmp(kube_facts_uid(known), kube_facts_uid(said)) == 0 &&
           kube_version_is_later(kube_facts_version(known), kube_facts_version(said));
}

static void on_object(const keda_json *object, void *user)
{
    kube_scope *scope = user;
    const char *space = keda_json_string(keda_json_get(object, "metadata.namespace"));
    const char *name = keda_json_string(keda_json_get(object, "metadata.name"));

    if (name == NULL)
        return;
    kube_row *row = kube_rows_need(&scope->kind->rows, space == NULL ? "" : space, name);
    kube_facts *facts =
        row == NULL ? NULL : kube_facts_read(object, is_workload(scope->kind->resource));
    if (facts == NULL) {
        if (row != NULL)
            kube_rows_release(&scope->kind->rows, row);
        give_up(scope);
        return;
    }
    facts->pass = scope->pass;
    if (!is_stale(row->facts, facts)) {
        set_facts(scope->kind, row, facts);
        return;
    }
    row->facts->pass = scope->pass;
    mem_free(facts);
}

static void on_gone(const keda_json *object, void *user)
{
    kube_scope *scope = user;
    const char *space = keda_json_string(keda_json_get(object, "metadata.namespace"));
    const char *name = keda_json_string(keda_json_get(object, "metadata.name"));
    const char *uid = keda_json_string(keda_json_get(object, "metadata.uid"));

    if (name == NULL)
        return;
    kube_row *row = kube_rows_find(&scope->kind->rows, space == NULL ? "" : space, name);
    if (row == NULL || row->facts == NULL)
        return;
    if (uid == NULL || strcmp(kube_facts_uid(row->facts), uid) == 0)
        set_facts(scope->kind, row, NULL);
}

static void on_end(void *user)
{
    kube_scope *scope = user;
    kube_kind *kind = scope->kind;
    const bool is_news = !scope->is_listed || kind->is_missing;

    sweep(kind, scope->space, scope->pass);
    scope->is_listed = true;
    kind->is_missing = false;
    kind->nfailures = 0;
    if (is_news)
        all_changed(kind);
}

/* The kind is not served any more: all of it is looked for anew. */
static void lose(kube_kind *kind, const keda_error *err)
{
    kind->is_missing = true;
    kind->resource = NULL;
    kind->trouble = *err;
    close_scopes(kind);
    sweep(kind, NULL, 0);
    all_changed(kind);
    retry_later(kind);
}

static void on_trouble(const keda_error *err, void *user)
{
    kube_scope *scope = user;
    const bool was_refused = kube_scope_is_refused(scope);

    if (err != NULL && err->http_status == NOT_FOUND) {
        lose(scope->kind, err);
        return;
    }
    scope->trouble = err == NULL ? (keda_error)KEDA_ERROR_INIT : *err;
    if (!scope->is_listed || kube_scope_is_refused(scope) != was_refused)
        all_changed(scope->kind);
}

/* ---- watching */

static keda_status open_watch(kube_scope *scope, keda_error *err)
{
    const kube_kind *kind = scope->kind;
    keda_buf path = {0};
    keda_kube_watch_options options = KEDA_KUBE_WATCH_OPTIONS_INIT;
    keda_status rc = kube_path(&path, kind->resource, scope->space, NULL, NULL, err);

    if (rc == KEDA_OK) {
        options.path = path.data;
        options.begin = on_begin;
        options.object = on_object;
        options.gone = on_gone;
        options.end = on_end;
        options.trouble = on_trouble;
        options.user = scope;
        rc = keda_kube_watch_open(&scope->watch, kind->counts->kube, &options, err);
    }
    keda_buf_clear(&path);
    return rc;
}

static bool make_scopes(kube_kind *kind)
{
    const kube_counts *counts = kind->counts;
    const size_t n = counts->nnamespaces == 0 ? 1 : counts->nnamespaces;

    if (kind->scopes != NULL)
        return true;
    if ((kind->scopes = mem_zalloc(n, sizeof *kind->scopes)) == NULL)
        return false;
    kind->nscopes = n;
    for (size_t i = 0; i < n; i++)
        kind->scopes[i] =
            (kube_scope){.kind = kind,
                         .space = counts->nnamespaces == 0 ? NULL : counts->namespaces[i],
                         .trouble = KEDA_ERROR_INIT};
    return true;
}

/* Those that are not open yet. */
static void open_scopes(kube_kind *kind)
{
    bool is_all = make_scopes(kind);

    for (size_t i = 0; i < kind->nscopes; i++) {
        kube_scope *scope = &kind->scopes[i];
        keda_error err = KEDA_ERROR_INIT;
        if (scope->watch != NULL)
            continue;
        if (open_watch(scope, &err) != KEDA_OK)
            is_all = false;
        scope->trouble = err;
    }
    if (!is_all)
        retry_later(kind);
}

/* ---- finding */

bool kube_kind_is_usable(const kube_kind *kind)
{
    return kind->resource != NULL && kind->resource->has_scale && kind->resource->is_namespaced;
}

static void on_found(const kube_resource *resource, const keda_error *err, void *user)
{
    kube_kind *kind = user;

    kind->finding = NULL;
    kind->resource = resource;
    kind->trouble = err == NULL ? (keda_error)KEDA_ERROR_INIT : *err;
    if (err != NULL)
        kind->is_missing = err->code == KEDA_ENOTFOUND;
    else if (!kube_kind_is_usable(kind))
        kind->is_missing = false;
    if (kube_kind_is_usable(kind))
        open_scopes(kind);
    else
        retry_later(kind);
    all_changed(kind);
}

void kube_kind_find(kube_kind *kind)
{
    keda_error err = KEDA_ERROR_INIT;

    if (kind->finding != NULL || kind->scopes != NULL)
        return;
    if (kube_resource_find(kind->counts->kube, kind->api_version, kind->name, on_found, kind,
                           &kind->finding, &err) == KEDA_OK)
        return;
    kind->trouble = err;
    retry_later(kind);
}

/* ---- making */

kube_kind *kube_kind_new(kube_counts *counts, const char *api_version, const char *name)
{
    kube_kind *kind = mem_zalloc(1, sizeof *kind);

    if (kind == NULL)
        return NULL;
    kind->counts = counts;
    kind->trouble = (keda_error)KEDA_ERROR_INIT;
    kind->api_version = mem_strdup(api_version);
    kind->name = mem_strdup(name);
    if (kind->api_version != NULL && kind->name != NULL)
        return kind;
    kube_kind_free(kind);
    return NULL;
}

void kube_kind_free(kube_kind *kind)
{
    kube_resource_forget(kind->finding);
    loop_timer_cancel(kind->counts->kube->l, &kind->retry);
    close_scopes(kind);
    kube_rows_clear(&kind->rows);
    mem_free(kind->api_version);
    mem_free(kind->name);
    mem_free(kind);
}

/* ---- for counts.c */

kube_scope *kube_kind_scope(const kube_kind *kind, const char *key)
{
    const size_t n = strcspn(key, "/");

    for (size_t i = 0; i < kind->nscopes; i++) {
        const char *space = kind->scopes[i].space;
        if (space == NULL || (strlen(space) == n && strncmp(space, key, n) == 0))
            return &kind->scopes[i];
    }
    return NULL;
}

bool kube_scope_is_refused(const kube_scope *scope)
{
    return scope->trouble.http_status == FORBIDDEN || scope->trouble.http_status == NOT_ALLOWED;
}
