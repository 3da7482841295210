/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types that ask over HTTP when memory runs out at every possible point of reading their parameters and of a
 * poll: a trigger that fails, and nothing lost.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "config/map.h"
#include "config/metrics.h"
#include "config/params.h"
#include "support/failing_allocator.h"
#include "support/trigger_rig.h"

enum { MOST = 3000 };

typedef struct sample {
    const char *type, *metadata, *body, *nodes; /* nodes: of /varz */
    keda_param parameters[6];
} sample;

static const sample samples[] = {
    {"prometheus",
     "serverAddress: 'http://PEER', query: up, threshold: '5', namespace: ns, queryParameters: "
     "'b=1,a=2', customHeaders: 'X-A=1'",
     "{\"data\":{\"result\":[{\"metric\":{},\"value\":[1,\"7\"]}]}}",
     NULL,
     {{"serverAddress", "http://h"},
      {"query", "up"},
      {"threshold", "5"},
      {"queryParameters", "b=1,a=2"},
      {"authModes", "tls, basic"}}},
    {"nats-jetstream",
     "natsServerMonitoringEndpoint: 'PEER', stream: s, consumer: c, account: a",
     "{\"meta_cluster\":{\"cluster_size\":3},\"account_details\":[{\"name\":\"a\",\"stream_"
     "detail\":[{\"name\":\"s\","
     "\"consumer_detail\":[{\"name\":\"c\",\"num_pending\":7,\"cluster\":{\"leader\":\"n1\"}}]}"
     "]}]}",
     "{\"connect_urls\":[\"127.0.0.1:4222\"],\"server_name\":\"n1\"}",
     {{"natsServerMonitoringEndpoint", "h:1"},
      {"stream", "s"},
      {"consumer", "c"},
      {"account", "a"}}},
    {"rabbitmq",
     "host: 'http://u:p@PEER/v', queueName: q, vhostName: w",
     "{\"messages\":7}",
     NULL,
     {{"host", "http://u:p@h/v"}, {"queueName", "q"}, {"operation", "max"}}},
};
enum { NSAMPLES = sizeof samples / sizeof samples[0] };

/* ---- parameters */

static const keda_scaler_desc *find_type(const char *name)
{
    static keda_engine *engine;
    const keda_scaler_desc *desc = NULL;

    if (engine == NULL)
        cr_assert_eq(keda_engine_new(&engine, NULL, NULL), KEDA_OK);
    cr_assert_eq(keda_engine_scaler(engine, name, &desc, NULL), KEDA_OK);
    return desc;
}

/* True when all of it went well. Rules that a half-read trigger breaks are none of this test's. */
static bool read_trigger(const keda_scaler_desc *d, const keda_map *metadata)
{
    const params_sources sources = {.metadata = metadata};
    keda_spec_list specs = {.takes_any_target = 1};
    void *meta = calloc(1, d->meta_size);
    bool is_well = false;

    cr_assert_not_null(meta);
    if (params_parse(d->fields, d->nfields, d->field_size, &sources, meta, NULL, NULL) == 0) {
        (void)!d->check(meta, NULL, NULL);
        is_well = d->specs(meta, &specs, NULL, NULL) == KEDA_OK;
    }
    spec_list_clear(&specs);
    params_clear(d->fields, d->nfields, d->field_size, meta);
    free(meta);
    return is_well;
}

Test(http_out_of_memory, loses_no_parameter_and_makes_none_up)
{
    for (size_t i = 0; i < NSAMPLES; i++) {
        const keda_scaler_desc *desc = find_type(samples[i].type);
        keda_map metadata = {0};
        for (size_t j = 0; j < 6 && samples[i].parameters[j].name != NULL; j++)
            cr_assert_eq(map_add(&metadata, samples[i].parameters[j].name,
                                 samples[i].parameters[j].value),
                         KEDA_OK);
        const size_t before = failing_allocator_live();
        bool has_failed = true;
        for (size_t n = 1; has_failed && n < MOST; n++) {
            failing_allocator_set(n);
            const bool is_well = read_trigger(desc, &metadata);
            has_failed = failing_allocator_has_failed();
            failing_allocator_set(0);
            cr_expect_eq(is_well, !has_failed, "%s: request %zu", samples[i].type, n);
            cr_expect_eq(failing_allocator_live(), before, "%s: request %zu", samples[i].type,
                         n);
        }
        cr_expect_not(has_failed);
        map_clear(&metadata);
    }
}

/* ---- polls */

static trigger_rig t;

static bool has_answer(void)
{
    const keda_trigger_status s = rig_trigger(&t.r, "default/orders", 0);
    return s.age_ms >= 0 || s.failures > 0;
}

/* The engine's turn, then the peer's, whose memory does not fail. */
static bool take_turns(size_t n)
{
    struct pollfd fd = {.fd = keda_engine_fd(t.r.engine), .events = POLLIN};

    failing_allocator_set(n);
    for (int i = 0; i < 3; i++)
        (void)!keda_engine_step(t.r.engine, NULL);
    const bool has_failed = n > 0 && failing_allocator_has_failed();
    failing_allocator_set(0);
    while (http_peer_step(t.peer))
        ;
    (void)poll(&fd, 1, has_answer() ? 0 : 10);
    return has_failed;
}

static void start(const sample *s)
{
    t.peer = http_peer_open();
    if (s->nodes != NULL)
        http_peer_on(t.peer, &(http_peer_answer){.path = "/varz", .body = s->nodes});
    http_peer_reply(t.peer, s->body);
    rig_init(&t.r);
    t.r.options.log = NULL; /* the rig's log is the library's memory as well */
    rig_start(&t.r);
    cr_assert_eq(trigger_rig_put(&t, s->type, s->metadata, NULL, 0), KEDA_OK, "%s",
                 rig_findings(&t.r));
}

/* One life of an engine with one poll, in whose given turn request n of memory fails; true when it had. A
 * cycle that could not begin comes again an interval later. */
static bool live(const sample *s, int turn, size_t n)
{
    bool has_failed = false;

    start(s);
    for (int i = 0; i < 200 && (i <= turn || !has_answer()); i++) {
        has_failed = take_turns(i == turn ? n : 0) || has_failed;
        if (i % 20 == 19)
            fake_clock_advance(&t.r.clock, 10000);
    }
    const keda_trigger_status got = rig_trigger(&t.r, "default/orders", 0);
    cr_expect(has_answer(), "%s: turn %d, request %zu", s->type, turn, n);
    cr_expect(got.failures > 0 || (got.value >= 7.0 && got.value <= 7.0),
              "%s: turn %d, request %zu: %g", s->type, turn, n, got.value);
    cr_expect(has_failed || got.failures == 0, "%s: %s", s->type, got.error);
    trigger_rig_close(&t);
    return has_failed;
}

Test(http_out_of_memory, ends_a_poll_without_a_reading)
{
    enum { TURNS = 8 };
    for (size_t i = 0; i < NSAMPLES; i++) {
        size_t all = 0;
        (void)live(&samples[i], 0, 0);
        const size_t before = failing_allocator_live();
        for (int turn = 0; turn < TURNS; turn++) {
            size_t n = 1;
            while (n < MOST && live(&samples[i], turn, n)) {
                cr_assert_eq(failing_allocator_live(), before, "%s: turn %d, request %zu",
                             samples[i].type, turn, n);
                n++;
            }
            all += n - 1;
        }
        cr_expect_gt(all, 8, "%s: %zu", samples[i].type, all);
        cr_expect_lt(all, MOST);
    }
}
