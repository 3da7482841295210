/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HorizontalPodAutoscalers, which must not scale what we scale. One that KEDA made for the ScaledObject, or
 * that it is told to take over, is deleted; any other keeps the ScaledObject from work.
 */
#include "operator/operator.h"

#include "base/buf.h"
#include "base/mem.h"
#include "observe/json_text.h"

#include <stdio.h>
#include <string.h>

#include <utlist.h>

/* ---- slots */

static op_slot *slot_get(keda_operator *op, const char *space, const char *api_version,
                         const char *kind, const char *name)
{
    const char *slash = strchr(api_version, '/');
    keda_buf key = {0};
    op_slot *slot = NULL;

    if (buf_printf(&key, "%s/%.*s/%s/%s", space, slash != NULL ? (int)(slash - api_version) : 0,
                   api_version, kind, name) != KEDA_OK)
        goto out;
    if ((slot = table_find(&op->slots, key.data)) != NULL)
        goto out;
    if ((slot = mem_zalloc(1, sizeof *slot)) == NULL)
        goto out;
    slot->key = key.data;
    key = (keda_buf){0};
    table_add(&op->slots, &slot->node, slot->key);
out:
    keda_buf_clear(&key);
    return slot;
}

static void slot_drop_empty(keda_operator *op, op_slot *slot)
{
    if (slot->hpas != NULL || slot->objects != NULL)
        return;
    table_remove(&op->slots, &slot->node);
    mem_free(slot->key);
    mem_free(slot);
}

static void slot_wake(op_slot *slot)
{
    op_object *o = NULL;

    for (o = slot->objects; o != NULL; o = o->slot_next) {
        o->failed_hash = 0; /* it may have been refused for somebody who has left */
        op_object_queue(o);
    }
}

keda_status op_slot_join(op_object *o, keda_error *err)
{
    o->slot = slot_get(o->op, o->space, o->target.api_version, o->target.kind, o->target.name);
    if (o->slot == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    DL_APPEND2(o->slot->objects, o, slot_prev, slot_next);
    return KEDA_OK;
}

void op_slot_leave(op_object *o)
{
    op_slot *slot = o->slot;

    if (slot == NULL)
        return;
    DL_DELETE2(slot->objects, o, slot_prev, slot_next);
    o->slot = NULL;
    slot_wake(slot);
    slot_drop_empty(o->op, slot);
}

/* ---- what the watch says */

static void free_hpa(op_hpa *h)
{
    mem_free(h->key);
    mem_free(h->space);
    mem_free(h->uid);
    mem_free(h->owner_uid);
    mem_free(h->owner_name);
    mem_free(h);
}

static void drop_hpa(op_hpa *h)
{
    keda_operator *op = h->watch->op;
    op_slot *slot = h->slot;

    table_remove(&op->hpas, &h->node);
    if (slot != NULL) {
        DL_DELETE(slot->hpas, h);
        slot_wake(slot);
        slot_drop_empty(op, slot);
    }
    free_hpa(h);
}

static bool read_owner(op_hpa *h, const keda_json *object)
{
    const keda_json *owners = keda_json_get(object, "metadata.ownerReferences");

    for (size_t i = 0; i < keda_json_count(owners); i++) {
        const keda_json *owner = keda_json_at(owners, i, NULL);
        if (strcmp(op_text(owner, "kind"), "ScaledObject") != 0)
            continue;
        return op_copy_text(&h->owner_uid, op_text(owner, "uid")) &&
               op_copy_text(&h->owner_name, op_text(owner, "name"));
    }
    return true;
}

static bool read_hpa(op_hpa *h, const keda_json *object)
{
    const keda_json *annotations = keda_json_get(object, "metadata.annotations");
    const keda_json *ref = keda_json_get(object, "spec.scaleTargetRef");

    h->is_excepted =
        strcmp(op_text(annotations, "validations\\.keda\\.sh/hpa-ownership"), "false") == 0;
    h->is_going = keda_json_get(object, "metadata.deletionTimestamp") != NULL;
    h->slot = slot_get(h->watch->op, h->space, op_text(ref, "apiVersion"), op_text(ref, "kind"),
                       op_text(ref, "name"));
    if (h->slot != NULL)
        DL_APPEND(h->slot->hpas, h);
    return op_copy_text(&h->uid, op_text(object, "metadata.uid")) && read_owner(h, object) &&
           h->slot != NULL;
}

static op_hpa *new_hpa(op_watch *w, const keda_json *object)
{
    const char *space = op_text(object, "metadata.namespace");
    keda_buf key = {0};
    op_hpa *h = mem_zalloc(1, sizeof *h);

    if (h == NULL)
        return NULL;
    h->watch = w;
    h->space = mem_strdup(space);
    if (h->space == NULL ||
        buf_printf(&key, "%s/%s", space, op_text(object, "metadata.name")) != KEDA_OK) {
        free_hpa(h);
        return NULL;
    }
    h->key = key.data;
    h->name = h->key + strlen(space) + 1;
    table_add(&w->op->hpas, &h->node, h->key);
    return h;
}

static op_hpa *find_hpa(const op_watch *w, const keda_json *object)
{
    char key[600];

    (void)snprintf(key, sizeof key, "%s/%s", op_text(object, "metadata.namespace"),
                   op_text(object, "metadata.name"));
    return table_find(&w->op->hpas, key);
}

static bool is_same(const op_hpa *a, const op_hpa *b)
{
    return a->slot == b->slot && strcmp(a->uid, b->uid) == 0 &&
           a->is_excepted == b->is_excepted && a->is_going == b->is_going;
}

/* Its status changes all the time: only what would be decided differently wakes anybody. */
static void hpa_seen(op_watch *w, const keda_json *object)
{
    op_hpa *before = find_hpa(w, object);
    op_hpa *now = new_hpa(w, object);

    if (now == NULL) {
        op_watch_missed(w);
        return;
    }
    const bool is_read = read_hpa(now, object);
    now->mark = w->mark;
    if (before != NULL && before->slot == now->slot && strcmp(before->uid, now->uid) == 0)
        now->is_going = now->is_going || before->is_going;
    const bool is_news = before == NULL || !is_same(before, now);
    if (before != NULL) {
        table_remove(&w->op->hpas, &before->node);
        DL_DELETE(before->slot->hpas, before);
        if (before->slot != now->slot) {
            slot_wake(before->slot);
            slot_drop_empty(w->op, before->slot);
        }
        free_hpa(before);
    }
    if (is_news && now->slot != NULL)
        slot_wake(now->slot);
    if (is_read)
        return;
    op_watch_missed(w);
    drop_hpa(now);
}

static void hpa_gone(op_watch *w, const keda_json *object)
{
    op_hpa *h = find_hpa(w, object);
    if (h != NULL)
        drop_hpa(h);
}

static void sweep(op_watch *w)
{
    table *hpas = &w->op->hpas;

    for (op_hpa *h = table_next(hpas, NULL), *next; h != NULL; h = next) {
        next = table_next(hpas, h);
        if (h->watch == w && h->mark != w->mark)
            drop_hpa(h);
    }
}

void op_hpas_free(keda_operator *op)
{
    for (op_hpa *h = table_next(&op->hpas, NULL), *next; h != NULL; h = next) {
        next = table_next(&op->hpas, h);
        drop_hpa(h);
    }
}

const op_collection op_hpas = {
    .resource = {.group = "autoscaling",
                 .version = "v2",
                 .kind = "HorizontalPodAutoscaler",
                 .plural = "horizontalpodautoscalers",
                 .is_namespaced = true},
    .title = "horizontalpodautoscalers",
    .is_optional = true,
    .object = hpa_seen,
    .gone = hpa_gone,
    .sweep = sweep,
};

/* ---- the step */

static bool is_owned(const op_hpa *h, const op_object *o)
{
    return h->owner_uid != NULL &&
           (strcmp(h->owner_uid, o->uid) == 0 || strcmp(h->owner_name, o->name) == 0);
}

static bool is_handed_over(const op_hpa *h, const keda_json *object)
{
    const char *wish =
        op_text(object, "metadata.annotations.scaledobject\\.keda\\.sh/transfer-hpa-ownership");
    const char *name = op_text(object, "spec.advanced.horizontalPodAutoscalerConfig.name");
    return strcmp(wish, "true") == 0 && strcmp(name, h->name) == 0;
}

static op_hpa *find_going(const op_object *o)
{
    op_hpa *h = o->slot != NULL ? o->slot->hpas : NULL;
    while (h != NULL && !h->is_going)
        h = h->next;
    return h;
}

static void deleted(const keda_json *body, const keda_error *err, void *user)
{
    op_object *o = user;
    op_hpa *h = find_going(o);
    char text[700];

    (void)body;
    (void)op_lane_end(o);
    if (err != NULL && err->code != KEDA_ENOTFOUND) {
        if (h != NULL)
            h->is_going = false;
        op_lane_refused(o, OP_STEP_HPA, "an HPA cannot be deleted", err);
        op_object_retry(o);
        return;
    }
    op_lane_refused(o, OP_STEP_HPA, "", NULL);
    if (err != NULL || h == NULL)
        return;
    (void)snprintf(text, sizeof text,
                   "HPA %s was deleted: its target is scaled by this ScaledObject itself",
                   h->key);
    log_write(o->op->log, KEDA_LOG_INFO, "HPA deleted", "workload", o->key, "reason",
              "its target is scaled by the ScaledObject itself", NULL);
    op_event(o, false, "KEDAScalerInfo", "DeleteHPA", text);
}

static keda_status make_delete(const op_hpa *h, keda_buf *path, keda_buf *body, keda_error *err)
{
    json_text j;

    json_text_init(&j, buf_write, body);
    json_text_open(&j, NULL, '{');
    json_text_string(&j, "apiVersion", "v1");
    json_text_string(&j, "kind", "DeleteOptions");
    json_text_open(&j, "preconditions", '{');
    json_text_string(&j, "uid", h->uid);
    json_text_close(&j, '}');
    json_text_close(&j, '}');
    if (j.status != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return kube_path(path, &op_hpas.resource, h->space, h->name, NULL, err);
}

static op_progress delete_hpa(op_object *o, op_hpa *h, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_buf path = {0}, body = {0};
    op_progress progress = OP_WAITS;

    if (op_lane_is_refused(o, OP_STEP_HPA)) {
        const kept_error *refusal = &o->refusals[OP_STEP_HPA];
        keda_error_set(err, (keda_status)refusal->code, "HPA %s cannot be deleted: %s", h->key,
                       kept_error_text(refusal));
        return OP_FAILS;
    }
    if (!op_lane_is_free(o))
        return OP_WAITS;
    if (make_delete(h, &path, &body, err) != KEDA_OK) {
        progress = OP_FAILS;
        goto out;
    }
    request.method = "DELETE";
    request.path = path.data;
    request.body = body.data;
    if (keda_kube_send(o->op->kube, &request, deleted, o, &o->call, err) != KEDA_OK) {
        progress = OP_FAILS;
        goto out;
    }
    h->is_going = true;
    op_lane_begin(o, OP_STEP_HPA);
out:
    keda_buf_clear(&path);
    keda_buf_clear(&body);
    return progress;
}

op_progress op_clear_hpas(op_object *o, const keda_json *object, keda_error *err)
{
    op_hpa *h = NULL;

    for (h = o->slot->hpas; h != NULL; h = h->next) {
        if (h->is_excepted)
            continue;
        const bool is_rest = is_owned(h, o) || is_handed_over(h, object);
        if (is_rest && o->op->is_dry_run)
            continue;
        if (is_rest && h->is_going)
            return OP_WAITS; /* the watch says when it is gone */
        if (is_rest)
            return delete_hpa(o, h, err);
        keda_error_set(err, KEDA_ECONFLICT, "HPA %s already scales %s %s", h->key,
                       o->target.kind, o->target.name);
        return OP_FAILS;
    }
    return OP_GOES_ON;
}
