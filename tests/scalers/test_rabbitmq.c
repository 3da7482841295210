/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rabbitmq trigger (libkeda/scalers/rabbitmq.c): its rules, the management API through a whole engine, and
 * AMQP as far as its endpoint is asked. Values of many queues are in tests/vectors.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "scalers/rabbitmq.h"
#include "support/tls_peer.h"
#include "support/trigger_rig.h"

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

TestSuite(rabbitmq, .init = open_rig, .fini = close_rig);

static keda_trigger_status ask(const char *metadata)
{
    return trigger_rig_ask(&t, "rabbitmq", metadata, NULL, 0);
}

static void expect_failure(const keda_trigger_status *s, const char *says)
{
    cr_expect_eq(s->failures, 1);
    cr_expect_not_null(strstr(s->error, says), "%s: %s", says, s->error);
}

/* ---- rules */

Test(rabbitmq, has_a_target_of_twenty_messages)
{
    http_peer_reply(t.peer, "{\"messages\":4,\"messages_ready\":3}");
    const keda_trigger_status s = ask("host: 'http://u:p@PEER/', queueName: 'a/b q'");
    cr_expect_eq(s.value, 4.0, "%s", s.error);
    cr_expect_eq(s.is_active, 1);
    cr_expect_eq(s.target_milli, 20000);
    cr_expect_str_eq(s.metric, "s0-rabbitmq-a-2Fb+q");
}

Test(rabbitmq, refuses_what_makes_no_sense)
{
    static const struct {
        const char *metadata;
        keda_param auth;
        const char *says;
    } cases[] = {
        {"host: 'http://h', queueLength: '1', mode: QueueLength", {"x", "y"}, "excludes mode"},
        {"host: 'http://h', queueLength: '1', value: '2'",
         {"x", "y"},
         "excludes mode and value"},
        {"host: 'http://h', mode: QueueLength", {"x", "y"}, "mode needs value"},
        {"host: 'http://h', value: '2'", {"x", "y"}, "value needs mode"},
        {"host: 'http://h', value: '2', mode: Feelings", {"x", "y"}, "not one of"},
        {"host: 'amqp://h', value: '2', mode: MessageRate",
         {"x", "y"},
         "mode MessageRate needs"},
        {"host: 'amqp://h', value: '2', mode: QueueLength, timeout: '1'",
         {"x", "y"},
         "timeout"},
        {"host: 'something://h'", {"x", "y"}, "host: the scheme"},
        {"host: 'amqps://h', useRegex: 'true'", {"x", "y"}, "useRegex needs"},
        {"host: 'amqp://h', excludeUnacknowledged: 'true'", {"x", "y"}, "excludeUnack"},
        {"host: 'http://h', pageSize: '0'", {"x", "y"}, "pageSize"},
        {"host: 'http://h'", {"tls", "yes"}, "tls"},
        {"host: 'http://h'", {"username", "u"}, "username and password need"},
        {"host: 'http://h'", {"cert", "c"}, "cert and key need"},
        {"host: 'http://h'", {"clientID", "c"}, "need each other"},
        {"host: 'amqp://h'",
         {"workloadIdentityResource", "c"},
         "workloadIdentityResource needs"},
        {"host: 'http://h', protocol: mqtt", {"x", "y"}, "protocol"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256];
        (void)snprintf(metadata, sizeof metadata, "queueName: q, %s", cases[i].metadata);
        cr_expect_eq(trigger_rig_put(&t, "rabbitmq", metadata, &cases[i].auth, 1), KEDA_EINVAL,
                     "%s", cases[i].metadata);
        cr_expect_not_null(strstr(rig_findings(&t.r), cases[i].says), "%s: %s",
                           cases[i].metadata, rig_findings(&t.r));
    }
}

Test(rabbitmq, refuses_oauth_over_amqp_and_beside_a_password)
{
    static const keda_param auth[] = {{"oauthTokenURI", "https://i/t"},
                                      {"clientID", "c"},
                                      {"clientSecret", "s"},
                                      {"username", "u"},
                                      {"password", "p"}};
    cr_expect_eq(trigger_rig_put(&t, "rabbitmq", "queueName: q, host: 'amqp://h'", auth, 3),
                 KEDA_EINVAL);
    cr_expect_eq(trigger_rig_put(&t, "rabbitmq", "queueName: q, host: 'http://h'", auth, 5),
                 KEDA_EINVAL);
    const keda_trigger_status s =
        trigger_rig_ask(&t, "rabbitmq", "queueName: q, host: 'http://PEER'", auth, 3);
    expect_failure(&s, "oauthTokenURI is not supported yet");
    cr_expect_eq(http_peer_requests(t.peer), 0);
    cr_expect(rig_logged(&t.r, "oauthTokenURI is not supported yet"));
}

/* ---- values */

Test(rabbitmq, gives_each_mode_its_meaning)
{
    static const struct {
        const char *mode, *activation;
        int messages;
        double published, delivered, value;
        int is_active;
    } cases[] = {
        {"QueueLength", "4", 4, 0, 0, 4, 0},
        {"MessageRate", "0", 1, 0, 0, 0, 1},
        {"MessageRate", "0", 0, 1.5, 0, 1.5, 1},
        {"DeliverGetRate", "0", 30, 1, 0, 0, 0},
        {"PublishedToDeliveredRatio", "2", 0, 3, 0, 2, 1},
        {"PublishedToDeliveredRatio", "2", 0, 3, 2, 1.5, 0},
        {"ExpectedQueueConsumptionTime", "1", 10, 3, 2, 5.5, 1},
        {"ExpectedQueueConsumptionTime", "1", 4, 0, 2, 1, 0},
        {"ExpectedQueueConsumptionTime", "1", 10, 3, 0, 1, 1},
        {"ExpectedQueueConsumptionTime", "0", 0, 3, 0, 0, 0},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256], body[256];
        close_rig();
        open_rig();
        (void)snprintf(body, sizeof body,
                       "{\"messages\":%d,\"message_stats\":{\"publish_details\":{\"rate\":%g},"
                       "\"deliver_get_details\":{\"rate\":%g}}}",
                       cases[i].messages, cases[i].published, cases[i].delivered);
        http_peer_reply(t.peer, body);
        (void)snprintf(metadata, sizeof metadata,
                       "host: 'http://PEER', queueName: q, mode: %s, value: '1', "
                       "activationValue: '%s'",
                       cases[i].mode, cases[i].activation);
        const keda_trigger_status s = ask(metadata);
        cr_expect_float_eq(s.value, cases[i].value, 1e-9, "%zu: %g %s", i, s.value, s.error);
        cr_expect_eq(s.is_active, cases[i].is_active, "%zu", i);
    }
}

Test(rabbitmq, makes_one_of_several_queues)
{
    static const struct {
        const char *operation;
        double value;
    } cases[] = {{"sum", 11}, {"avg", 5}, {"max", 6}};
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256];
        close_rig();
        open_rig();
        http_peer_reply(t.peer,
                        "{\"page_count\":1,\"items\":[{\"messages\":5},{\"messages\":6}]}");
        (void)snprintf(metadata, sizeof metadata,
                       "host: 'http://PEER', queueName: '^q', useRegex: 'true', operation: %s",
                       cases[i].operation);
        const keda_trigger_status s = ask(metadata);
        cr_expect_eq(s.value, cases[i].value, "%s: %g %s", cases[i].operation, s.value,
                     s.error);
    }
}

Test(rabbitmq, fails_for_an_answer_that_is_none)
{
    static const struct {
        const char *more, *body, *says;
    } cases[] = {
        {"", "[]", "the JSON is not an object"},
        {"", "", "GET http://127.0.0.1:"},
        {"", "{\"messages\":1.5}", "messages is not a whole number"},
        {", mode: MessageRate, value: '1'",
         "{\"message_stats\":{\"publish_details\":{\"rate\":\"1\"}}}", "is not a number"},
        {", useRegex: 'true'", "{\"page_count\":2,\"items\":[]}", "raise pageSize"},
        {", useRegex: 'true'", "{\"items\":5}", "items is not a list"},
        {", useRegex: 'true'", "{\"items\":[5]}", "a queue that is not an object"},
        {", useRegex: 'true', operation: median", "{\"items\":[{}]}", "operation \"median\""},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256];
        close_rig();
        open_rig();
        http_peer_reply(t.peer, cases[i].body);
        (void)snprintf(metadata, sizeof metadata, "host: 'http://PEER', queueName: q%s",
                       cases[i].more);
        const keda_trigger_status s = ask(metadata);
        expect_failure(&s, cases[i].says);
    }
}

/* ---- the management API */

Test(rabbitmq, finds_the_virtual_host_in_the_address)
{
    static const struct {
        const char *path, *vhost, *target;
    } cases[] = {
        {"", "", "/api/queues/%2F/q"},
        {"/", "", "/api/queues/%2F/q"},
        {"//", "", "/api/queues/%2F/q"},
        {"/%2F", "", "/api/queues/%2F/q"},
        {"/my", "", "/api/queues/my/q"},
        {"/%2Fmy", "", "/api/queues/%2Fmy/q"},
        {"/sub1/sub2/", "", "/sub1/sub2/api/queues/%2F/q"},
        {"/sub1/my", "over", "/sub1/api/queues/over/q"},
        {"/sub1//", "", "/sub1/api/queues/%2F/q"},
        {"/my?x=1#y", "/", "/api/queues/%2F/q"},
    };
    for (size_t i = 0; i < N(cases); i++) {
        char metadata[256];
        close_rig();
        open_rig();
        http_peer_reply(t.peer, "{}");
        (void)snprintf(metadata, sizeof metadata,
                       "host: 'http://PEER%s', queueName: q, vhostName: '%s'", cases[i].path,
                       cases[i].vhost);
        (void)ask(metadata);
        cr_expect_str_eq(trigger_rig_asked(&t, 0)->target, cases[i].target);
    }
}

Test(rabbitmq, asks_for_a_page_of_what_matches)
{
    http_peer_reply(t.peer, "{}");
    (void)ask(
        "host: 'http://PEER/v', queueName: '^m-[0-9]+$', useRegex: 'true', pageSize: '7'");
    cr_expect_str_eq(trigger_rig_asked(&t, 0)->target,
                     "/api/queues/v?page=1&use_regex=true&pagination=false&name="
                     "%5Em-%5B0-9%5D%2B%24&page_size=7");
}

Test(rabbitmq, logs_in_with_what_is_given_rather_than_with_the_address)
{
    static const keda_param auth[] = {{"username", "bob"}, {"password", "p@ss/1"}};
    char value[64];
    http_peer_reply(t.peer, "{}");
    (void)ask("host: 'http://u:p@PEER', queueName: q");
    cr_expect(http_peer_header(trigger_rig_asked(&t, 0), "Authorization", value, sizeof value));
    cr_expect_str_eq(value, "Basic dTpw");
    const size_t before = http_peer_requests(t.peer);
    (void)trigger_rig_ask(&t, "rabbitmq", "host: 'http://u:p@PEER', queueName: q", auth,
                          N(auth));
    http_peer_wait(t.peer, before + 1);
    cr_expect(
        http_peer_header(trigger_rig_asked(&t, before), "Authorization", value, sizeof value));
    cr_expect_str_eq(value, "Basic Ym9iOnBAc3MvMQ==");
}

Test(rabbitmq, says_what_the_server_said_without_credentials)
{
    http_peer_on(t.peer,
                 &(http_peer_answer){
                     .status = 401,
                     .body = "Password is incorrect for http://guest:s3cret@mq/ and b@c"});
    const keda_trigger_status s = ask("host: 'http://guest:s3cret@PEER', queueName: q");
    expect_failure(&s, "401 Unauthorized: Password is incorrect for http://");
    cr_expect_null(strstr(s.error, "s3cret"), "%s", s.error);
    cr_expect_not_null(strstr(s.error, "and b@c"), "%s", s.error);
}

Test(rabbitmq, takes_no_status_but_200_for_an_answer)
{
    http_peer_on(t.peer, &(http_peer_answer){.status = 201, .body = "{\"messages\":1}"});
    const keda_trigger_status s = ask("host: 'http://PEER', queueName: q");
    expect_failure(&s, "status 201, expected 200");
}

Test(rabbitmq, uses_its_certificates_only_with_tls)
{
    tls_pair ca = tls_pair_new("ca", NULL);
    tls_pair server = tls_pair_new("localhost", &ca), client = tls_pair_new("me", &ca);
    const keda_param given[] = {{"ca", ca.cert},
                                {"cert", client.cert},
                                {"key", client.key_encrypted},
                                {"keyPassword", TLS_PAIR_PASSWORD},
                                {"tls", "enable"}};
    close_rig();
    for (size_t nauth = N(given) - 1; nauth <= N(given); nauth++) {
        trigger_rig_open(&t, tls_peer_open(&server, ca.cert));
        http_peer_reply(t.peer, "{\"messages\":1}");
        const keda_trigger_status s =
            trigger_rig_ask(&t, "rabbitmq", "host: 'https://PEER', queueName: q", given, nauth);
        cr_expect_eq(s.failures, nauth == N(given) ? 0 : 1, "%zu: %s", nauth, s.error);
        rig_close(&t.r);
        tls_peer_close(t.peer);
    }
    tls_pair_clear(&client);
    tls_pair_clear(&server);
    tls_pair_clear(&ca);
    open_rig();
}

/* ---- AMQP */

static char amqp_asked[512];

static keda_status open_broker(void *state, const keda_param *params, size_t nparams,
                               keda_endpoint *self, keda_error *err, void *user)
{
    (void)state;
    (void)self;
    (void)err;
    (void)user;
    for (size_t i = 0; i < nparams; i++) {
        const size_t used = strlen(amqp_asked);
        (void)snprintf(amqp_asked + used, sizeof amqp_asked - used, "%s=%s ", params[i].name,
                       params[i].value);
    }
    return KEDA_OK;
}

static void ask_broker(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    (void)state;
    (void)user;
    for (size_t i = 0; i < npolls; i++) {
        const rabbitmq_question *q = keda_poll_state(polls[i]);
        keda_poll_value(polls[i], 0, strcmp(q->queue, "jobs") == 0 ? 12.0 : 0.0);
        keda_poll_done(polls[i]);
    }
}

static void close_broker(void *state, void *user)
{
    (void)state;
    (void)user;
}

Test(rabbitmq, asks_the_endpoint_of_amqp)
{
    static const keda_endpoint_desc desc = {.struct_size = sizeof desc,
                                            .kind = "amqp",
                                            .state_size = 8,
                                            .open = open_broker,
                                            .poll_batch = ask_broker,
                                            .close = close_broker};
    static const keda_param auth[] = {{"vhostName", "v"}, {"tls", "enable"}};
    cr_assert_eq(keda_engine_register_endpoint(t.r.engine, &desc, NULL, NULL), KEDA_OK);
    const keda_trigger_status s = trigger_rig_ask(
        &t, "rabbitmq", "host: 'amqp://h', queueName: jobs, activationValue: '12'", auth,
        N(auth));
    cr_expect_eq(s.value, 12.0, "%s", s.error);
    cr_expect_eq(s.is_active, 0);
    cr_expect_str_eq(amqp_asked, "host=amqp://h vhostName=v tls=enable ");
}

Test(rabbitmq, names_the_package_that_amqp_needs)
{
    const keda_trigger_status s = ask("host: 'amqp://u:s3cret@h', queueName: jobs");
    expect_failure(&s, "endpoint amqp needs libkeda-rabbitmq.so");
    cr_expect_not_null(strstr(s.error, "install the package libkeda-module-rabbitmq"), "%s",
                       s.error);
    cr_expect_null(strstr(s.error, "s3cret"));
}
