/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows share: an engine, a trigger type and two targets whose callbacks ask what a row wants asked. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

#include <string.h>

const char world_document[] =
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\n"
    "spec:\n  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: Callback, name: orders}\n"
    "  triggers: [{type: probe, metricType: AverageValue, metadata: {tag: a}}]\n";

static const char probe_document[] =
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\n"
    "spec:\n  scaleTargetRef: {apiVersion: example.com/v1, kind: Probe, name: orders}\n"
    "  triggers: [{type: probe, metadata: {tag: a}}]\n";

keda_status world_write(const char *text, size_t size, void *user)
{
    size_t *sum = user;

    (void)text;
    if (sum != NULL)
        *sum += size;
    return KEDA_OK;
}

void world_need(const world *w, keda_status rc)
{
    cr_assert_eq(rc, KEDA_OK, "%d %s", (int)rc, w->err.text);
}

void world_arm(world *w)
{
    heap_arm(w->has_failed || !w->is_called ? 0 : w->n);
}

void world_disarm(world *w)
{
    if (heap_disarm())
        w->has_failed = true;
}

/* ---- a trigger type and its endpoint -------------------------------------------------------- */

typedef struct probe_meta {
    char *tag;
} probe_meta;

static const keda_field fields[] = {
    KEDA_FIELD_STRING(probe_meta, tag, .name = "tag", .help = "Any text."),
};

static keda_status ask(world *w, enum moment moment, void *subject, keda_error *err)
{
    return w->in_call != NULL && w->moment == moment ? w->in_call(w, subject, err) : KEDA_OK;
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    world *w = user;

    (void)meta;
    if (w->moment == IN_SPECS)
        return ask(w, IN_SPECS, out, err);
    return keda_spec_add_name(out, "probe", 10, 0, err);
}

static keda_status open_scaler(void *state, const void *meta, keda_scaler *self,
                               keda_error *err, void *user)
{
    world *w = user;

    (void)state;
    (void)meta;
    w->scaler = self;
    w->http = keda_scaler_http(self);
    return ask(w, IN_OPEN, self, err);
}

static void poll_scaler(void *state, const void *meta, keda_poll *poll, void *user)
{
    world *w = user;

    (void)state;
    (void)meta;
    if (w->in_call != NULL && w->moment == IN_POLL) {
        (void)ask(w, IN_POLL, poll, NULL);
        return;
    }
    keda_poll_value(poll, 0, 25);
    keda_poll_done(poll);
}

const keda_scaler_desc world_scaler = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "probe",
    .summary = "Asks what a test wants asked.",
    .fields = fields,
    .nfields = 1,
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(probe_meta),
    .specs = specs,
    .poll = poll_scaler,
    .open = open_scaler,
};

static keda_status open_endpoint(void *state, const keda_param *params, size_t nparams,
                                 keda_endpoint *self, keda_error *err, void *user)
{
    (void)state;
    (void)params;
    (void)nparams;
    (void)self;
    (void)err;
    (void)user;
    return KEDA_OK;
}

static void poll_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    (void)state;
    (void)user;
    for (size_t i = 0; i < npolls; i++) {
        keda_poll_value(polls[i], 0, 25);
        keda_poll_done(polls[i]);
    }
}

static void close_endpoint(void *state, void *user)
{
    (void)state;
    (void)user;
}

const keda_endpoint_desc world_endpoint = {
    .struct_size = sizeof(keda_endpoint_desc),
    .kind = "probe",
    .open = open_endpoint,
    .poll_batch = poll_batch,
    .close = close_endpoint,
};

/* ---- targets -------------------------------------------------------------------------------- */

static int32_t get(const char *space, const char *name, void *user)
{
    const world *w = user;

    (void)space;
    (void)name;
    return w->replicas;
}

static keda_status set(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user)
{
    world *w = user;

    (void)space;
    (void)name;
    (void)err;
    w->replicas = to;
    return KEDA_OK;
}

const keda_callback_target world_callback = {
    .struct_size = sizeof(keda_callback_target), .get = get, .set = set};

static keda_status open_target(void *state, const keda_target_ref *ref, keda_target *self,
                               keda_error *err, void *user)
{
    world *w = user;

    (void)state;
    (void)ref;
    (void)err;
    w->target = self;
    return KEDA_OK;
}

static void observe(void *state, keda_target_call *call, void *user)
{
    world *w = user;
    keda_replicas seen = KEDA_REPLICAS_INIT;

    (void)state;
    if (w->moment == IN_OBSERVE) {
        (void)ask(w, IN_OBSERVE, call, NULL);
        return;
    }
    seen.spec = seen.status = w->replicas;
    keda_target_observed(call, &seen);
}

static void scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    world *w = user;

    (void)state;
    if (w->moment == IN_SCALE) {
        (void)ask(w, IN_SCALE, call, NULL);
        return;
    }
    w->replicas = to;
    keda_target_done(call);
}

static void close_target(void *state, keda_target_call *call, void *user)
{
    (void)state;
    (void)user;
    keda_target_done(call);
}

const keda_target_desc world_target = {
    .struct_size = sizeof(keda_target_desc),
    .api_version = "example.com/v1",
    .kind = "Probe",
    .summary = "Asks what a test wants asked.",
    .open = open_target,
    .observe = observe,
    .scale = scale,
    .close = close_target,
};

/* ---- an engine ------------------------------------------------------------------------------ */

static void log_nothing(int32_t level, const char *message, const keda_log_pair *pairs,
                        size_t npairs, void *user)
{
    (void)level;
    (void)message;
    (void)pairs;
    (void)npairs;
    (void)user;
}

static void make_engine(world *w, const char *journal, keda_log_fn log)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_callback_target target = world_callback;

    fake_clock_init(&w->clock);
    options.clock = &w->clock.clock;
    options.seed = 7;
    options.plugin_path = "";
    options.journal_path = journal;
    options.log = log;
    target.user = w;
    world_need(w, keda_engine_new(&w->engine, &options, &w->err));
    world_need(w, keda_engine_register_scaler(w->engine, &world_scaler, w, &w->err));
    world_need(w, keda_engine_register_endpoint(w->engine, &world_endpoint, w, &w->err));
    world_need(w, keda_engine_register_target(w->engine, &world_target, w, &w->err));
    world_need(w, keda_engine_on_scale(w->engine, &target, &w->err));
}

void world_engine(world *w)
{
    make_engine(w, NULL, NULL);
}

void world_engine_logging(world *w)
{
    make_engine(w, NULL, log_nothing);
}

keda_status world_put(world *w)
{
    return keda_engine_put(w->engine, "orders", world_document, NULL, &w->err);
}

keda_status world_put_probe(world *w)
{
    return keda_engine_put(w->engine, "orders", probe_document, NULL, &w->err);
}

void world_orders(world *w)
{
    world_engine(w);
    world_need(w, world_put(w));
}

void world_step(world *w, int64_t ms)
{
    fake_clock_advance(&w->clock, ms);
    world_need(w, keda_engine_step(w->engine, &w->err));
}

void world_polled(world *w)
{
    world_orders(w);
    world_step(w, 0);
    world_step(w, 15000);
}

void world_journal(world *w, const char *path)
{
    make_engine(w, path, NULL);
    world_need(w, world_put(w));
    for (int i = 0; i < 4; i++)
        world_step(w, 15000);
}

/* ---- a cluster ------------------------------------------------------------------------------ */

void world_server(world *w)
{
    w->peer = kube_peer_open();
    kube_peer_put(w->peer,
                  "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":"
                  "\"web\",\"namespace\":\"default\"},\"spec\":{\"replicas\":1}}");
    kube_peer_start(w->peer);
}

keda_kube_options world_kube_options(world *w)
{
    keda_kube_options options = KEDA_KUBE_OPTIONS_INIT;

    options.kubeconfig_text = kube_peer_kubeconfig(w->peer);
    options.plugin_path = "";
    options.qps = -1;
    options.timeout_ms = 300;
    return options;
}

void world_client(world *w)
{
    world_server(w);
    const keda_kube_options options = world_kube_options(w);
    world_need(w, keda_kube_open(&w->kube, w->engine, &options, &w->err));
}

/* ---- ending --------------------------------------------------------------------------------- */

void world_end(world *w)
{
    keda_operator_free(w->operator);
    keda_kube_lease_close(w->lease);
    keda_kube_watch_close(w->watch);
    keda_simulation_free(w->simulation);
    keda_journal_close(w->journal);
    keda_kube_close(w->kube);
    keda_engine_free(w->engine);
    if (w->peer != NULL)
        kube_peer_close(w->peer);
    keda_findings_free(w->findings);
    keda_formula_free(w->formula);
    keda_json_free(w->json);
    keda_buf_clear(&w->text);
}
