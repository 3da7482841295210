/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a prepared change real, without anything that could fail. First what leaves hands over and
 * ends, then what is new starts.
 */
#include "base/mem.h"
#include "engine/change.h"
#include "engine/order.h"
#include "engine/reaper.h"
#include "engine/schedule.h"
#include "engine/state.h"
#include "engine/trigger.h"

#include <string.h>

/* ---- what leaves */

/* The new form of an old entry: NULL when it is removed. */
static entry *successor_of(const change *c, const entry *old)
{
    entry *en = table_find(&c->entries, old->object);
    return en != NULL && en->before == old ? en : NULL;
}

static void leave_workload(const change *c, entry *old)
{
    entry *next = successor_of(c, old);
    workload *w = old->workload;

    table_remove(&c->e->workloads, &w->node);
    if (next == NULL) {
        workload_end_work(w, WORKLOAD_REMOVED);
        return;
    }
    workload_inherit(next->workload, w);
    workload_end_work(w, WORKLOAD_REPLACED);
}

static void leave_pool(const change *c, entry *old)
{
    entry *next = successor_of(c, old);
    keda_target *t = old->target;

    if (next == NULL) {
        state_remove(c->e->state, STATE_TARGET, t->key);
        target_give_up(t);
        return;
    }
    next->target = t;
    if (strcmp(next->spec_json, t->spec_json) == 0)
        return; /* its labels or the like: the workers run on */
    target_respec(t, next->spec_json);
    next->spec_json = NULL;
}

typedef void (*old_entry_fn)(const change *c, entry *old);

static void each_leaving(const change *c, entry_kind kind, old_entry_fn visit)
{
    for (size_t i = 0; i < c->leaving.count; i++) {
        const text_source *src = c->leaving.items[i];
        for (size_t j = 0; j < src->nentries; j++) {
            entry *old = src->entries[j];
            const entry *next = successor_of(c, old);
            if (old->kind == kind && !(next != NULL && next->is_kept))
                visit(c, old);
        }
    }
}

static void forget_source(const change *c, text_source *src)
{
    for (size_t i = 0; i < src->nentries; i++) {
        entry *old = src->entries[i];
        const entry *now = successor_of(c, old);
        if (now != NULL && now->is_kept)
            continue;
        table_remove(&c->e->entries, &old->node);
        entry_free(old);
    }
    table_remove(&c->e->sources, &src->node);
    source_free(src);
}

/* Old entries and sources go, but for the entries that are kept. */
static void forget_old(change *c)
{
    for (size_t i = 0; i < c->leaving.count; i++)
        forget_source(c, c->leaving.items[i]);
    pointers_clear(&c->leaving);
}

/* ---- what comes */

/* The entry at work: the new one, or the old one that is kept, which the new one then leaves to. */
static entry *settle_entry(change *c, entry *en, text_source *src)
{
    entry *kept = en->is_kept ? en->before : NULL;

    table_remove(&c->entries, &en->node);
    en->is_successor = en->before != NULL;
    en->before = NULL;
    if (kept == NULL) {
        table_add(&c->e->entries, &en->node, en->object);
        return en;
    }
    kept->source = src;
    kept->line = en->line;
    entry_free(en);
    return kept;
}

static void take_sources(change *c)
{
    for (size_t i = 0; i < c->nsources; i++) {
        text_source *src = c->sources[i].source;
        table_remove(&c->given, &src->node);
        for (size_t j = 0; j < src->nentries; j++)
            src->entries[j] = settle_entry(c, src->entries[j], src);
        table_add(&c->e->sources, &src->node, src->id);
    }
}

static void renew_triggers(const change *c)
{
    for (size_t i = 0; i < c->nrenewals; i++) {
        trigger *t = c->renewals[i].trigger;
        trigger_close(t);
        t->instance = c->renewals[i].instance;
        t->fingerprint = c->renewals[i].fingerprint;
        backoff_reset(&t->backoff);
        t->has_reread = false;
    }
}

/* HPA: a target of type Value is compared with the pods that are ready. */
static bool needs_pods(const workload *w)
{
    for (size_t i = 0; i < w->nmetrics; i++) {
        if (w->metric_policies[i].target_type == KEDA_TARGET_VALUE)
            return true;
    }
    return false;
}

/* One with a document of its own counts what it runs anyway. */
static void set_needs(keda_target *t, bool needs)
{
    if (t->needs_pods == needs || t->spec_json != NULL)
        return;
    t->needs_pods = needs;
    target_respec(t, NULL);
}

static void attach_target(keda_engine *e, workload *w)
{
    workload_draft *draft = w->draft;
    keda_target *t = draft == NULL ? NULL : table_find(&e->targets, draft->target_key);

    if (t == NULL && draft != NULL && draft->fresh_target != NULL) {
        t = draft->fresh_target;
        draft->fresh_target = NULL;
        t->needs_pods = needs_pods(w);
        target_add(t);
    } else if (t != NULL) {
        set_needs(t, needs_pods(w));
    }
    workload_drop_draft(w);
    w->target = t;
    if (t != NULL)
        t->owner = w;
}

typedef void (*new_entry_fn)(keda_engine *e, entry *en);

/* Those of the change that are not at work yet. */
static size_t each_new(const change *c, entry_kind kind, new_entry_fn visit)
{
    size_t n = 0;
    for (size_t i = 0; i < c->nsources; i++) {
        const text_source *src = c->sources[i].source;
        for (size_t j = 0; j < src->nentries; j++) {
            entry *en = src->entries[j];
            if (en->kind != kind || en->is_started)
                continue;
            visit(c->e, en);
            n++;
        }
    }
    return n;
}

static void start_pool(keda_engine *e, entry *en)
{
    (void)e;
    en->is_started = true;
    if (!en->is_successor)
        target_add(en->target);
    mem_free_secret(en->spec_json);
    en->spec_json = NULL;
}

static void attach_workload(keda_engine *e, entry *en)
{
    attach_target(e, en->workload);
    table_add(&e->workloads, &en->workload->node, en->workload->object.id);
}

static void start_at_once(keda_engine *e, entry *en)
{
    (void)e;
    en->is_started = true;
    workload_start(en->workload, WORKLOAD_AT_ONCE);
}

static void start_spread(keda_engine *e, entry *en)
{
    (void)e;
    en->is_started = true;
    workload_start(en->workload, WORKLOAD_SPREAD);
}

keda_status change_claim(const change *c, keda_error *err)
{
    size_t n = c->e->workloads.count;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < c->nsources; i++) {
        const text_source *src = c->sources[i].source;
        for (size_t j = 0; rc == KEDA_OK && j < src->nentries; j++) {
            const entry *en = src->entries[j];
            if (en->kind != ENTRY_SCALED_OBJECT || en->is_started || en->is_kept)
                continue;
            rc = schedule_claim(en->workload, err);
            n++;
        }
    }
    return rc == KEDA_OK ? order_reserve(c->e->order, n, err) : rc;
}

void change_commit(change *c)
{
    enum { SPREAD_ABOVE = 100 };
    keda_engine *e = c->e;

    each_leaving(c, ENTRY_SCALED_OBJECT, leave_workload);
    each_leaving(c, ENTRY_POOL, leave_pool);
    forget_old(c);
    take_sources(c);
    (void)each_new(c, ENTRY_POOL, start_pool);
    renew_triggers(c);
    const size_t n = each_new(c, ENTRY_SCALED_OBJECT, attach_workload);
    workload_settle_targets(e);
    (void)each_new(c, ENTRY_SCALED_OBJECT, n > SPREAD_ABOVE ? start_spread : start_at_once);
    mem_free(c->renewals);
    mem_free(c->sources);
    table_clear(&c->claims);
    table_clear(&c->broken); /* nothing in it: those are errors */
    table_clear(&c->entries);
    table_clear(&c->given);
    order_changed(e->order);
    reaper_wake(e);
}
