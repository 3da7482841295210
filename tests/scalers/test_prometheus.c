/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prometheus trigger (libkeda/scalers/prometheus.c) through a whole engine against a server on loopback.
 * Shapes of answers one by one are in tests/vectors.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/tls_peer.h"
#include "support/trigger_rig.h"

#define BASE    "serverAddress: 'http://PEER', query: up, threshold: '5'"
#define ONE(v)  "{\"data\":{\"result\":[{\"metric\":{},\"value\":[1," v "]}]}}"
#define N(list) (sizeof(list) / sizeof(list)[0])

static trigger_rig t;

static void open_rig(void)
{
    trigger_rig_open(&t, NULL);
}

static void close_rig(void)
{
    trigger_rig_close(&t);
}

TestSuite(prometheus, .init = open_rig, .fini = close_rig);

static keda_trigger_status ask(const char *metadata)
{
    return trigger_rig_ask(&t, "prometheus", metadata, NULL, 0);
}

static void expect_failure(const keda_trigger_status *s, const char *says)
{
    cr_expect_eq(s->failures, 1);
    cr_expect_not_null(strstr(s->error, says), "%s: %s", says, s->error);
}

Test(prometheus, measures_the_sample_of_its_query)
{
    http_peer_reply(t.peer, ONE("\"12.5\""));
    const keda_trigger_status s = ask(BASE);
    cr_expect_eq(s.value, 12.5);
    cr_expect_eq(s.is_active, 1);
    cr_expect_str_eq(s.metric, "s0-prometheus");
    cr_expect_eq(s.target_milli, 5000);
}

Test(prometheus, asks_for_now_with_all_parameters_in_order)
{
    http_peer_reply(t.peer, ONE("\"1\""));
    fake_clock_set_wall(&t.r.clock, clock_parse_utc("2026-02-03T04:05:06.789Z"));
    (void)ask("serverAddress: 'http://PEER/sub/', query: 'sum(a) > 1', threshold: '5', "
              "namespace: 'team/a', queryParameters: 'z=1,dedup=t&f', customHeaders: "
              "'X-Org=a,X-Env=b c'");
    const http_peer_request *got = trigger_rig_asked(&t, 0);
    char value[64];
    cr_expect_str_eq(got->target, "/sub/api/v1/query?query=sum%28a%29+%3E+1&time="
                                  "2026-02-03T04:05:06Z&namespace=team%2Fa&dedup=t%26f&z=1");
    cr_expect(http_peer_header(got, "X-Env", value, sizeof value) && strcmp(value, "b c") == 0);
    cr_expect(http_peer_header(got, "X-Org", value, sizeof value) && strcmp(value, "a") == 0);
}

Test(prometheus, is_inactive_at_its_threshold_and_knows_a_null_as_less_than_nothing)
{
    http_peer_on(t.peer, &(http_peer_answer){.body = ONE("\"2\""), .times = 1});
    http_peer_reply(t.peer, ONE("null"));
    cr_expect_eq(ask(BASE ", activationThreshold: '2'").is_active, 0);
    keda_trigger_status s = trigger_rig_again(&t);
    cr_expect_eq(s.state, KEDA_READING_OK, "%s", s.error);
    cr_expect_eq(s.is_active, 0);
}

Test(prometheus, is_active_with_a_null_when_told_so)
{
    http_peer_reply(t.peer, ONE("null"));
    cr_expect_eq(ask(BASE ", activationThreshold: '-2'").is_active, 1);
}

Test(prometheus, takes_nothing_for_zero_unless_told_not_to)
{
    static const char *const bodies[] = {
        "{}",
        "null",
        "{\"data\":{\"result\":null}}",
        ONE("\"+Inf\""),
        ONE("\"NaN\""),
        "{\"data\":{\"result\":[{\"values\":[[1,\"2\"]]}]}}",
    };
    for (size_t i = 0; i < N(bodies); i++) {
        for (int strict = 0; strict < 2; strict++) {
            close_rig();
            open_rig();
            http_peer_reply(t.peer, bodies[i]);
            const keda_trigger_status s =
                ask(strict ? BASE ", ignoreNullValues: 'false'" : BASE);
            cr_expect_eq(s.failures, strict, "%s: %s", bodies[i], s.error);
            cr_expect(strict || (s.value >= 0.0 && s.value <= 0.0), "%s", bodies[i]);
        }
    }
}

Test(prometheus, fails_for_what_is_not_one_sample)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        {"{\"data\":{\"result\":[{},{}]}}", "query \"up\": 2 series"},
        {"{\"data\":{\"result\":[1.5,\"3\"]}}", "a scalar or string result"},
        {"{\"data\":{\"result\":[{\"value\":[\"1\"]}]}}", "a time and no value"},
        {ONE("7"), "the sample is not a string"},
        {ONE("\"abc\""), "the sample \"abc\" is not a number"},
        {ONE("\"1e999\""), "is not a number"},
        {"{\"data\":5}", "data is not what a query answers"},
        {"{\"status\":5}", "status is not what a query answers"},
        {"[]", "the JSON is not what a query answers"},
        {"<html>", "GET http://127.0.0.1:"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        close_rig();
        open_rig();
        http_peer_reply(t.peer, cases[i].body);
        const keda_trigger_status s = ask(BASE);
        expect_failure(&s, cases[i].says);
    }
}

Test(prometheus, sends_the_login_of_its_mode)
{
    static const struct {
        const char *modes, *header, *value;
    } cases[] = {
        {"basic", "Authorization", "Basic dTpw"},
        {"bearer", "Authorization", "Bearer tok"},
        {"custom", "X-Key", "k1"},
        {"bearer,custom", "Authorization", "Bearer tok"},
    };
    static const keda_param auth[] = {{"username", "u"},
                                      {"password", "p"},
                                      {"bearerToken", "tok"},
                                      {"customAuthHeader", "X-Key"},
                                      {"customAuthValue", "k1"}};
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256], value[64];
        close_rig();
        open_rig();
        http_peer_reply(t.peer, ONE("\"1\""));
        (void)snprintf(metadata, sizeof metadata,
                       BASE ", authModes: '%s', customHeaders: 'x-key=public,a=b'",
                       cases[i].modes);
        (void)trigger_rig_ask(&t, "prometheus", metadata, auth, N(auth));
        const http_peer_request *got = trigger_rig_asked(&t, 0);
        cr_expect(http_peer_header(got, cases[i].header, value, sizeof value));
        cr_expect_str_eq(value, cases[i].value);
        cr_expect(http_peer_header(got, "X-Key", value, sizeof value));
        cr_expect_str_eq(value, i == 2 ? "k1" : "public");
    }
}

Test(prometheus, tells_a_login_that_it_lacks_from_a_wrong_one)
{
    http_peer_on(t.peer, &(http_peer_answer){.status = 401});
    const keda_trigger_status s = ask(BASE);
    expect_failure(&s, "401 Unauthorized");
}

Test(prometheus, refuses_an_identity_beside_a_mode)
{
    static const keda_param auth[] = {{"bearerToken", "x"}, {"podIdentity", "gcp"}};
    cr_expect_eq(trigger_rig_put(&t, "prometheus", BASE ", authModes: bearer", auth, N(auth)),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&t.r), "exclude each other"));
}

Test(prometheus, says_which_cloud_it_cannot_ask_yet)
{
    static const struct {
        const char *metadata;
        keda_param auth;
        const char *says;
    } cases[] = {
        {BASE ", awsRegion: eu-west-1", {"x", "y"}, "Amazon Managed Prometheus"},
        {BASE, {"podIdentity", "aws"}, "Amazon Managed Prometheus"},
        {BASE, {"podIdentity", "azure-workload"}, "podIdentity azure-workload"},
        {BASE, {"podIdentity", "gcp"}, "podIdentity gcp"},
        {BASE, {"GoogleApplicationCredentials", "{}"}, "credentials of Google Cloud"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        close_rig();
        open_rig();
        const keda_trigger_status s =
            trigger_rig_ask(&t, "prometheus", cases[i].metadata, &cases[i].auth, 1);
        expect_failure(&s, cases[i].says);
        cr_expect_not_null(strstr(s.error, "not supported yet"), "%s", s.error);
        cr_expect(rig_logged(&t.r, "not supported yet"));
        cr_expect_eq(http_peer_requests(t.peer), 0);
    }
}

/* ---- TLS */

static keda_trigger_status ask_tls(const char *more, const keda_param *auth, size_t nauth)
{
    char metadata[256];
    http_peer_reply(t.peer, ONE("\"4\""));
    (void)snprintf(metadata, sizeof metadata,
                   "serverAddress: 'https://PEER', query: up, threshold: '5'%s", more);
    return trigger_rig_ask(&t, "prometheus", metadata, auth, nauth);
}

Test(prometheus, trusts_what_it_is_told_to_and_nobody_else)
{
    tls_pair ca = tls_pair_new("ca", NULL);
    tls_pair server = tls_pair_new("localhost", &ca);
    const keda_param given = {"ca", ca.cert};
    const struct {
        const char *more;
        size_t nauth;
        bool is_ok;
    } cases[] = {{"", 0, false}, {"", 1, true}, {", unsafeSsl: 'true'", 0, true}};

    close_rig();
    for (size_t i = 0; i < N(cases); i++) {
        trigger_rig_open(&t, tls_peer_open(&server, NULL));
        const keda_trigger_status s = ask_tls(cases[i].more, &given, cases[i].nauth);
        cr_expect_eq(s.failures, cases[i].is_ok ? 0 : 1, "%zu: %s", i, s.error);
        rig_close(&t.r);
        tls_peer_close(t.peer);
    }
    tls_pair_clear(&server);
    tls_pair_clear(&ca);
    open_rig();
}

Test(prometheus, shows_its_certificate_in_mode_tls)
{
    tls_pair ca = tls_pair_new("ca", NULL);
    tls_pair server = tls_pair_new("localhost", &ca), client = tls_pair_new("me", &ca);
    const keda_param given[] = {{"ca", ca.cert}, {"cert", client.cert}, {"key", client.key}};

    close_rig();
    for (int with = 0; with < 2; with++) {
        trigger_rig_open(&t, tls_peer_open(&server, ca.cert));
        const keda_trigger_status s = ask_tls(with ? ", authModes: tls" : "", given, N(given));
        cr_expect_eq(s.failures, with ? 0 : 1, "%d: %s", with, s.error);
        rig_close(&t.r);
        tls_peer_close(t.peer);
    }
    tls_pair_clear(&client);
    tls_pair_clear(&server);
    tls_pair_clear(&ca);
    open_rig();
}
