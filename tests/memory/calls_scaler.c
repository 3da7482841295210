/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/scaler.h and http.h: called from where an author of a trigger type calls them. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* ---- specs ---------------------------------------------------------------------------------- */

static keda_status put_asking(world *w, enum moment moment,
                              keda_status (*in_call)(world *w, void *subject, keda_error *err))
{
    w->moment = moment;
    w->in_call = in_call;
    return world_put(w);
}

static keda_status in_add(world *w, void *list, keda_error *err)
{
    world_arm(w);
    const keda_status rc = keda_spec_add(list, 10, 0, err, "%s-%d", "probe", 1);
    world_disarm(w);
    return rc;
}

static keda_status in_add_integer(world *w, void *list, keda_error *err)
{
    world_arm(w);
    const keda_status rc = keda_spec_add_integer(list, 10, 0, err, "%s-%d", "probe", 1);
    world_disarm(w);
    return rc;
}

static keda_status in_add_name(world *w, void *list, keda_error *err)
{
    world_arm(w);
    const keda_status rc = keda_spec_add_name(list, "probe", 10, 0, err);
    world_disarm(w);
    return rc;
}

static keda_status in_namespace(world *w, void *list, keda_error *err)
{
    world_arm(w);
    (void)keda_spec_namespace(list);
    world_disarm(w);
    return keda_spec_add_name(list, "probe", 10, 0, err);
}

static keda_status in_add_resource(world *w, void *list, keda_error *err)
{
    world_arm(w);
    const keda_status rc = keda_spec_add_resource(list, "cpu", "main", "500m", err);
    world_disarm(w);
    return rc;
}

static keda_status spec_add(world *w)
{
    return put_asking(w, IN_SPECS, in_add);
}

static keda_status spec_add_integer(world *w)
{
    return put_asking(w, IN_SPECS, in_add_integer);
}

static keda_status spec_add_name(world *w)
{
    return put_asking(w, IN_SPECS, in_add_name);
}

static keda_status spec_add_resource(world *w)
{
    return put_asking(w, IN_SPECS, in_add_resource);
}

static keda_status spec_namespace(world *w)
{
    return put_asking(w, IN_SPECS, in_namespace);
}

/* A poll, with which an instance opens; how it ended. */
static keda_status step_asking(world *w, enum moment moment,
                               keda_status (*in_call)(world *w, void *subject, keda_error *err))
{
    keda_trigger_status status = {.struct_size = sizeof status};

    w->moment = moment;
    w->in_call = in_call;
    world_step(w, 120000);
    for (int i = 0; i < 100 && keda_engine_next_due_ms(w->engine) == 0; i++)
        world_step(w, 0);
    world_need(w, keda_engine_trigger(w->engine, "default/orders", 0, &status, &w->err));
    if (status.state == KEDA_READING_OK)
        return KEDA_OK;
    const bool is_memory = strstr(status.error, "memory") != NULL;
    return keda_error_set_text(&w->err, is_memory ? KEDA_ENOMEM : KEDA_EINTERNAL, status.error);
}

/* ---- an instance ---------------------------------------------------------------------------- */

static keda_status in_describe(world *w, void *self, keda_error *err)
{
    keda_scaler_info info = {.struct_size = sizeof info};

    (void)err;
    world_arm(w);
    keda_scaler_describe(self, &info);
    (void)keda_param_string(self, "tag");
    const keda_http *http = keda_scaler_http(self);
    world_disarm(w);
    return http != NULL && info.index == 0 ? KEDA_OK : KEDA_EINVAL;
}

static keda_status describe(world *w)
{
    return step_asking(w, IN_OPEN, in_describe);
}

static keda_status in_acquire(world *w, void *self, keda_error *err)
{
    static const keda_param params[] = {{"name", "one"}, {"password", "x"}};

    world_arm(w);
    const keda_status rc = keda_endpoint_acquire(self, "probe", params, 2, &w->endpoint, err);
    world_disarm(w);
    return rc;
}

static keda_status acquire(world *w)
{
    return step_asking(w, IN_OPEN, in_acquire);
}

static void logging(world *w)
{
    world_engine_logging(w);
    world_need(w, world_put(w));
    world_need(w, acquire(w));
    cr_assert_not_null(w->scaler);
    cr_assert_not_null(w->endpoint);
}

static keda_status scaler_log(world *w)
{
    keda_scaler_log(w->scaler, KEDA_LOG_WARN, "%s", "is slow");
    return KEDA_OK;
}

static keda_status endpoint_log(world *w)
{
    keda_endpoint_log(w->endpoint, KEDA_LOG_WARN, "%s", "is slow");
    return KEDA_OK;
}

/* ---- polls ---------------------------------------------------------------------------------- */

static keda_status poll_asking(world *w,
                               keda_status (*in_call)(world *w, void *subject, keda_error *err))
{
    return step_asking(w, IN_POLL, in_call);
}

static keda_status in_value(world *w, void *poll, keda_error *err)
{
    (void)err;
    world_arm(w);
    for (int i = 0; i < 20; i++)
        keda_poll_value(poll, 0, 25);
    world_disarm(w);
    keda_poll_done(poll);
    return KEDA_OK;
}

static keda_status value(world *w)
{
    return poll_asking(w, in_value);
}

static keda_status in_ask(world *w, void *poll, keda_error *err)
{
    (void)err;
    world_arm(w);
    const bool is_well = keda_poll_deadline_ms(poll) > 0 && keda_poll_wall_ms(poll) > 0 &&
                         keda_poll_due_bits(poll) != 0 && keda_poll_meta(poll) != NULL &&
                         keda_poll_scaler(poll) == w->scaler;
    (void)keda_poll_state(poll);
    keda_poll_active(poll, is_well);
    keda_poll_value(poll, 0, 25);
    keda_poll_done(poll);
    world_disarm(w);
    cr_expect(is_well);
    return KEDA_OK;
}

static keda_status ask(world *w)
{
    return poll_asking(w, in_ask);
}

static keda_status in_fail(world *w, void *poll, keda_error *err)
{
    keda_error why = KEDA_ERROR_INIT;

    (void)err;
    (void)keda_error_set_text(&why, KEDA_ENOMEM, "out of memory");
    world_arm(w);
    keda_poll_fail(poll, &why);
    world_disarm(w);
    return KEDA_OK;
}

static keda_status fail(world *w)
{
    return poll_asking(w, in_fail) == KEDA_ENOMEM ? KEDA_OK : KEDA_EINVAL;
}

static void acquired(world *w)
{
    world_orders(w);
    world_need(w, acquire(w));
}

static keda_status in_via(world *w, void *poll, keda_error *err)
{
    (void)err;
    world_arm(w);
    keda_poll_via(poll, w->endpoint);
    world_disarm(w);
    return KEDA_OK;
}

static keda_status via(world *w)
{
    return poll_asking(w, in_via);
}

/* ---- HTTP ----------------------------------------------------------------------------------- */

static char url[128];

static void serving(world *w)
{
    world_server(w);
    (void)snprintf(url, sizeof url, "%s/version", kube_peer_url(w->peer));
    world_orders(w);
    world_step(w, 0);
    cr_assert_not_null(w->http);
}

static keda_http_request request(void)
{
    static const keda_param headers[] = {{"X-Key", "value"}};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = url;
    request.headers = headers;
    request.nheaders = 1;
    request.bearer = "peer-token";
    request.timeout_ms = 300;
    return request;
}

static void ended(const keda_http_reply *reply, const keda_error *err, void *user)
{
    (void)reply;
    (void)err;
    ((world *)user)->http_call = NULL;
}

static keda_status send(world *w)
{
    const keda_http_request asked = request();

    return keda_http_send(w->http, &asked, ended, w, &w->http_call, &w->err);
}

static void sent(world *w)
{
    serving(w);
    world_need(w, send(w));
}

static keda_status cancel(world *w)
{
    keda_http_cancel(w->http_call);
    w->http_call = NULL;
    return KEDA_OK;
}

static void close_cancelled(world *w)
{
    if (w->http_call != NULL)
        keda_http_cancel(w->http_call);
    world_end(w);
}

static keda_status parse(const void *meta, const keda_http_reply *reply, double *out,
                         keda_error *err)
{
    (void)meta;
    (void)err;
    *out = (double)reply->status;
    return KEDA_OK;
}

static keda_status in_http(world *w, void *poll, keda_error *err)
{
    const keda_http_request asked = request();

    (void)err;
    world_arm(w);
    keda_http_poll(poll, &asked, parse);
    world_disarm(w);
    return KEDA_OK;
}

/* The answer comes in real time, the deadline by the clock that stands. */
static keda_status http_poll(world *w)
{
    keda_trigger_status status = {.struct_size = sizeof status};
    struct pollfd fd = {.fd = keda_engine_fd(w->engine), .events = POLLIN};

    keda_status rc = poll_asking(w, in_http);
    for (int i = 0; i < 200 && (w->is_again || rc != KEDA_ENOMEM); i++) {
        world_need(w, keda_engine_trigger(w->engine, "default/orders", 0, &status, &w->err));
        if (status.state == KEDA_READING_OK && status.value == 200.0) {
            keda_error_clear(&w->err);
            return KEDA_OK;
        }
        (void)poll(&fd, 1, 10);
        world_step(w, 0);
    }
    return rc == KEDA_OK ? KEDA_ETIMEOUT : rc;
}

static keda_status http_read(world *w)
{
    keda_http_reply reply = {.struct_size = sizeof reply, .status = 200, .retry_after_ms = -1};

    return keda_http_check(&reply, "GET /", &w->err);
}

static void headers_done(const keda_http_reply *reply, const keda_error *err, void *user)
{
    world *w = user;

    (void)err;
    w->http_call = NULL;
    if (reply == NULL)
        return;
    heap_arm(0);
    w->is_again = keda_http_header(reply, "Content-Type") != NULL;
    (void)heap_disarm();
    cr_expect_eq(heap_requests(), 0, "keda_http_header asks for memory");
}

static keda_status header(world *w)
{
    struct pollfd fd = {.fd = keda_engine_fd(w->engine), .events = POLLIN};
    const keda_http_request asked = request();
    keda_status rc = keda_http_send(w->http, &asked, headers_done, w, &w->http_call, &w->err);

    for (int i = 0; i < 200 && rc == KEDA_OK && w->http_call != NULL; i++) {
        (void)poll(&fd, 1, 10);
        rc = keda_engine_step(w->engine, &w->err);
    }
    return rc == KEDA_OK && !w->is_again ? KEDA_EINVAL : rc;
}

/* ---- the table ------------------------------------------------------------------------------ */

/* Inside a callback, which arms. */
#define INSIDE(name, prepare, function, end)                                                   \
    {                                                                                          \
        .symbol = #name, .open = (prepare), .call = (function), .close = (end), .arms = true   \
    }
#define QUIET_INSIDE(name, prepare, function, end)                                             \
    {                                                                                          \
        .symbol = #name, .open = (prepare), .call = (function), .close = (end),                \
        .is_quiet = true, .arms = true                                                         \
    }

static const every_call rows[] = {
    INSIDE(keda_spec_add, world_engine, spec_add, world_end),
    INSIDE(keda_spec_add_integer, world_engine, spec_add_integer, world_end),
    INSIDE(keda_spec_add_name, world_engine, spec_add_name, world_end),
    INSIDE(keda_spec_add_resource, world_engine, spec_add_resource, world_end),
    QUIET_INSIDE(keda_spec_namespace, world_engine, spec_namespace, world_end),
    QUIET_INSIDE(keda_scaler_describe, world_orders, describe, world_end),
    QUIET_INSIDE(keda_param_string, world_orders, describe, world_end),
    QUIET_INSIDE(keda_scaler_http, world_orders, describe, world_end),
    INSIDE(keda_endpoint_acquire, world_orders, acquire, world_end),
    QUIET(keda_scaler_log, logging, scaler_log, world_end),
    QUIET(keda_endpoint_log, logging, endpoint_log, world_end),
    INSIDE(keda_poll_value, world_orders, value, world_end),
    QUIET_INSIDE(keda_poll_active, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_done, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_deadline_ms, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_wall_ms, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_due_bits, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_meta, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_state, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_scaler, world_orders, ask, world_end),
    QUIET_INSIDE(keda_poll_fail, world_orders, fail, world_end),
    QUIET_INSIDE(keda_poll_via, acquired, via, world_end),
    FAILS(keda_http_send, serving, send, close_cancelled),
    GOES_ON(keda_http_cancel, sent, cancel, world_end, "it ends all the same"),
    {.symbol = "keda_http_poll",
     .open = serving,
     .call = http_poll,
     .close = world_end,
     .instead = "an error's text names no address",
     .arms = true},
    QUIET(keda_http_check, NULL, http_read, world_end),
    QUIET_INSIDE(keda_http_header, serving, header, world_end),
};
const every_table calls_scaler = {rows, sizeof rows / sizeof rows[0]};
