/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator's life: its options, the election, acting while it leads and leaving everything when it does
 * not. What it does for objects is in the other files; its orderly end is in stop.c.
 */
#include "operator/operator.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kube/event.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HAS(opts, member)                                                                      \
    ((opts) != NULL &&                                                                         \
     (opts)->struct_size >= offsetof(keda_operator_options, member) +                          \
                                sizeof(((keda_operator_options *)0)->member))
#define OPT(opts, member, fallback)                                                            \
    (HAS(opts, member) && (opts)->member != 0 ? (opts)->member : (fallback))
#define POINTER(opts, member) (HAS(opts, member) ? (opts)->member : NULL)

enum { REREAD_MS = 30000 };

int64_t op_now_ms(const keda_operator *op)
{
    return loop_now_ms(op->l);
}

/* ---- options */

static bool read_spaces(op_settings *s, const keda_operator_options *opts)
{
    const char *const *from = POINTER(opts, namespaces);
    const size_t n = from != NULL ? OPT(opts, nnamespaces, (size_t)0) : 0;

    s->spaces = mem_zalloc(n + 1, sizeof *s->spaces);
    if (s->spaces == NULL)
        return false;
    for (; s->nspaces < n; s->nspaces++) {
        s->spaces[s->nspaces] = mem_strdup(from[s->nspaces]);
        if (s->spaces[s->nspaces] == NULL)
            return false;
    }
    return true;
}

static bool make_identity(op_settings *s, const char *wanted)
{
    char host[128] = "kedad", name[160];

    if (wanted != NULL)
        return op_copy_text(&s->identity, wanted);
    if (gethostname(host, sizeof host - 1) != 0)
        (void)snprintf(host, sizeof host, "kedad");
    host[sizeof host - 1] = '\0';
    (void)snprintf(name, sizeof name, "%s_%08x", host,
                   (unsigned)(clock_random_seed_from_system() & 0xffffffffU));
    return op_copy_text(&s->identity, name);
}

static const char *or_default(const char *text, const char *fallback)
{
    return text != NULL && text[0] != '\0' ? text : fallback;
}

static keda_status read_settings(op_settings *s, const keda_operator_options *opts,
                                 const keda_kube *kube, keda_error *err)
{
    const char *home = keda_kube_namespace(kube);

    s->is_secret_access_restricted = OPT(opts, is_secret_access_restricted, 0) != 0;
    s->is_elected = OPT(opts, is_leader_elected, 0) != 0;
    s->lease_duration_ms = OPT(opts, lease_duration_ms, (int64_t)0);
    s->renew_deadline_ms = OPT(opts, renew_deadline_ms, (int64_t)0);
    s->retry_ms = OPT(opts, retry_ms, (int64_t)0);
    s->reread_ms = OPT(opts, reread_ms, (int64_t)REREAD_MS);
    if (!read_spaces(s, opts) || !make_identity(s, POINTER(opts, identity)) ||
        !op_copy_text(&s->label_selector, POINTER(opts, label_selector)) ||
        !op_copy_text(&s->cluster_space, or_default(POINTER(opts, cluster_namespace), home)) ||
        !op_copy_text(&s->lease_name,
                      or_default(POINTER(opts, lease_name), "kedad.libkeda.io")) ||
        !op_copy_text(&s->lease_space, or_default(POINTER(opts, lease_namespace), home)))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static void clear_settings(op_settings *s)
{
    for (size_t i = 0; i < s->nspaces; i++)
        mem_free(s->spaces[i]);
    mem_free(s->spaces);
    mem_free(s->label_selector);
    mem_free(s->cluster_space);
    mem_free(s->identity);
    mem_free(s->lease_name);
    mem_free(s->lease_space);
}

/* ---- acting */

void op_act_stop(keda_operator *op)
{
    if (op->watches == NULL)
        return;
    op_pump_stop(op);
    op_watches_close(op);
    op_objects_free(op);
    op_hpas_free(op);
    op_deps_free(op);
    kube_drop_scales(op->kube);
    kube_drop_events(op->kube); /* whoever leads now is the only one who writes */
    mem_free(op->watches);
    op->watches = NULL;
    op->nwatches = 0;
    op->nauths = 0;
    op->ncluster_auths = 0;
    op->is_acting = false;
    op->is_synced = false;
}

static keda_status act(keda_operator *op, keda_error *err)
{
    const keda_status rc = op_watches_open(op, err);
    if (rc != KEDA_OK)
        op_act_stop(op);
    op->is_acting = rc == KEDA_OK;
    return rc;
}

static void act_again(loop_timer *timer, void *user);

/* Only memory can be short. */
static void act_or_retry(keda_operator *op)
{
    keda_error err = KEDA_ERROR_INIT;

    if (op->is_acting || act(op, &err) == KEDA_OK)
        return;
    log_write(op->log, KEDA_LOG_ERROR, "cannot watch the cluster", "error", err.text, NULL);
    (void)loop_timer_set(op->l, &op->stop_timer, op_now_ms(op) + 1000, act_again, op, NULL);
}

static void act_again(loop_timer *timer, void *user)
{
    keda_operator *op = user;
    (void)timer;
    if (op->is_leader && !op->is_stopping)
        act_or_retry(op);
}

/* ---- the election */

static void tell_of_lease(const keda_operator *op, bool was_leader)
{
    if (op->is_leader != was_leader)
        log_write(op->log, op->is_leader ? KEDA_LOG_INFO : KEDA_LOG_WARN,
                  op->is_leader ? "leading" : "not leading any more", "lease",
                  op->settings.lease_name, "holder", op->holder, NULL);
    else if (!op->is_leader)
        log_write(op->log, KEDA_LOG_INFO, "waiting to lead", "lease", op->settings.lease_name,
                  "holder", op->holder, NULL);
}

static void lease_changed(int32_t is_held, const char *holder, void *user)
{
    keda_operator *op = user;
    const bool was_leader = op->is_leader;

    (void)op_copy_text(&op->holder, holder);
    op->is_leader = is_held != 0;
    tell_of_lease(op, was_leader);
    if (op->is_stopping && !op->is_leader)
        op_act_stop(op);
    if (op->is_stopping)
        return;
    if (op->is_leader)
        act_or_retry(op);
    else
        op_act_stop(op);
}

static keda_status stand(keda_operator *op, keda_error *err)
{
    const op_settings *s = &op->settings;
    keda_kube_lease_options opts = KEDA_KUBE_LEASE_OPTIONS_INIT;

    opts.space = s->lease_space;
    opts.name = s->lease_name;
    opts.identity = s->identity;
    opts.duration_ms = s->lease_duration_ms;
    opts.renew_deadline_ms = s->renew_deadline_ms;
    opts.retry_ms = s->retry_ms;
    opts.changed = lease_changed;
    opts.user = op;
    return keda_kube_lease_open(&op->lease, op->kube, &opts, err);
}

/* ---- making and freeing */

static keda_status make_tables(keda_operator *op, keda_error *err)
{
    table *const tables[] = {&op->objects, &op->deps, &op->hpas, &op->slots};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < sizeof tables / sizeof tables[0]; i++)
        rc = table_init(tables[i], err);
    return rc;
}

static keda_status start(keda_operator *op, const keda_operator_options *opts, keda_error *err)
{
    keda_status rc = make_tables(op, err);

    if (rc == KEDA_OK)
        rc = read_settings(&op->settings, opts, op->kube, err);
    if (rc == KEDA_OK && !op_copy_text(&op->holder, ""))
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (rc != KEDA_OK)
        return rc;
    op_observe(op);
    if (op->settings.is_elected && !op->is_dry_run)
        return stand(op, err);
    op->is_leader = true;
    return act(op, err);
}

keda_status keda_operator_new(keda_operator **out, keda_engine *e, keda_kube *kube,
                              const keda_operator_options *opts, keda_error *err)
{
    if (opts != NULL && opts->struct_size < offsetof(keda_operator_options, label_selector))
        return keda_error_set(err, KEDA_EINVAL, "operator options of a wrong size");
    if (kube->counts == NULL || kube->l != engine_loop(e))
        return keda_error_set(err, KEDA_EINVAL,
                              "keda_engine_on_kube has not been called for this client");
    keda_operator *op = mem_zalloc(1, sizeof *op);
    if (op == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    op->engine = e;
    op->kube = kube;
    op->l = engine_loop(e);
    op->log = &e->log;
    op->is_dry_run = engine_is_dry_run(e);
    const keda_status rc = start(op, opts, err);
    if (rc == KEDA_OK)
        *out = op;
    else
        keda_operator_free(op);
    return rc;
}

void keda_operator_free(keda_operator *op)
{
    if (op == NULL)
        return;
    op->is_stopping = true;
    engine_set_observer(op->engine, NULL);
    loop_timer_cancel(op->l, &op->stop_timer);
    keda_kube_lease_close(op->lease);
    op_act_stop(op);
    table_clear(&op->objects);
    table_clear(&op->deps);
    table_clear(&op->hpas);
    table_clear(&op->slots);
    clear_settings(&op->settings);
    keda_buf_clear(&op->trouble);
    mem_free(op->holder);
    mem_free(op);
}

/* ---- status */

static const char *trouble_of(const keda_operator *op)
{
    for (size_t i = 0; i < op->nwatches; i++) {
        if (op->watches[i].trouble.code != KEDA_OK)
            return kept_error_text(&op->watches[i].trouble);
    }
    return "";
}

void keda_operator_get_status(const keda_operator *op, keda_operator_status *out)
{
    keda_operator_status all = {.struct_size = out->struct_size,
                                .is_leader = op->is_leader ? 1 : 0,
                                .is_synced = op_are_all_listed(op) ? 1 : 0,
                                .holder = op->holder,
                                .trouble = trouble_of(op),
                                .nscaled_objects = op->objects.count,
                                .nauthentications = op->nauths,
                                .ncluster_authentications = op->ncluster_auths};

    for (const op_object *o = table_next(&op->objects, NULL); o != NULL;
         o = table_next(&op->objects, o))
        all.nready += o->is_ready ? 1 : 0;
    memcpy(out, &all, out->struct_size < sizeof all ? out->struct_size : sizeof all);
}
