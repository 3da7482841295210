/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics-api trigger (libkeda/scalers/metrics_api.c) through a whole engine against a server on
 * loopback. Formats and paths are in tests/lang and tests/vectors.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/http_peer.h"
#include "support/rig.h"

static rig r;
static http_peer *peer;

static void open_all(void)
{
    rig_open(&r);
    peer = http_peer_open();
    http_peer_start(peer);
}

static void close_all(void)
{
    rig_close(&r);
    http_peer_close(peer);
}

TestSuite(metrics_api, .init = open_all, .fini = close_all);

/* A workload whose trigger has these parameters besides url and targetValue. */
static keda_status put(const char *path, const char *more)
{
    char triggers[1024];
    (void)snprintf(triggers, sizeof triggers,
                   "  - {type: metrics-api, metadata: {url: '%s', targetValue: '5', %s}}\n",
                   http_peer_url(peer, path), more);
    return rig_put(&r, "file", rig_object("orders", "  pollingInterval: 10\n", triggers));
}

static bool has_answer(rig *any)
{
    const keda_trigger_status s = rig_trigger(any, "default/orders", 0);
    return s.age_ms >= 0 || s.failures > 0;
}

static keda_trigger_status ask(const char *path, const char *more)
{
    cr_assert_eq(put(path, more), KEDA_OK, "%s%s", r.err.text, rig_findings(&r));
    rig_wait(&r, has_answer);
    return rig_trigger(&r, "default/orders", 0);
}

Test(metrics_api, measures_a_number_of_a_json_answer)
{
    http_peer_reply(peer, "{\"queue\":[{\"depth\":\"1.5k\"}]}");
    const keda_trigger_status s = ask("/stats", "valueLocation: queue.0.depth");
    cr_expect_eq(s.value, 1500.0);
    cr_expect_eq(s.is_active, 1);
    cr_expect_str_eq(s.metric, "s0-metric-api-queue-0-depth");
    cr_expect_eq(s.target_milli, 5000);
}

Test(metrics_api, is_inactive_at_its_threshold)
{
    http_peer_reply(peer, "{\"v\":5}");
    cr_expect_eq(ask("/", "valueLocation: v, activationTargetValue: '5'").is_active, 0);
}

Test(metrics_api, measures_a_number_of_a_yaml_answer)
{
    http_peer_reply(peer, "queue:\n  - 0x1F\n");
    cr_expect_eq(ask("/", "valueLocation: queue.0, format: yaml").value, 31.0);
}

Test(metrics_api, measures_a_sample_of_a_prometheus_answer)
{
    http_peer_reply(peer, "# TYPE jobs gauge\njobs{q=\"a\"} 1\njobs{q=\"b\"} 2.5\n");
    const keda_trigger_status s =
        ask("/", "valueLocation: 'jobs{q=\"b\"}', format: prometheus");
    cr_expect_eq(s.value, 2.5, "%s", s.error);
}

Test(metrics_api, sends_its_key_in_a_header_or_in_the_query)
{
    http_peer_reply(peer, "{\"v\":1}");
    (void)ask("/p?b=1", "valueLocation: v, authModes: apiKey, apiKey: 'key 1'");
    cr_assert(http_peer_requests(peer) >= 1);
    cr_expect(strstr(http_peer_request_at(peer, 0)->head, "X-API-KEY: key 1") != NULL, "%s",
              http_peer_request_at(peer, 0)->head);
    cr_expect_str_eq(http_peer_request_at(peer, 0)->target, "/p?b=1");
    const size_t before = http_peer_requests(peer);
    (void)ask("/p?b=1", "valueLocation: v, authModes: apiKey, apiKey: 'key 1', method: query");
    http_peer_wait(peer, before + 1);
    cr_expect_str_eq(http_peer_request_at(peer, before)->target, "/p?api_key=key+1&b=1");
}

Test(metrics_api, fails_for_every_status_but_200)
{
    http_peer_on(peer, &(http_peer_answer){.status = 201, .body = "{\"v\":1}"});
    const keda_trigger_status s = ask("/", "valueLocation: v");
    cr_expect_eq(s.failures, 1);
    cr_expect(strstr(s.error, "201") != NULL, "%s", s.error);
}

Test(metrics_api, fails_where_nothing_is_and_says_where)
{
    http_peer_reply(peer, "{\"w\":\"secret\"}");
    const keda_trigger_status s = ask("/", "valueLocation: v");
    cr_expect_eq(s.failures, 1);
    cr_expect(strstr(s.error, "valueLocation v: found nothing") != NULL, "%s", s.error);
    cr_expect(strstr(s.error, "secret") == NULL);
}

Test(metrics_api, reads_no_xml)
{
    http_peer_reply(peer, "<v>1</v>");
    const keda_trigger_status s = ask("/", "valueLocation: v, format: xml");
    cr_expect(strstr(s.error, "xml") != NULL, "%s", s.error);
}

Test(metrics_api, refuses_a_trigger_without_a_target)
{
    char triggers[256];
    (void)snprintf(triggers, sizeof triggers,
                   "  - {type: metrics-api, metadata: {url: 'http://h', valueLocation: v}}\n");
    cr_expect_eq(rig_put(&r, "file", rig_object("orders", "", triggers)), KEDA_EINVAL);
}
