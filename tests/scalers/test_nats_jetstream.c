/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nats-jetstream trigger (libkeda/scalers/nats_jetstream.c) through a whole engine against a server on
 * loopback, which plays all nodes of a cluster. Answers of a single server are in tests/vectors.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/trigger_rig.h"

static trigger_rig t;

static void open_rig(void)
{
    trigger_rig_open(&t, NULL);
}

static void close_rig(void)
{
    trigger_rig_close(&t);
}

TestSuite(nats_jetstream, .init = open_rig, .fini = close_rig);

#define PAIRS "stream: orders, consumer: w, account: TEAM"

/* What a node says of the consumer. */
static const char *streams(int cluster_size, const char *leader, int pending)
{
    static char text[512];
    (void)snprintf(text, sizeof text,
                   "{\"meta_cluster\":{\"cluster_size\":%d},\"account_details\":[{\"id\":\"A\","
                   "\"name\":\"TEAM\",\"stream_detail\":[{\"name\":\"orders\","
                   "\"consumer_detail\":[{\"name\":\"w\",\"num_pending\":%d,"
                   "\"num_ack_pending\":5,\"cluster\":{\"leader\":\"%s\"}}]}]}]}",
                   cluster_size, pending, leader);
    return text;
}

/* The next answer of this path, once. */
static void will_say(const char *path, const char *body)
{
    http_peer_on(t.peer, &(http_peer_answer){.path = path, .body = body, .times = 1});
}

static keda_trigger_status ask(const char *metadata)
{
    return trigger_rig_ask(&t, "nats-jetstream", metadata, NULL, 0);
}

static keda_trigger_status ask_peer(void)
{
    return ask("natsServerMonitoringEndpoint: 'PEER', " PAIRS);
}

static void expect_asked(size_t i, const char *target)
{
    cr_expect_str_eq(trigger_rig_asked(&t, i)->target, target);
}

#define JSZ "/jsz?acc=TEAM&config=true&consumers=true"

Test(nats_jetstream, measures_what_is_pending_and_what_is_not_acknowledged)
{
    will_say("/jsz", streams(1, "n1", 100));
    const keda_trigger_status s = ask_peer();
    cr_expect_eq(s.value, 105.0, "%s", s.error);
    cr_expect_eq(s.is_active, 1);
    cr_expect_str_eq(s.metric, "s0-nats-jetstream-orders");
    cr_expect_eq(s.target_milli, 10000);
    expect_asked(0, JSZ);
}

Test(nats_jetstream, is_inactive_at_its_threshold)
{
    will_say("/jsz", streams(1, "n1", 100));
    cr_expect_eq(ask("natsServerMonitoringEndpoint: 'PEER', activationLagThreshold: '105', "
                     "lagThreshold: '1', " PAIRS)
                     .is_active,
                 0);
}

Test(nats_jetstream, encodes_its_account)
{
    will_say("/jsz", streams(1, "n1", 1));
    (void)ask(
        "natsServerMonitoringEndpoint: 'PEER', stream: orders, consumer: w, account: TEAM, "
        "accountID: 'a&b=$G'");
    expect_asked(0, "/jsz?acc=a%26b%3D%24G&config=true&consumers=true");
}

/* Nodes n1 and n2 at the addresses of /varz; the first one is not the leader. */
static void will_walk(int pending)
{
    will_say("/varz", "{\"connect_urls\":[\"127.0.0.1:4222\",\"127.0.0.1:4223\"]}");
    will_say("/varz", "{\"server_name\":\"n1\"}");
    will_say("/jsz", streams(3, "n2", 90));
    will_say("/varz", "{\"server_name\":\"n2\"}");
    will_say("/jsz", streams(3, "n2", pending));
}

Test(nats_jetstream, looks_for_the_leader_and_asks_it_first_from_then_on)
{
    will_say("/jsz", streams(3, "n2", 90));
    will_walk(2);
    keda_trigger_status s = ask_peer();
    cr_expect_eq(s.value, 7.0, "%s", s.error);
    cr_expect_eq(http_peer_requests(t.peer), 6);
    static const char *const asked[] = {JSZ, "/varz", "/varz", JSZ, "/varz", JSZ};
    for (size_t i = 0; i < 6; i++)
        expect_asked(i, asked[i]);
    will_say("/jsz", streams(3, "n2", 3));
    s = trigger_rig_again(&t);
    cr_expect_eq(s.value, 8.0, "%s", s.error);
    cr_expect_eq(http_peer_requests(t.peer), 7);
}

Test(nats_jetstream, looks_again_when_the_leader_has_moved)
{
    will_say("/jsz", streams(3, "n2", 90));
    will_walk(2);
    (void)ask_peer();
    will_say("/jsz", streams(3, "n1", 90));
    will_say("/varz", "{\"connect_urls\":[\"127.0.0.1:4222\"]}");
    will_say("/varz", "{\"server_name\":\"n1\"}");
    will_say("/jsz", streams(3, "n1", 4));
    const keda_trigger_status s = trigger_rig_again(&t);
    cr_expect_eq(s.value, 9.0, "%s", s.error);
    cr_expect_eq(http_peer_requests(t.peer), 10);
}

Test(nats_jetstream, asks_nodes_by_name_where_none_has_an_address)
{
    char metadata[256];
    (void)snprintf(metadata, sizeof metadata,
                   "natsServerMonitoringEndpoint: 'localhost:%d', " PAIRS,
                   http_peer_port(t.peer));
    will_say("/jsz", streams(3, "n1", 90));
    will_say("/varz", "{\"cluster\":{\"urls\":[\"n0.nats:6222\",\"n1.nats:6222\"]}}");
    will_say("/jsz", streams(3, "n1", 80));
    will_say("/jsz", streams(3, "n1", 6));
    const keda_trigger_status s = ask(metadata);
    char host[128];
    cr_expect_eq(s.value, 11.0, "%s", s.error);
    cr_expect(http_peer_header(trigger_rig_asked(&t, 3), "Host", host, sizeof host));
    cr_expect_eq(strncmp(host, "n1.localhost:", 13), 0, "%s", host);
}

Test(nats_jetstream, fails_without_a_leader)
{
    will_say("/jsz", streams(3, "n2", 90));
    will_say("/varz", "{\"connect_urls\":[\"127.0.0.1:4222\",5]}");
    will_say("/varz", "{\"server_name\":\"n1\"}");
    will_say("/jsz", streams(3, "n2", 90));
    const keda_trigger_status s = ask_peer();
    cr_expect_eq(s.failures, 1);
    cr_expect_not_null(strstr(s.error, "no leader found for consumer w"), "%s", s.error);
}

Test(nats_jetstream, fails_where_no_node_has_the_consumer)
{
    will_say("/jsz", "{\"meta_cluster\":{\"cluster_size\":3}}");
    will_say("/varz", "{\"connect_urls\":[\"127.0.0.1:4222\"]}");
    will_say("/varz", "{\"server_name\":\"n1\"}");
    will_say("/jsz", "{\"meta_cluster\":{\"cluster_size\":3}}");
    const keda_trigger_status s = ask_peer();
    cr_expect_eq(s.failures, 1);
    cr_expect_not_null(strstr(s.error, "consumer w: not found on any node"), "%s", s.error);
}

Test(nats_jetstream, forgets_a_leader_that_fails)
{
    will_say("/jsz", streams(3, "n2", 90));
    will_walk(2);
    (void)ask_peer();
    will_say("/jsz", "<html>");
    cr_expect_eq(trigger_rig_again(&t).failures, 1);
    will_say("/jsz", streams(3, "n2", 90));
    will_walk(5);
    const keda_trigger_status s = trigger_rig_again(&t);
    cr_expect_eq(s.value, 10.0, "%s", s.error);
    cr_expect_eq(http_peer_requests(t.peer), 13);
}

Test(nats_jetstream, says_what_it_did_not_find)
{
    static const struct {
        const char *body, *says;
    } cases[] = {
        {"{}", "stream orders: not found"},
        {"{\"account_details\":[{\"name\":\"TEAM\",\"stream_detail\":[{\"name\":\"orders\"}]}]"
         "}",
         "consumer w: not found in stream orders"},
        {"{\"account_details\":[{\"name\":\"TEAM\",\"stream_detail\":[{\"name\":\"orders\","
         "\"consumer_detail\":[{\"name\":\"w\",\"num_pending\":1.5}]}]}]}",
         "num_pending is not a whole number"},
        {"[]", "no list of accounts"},
        {"404 page not found", "GET http://127.0.0.1:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        close_rig();
        open_rig();
        will_say("/jsz", cases[i].body);
        const keda_trigger_status s = ask_peer();
        cr_expect_eq(s.failures, 1);
        cr_expect_not_null(strstr(s.error, cases[i].says), "%s: %s", cases[i].says, s.error);
    }
}

Test(nats_jetstream, needs_an_account)
{
    cr_expect_eq(trigger_rig_put(&t, "nats-jetstream",
                                 "natsServerMonitoringEndpoint: 'h:1', stream: s, consumer: c",
                                 NULL, 0),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&t.r), "account or accountID"));
}
