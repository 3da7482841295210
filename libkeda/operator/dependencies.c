/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ScaledObjects depend on, shared by those who name the same: Secrets, ConfigMaps and targets' pod
 * templates are read when first needed and again in turn, not more than five in a second; authentications
 * come from their watches (auths.c). A change wakes exactly its users.
 */
#include "operator/operator.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

#include <utlist.h>

enum {
    TURN_MS = 200,         /* between two that are read again */
    REFUSED_GAP_MS = 5000, /* after refused credentials, for one dependency */
    RETRY_FIRST_MS = 1000,
    RETRY_MAX_MS = 30000
};

static const char *const METADATA[] = {"name", "namespace", NULL};
static const char *const DATA[] = {"data", NULL};
static const kube_resource SECRETS = {
    .group = "", .version = "v1", .kind = "Secret", .plural = "secrets", .is_namespaced = true};
static const kube_resource CONFIG_MAPS = {.group = "",
                                          .version = "v1",
                                          .kind = "ConfigMap",
                                          .plural = "configmaps",
                                          .is_namespaced = true};

/* ---- the table */

static keda_status key_of(keda_buf *key, need_kind kind, const char *space, const char *name,
                          const op_target *target)
{
    if (target == NULL)
        return buf_printf(key, "%d/%s/%s", (int)kind, space, name);
    return buf_printf(key, "%d/%s/%s/%s/%s", (int)kind, target->api_version, target->kind,
                      space, name);
}

static void free_dep(op_dep *d)
{
    if (d->text != NULL)
        mem_wipe(d->text, d->size);
    mem_free(d->text);
    kept_error_clear(&d->trouble);
    mem_free(d->key);
    mem_free(d->space);
    mem_free(d->name);
    mem_free(d->api_version);
    mem_free(d->kind_name);
    mem_free(d);
}

static op_dep *new_dep(keda_operator *op, keda_buf *take_key, need_kind kind, const char *space,
                       const char *name, const op_target *target)
{
    op_dep *d = mem_zalloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->op = op;
    d->kind = kind;
    d->read_at_ms = INT64_MIN;
    if (!op_copy_text(&d->space, space) || !op_copy_text(&d->name, name) ||
        (target != NULL && (!op_copy_text(&d->api_version, target->api_version) ||
                            !op_copy_text(&d->kind_name, target->kind)))) {
        free_dep(d);
        return NULL;
    }
    if (kind == NEED_AUTH || kind == NEED_CLUSTER_AUTH)
        d->presence = OP_ABSENT; /* until its watch has it; all have been listed */
    d->key = take_key->data;
    *take_key = (keda_buf){0};
    table_add(&op->deps, &d->node, d->key);
    return d;
}

keda_status op_dep_get(keda_operator *op, op_dep **out, need_kind kind, const char *space,
                       const char *name, const op_target *target, keda_error *err)
{
    keda_buf key = {0};
    op_dep *d = NULL;

    if (key_of(&key, kind, space, name, target) == KEDA_OK) {
        d = table_find(&op->deps, key.data);
        if (d == NULL)
            d = new_dep(op, &key, kind, space, name, target);
    }
    keda_buf_clear(&key);
    if (d == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    *out = d;
    return KEDA_OK;
}

static void end_dep(op_dep *d)
{
    if (d->call != NULL) {
        keda_kube_cancel(d->call);
        d->op->ncalls--;
    }
    loop_timer_cancel(d->op->l, &d->timer);
    table_remove(&d->op->deps, &d->node);
    free_dep(d);
}

void op_dep_release(op_dep *d)
{
    if (d->users == NULL && d->watch == NULL)
        end_dep(d);
}

void op_deps_free(keda_operator *op)
{
    for (op_dep *d = table_next(&op->deps, NULL), *next; d != NULL; d = next) {
        next = table_next(&op->deps, d);
        end_dep(d);
    }
}

/* ---- users */

void op_dep_begin_pass(op_object *o)
{
    for (op_use *u = o->uses; u != NULL; u = u->next_of_object)
        u->is_needed = false;
}

keda_status op_dep_use(op_object *o, op_dep *d, keda_error *err)
{
    op_use *u = o->uses;

    while (u != NULL && u->dep != d)
        u = u->next_of_object;
    if (u == NULL) {
        if ((u = mem_zalloc(1, sizeof *u)) == NULL)
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
        u->object = o;
        u->dep = d;
        u->next_of_object = o->uses;
        o->uses = u;
        DL_APPEND(d->users, u);
    }
    u->is_needed = true;
    if (d->presence == OP_UNKNOWN && d->trouble.code == KEDA_OK && d->call == NULL)
        op_dep_read(d);
    return KEDA_OK;
}

void op_dep_end_pass(op_object *o)
{
    for (op_use **at = &o->uses; *at != NULL;) {
        op_use *u = *at;
        if (u->is_needed) {
            at = &u->next_of_object;
            continue;
        }
        *at = u->next_of_object;
        DL_DELETE(u->dep->users, u);
        op_dep_release(u->dep);
        mem_free(u);
    }
}

void op_dep_drop_all(op_object *o)
{
    op_dep_begin_pass(o);
    op_dep_end_pass(o);
}

static void wake_users(op_dep *d)
{
    for (const op_use *u = d->users; u != NULL; u = u->next)
        op_object_queue(u->object);
}

/* ---- what is known of one */

void op_dep_set(op_dep *d, keda_buf *take_text)
{
    const op_presence presence = take_text != NULL ? OP_PRESENT : OP_ABSENT;
    const bool is_same = presence == d->presence && d->trouble.code == KEDA_OK &&
                         (take_text == NULL ||
                          (take_text->size == d->size && take_text->data != NULL &&
                           d->text != NULL && memcmp(take_text->data, d->text, d->size) == 0));

    kept_error_clear(&d->trouble);
    d->failures = 0;
    if (is_same) {
        if (take_text != NULL) {
            mem_wipe(take_text->data, take_text->size);
            keda_buf_clear(take_text);
        }
        return;
    }
    if (d->text != NULL)
        mem_wipe(d->text, d->size);
    mem_free(d->text);
    d->presence = presence;
    d->text = take_text != NULL ? take_text->data : NULL;
    d->size = take_text != NULL ? take_text->size : 0;
    if (take_text != NULL)
        *take_text = (keda_buf){0};
    wake_users(d);
}

/* Known ones are kept: what cannot be read now may well be as it was. */
static void set_trouble(op_dep *d, const keda_error *err)
{
    const bool is_news = strcmp(kept_error_text(&d->trouble), err->text) != 0;

    d->failures++;
    kept_error_set(&d->trouble, err);
    if (!is_news)
        return;
    log_write(d->op->log, KEDA_LOG_WARN, "cannot be read", "type", d->key, "error", err->text,
              NULL);
    wake_users(d);
}

/* ---- reading */

static void due(loop_timer *timer, void *user)
{
    op_dep *d = user;
    keda_operator *op = d->op;
    const int64_t now_ms = op_now_ms(op);

    (void)timer;
    if (!d->has_turn && d->failures == 0) { /* retries wait longer anyway */
        const int64_t turn_ms = op->reread_turn_ms > now_ms ? op->reread_turn_ms : now_ms;
        op->reread_turn_ms = turn_ms + TURN_MS;
        d->has_turn = true;
        if (turn_ms > now_ms) {
            (void)loop_timer_set(op->l, &d->timer, turn_ms, due, d, NULL);
            return;
        }
    }
    op_dep_read(d);
}

static void read_later(op_dep *d)
{
    int64_t wait_ms = d->op->settings.reread_ms;

    if (d->failures > 0) {
        wait_ms = RETRY_FIRST_MS;
        for (int32_t i = 1; i < d->failures && wait_ms < RETRY_MAX_MS; i++)
            wait_ms *= 2;
    } else if (d->kind == NEED_TARGET) {
        return; /* its generation says when */
    }
    (void)loop_timer_set(d->op->l, &d->timer, op_now_ms(d->op) + wait_ms, due, d, NULL);
}

static keda_status copy_read(const op_dep *d, keda_buf *out, const keda_json *body)
{
    if (d->kind == NEED_TARGET)
        return op_copy_template(out, d->api_version, d->kind_name, body, METADATA);
    return op_copy(out, "v1", d->kind == NEED_SECRET ? "Secret" : "ConfigMap", body, METADATA,
                   DATA);
}

static void take_answer(op_dep *d, const keda_json *body, const keda_error *err)
{
    keda_error mine = KEDA_ERROR_INIT;
    keda_buf text = {0};

    if (err != NULL && err->code == KEDA_ENOTFOUND) {
        op_dep_set(d, NULL);
        return;
    }
    if (err == NULL && body == NULL)
        keda_error_set(&mine, KEDA_EPROTOCOL, "an answer without an object");
    else if (err == NULL && copy_read(d, &text, body) != KEDA_OK)
        keda_error_set(&mine, KEDA_ENOMEM, "out of memory");
    if (err != NULL || mine.code != KEDA_OK)
        set_trouble(d, err != NULL ? err : &mine);
    else
        op_dep_set(d, &text);
    keda_buf_clear(&text);
}

static void answered(const keda_json *body, const keda_error *err, void *user)
{
    op_dep *d = user;

    d->call = NULL;
    d->op->ncalls--;
    take_answer(d, body, err);
    if (d->is_dirty)
        op_dep_read(d);
    else
        read_later(d);
}

static keda_status send(op_dep *d, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_buf path = {0};

    if (d->kind == NEED_TARGET) {
        const keda_kube_ref ref = {.struct_size = sizeof ref,
                                   .api_version = d->api_version,
                                   .kind = d->kind_name,
                                   .space = d->space,
                                   .name = d->name};
        return keda_kube_get(d->op->kube, &ref, answered, d, &d->call, err);
    }
    keda_status rc = kube_path(&path, d->kind == NEED_SECRET ? &SECRETS : &CONFIG_MAPS,
                               d->space, d->name, NULL, err);
    request.path = path.data;
    if (rc == KEDA_OK)
        rc = keda_kube_send(d->op->kube, &request, answered, d, &d->call, err);
    keda_buf_clear(&path);
    return rc;
}

void op_dep_read(op_dep *d)
{
    keda_error err = KEDA_ERROR_INIT;

    if (d->kind == NEED_AUTH || d->kind == NEED_CLUSTER_AUTH || d->op->is_stopping)
        return;
    d->is_dirty = d->call != NULL;
    if (d->call != NULL)
        return;
    d->has_turn = false;
    loop_timer_cancel(d->op->l, &d->timer);
    d->read_at_ms = op_now_ms(d->op);
    if (send(d, &err) == KEDA_OK) {
        d->op->ncalls++;
        return;
    }
    d->call = NULL;
    set_trouble(d, &err);
    read_later(d);
}

void op_deps_refused(op_object *o)
{
    const int64_t now_ms = op_now_ms(o->op);

    for (const op_use *u = o->uses; u != NULL; u = u->next_of_object) {
        op_dep *d = u->dep;
        if (d->kind != NEED_TARGET && d->read_at_ms <= now_ms - REFUSED_GAP_MS)
            op_dep_read(d);
    }
}

void op_deps_target_changed(op_object *o)
{
    for (const op_use *u = o->uses; u != NULL; u = u->next_of_object) {
        if (u->dep->kind == NEED_TARGET)
            op_dep_read(u->dep);
    }
}
