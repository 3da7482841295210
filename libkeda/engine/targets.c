/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of targets: made, opened, opened again with another document, given up. Calls to them
 * are in target_call.c.
 */
#include "engine/target.h"

#include "base/mem.h"
#include "engine/report.h"
#include "engine/state.h"
#include "engine/workload.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { ORDER_LIMIT_MS = 10000 };

/* ---- making */

static void free_target(keda_target *t)
{
    if (t == NULL)
        return;
    loop_after_cancel(t->shared->l, &t->changed);
    kept_error_clear(&t->trouble);
    kept_error_clear(&t->ailment);
    mem_free_secret(t->spec_json);
    mem_free_secret(t->next_spec);
    shared_unref(t->shared);
    mem_free(t);
}

static size_t aligned(size_t size)
{
    const size_t unit = _Alignof(max_align_t);
    return (size + unit - 1) / unit * unit;
}

/* Of a key, and of the four texts one behind the other too. */
static size_t key_size(const target_name *name)
{
    return strlen(name->api_version) + strlen(name->kind) + strlen(name->space) +
           strlen(name->name) + 4;
}

static void write_key(const target_name *name, char *out)
{
    (void)snprintf(out, key_size(name), "%s/%s/%s/%s", name->api_version, name->kind,
                   name->space, name->name);
}

char *target_key(const target_name *name)
{
    char *key = mem_alloc(key_size(name));
    if (key != NULL)
        write_key(name, key);
    return key;
}

/* There are as many targets as workloads: with its state and texts it is one piece of memory. */
static keda_target *allocate(const target_kind *kind, const target_name *name)
{
    const char *const from[] = {name->api_version, name->kind, name->space, name->name};
    const size_t state_at = aligned(sizeof(keda_target));
    const size_t key_at = state_at + kind->desc.state_size;
    char *memory = mem_zalloc(1, key_at + 2 * key_size(name));

    if (memory == NULL)
        return NULL;
    keda_target *t = (keda_target *)(void *)memory;
    const char **const to[] = {&t->api_version, &t->kind_name, &t->space, &t->name};
    char *at = memory + key_at;
    t->state = memory + state_at;
    t->key = at;
    write_key(name, at);
    at += key_size(name);
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        const size_t n = strlen(from[i]) + 1;
        *to[i] = memcpy(at, from[i], n);
        at += n;
    }
    return t;
}

keda_status target_new(keda_target **out, keda_engine *e, target_kind *kind,
                       const target_name *name, const char *spec_json, keda_error *err)
{
    keda_target *t = allocate(kind, name);
    if (t == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    t->engine = e;
    t->shared = shared_ref(e->shared);
    t->kind = kind;
    t->seen = (keda_replicas)KEDA_REPLICAS_INIT;
    t->wanted = -1;
    t->spec_json = mem_strdup(spec_json);
    if (spec_json != NULL && t->spec_json == NULL) {
        free_target(t);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    *out = t;
    return KEDA_OK;
}

void target_discard(keda_target *t)
{
    free_target(t);
}

/* ---- opening */

static bool is_forgetful(const keda_target *t)
{
    return (t->kind->desc.flags & KEDA_TARGET_FORGETS) != 0;
}

static void restored(const keda_target_call *call, const keda_error *err, void *user)
{
    const keda_target *t = user;
    char count[16];

    (void)snprintf(count, sizeof count, "%d", (int)call->question.to);
    if (err != NULL)
        log_write(&t->engine->log, KEDA_LOG_ERROR, "restoring the count failed", "target",
                  t->name, "to", count, "error", err->text, NULL);
    else
        log_write(&t->engine->log, KEDA_LOG_INFO, "count restored", "target", t->name, "to",
                  count, NULL);
}

static void restore_count(keda_target *t)
{
    keda_error err = KEDA_ERROR_INIT;
    const target_question question = {.order = TARGET_SCALE,
                                      .to = t->wanted,
                                      .deadline_ms = engine_now_ms(t->engine) + ORDER_LIMIT_MS,
                                      .ended = restored,
                                      .user = t};

    if (!is_forgetful(t) || t->wanted <= 0 || t->engine->settings.is_dry_run ||
        t->engine->settings.is_manual)
        return;
    if (target_ask(t, &question, NULL, &err) != KEDA_OK)
        log_write(&t->engine->log, KEDA_LOG_ERROR, "restoring the count failed", "target",
                  t->name, "error", err.text, NULL);
}

static keda_status try_open(keda_target *t)
{
    keda_engine *e = t->engine;
    const bool is_first = t->backoff.failures == 0;
    const keda_target_ref ref = {.struct_size = sizeof ref,
                                 .api_version = t->api_version,
                                 .kind = t->kind_name,
                                 .space = t->space,
                                 .name = t->name,
                                 .spec_json = t->spec_json,
                                 .needs_pods = t->needs_pods};

    keda_error err = KEDA_ERROR_INIT;

    memset(t->state, 0, t->kind->desc.state_size);
    const keda_status rc = t->kind->desc.open(t->state, &ref, t, &err, t->kind->user);
    if (rc == KEDA_OK) {
        t->is_open = true;
        kept_error_clear(&t->trouble);
        backoff_reset(&t->backoff);
        restore_count(t);
        return rc;
    }
    if (err.code == KEDA_OK)
        keda_error_set(&err, rc, "the target cannot be opened");
    kept_error_set(&t->trouble, &err);
    backoff_failed(&t->backoff, engine_now_ms(e), -1, &e->random);
    if (is_first)
        log_write(&e->log, KEDA_LOG_ERROR, "target failing", "target", t->name, "kind",
                  t->kind_name, "error", err.text, NULL);
    return rc;
}

keda_status target_open(keda_target *t, keda_error *err)
{
    if (t->is_given_up || t->is_closing)
        return keda_error_set(err, KEDA_EUNAVAILABLE, "%s %s is being stopped", t->kind_name,
                              t->name);
    if (t->is_open)
        return KEDA_OK;
    if (backoff_left_ms(&t->backoff, engine_now_ms(t->engine)) == 0 && try_open(t) == KEDA_OK)
        return KEDA_OK;
    kept_error_get(&t->trouble, err);
    return (keda_status)t->trouble.code;
}

void target_add(keda_target *t)
{
    table_add(&t->engine->targets, &t->node, t->key);
    if (is_forgetful(t))
        t->wanted = (int32_t)state_get(t->engine->state, STATE_TARGET, t->key, STATE_REPLICAS);
    (void)target_open(t, NULL);
}

/* ---- closing */

static void closed(const keda_target_call *call, const keda_error *err, void *user)
{
    (void)call;
    (void)err;
    (void)user; /* target_closed does what is to be done */
}

static void be_gone(keda_target *t)
{
    chain_remove(&t->engine->ending, &t->ending);
    free_target(t);
}

static void open_again(keda_target *t)
{
    mem_free_secret(t->spec_json);
    t->spec_json = t->next_spec;
    t->next_spec = NULL;
    t->is_closing = false;
    (void)target_open(t, NULL);
}

void target_closed(keda_target *t)
{
    t->is_open = false;
    t->close_call = NULL;
    kept_error_clear(&t->ailment); /* of an instance that is gone */
    if (t->is_given_up)
        be_gone(t);
    else
        open_again(t);
}

static void close_when_idle(keda_target *t)
{
    const target_question question = {
        .order = TARGET_CLOSE, .deadline_ms = TICKET_NO_DEADLINE, .ended = closed, .user = t};

    if (t->ncalls > 0)
        return; /* the last one that ends comes back here */
    if (!t->is_open) {
        target_closed(t);
        return;
    }
    if (target_ask(t, &question, NULL, NULL) != KEDA_OK)
        t->engine->is_close_waiting = true;
}

static bool is_waiting(const keda_target *t)
{
    return t->is_closing && t->close_call == NULL && t->ncalls == 0;
}

static keda_target *of_ending(chain_link *link)
{
    return (keda_target *)(void *)((char *)link - offsetof(struct keda_target, ending));
}

void target_close_waiting(keda_engine *e)
{
    if (!e->is_close_waiting)
        return;
    e->is_close_waiting = false;
    for (chain_link *link = e->ending.first, *next; link != NULL; link = next) {
        next = link->next;
        if (is_waiting(of_ending(link)))
            close_when_idle(of_ending(link));
    }
    for (keda_target *t = table_next(&e->targets, NULL); t != NULL;
         t = table_next(&e->targets, t)) {
        if (is_waiting(t))
            close_when_idle(t);
    }
}

void target_respec(keda_target *t, char *take_spec_json)
{
    mem_free_secret(t->next_spec);
    t->next_spec = take_spec_json;
    backoff_reset(&t->backoff);
    if (t->is_closing)
        return;
    t->is_closing = true;
    close_when_idle(t);
}

void target_give_up(keda_target *t)
{
    table_remove(&t->engine->targets, &t->node);
    chain_add(&t->engine->ending, &t->ending);
    t->is_given_up = true;
    if (t->is_closing)
        return;
    t->is_closing = true;
    close_when_idle(t);
}

static void keep_count(keda_target *t, int32_t count)
{
    t->wanted = count;
    t->seen.spec = count;
    if (is_forgetful(t) && !t->is_given_up) /* its record has been removed */
        state_put(t->engine->state, STATE_TARGET, t->key, STATE_REPLICAS, count);
}

void target_call_ended(keda_target_call *call)
{
    keda_target *t = call->target;

    t->ncalls--;
    if (call->question.order == TARGET_OBSERVE && call->err.code == KEDA_OK)
        t->seen = call->replicas;
    if (call->question.order == TARGET_SCALE && call->err.code == KEDA_OK)
        keep_count(t, call->question.to);
    if (t->is_closing && t->close_call == NULL)
        close_when_idle(t);
}

bool targets_are_gone(const keda_engine *e)
{
    return e->targets.count == 0 && e->ending.first == NULL;
}

void targets_hurry(keda_engine *e)
{
    for (chain_link *link = e->ending.first, *next; link != NULL; link = next) {
        const keda_target *t = of_ending(link);
        next = link->next;
        if (t->close_call != NULL && !t->close_call->is_settled && t->kind->desc.cancel != NULL)
            t->kind->desc.cancel(t->state, t->close_call, t->kind->user);
    }
}

/* ---- counts that change by themselves */

static void noted(const keda_target_call *call, const keda_error *err, void *user)
{
    (void)call;
    (void)err;
    (void)user; /* target_call_ended has kept the counts */
}

static void look_again(loop_after *after, void *user)
{
    keda_target *t = user;
    const target_question question = {.order = TARGET_OBSERVE,
                                      .deadline_ms = engine_now_ms(t->engine) + ORDER_LIMIT_MS,
                                      .ended = noted,
                                      .user = t};
    (void)after;
    if (t->is_open && !t->is_closing)
        (void)target_ask(t, &question, NULL, NULL);
}

void keda_target_changed(keda_target *self)
{
    loop_after_add(self->shared->l, &self->changed, look_again, self);
}

/* ---- trouble of its own */

void keda_target_trouble(keda_target *self, const char *text)
{
    const bool was_ill = self->ailment.code != KEDA_OK;
    keda_error err = KEDA_ERROR_INIT;

    if (text == NULL || text[0] == '\0') {
        kept_error_clear(&self->ailment);
        if (was_ill && !self->is_closing)
            report_trouble(self, NULL);
        return;
    }
    keda_error_set(&err, KEDA_EUNAVAILABLE, "%s", text);
    if (was_ill && strcmp(err.text, kept_error_text(&self->ailment)) == 0)
        return;
    kept_error_set(&self->ailment, &err);
    if (self->owner != NULL)
        self->owner->errors_total++;
    if (!was_ill)
        report_trouble(self, err.text);
    else if (self->owner != NULL) /* logged once, but its status says something else now */
        report_changed(self->owner);
}
