/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TriggerAuthentications and ClusterTriggerAuthentications, as dependencies that their watches feed. They
 * get no finalizer of ours, since nothing is to be undone when one goes; one that KEDA has left is removed.
 * No Event says that one was added, changed or deleted: that would be a write for each at every start, to
 * tell what whoever wrote it knows. (KEDA: TriggerAuthenticationAdded, ...)
 */
#include "operator/finalizer.h"

#include "base/buf.h"

static const char *const METADATA[] = {"name", "namespace", NULL};
static const char *const MEMBERS[] = {"spec", NULL};

static need_kind kind_of(const op_watch *w)
{
    return w->what == &op_auths ? NEED_AUTH : NEED_CLUSTER_AUTH;
}

static size_t *counter_of(const op_watch *w)
{
    return w->what == &op_auths ? &w->op->nauths : &w->op->ncluster_auths;
}

static void become_absent(op_dep *d)
{
    --*counter_of(d->watch);
    d->watch = NULL;
    op_dep_set(d, NULL);
    op_dep_release(d);
}

/* ---- the finalizer that KEDA has left */

static void released(const keda_json *body, const keda_error *err, void *user)
{
    op_dep *d = user;

    (void)body;
    d->call = NULL;
    d->op->ncalls--;
    if (err != NULL && err->code != KEDA_ENOTFOUND && err->code != KEDA_ECONFLICT)
        log_write(d->op->log, KEDA_LOG_WARN, "a finalizer cannot be removed", "type", d->key,
                  "error", err->text, NULL);
}

static keda_status make_patch(keda_buf *out, const keda_json *object)
{
    json_text j;

    json_text_init(&j, buf_write, out);
    json_text_open(&j, NULL, '{');
    json_text_open(&j, "metadata", '{');
    op_finalizers_write(&j, object, false);
    json_text_close(&j, '}');
    json_text_close(&j, '}');
    return j.status;
}

static void release(op_dep *d, const keda_json *object)
{
    const keda_kube_ref ref = {.struct_size = sizeof ref,
                               .api_version = OP_API_VERSION,
                               .kind = d->watch->what->resource.kind,
                               .space = d->space,
                               .name = d->name};
    keda_buf patch = {0};

    if (d->op->is_dry_run || d->call != NULL ||
        keda_json_get(object, "metadata.deletionTimestamp") == NULL ||
        !op_has_finalizer(object))
        return;
    if (make_patch(&patch, object) == KEDA_OK &&
        keda_kube_patch(d->op->kube, &ref, NULL, patch.data, KEDA_KUBE_NORMAL, released, d,
                        &d->call, NULL) == KEDA_OK)
        d->op->ncalls++;
    keda_buf_clear(&patch);
}

/* ---- what the watches say */

static void auth_seen(op_watch *w, const keda_json *object)
{
    const char *kind = w->what->resource.kind;
    op_dep *d = NULL;
    keda_buf text = {0};

    if (op_dep_get(w->op, &d, kind_of(w), op_text(object, "metadata.namespace"),
                   op_text(object, "metadata.name"), NULL, NULL) != KEDA_OK ||
        op_copy(&text, OP_API_VERSION, kind, object, METADATA, MEMBERS) != KEDA_OK) {
        op_watch_missed(w);
        keda_buf_clear(&text);
        return;
    }
    if (d->watch == NULL)
        ++*counter_of(w);
    d->watch = w;
    d->mark = w->mark;
    op_dep_set(d, &text);
    release(d, object);
}

static void auth_gone(op_watch *w, const keda_json *object)
{
    op_dep *d = NULL;

    if (op_dep_get(w->op, &d, kind_of(w), op_text(object, "metadata.namespace"),
                   op_text(object, "metadata.name"), NULL, NULL) != KEDA_OK) {
        op_watch_missed(w);
        return;
    }
    if (d->watch != NULL)
        become_absent(d);
    else
        op_dep_release(d);
}

static void sweep(op_watch *w)
{
    table *deps = &w->op->deps;

    for (op_dep *d = table_next(deps, NULL), *next; d != NULL; d = next) {
        next = table_next(deps, d);
        if (d->watch == w && d->mark != w->mark)
            become_absent(d);
    }
}

const op_collection op_auths = {
    .resource = {.group = "keda.sh",
                 .version = "v1alpha1",
                 .kind = "TriggerAuthentication",
                 .plural = "triggerauthentications",
                 .is_namespaced = true},
    .title = "triggerauthentications",
    .object = auth_seen,
    .gone = auth_gone,
    .sweep = sweep,
};

const op_collection op_cluster_auths = {
    .resource = {.group = "keda.sh",
                 .version = "v1alpha1",
                 .kind = "ClusterTriggerAuthentication",
                 .plural = "clustertriggerauthentications",
                 .is_namespaced = false},
    .title = "clustertriggerauthentications",
    .is_optional = true,
    .object = auth_seen,
    .gone = auth_gone,
    .sweep = sweep,
};
