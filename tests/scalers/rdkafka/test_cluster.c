/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounds against the client's own mock cluster: values, sharing of requests, faults and recovery. The
 * endpoint is driven through its descriptor; the host is the test's.
 */
#define LIBRDKAFKA_TYPECHECKS 0 /* they are no standard C */

#include "scalers/rdkafka/cluster.h"
#include "scalers/rdkafka/conf.h"
#include "scalers/rdkafka/host.h"
#include "scalers/rdkafka/meta.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIST_OFFSETS = 2, METADATA = 3, OFFSET_FETCH = 9, FIND_COORDINATOR = 10 };

/* ---- the mock cluster ------------------------------------------------------------------------------ */

struct bed {
    rd_kafka_t *producer; /* owns the brokers */
    rd_kafka_mock_cluster_t *mock;
    kafka_cluster *cluster; /* the endpoint's state */
    keda_endpoint self;
    keda_scaler scaler;
    int64_t timeout_ms;
};

/* Requests sent by the endpoint's client so far, by the client's own statistics. */
struct requests {
    int64_t metadata, find_coordinator, offset_fetch, list_offsets, sockets;
    int reports;
};
static struct requests requests;

static int on_statistics(rd_kafka_t *rk, char *text, size_t size, void *opaque)
{
    json_t *root = json_loadb(text, size, 0, NULL), *broker;
    const char *name;
    struct requests now = {.reports = requests.reports + 1};

    (void)rk;
    (void)opaque;
    json_object_foreach(json_object_get(root, "brokers"), name, broker)
    {
        const json_t *by_kind = json_object_get(broker, "req");
        now.metadata += json_integer_value(json_object_get(by_kind, "Metadata"));
        now.find_coordinator += json_integer_value(json_object_get(by_kind, "FindCoordinator"));
        now.offset_fetch += json_integer_value(json_object_get(by_kind, "OffsetFetch"));
        now.list_offsets += json_integer_value(json_object_get(by_kind, "ListOffsets"));
        now.sockets += strcmp(json_string_value(json_object_get(broker, "state")), "UP") == 0;
    }
    requests = now;
    json_decref(root);
    return 0;
}

static keda_status bed_connect(struct bed *bed, const char *servers)
{
    const keda_param params[] = {{"bootstrap.servers", servers},
                                 {"security.protocol", "plaintext"}};
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc;

    bed->cluster = calloc(1, keda_endpoint_kafka.state_size);
    rc = keda_endpoint_kafka.open(bed->cluster, params, 2, &bed->self, &err, NULL);
    cr_assert_eq(rc, KEDA_OK, "%s", err.text);
    cr_assert_eq(rd_kafka_conf_set(bed->cluster->conf, "statistics.interval.ms", "20", NULL, 0),
                 RD_KAFKA_CONF_OK);
    rd_kafka_conf_set_stats_cb(bed->cluster->conf, on_statistics);
    return rc;
}

static void bed_open(struct bed *bed, const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256];

    *bed = (struct bed){.timeout_ms = 10000};
    requests = (struct requests){0, 0, 0, 0, 0, 0};
    cr_assert_eq(rd_kafka_conf_set(conf, "test.mock.num.brokers", brokers, text, sizeof(text)),
                 RD_KAFKA_CONF_OK);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    bed->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    cr_assert_not_null(bed->producer, "%s", text);
    bed->mock = rd_kafka_handle_mock_cluster(bed->producer);
    bed_connect(bed, rd_kafka_mock_cluster_bootstraps(bed->mock));
}

static void bed_close(struct bed *bed)
{
    if (bed->cluster != NULL)
        keda_endpoint_kafka.close(bed->cluster, NULL);
    free(bed->cluster);
    if (bed->producer != NULL)
        rd_kafka_destroy(bed->producer);
}

static void make_topic(struct bed *bed, const char *topic, int partitions)
{
    cr_assert_eq(rd_kafka_mock_topic_create(bed->mock, topic, partitions, 1),
                 RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void produce(struct bed *bed, const char *topic, int32_t partition, int count)
{
    for (int i = 0; i < count; i++) {
        const rd_kafka_resp_err_t failure = rd_kafka_producev(
            bed->producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_VALUE((void *)(uintptr_t) "m", 1), RD_KAFKA_V_END);
        cr_assert_eq(failure, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    cr_assert_eq(rd_kafka_flush(bed->producer, 20000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

static void commit(struct bed *bed, const char *group, const char *topic, int32_t partition,
                   int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_AlterConsumerGroupOffsets_t *request;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(bed->producer);
    rd_kafka_event_t *event;

    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    request = rd_kafka_AlterConsumerGroupOffsets_new(group, list);
    rd_kafka_AlterConsumerGroupOffsets(bed->producer, &request, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, 20000);
    cr_assert_not_null(event);
    cr_assert_eq(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR, "%s",
                 rd_kafka_event_error_string(event));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AlterConsumerGroupOffsets_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- triggers ----------------------------------------------------------------------------------------- */

struct trigger {
    kafka_meta meta;
    kafka_state state;
    keda_poll poll;
};

static char *literal(const char *text)
{
    return (char *)(uintptr_t)text;
}

static struct trigger trigger(const char *group, const char *topic)
{
    struct trigger t;

    memset(&t, 0, sizeof(t));
    t.meta = (kafka_meta){
        .group = literal(group),
        .topic = literal(topic),
        .lag_threshold = 10,
        .offset_reset_policy = literal("latest"),
        .allow_idle = true,
    };
    t.state.rules = kafka_lag_rules(&t.meta);
    return t;
}

/* One batch of all of them. */
static void poll_all(struct bed *bed, struct trigger *triggers, size_t count)
{
    keda_poll **polls = calloc(count, sizeof(*polls));

    for (size_t i = 0; i < count; i++) {
        triggers[i].poll =
            host_poll(&triggers[i].meta, &triggers[i].state, &bed->scaler, bed->timeout_ms);
        polls[i] = &triggers[i].poll;
    }
    keda_endpoint_kafka.poll_batch(bed->cluster, polls, count, NULL);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(polls[i]->ended, 1, "a poll ends exactly once");
    free(polls);
}

static keda_poll poll_one(struct bed *bed, struct trigger *t)
{
    poll_all(bed, t, 1);
    return t->poll;
}

#define assert_value(p, expected, expected_active)                                             \
    do {                                                                                       \
        keda_poll p_ = (p);                                                                    \
        cr_assert_eq(p_.err.code, KEDA_OK, "%s", p_.err.text);                                 \
        cr_assert(p_.has_value);                                                               \
        cr_assert(p_.has_active);                                                              \
        cr_assert_eq(p_.value, (double)(expected), "value is %g", p_.value);                   \
        cr_assert_eq(p_.active, expected_active);                                              \
    } while (0)

#define assert_failed(p, status, words)                                                        \
    do {                                                                                       \
        keda_poll p_ = (p);                                                                    \
        cr_assert_eq(p_.err.code, status, "%s: %s", keda_status_name(p_.err.code),             \
                     p_.err.text);                                                             \
        cr_assert_not(p_.has_value);                                                           \
        cr_assert_not_null(strstr(p_.err.text, words), "said: %s", p_.err.text);               \
    } while (0)

/* ---- values --------------------------------------------------------------------------------------------- */

Test(cluster, reads_the_lag_of_a_group_on_a_topic)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");
    keda_poll p;

    bed_open(&bed, "3");
    make_topic(&bed, "t", 4);
    produce(&bed, "t", 0, 15);
    produce(&bed, "t", 3, 4);
    commit(&bed, "g", "t", 0, 5);
    commit(&bed, "g", "t", 3, 4);
    t.state.rules.zero_on_invalid = true;
    p = poll_one(&bed, &t);
    assert_value(p, 10, true);
    bed_close(&bed);
}

Test(cluster, counts_partitions_without_commit_by_the_reset_policy)
{
    struct bed bed;
    struct trigger ts[3] = {trigger("g", "t"), trigger("g", "t"), trigger("g", "t")};

    bed_open(&bed, "2");
    make_topic(&bed, "t", 3);
    produce(&bed, "t", 1, 7);
    ts[1].state.rules.policy = LAG_EARLIEST;
    ts[2].state.rules.zero_on_invalid = true;
    poll_all(&bed, ts, 3);
    assert_value(ts[0].poll, 3, true);
    assert_value(ts[1].poll, 7, true);
    assert_value(ts[2].poll, 0, false);
    bed_close(&bed);
}

Test(cluster, looks_only_at_the_partitions_named)
{
    struct bed bed;
    struct trigger ts[3] = {trigger("g", "t"), trigger("g", "t"), trigger("g", "t")};
    keda_error err;

    bed_open(&bed, "2");
    make_topic(&bed, "t", 4);
    for (int32_t i = 0; i < 4; i++) {
        produce(&bed, "t", i, 1 << i);
        commit(&bed, "g", "t", i, 0);
    }
    cr_assert_eq(kafka_limit_parse("0,2-3", &ts[0].state.limit, &err), KEDA_OK);
    cr_assert_eq(kafka_limit_parse("1", &ts[1].state.limit, &err), KEDA_OK);
    cr_assert_eq(kafka_limit_parse("9", &ts[2].state.limit, &err), KEDA_OK);
    poll_all(&bed, ts, 3);
    assert_value(ts[0].poll, 1 + 4 + 8, true);
    assert_value(ts[1].poll, 2, true);
    assert_failed(ts[2].poll, KEDA_ENOTFOUND, "partitionLimitation leaves no partition");
    for (int i = 0; i < 3; i++)
        kafka_limit_clear(&ts[i].state.limit);
    bed_close(&bed);
}

Test(cluster, moves_the_persistent_lag_memory_on_with_polls_only)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");

    bed_open(&bed, "1");
    make_topic(&bed, "t", 1);
    produce(&bed, "t", 0, 9);
    commit(&bed, "g", "t", 0, 2);
    t.state.rules.exclude_persistent = true;
    assert_value(poll_one(&bed, &t), 7, true);
    t.poll = host_poll(&t.meta, &t.state, &bed.scaler, bed.timeout_ms);
    t.poll.due = KEDA_POLL_SYNC;
    keda_endpoint_kafka.poll_batch(bed.cluster, (keda_poll *[]){&t.poll}, 1, NULL);
    assert_value(t.poll, 7, true);
    assert_value(poll_one(&bed, &t), 0, true);
    keda_scaler_kafka.close(&t.state, NULL);
    bed_close(&bed);
}

/* Newer clients' mock clusters answer "all offsets of a group" with none, which is taken as true. */
static void skip_where_listing_is_answered(void)
{
    if (rd_kafka_version() >= 0x02030000)
        cr_skip("this mock cluster has no offsets to list");
}

/* ---- triggers without topic ------------------------------------------------------------------------------ */

Test(cluster, looks_at_every_topic_the_group_has_offsets_for)
{
    struct bed bed;
    struct trigger ts[4] = {trigger("g", NULL), trigger("g", "b"), trigger("nobody", NULL),
                            trigger("g", "c")};

    skip_where_listing_is_answered();
    bed_open(&bed, "2");
    make_topic(&bed, "a", 2);
    make_topic(&bed, "b", 2);
    make_topic(&bed, "c", 1);
    produce(&bed, "a", 0, 5);
    produce(&bed, "b", 1, 6);
    commit(&bed, "g", "a", 0, 1);
    commit(&bed, "g", "b", 1, 2);
    poll_all(&bed, ts, 4);
    assert_value(ts[0].poll, (4 + 1) + (4 + 1),
                 true); /* one partition of each without commit */
    assert_value(ts[1].poll, 4 + 1, true);
    assert_value(ts[2].poll, 0, false); /* no topic at all: no lag, no error */
    assert_value(ts[3].poll, 1, true);
    bed_close(&bed);
}

Test(cluster, asks_again_for_all_offsets_only_after_a_while_when_that_is_not_answered)
{
    struct bed bed;
    struct trigger t = trigger("g", NULL);

    skip_where_listing_is_answered();
    bed_open(&bed, "1");
    make_topic(&bed, "a", 1);
    produce(&bed, "a", 0, 5);
    commit(&bed, "g", "a", 0, 1);
    assert_value(poll_one(&bed, &t), 4, true);
    cr_assert_gt(bed.cluster->listing_pause, 0, "the mock cluster leaves it unanswered");
    produce(&bed, "a", 0, 1);
    assert_value(poll_one(&bed, &t), 5, true);
    bed_close(&bed);
}

/* ---- requests ----------------------------------------------------------------------------------------------- */

/* The counts after all that was sent: a report made after this call. */
static struct requests requests_now(struct bed *bed)
{
    int before = requests.reports;

    while (requests.reports < before + 2)
        rd_kafka_poll(bed->cluster->rk, 100);
    return requests;
}

Test(cluster, shares_requests_between_triggers_of_one_group_and_topic)
{
    enum { COUNT = 1000 };
    static struct trigger ts[COUNT];
    struct bed bed;
    struct requests first, second;

    bed_open(&bed, "2");
    make_topic(&bed, "t", 10);
    for (int32_t i = 0; i < 10; i++)
        rd_kafka_mock_partition_set_leader(bed.mock, "t", i, i % 2 + 1);
    produce(&bed, "t", 0, 3);
    commit(&bed, "g", "t", 0, 0);
    for (int i = 0; i < COUNT; i++) {
        ts[i] = trigger("g", "t");
        ts[i].state.rules.zero_on_invalid = true;
    }
    poll_all(&bed, ts, COUNT);
    first = requests_now(&bed);
    poll_all(&bed, ts, COUNT);
    second = requests_now(&bed);
    for (int i = 0; i < COUNT; i++)
        assert_value(ts[i].poll, 3, true);
    cr_assert_leq(first.metadata, 4, "%d", (int)first.metadata);
    cr_assert_eq(second.metadata, first.metadata, "what is known is not asked again");
    cr_assert_eq(second.offset_fetch - first.offset_fetch, 1);
    cr_assert_leq(second.find_coordinator - first.find_coordinator, 1);
    cr_assert_eq(second.list_offsets - first.list_offsets, 2, "one for each leader");
    bed_close(&bed);
}

Test(cluster, asks_once_for_each_of_a_thousand_groups)
{
    enum { COUNT = 1000 };
    static struct trigger ts[COUNT];
    static char names[COUNT][16];
    struct bed bed;
    struct requests before, after;

    bed_open(&bed, "3");
    make_topic(&bed, "t", 6);
    for (int32_t i = 0; i < 6; i++)
        rd_kafka_mock_partition_set_leader(bed.mock, "t", i, i % 3 + 1);
    produce(&bed, "t", 0, 3);
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "g%d", i);
        ts[i] = trigger(names[i], "t");
        ts[i].state.rules.policy = LAG_EARLIEST;
    }
    bed.timeout_ms = 60000;
    poll_all(&bed, ts, COUNT);
    before = requests_now(&bed);
    poll_all(&bed, ts, COUNT);
    after = requests_now(&bed);
    for (int i = 0; i < COUNT; i++)
        assert_value(ts[i].poll, 3, true);
    cr_assert_eq(after.offset_fetch - before.offset_fetch, COUNT);
    cr_assert_leq(after.find_coordinator - before.find_coordinator, COUNT);
    cr_assert_eq(after.list_offsets - before.list_offsets, 3);
    cr_assert_eq(after.metadata, before.metadata);
    cr_assert_leq(after.sockets, 3 + 2);
    bed_close(&bed);
}

Test(cluster, asks_for_many_topics_in_one_request)
{
    enum { COUNT = 16 };
    static struct trigger ts[COUNT];
    static char names[COUNT][16];
    struct bed bed;
    struct requests after;

    bed_open(&bed, "1");
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "t%d", i);
        make_topic(&bed, names[i], 1);
        ts[i] = trigger("g", names[i]);
    }
    poll_all(&bed, ts, COUNT);
    after = requests_now(&bed);
    for (int i = 0; i < COUNT; i++)
        assert_value(ts[i].poll, 1, true);
    cr_assert_lt(after.metadata, COUNT / 2, "%d", (int)after.metadata);
    cr_assert_eq(after.offset_fetch, 1);
    cr_assert_eq(after.list_offsets, 1);
    bed_close(&bed);
}

/* ---- faults ----------------------------------------------------------------------------------------------- */

Test(cluster, fails_only_the_triggers_of_a_topic_in_trouble)
{
    struct bed bed;
    struct trigger ts[2] = {trigger("g", "good"), trigger("g", "bad")};

    bed_open(&bed, "1");
    make_topic(&bed, "good", 1);
    make_topic(&bed, "bad", 1);
    rd_kafka_mock_topic_set_error(bed.mock, "bad",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 1, true);
    assert_failed(ts[1].poll, KEDA_EAUTH, "topic bad: Broker: Topic authorization failed");
    rd_kafka_mock_topic_set_error(bed.mock, "bad", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 1, true);
    assert_failed(ts[1].poll, KEDA_ENOTFOUND, "topic bad");
    rd_kafka_mock_topic_set_error(bed.mock, "bad", RD_KAFKA_RESP_ERR_NO_ERROR);
    poll_all(&bed, ts, 2);
    assert_value(ts[1].poll, 1, true);
    bed_close(&bed);
}

Test(cluster, fails_only_the_triggers_of_a_partition_without_leader)
{
    struct bed bed;
    struct trigger ts[2] = {trigger("g", "t"), trigger("g", "t")};
    keda_error err;

    bed_open(&bed, "2");
    make_topic(&bed, "t", 2);
    rd_kafka_mock_partition_set_leader(bed.mock, "t", 1, -1);
    cr_assert_eq(kafka_limit_parse("0", &ts[0].state.limit, &err), KEDA_OK);
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 1, true);
    assert_failed(ts[1].poll, KEDA_EUNAVAILABLE, "topic t: partition 1 has no leader");
    rd_kafka_mock_partition_set_leader(bed.mock, "t", 1, 2);
    poll_all(&bed, ts, 2);
    assert_value(ts[1].poll, 2, true);
    kafka_limit_clear(&ts[0].state.limit);
    bed_close(&bed);
}

Test(cluster, follows_a_leader_that_moved)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");

    bed_open(&bed, "2");
    make_topic(&bed, "t", 2);
    rd_kafka_mock_partition_set_leader(bed.mock, "t", 0, 1);
    rd_kafka_mock_partition_set_leader(bed.mock, "t", 1, 1);
    assert_value(poll_one(&bed, &t), 2, true);
    rd_kafka_mock_partition_set_leader(bed.mock, "t", 1, 2);
    assert_value(poll_one(&bed, &t), 2, true);
    bed_close(&bed);
}

Test(cluster, finds_new_partitions_when_a_broker_contradicts_what_is_known)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");

    bed_open(&bed, "1");
    make_topic(&bed, "t", 2);
    assert_value(poll_one(&bed, &t), 2, true);
    rd_kafka_mock_push_request_errors(bed.mock, LIST_OFFSETS, 1,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    assert_value(poll_one(&bed, &t), 2, true);
    bed_close(&bed);
}

Test(cluster, fails_only_the_group_whose_answer_is_an_error)
{
    struct bed bed;
    struct trigger ts[2] = {trigger("g", "t"), trigger("h", "t")};

    bed_open(&bed, "1");
    make_topic(&bed, "t", 1);
    poll_all(&bed, ts, 2);
    rd_kafka_mock_push_request_errors(bed.mock, OFFSET_FETCH, 1,
                                      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    poll_all(&bed, ts, 2);
    cr_assert_eq((ts[0].poll.err.code == KEDA_OK) + (ts[1].poll.err.code == KEDA_OK), 1);
    assert_failed(ts[0].poll.err.code == KEDA_OK ? ts[1].poll : ts[0].poll, KEDA_EAUTH,
                  "committed offsets: Broker: Group authorization failed");
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 1, true);
    assert_value(ts[1].poll, 1, true);
    bed_close(&bed);
}

Test(cluster, survives_a_coordinator_that_is_none_any_more)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");

    bed_open(&bed, "1");
    make_topic(&bed, "t", 1);
    assert_value(poll_one(&bed, &t), 1, true);
    rd_kafka_mock_push_request_errors(bed.mock, OFFSET_FETCH, 1,
                                      RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    assert_failed(poll_one(&bed, &t), KEDA_EUNAVAILABLE, "Broker: Not coordinator");
    assert_value(poll_one(&bed, &t), 1, true);
    bed_close(&bed);
}

Test(cluster, fails_a_poll_whose_time_is_up_alone)
{
    struct bed bed;
    struct trigger ts[2] = {trigger("g", "t"), trigger("g", "t")};
    keda_poll *polls[2] = {&ts[0].poll, &ts[1].poll};

    bed_open(&bed, "1");
    make_topic(&bed, "t", 1);
    ts[0].poll = host_poll(&ts[0].meta, &ts[0].state, &bed.scaler, 0);
    ts[1].poll = host_poll(&ts[1].meta, &ts[1].state, &bed.scaler, 10000);
    keda_endpoint_kafka.poll_batch(bed.cluster, polls, 2, NULL);
    assert_failed(ts[0].poll, KEDA_ETIMEOUT, "no time left");
    assert_value(ts[1].poll, 1, true);
    bed_close(&bed);
}

Test(cluster, names_a_broker_that_refuses_the_connection_and_recovers)
{
    struct bed bed;
    struct trigger t = trigger("g", "t");
    keda_poll p;

    bed_open(&bed, "1");
    make_topic(&bed, "t", 1);
    assert_value(poll_one(&bed, &t), 1, true);
    rd_kafka_mock_broker_set_down(bed.mock, 1);
    bed.timeout_ms = 1000;
    p = poll_one(&bed, &t);
    while (p.err.code == KEDA_ETIMEOUT) /* until the client has tried to connect again */
        p = poll_one(&bed, &t);
    assert_failed(p, KEDA_EUNAVAILABLE, "127.0.0.1:");
    rd_kafka_mock_broker_set_up(bed.mock, 1);
    bed.timeout_ms = 20000;
    assert_value(poll_one(&bed, &t), 1, true);
    bed_close(&bed);
}

Test(cluster, answers_for_the_other_leaders_when_one_is_gone)
{
    struct bed bed;
    struct trigger ts[2] = {trigger("g", "t"), trigger("g", "t")};
    keda_error err;
    int up;

    bed_open(&bed, "3");
    make_topic(&bed, "t", 3);
    rd_kafka_mock_coordinator_set(bed.mock, "group", "g", 1);
    for (int32_t i = 0; i < 3; i++)
        rd_kafka_mock_partition_set_leader(bed.mock, "t", i, i + 1);
    cr_assert_eq(kafka_limit_parse("0-1", &ts[0].state.limit, &err), KEDA_OK);
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 2, true);
    rd_kafka_mock_broker_set_down(bed.mock, 3);
    bed.timeout_ms = 4000;
    poll_all(&bed, ts, 2);
    poll_all(&bed, ts, 2);
    assert_value(ts[0].poll, 2, true);
    up = ts[1].poll.err.code;
    cr_assert(up == KEDA_ETIMEOUT || up == KEDA_EUNAVAILABLE, "%s", ts[1].poll.err.text);
    cr_assert_not_null(strstr(ts[1].poll.err.text, "end offset of partition 2"), "said: %s",
                       ts[1].poll.err.text);
    rd_kafka_mock_broker_set_up(bed.mock, 3);
    bed.timeout_ms = 20000;
    poll_all(&bed, ts, 2);
    assert_value(ts[1].poll, 3, true);
    kafka_limit_clear(&ts[0].state.limit);
    bed_close(&bed);
}

/* A listener which accepts (the kernel does) and never answers. */
static int mute_listener(char *address, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    cr_assert_eq(listen(fd, 16), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    snprintf(address, size, "127.0.0.1:%d", ntohs(at.sin_port));
    return fd;
}

Test(cluster, times_out_with_a_broker_that_never_answers)
{
    struct bed bed = {.timeout_ms = 700};
    struct trigger t = trigger("g", "t");
    char address[32];
    int fd = mute_listener(address, sizeof(address));
    keda_poll p;

    bed_connect(&bed, address);
    p = poll_one(&bed, &t);
    assert_failed(p, KEDA_ETIMEOUT, address);
    cr_assert_gt(keda_poll_deadline_ms(&p), 0, "the poll ends before its deadline");
    bed_close(&bed);
    close(fd);
}

Test(cluster, ends_its_waits_when_canceled)
{
    struct bed bed = {.timeout_ms = 3600000};
    struct trigger t = trigger("g", "t");
    char address[32];
    int fd = mute_listener(address, sizeof(address));
    kafka_budget budget;

    bed_connect(&bed, address);
    t.poll = host_poll(&t.meta, &t.state, &bed.scaler, bed.timeout_ms);
    budget = (kafka_budget){&t.poll, &bed.cluster->is_canceled, bed.timeout_ms, 0};
    cr_assert_gt(kafka_budget_left(&budget), 0);
    keda_endpoint_kafka.cancel(bed.cluster, NULL);
    cr_assert_eq(kafka_budget_left(&budget), 0);
    bed_close(&bed);
    close(fd);
}

Test(cluster, says_that_nobody_listens)
{
    struct bed bed = {.timeout_ms = 1500};
    struct trigger t = trigger("g", "t");
    char address[32];
    int fd = mute_listener(address, sizeof(address));
    keda_poll p;

    close(fd);
    bed_connect(&bed, address);
    p = poll_one(&bed, &t);
    assert_failed(p, KEDA_EUNAVAILABLE, address);
    cr_assert_not_null(strstr(p.err.text, "Connection refused"), "said: %s", p.err.text);
    bed_close(&bed);
}

Test(cluster, keeps_a_budget_by_its_own_waits_when_the_clock_stands_still)
{
    atomic_bool is_canceled = false;
    keda_poll p = host_poll(NULL, NULL, NULL, 3600000);
    kafka_budget budget = {&p, &is_canceled, 1000, 100};
    int64_t floor_ms;

    cr_assert_eq(kafka_budget_left(&budget), 900);
    floor_ms = kafka_budget_narrow(&budget, 300);
    cr_assert_eq(kafka_budget_left(&budget), 300);
    kafka_budget_spend(&budget, 250);
    cr_assert_eq(kafka_budget_left(&budget), 50);
    kafka_budget_widen(&budget, floor_ms);
    cr_assert_eq(kafka_budget_left(&budget), 650);
    kafka_budget_spend(&budget, 5000);
    cr_assert_eq(kafka_budget_left(&budget), 0);
}

/* ---- errors -------------------------------------------------------------------------------------------------- */

Test(errors, tells_the_reason_behind_a_silence)
{
    kafka_trouble trouble = {RD_KAFKA_RESP_ERR_NO_ERROR, "", 0};
    kafka_context context = {"b:1", &trouble, false};
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TIMED_OUT, "topic t"),
                 KEDA_ETIMEOUT);
    cr_assert_str_eq(err.text, "topic t: no answer from b:1");
    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT, "b:1/bootstrap: refused");
    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t"),
                 KEDA_EUNAVAILABLE);
    cr_assert_str_eq(err.text, "topic t: b:1/bootstrap: refused");
    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__AUTHENTICATION, "b:1/bootstrap: no");
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TIMED_OUT, "topic t"),
                 KEDA_EAUTH);
    kafka_trouble_clear(&trouble);
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TIMED_OUT, "topic t"),
                 KEDA_ETIMEOUT);
}

Test(errors, counts_reports_and_names_the_servers_when_only_all_are_down)
{
    kafka_trouble trouble = {RD_KAFKA_RESP_ERR_NO_ERROR, "", 0};
    kafka_context context = {"b:1", &trouble, false};
    keda_error err = KEDA_ERROR_INIT;

    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
    cr_assert_eq(trouble.count, 1);
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t"),
                 KEDA_EUNAVAILABLE);
    cr_assert_str_eq(err.text, "topic t: b:1: 1/1 brokers are down");
    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT, "SSL alert number 42");
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t"),
                 KEDA_EAUTH);
    kafka_trouble_note(&trouble, RD_KAFKA_RESP_ERR__TRANSPORT,
                       "b:1: Connection setup timed out");
    cr_assert_eq(kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t"),
                 KEDA_ETIMEOUT);
    cr_assert_eq(trouble.count, 3);
}

Test(errors, hints_at_the_client_when_an_old_one_fails_by_scram)
{
    kafka_trouble trouble = {RD_KAFKA_RESP_ERR__AUTHENTICATION, "b:1: invalid credentials", 1};
    kafka_context context = {"b:1", &trouble, true};
    keda_error err = KEDA_ERROR_INIT;
    bool is_old = rd_kafka_version() < 0x020601ff;

    kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t");
    cr_assert_eq(err.code, KEDA_EAUTH);
    cr_assert_eq(strstr(err.text, "Kafka 4 broker needs librdkafka 2.6.1") != NULL, is_old,
                 "%s", err.text);
    context.is_scram = false;
    kafka_fail(&err, &context, RD_KAFKA_RESP_ERR__TRANSPORT, "topic t");
    cr_assert_null(strstr(err.text, "2.6.1"));
}

Test(errors, maps_codes_to_what_a_program_may_do)
{
    cr_assert_eq(kafka_status(RD_KAFKA_RESP_ERR_NO_ERROR), KEDA_OK);
    cr_assert_eq(kafka_status(RD_KAFKA_RESP_ERR__SSL), KEDA_EAUTH);
    cr_assert_eq(kafka_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), KEDA_ENOTFOUND);
    cr_assert_eq(kafka_status(RD_KAFKA_RESP_ERR_INVALID_GROUP_ID), KEDA_EINVAL);
    cr_assert_eq(kafka_status(RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS),
                 KEDA_EUNAVAILABLE);
}
