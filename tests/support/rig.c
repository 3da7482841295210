/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripted peers of the rig. Everything runs on the test's thread.
 */
#include "support/rig.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* ---- trigger types */

typedef struct script_meta {
    char *source, *password, *tag, *endpoint;
    double target, activation;
} script_meta;

static const keda_field script_fields[] = {
    KEDA_FIELD_STRING(script_meta, source, .name = "source", .help = "Who answers."),
    KEDA_FIELD_STRING(script_meta, password, .name = "password",
                      .flags = KEDA_OPTIONAL | KEDA_SECRET,
                      .from = {KEDA_FROM_AUTH, KEDA_FROM_ENV}, .help = "A secret."),
    KEDA_FIELD_STRING(script_meta, tag, .name = "tag", .flags = KEDA_OPTIONAL,
                      .help = "Makes two triggers differ."),
    KEDA_FIELD_STRING(script_meta, endpoint, .name = "endpoint", .fallback = "one",
                      .help = "Which endpoint answers."),
    KEDA_FIELD_DOUBLE(script_meta, target, .name = "target", .fallback = "10",
                      .help = "Carried by one replica."),
    KEDA_FIELD_DOUBLE(script_meta, activation, .name = "activation", .fallback = "0",
                      .help = "Active above it."),
};

typedef struct script_state {
    rig *rig;
    rig_source *source;
    keda_endpoint *endpoint;
} script_state;

static keda_status script_specs(const void *meta, keda_spec_list *out, keda_error *err,
                                void *user)
{
    const script_meta *m = meta;
    (void)user;
    return keda_spec_add(out, m->target, m->activation, err, "script-%s", m->source);
}

static keda_status script_check(const void *meta, keda_error *err, void *user)
{
    const script_meta *m = meta;
    (void)user;
    if (strcmp(m->source, "forbidden") == 0)
        return keda_error_set(err, KEDA_EINVAL, "this source is forbidden");
    return KEDA_OK;
}

static keda_status script_open(void *state, const void *meta, keda_scaler *self,
                               keda_error *err, void *user)
{
    script_state *s = state;
    const script_meta *m = meta;
    (void)self;
    s->rig = user;
    s->source = rig_source_of(user, m->source);
    s->source->nopened++;
    (void)snprintf(s->source->secret, sizeof s->source->secret, "%s",
                   m->password == NULL ? "" : m->password);
    if (s->source->opens != KEDA_OK)
        return keda_error_set(err, s->source->opens, "scripted to stay closed");
    return KEDA_OK;
}

static void answer(const rig_source *source, keda_poll *poll)
{
    if (source->fails != KEDA_OK) {
        keda_error err = KEDA_ERROR_INIT;
        keda_error_set(&err, source->fails, "%s: scripted failure", source->name);
        keda_poll_fail(poll, &err);
        return;
    }
    for (size_t i = 0; !source->is_empty && i < (source->nvalues == 0 ? 1 : source->nvalues);
         i++)
        keda_poll_value(poll, 0, source->value);
    if (source->is_active_set)
        keda_poll_active(poll, source->is_active);
    keda_poll_done(poll);
}

static void answer_or_hold(rig_source *source, keda_poll *poll)
{
    source->nasked++;
    source->due = keda_poll_due_bits(poll);
    if (source->is_held)
        source->held = poll;
    else
        answer(source, poll);
}

static void script_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const script_state *s = state;
    (void)meta;
    (void)user;
    answer_or_hold(s->source, poll);
}

static void script_cancel(void *state, keda_poll *poll, void *user)
{
    const script_state *s = state;
    (void)poll;
    (void)user;
    s->source->ncancelled++;
}

static void script_close(void *state, void *user)
{
    const script_state *s = state;
    (void)user;
    if (s->source != NULL)
        s->source->nclosed++;
}

static const keda_scaler_desc script = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "script",
    .summary = "Answers what the test says.",
    .metrics_name = "scriptScaler",
    .fields = script_fields,
    .nfields = sizeof script_fields / sizeof script_fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(script_meta),
    .state_size = sizeof(script_state),
    .specs = script_specs,
    .poll = script_poll,
    .check = script_check,
    .open = script_open,
    .cancel = script_cancel,
    .close = script_close,
};

/* ---- the same by way of an endpoint */

static keda_status batch_open(void *state, const void *meta, keda_scaler *self, keda_error *err,
                              void *user)
{
    script_state *s = state;
    const script_meta *m = meta;
    const keda_param param = {.name = "name", .value = m->endpoint};
    const keda_status rc = script_open(state, meta, self, err, user);
    if (rc != KEDA_OK)
        return rc;
    return keda_endpoint_acquire(self, "rig", &param, 1, &s->endpoint, err);
}

static void batch_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    const script_state *s = state;
    (void)meta;
    (void)user;
    keda_poll_via(poll, s->endpoint);
}

static keda_status endpoint_open(void *state, const keda_param *params, size_t nparams,
                                 keda_endpoint *self, keda_error *err, void *user)
{
    rig *r = user;
    (void)state;
    (void)params;
    (void)nparams;
    (void)self;
    (void)err;
    r->nendpoints++;
    r->nendpoints_opened++;
    return KEDA_OK;
}

static void endpoint_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    rig *r = user;
    (void)state;
    r->nbatches++;
    r->batch_size = npolls;
    for (size_t i = 0; i < npolls; i++) {
        rig_source *source = ((script_state *)keda_poll_state(polls[i]))->source;
        keda_error err = KEDA_ERROR_INIT;
        if (r->batches_fail != KEDA_OK) {
            keda_error_set(&err, r->batches_fail, "the endpoint is scripted to fail");
            source->nasked++;
            keda_poll_fail(polls[i], &err);
        } else {
            answer_or_hold(source, polls[i]);
        }
    }
}

static void endpoint_close(void *state, void *user)
{
    rig *r = user;
    (void)state;
    r->nendpoints--;
}

static const keda_endpoint_desc rig_endpoint = {
    .struct_size = sizeof(keda_endpoint_desc),
    .kind = "rig",
    .max_batch = 0,
    .linger_ms = 5000,
    .open = endpoint_open,
    .poll_batch = endpoint_batch,
    .close = endpoint_close,
};

/* ---- target, log, decisions */

static int32_t target_get(const char *space, const char *name, void *user)
{
    rig *r = user;
    (void)space;
    (void)name;
    r->ngets++;
    return r->replicas;
}

static keda_status target_set(const char *space, const char *name, int32_t to, keda_error *err,
                              void *user)
{
    rig *r = user;
    (void)space;
    (void)name;
    r->nsets++;
    if (r->on_set != NULL)
        r->on_set(r, to);
    if (r->refuses != KEDA_OK) {
        const keda_status refuses = r->refuses;
        if (r->nrefusals > 0 && --r->nrefusals == 0)
            r->refuses = KEDA_OK;
        return keda_error_set(err, refuses, "scripted refusal");
    }
    r->replicas = to;
    return KEDA_OK;
}

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    static const char *const levels[] = {"", "error", "warn", "info", "debug"};
    rig *r = user;
    (void)buf_printf(&r->log, "%s %s", levels[level], message);
    for (size_t i = 0; i < npairs; i++)
        (void)buf_printf(&r->log, " %s=%s", pairs[i].key, pairs[i].value);
    (void)buf_putc(&r->log, '\n');
}

static void on_decision(const keda_decision_record *record, void *user)
{
    rig *r = user;
    r->ndecisions++;
    r->reason = record->decision->reason;
    (void)snprintf(r->text, sizeof r->text, "%s", record->text);
    if (r->on_decision != NULL)
        r->on_decision(r, record);
}

/* ---- making */

void rig_init(rig *r)
{
    *r = (rig){.err = KEDA_ERROR_INIT};
    fake_clock_init(&r->clock);
    r->options = (keda_engine_options)KEDA_ENGINE_OPTIONS_INIT;
    r->options.clock = &r->clock.clock;
    r->options.log = on_log;
    r->options.log_user = r;
    r->options.on_decision = on_decision;
    r->options.decision_user = r;
    r->options.seed = 7;
    r->options.shutdown_grace_ms = 200;
    r->options.plugin_path = "";
}

keda_status rig_try_start(rig *r)
{
    keda_scaler_desc batch = script;
    const keda_callback_target target = {
        .struct_size = sizeof target, .get = target_get, .set = target_set, .user = r};
    keda_status rc = KEDA_OK;

    batch.type = "batch";
    batch.flags = KEDA_SCALER_BATCHES;
    batch.open = batch_open;
    batch.poll = batch_poll;
    if ((rc = keda_engine_new(&r->engine, &r->options, &r->err)) != KEDA_OK)
        return rc;
    if ((rc = keda_engine_register_scaler(r->engine, &script, r, &r->err)) != KEDA_OK)
        return rc;
    if ((rc = keda_engine_register_scaler(r->engine, &batch, r, &r->err)) != KEDA_OK)
        return rc;
    if ((rc = keda_engine_register_endpoint(r->engine, &rig_endpoint, r, &r->err)) != KEDA_OK)
        return rc;
    return keda_engine_on_scale(r->engine, &target, &r->err);
}

void rig_start(rig *r)
{
    cr_assert_eq(rig_try_start(r), KEDA_OK, "%s", r->err.text);
}

void rig_open(rig *r)
{
    rig_init(r);
    rig_start(r);
}

void rig_close(rig *r)
{
    keda_engine_free(r->engine);
    r->engine = NULL;
    keda_buf_clear(&r->log);
    keda_findings_free(r->findings);
    r->findings = NULL;
}

rig_source *rig_source_of(rig *r, const char *name)
{
    for (size_t i = 0; i < r->nsources; i++) {
        if (strcmp(r->sources[i].name, name) == 0)
            return &r->sources[i];
    }
    cr_assert_lt(r->nsources, RIG_MAX_SOURCES);
    rig_source *source = &r->sources[r->nsources++];
    (void)snprintf(source->name, sizeof source->name, "%s", name);
    return source;
}

void rig_release(rig *r, rig_source *source)
{
    keda_poll *poll = source->held;
    (void)r;
    cr_assert_not_null(poll);
    source->held = NULL;
    answer(source, poll);
}

/* ---- documents */

const char *rig_object(const char *name, const char *spec, const char *triggers)
{
    static char texts[4][8192]; /* so that one call may use several */
    static size_t next;
    char *text = texts[next++ % 4];
    char own[256];

    (void)snprintf(own, sizeof own, "  - {type: script, metadata: {source: %s}}\n", name);
    (void)snprintf(
        text, sizeof texts[0],
        "apiVersion: keda.sh/v1alpha1\n"
        "kind: ScaledObject\n"
        "metadata: {name: %s}\n"
        "spec:\n"
        "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: %s}\n"
        "%s"
        "  triggers:\n%s",
        name, name, spec == NULL ? "" : spec, triggers == NULL ? own : triggers);
    return text;
}

keda_status rig_put(rig *r, const char *id, const char *text)
{
    keda_findings_free(r->findings);
    r->findings = NULL;
    cr_assert_eq(keda_findings_new(&r->findings, NULL), KEDA_OK);
    keda_error_clear(&r->err);
    return keda_engine_put(r->engine, id, text, r->findings, &r->err);
}

const char *rig_findings(rig *r)
{
    static keda_buf lines;

    keda_buf_clear(&lines);
    for (size_t i = 0; i < keda_findings_count(r->findings); i++) {
        cr_assert_eq(keda_findings_print(r->findings, i, buf_write, &lines, NULL), KEDA_OK);
        cr_assert_eq(buf_putc(&lines, '\n'), KEDA_OK);
    }
    return lines.data == NULL ? "" : lines.data;
}

/* ---- time */

void rig_step(rig *r)
{
    cr_assert_eq(keda_engine_step(r->engine, &r->err), KEDA_OK, "%s", r->err.text);
}

void rig_run(rig *r, int64_t ms)
{
    rig_step(r);
    while (ms > 0) {
        int64_t due_ms = keda_engine_next_due_ms(r->engine);
        if (due_ms < 0 || due_ms > ms)
            due_ms = ms;
        fake_clock_advance(&r->clock, due_ms);
        ms -= due_ms;
        rig_step(r);
    }
}

void rig_wait(rig *r, bool (*is_done)(rig *r))
{
    enum { ROUND_MS = 10, ROUNDS = 1000 };
    for (int i = 0; i < ROUNDS; i++) {
        struct pollfd fd = {.fd = keda_engine_fd(r->engine), .events = POLLIN};
        rig_step(r);
        if (is_done(r))
            return;
        (void)poll(&fd, 1, ROUND_MS);
    }
    cr_assert(false, "it did not come about");
}

/* ---- what there is to see */

size_t rig_count_logged(const rig *r, const char *text)
{
    size_t n = 0;
    const char *at = r->log.data == NULL ? "" : r->log.data;
    while ((at = strstr(at, text)) != NULL) {
        n++;
        at += strlen(text);
    }
    return n;
}

bool rig_logged(const rig *r, const char *text)
{
    return rig_count_logged(r, text) > 0;
}

const char *rig_metrics(rig *r)
{
    static keda_buf text;
    keda_buf_clear(&text);
    cr_assert_eq(keda_engine_metrics(r->engine, buf_write, &text, &r->err), KEDA_OK);
    return text.data;
}

keda_workload_status rig_workload(rig *r, const char *id)
{
    keda_workload_status status = {.struct_size = sizeof status};
    cr_assert_eq(keda_engine_find(r->engine, id, &status, &r->err), KEDA_OK, "%s", r->err.text);
    return status;
}

keda_trigger_status rig_trigger(rig *r, const char *id, size_t i)
{
    keda_trigger_status status = {.struct_size = sizeof status};
    cr_assert_eq(keda_engine_trigger(r->engine, id, i, &status, &r->err), KEDA_OK, "%s",
                 r->err.text);
    return status;
}
