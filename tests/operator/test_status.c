/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a ScaledObject and its patches (libkeda/operator/status.c, conditions.c, patch.c, message.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "operator/message.h"
#include "operator/status.h"

static keda_json *parse(const char *text)
{
    keda_json *value = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(keda_json_parse(&value, text, strlen(text), &err), KEDA_OK, "%s: %s", err.text,
                 text);
    return value;
}

static const kube_resource deployments = {.group = "apps",
                                          .version = "v1",
                                          .kind = "Deployment",
                                          .plural = "deployments",
                                          .is_namespaced = true,
                                          .has_scale = true};

static keda_trigger_status kafka(void)
{
    return (keda_trigger_status){.struct_size = sizeof(keda_trigger_status),
                                 .type = "kafka",
                                 .name = "",
                                 .metric = "s0-kafka-t",
                                 .state = KEDA_READING_OK,
                                 .is_active = 1,
                                 .failing_since_ms = -1,
                                 .error = ""};
}

static keda_workload_status healthy(void)
{
    return (keda_workload_status){
        .struct_size = sizeof(keda_workload_status),
        .last_active_wall_ms = clock_parse_utc("2026-01-31T12:00:00Z") + 900,
        .ready = {KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALED_OBJECT_READY},
        .active = {KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALER_ACTIVE},
        .paused = {KEDA_CONDITION_FALSE, KEDA_CAUSE_SCALED_OBJECT_UNPAUSED},
        .message = "",
        .text = "",
    };
}

#define SPEC                                                                                   \
    "\"spec\":{\"triggers\":[{\"type\":\"kafka\",\"authenticationRef\":{\"name\":\"k\"}},"     \
    "{\"type\":\"kafka\",\"authenticationRef\":{\"name\":\"k\"}}]}"
#define READY                                                                                  \
    "{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"ScaledObjectReady\","                \
    "\"message\":\"the triggers are asked and the target is scaled\"}"
#define ACTIVE                                                                                 \
    "{\"type\":\"Active\",\"status\":\"True\",\"reason\":\"ScalerActive\","                    \
    "\"message\":\"s0-kafka-t is active\"}"
#define NO_FALLBACK                                                                            \
    "{\"type\":\"Fallback\",\"status\":\"False\",\"reason\":\"NoFallbackFound\","              \
    "\"message\":\"no fallback is configured\"}"
#define NOT_PAUSED "{\"type\":\"Paused\",\"status\":\"False\"}"
#define TARGET                                                                                 \
    "\"scaleTargetKind\":\"apps/v1.Deployment\",\"scaleTargetGVKR\":{\"group\":\"apps\","      \
    "\"version\":\"v1\",\"kind\":\"Deployment\",\"resource\":\"deployments\"},"                \
    "\"originalReplicaCount\":3,"
#define REST                                                                                   \
    "\"triggersActivity\":{\"s0-kafka-t\":{\"isActive\":true}},"                               \
    "\"triggersTypes\":\"kafka\",\"authenticationsTypes\":\"k\"}"
#define AT_WORK                                                                                \
    "{" TARGET "\"lastActiveTime\":\"2026-01-31T12:00:00Z\","                                  \
    "\"externalMetricNames\":[\"s0-kafka-t\"],\"conditions\":[" READY "," ACTIVE               \
    "," NO_FALLBACK "," NOT_PAUSED "]," REST

static void expect_status(const char *object_text, const status_facts *known,
                          const char *expected)
{
    keda_buf text = {0};
    keda_error err = KEDA_ERROR_INIT;
    keda_json *object = parse(object_text);
    status_facts facts = *known;
    facts.object = object;
    cr_assert_eq(status_write(&text, &facts, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(text.data, expected);
    keda_buf_clear(&text);
    keda_json_free(object);
}

Test(status, tells_all_of_an_object_at_work)
{
    const keda_workload_status workload = healthy();
    const keda_trigger_status trigger = kafka();
    expect_status("{" SPEC "}",
                  &(status_facts){.resource = &deployments,
                                  .original_replicas = 3,
                                  .workload = &workload,
                                  .triggers = &trigger,
                                  .ntriggers = 1},
                  AT_WORK);
}

Test(status, writes_a_kind_of_the_core_group_with_a_slash)
{
    const kube_resource core = {
        .group = "", .version = "v1", .kind = "Thing", .plural = "things"};
    expect_status("{}", &(status_facts){.resource = &core, .original_replicas = -1},
                  "{\"scaleTargetKind\":\"/v1.Thing\",\"scaleTargetGVKR\":{\"group\":\"\","
                  "\"version\":\"v1\",\"kind\":\"Thing\",\"resource\":\"things\"},"
                  "\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"},"
                  "{\"type\":\"Active\",\"status\":\"Unknown\"}," NO_FALLBACK "," NOT_PAUSED
                  "]}");
}

/* After a restart, before the first poll. */
Test(status, keeps_what_is_not_known_yet)
{
    keda_workload_status workload = healthy();
    keda_trigger_status trigger = kafka();
    workload.last_active_wall_ms = -1;
    workload.ready = workload.active = workload.paused = (keda_condition){0, 0};
    trigger.is_active = -1;
    trigger.age_ms = -1;
    expect_status("{" SPEC ",\"status\":" AT_WORK "}",
                  &(status_facts){.original_replicas = -1,
                                  .workload = &workload,
                                  .triggers = &trigger,
                                  .ntriggers = 1},
                  AT_WORK);
    expect_status("{" SPEC ",\"status\":" AT_WORK "}", &(status_facts){.original_replicas = -1},
                  AT_WORK);
}

Test(status, says_why_an_object_is_not_at_work)
{
    keda_error problem = KEDA_ERROR_INIT;
    (void)keda_error_set(&problem, KEDA_EINVAL, "spec.triggers[0]: \xff is odd");
    expect_status("{}", &(status_facts){.original_replicas = -1, .problem = &problem},
                  "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\","
                  "\"reason\":\"ScaledObjectCheckFailed\","
                  "\"message\":\"spec.triggers[0]: ? is odd\"},"
                  "{\"type\":\"Active\",\"status\":\"Unknown\",\"reason\":\"UnknownState\","
                  "\"message\":\"the triggers are not asked\"}," NO_FALLBACK "," NOT_PAUSED
                  "]}");
}

/* ---- conditions one by one */

static void expect_condition(const char *object_text, const status_facts *known,
                             const char *type, const char *expected)
{
    keda_buf text = {0}, found = {0};
    keda_json *object = parse(object_text);
    status_facts facts = *known;
    facts.object = object;
    cr_assert_eq(status_write(&text, &facts, NULL), KEDA_OK);
    keda_json *status = parse(text.data);
    cr_assert_eq(keda_json_write(message_condition(status, type), buf_write, &found, NULL),
                 KEDA_OK);
    cr_expect_str_eq(found.data, expected);
    keda_buf_clear(&found);
    keda_buf_clear(&text);
    keda_json_free(status);
    keda_json_free(object);
}

Test(status, names_each_failing_trigger_once)
{
    keda_workload_status workload = healthy();
    keda_trigger_status triggers[] = {kafka(), kafka(), kafka(), kafka()};
    triggers[0].failures = 2;
    triggers[0].error = "no answer";
    triggers[1].failures = 2; /* another metric of the same trigger */
    triggers[1].metric = "s0-kafka-u";
    triggers[1].error = "no answer";
    triggers[2].index = 1;
    triggers[3].index = 2;
    triggers[3].metric = "s2-kafka-v";
    triggers[3].failures = 1;
    triggers[3].error = "refused";
    workload.ready = (keda_condition){KEDA_CONDITION_UNKNOWN, KEDA_CAUSE_PARTIAL_TRIGGER_ERROR};
    workload.message = "no answer";
    expect_condition(
        "{}", &(status_facts){.workload = &workload, .triggers = triggers, .ntriggers = 4},
        "Ready",
        "{\"type\":\"Ready\",\"status\":\"Unknown\","
        "\"reason\":\"PartialTriggerError\",\"message\":"
        "\"s0-kafka-t (kafka): no answer; s2-kafka-v (kafka): refused\"}");
}

Test(status, takes_the_text_of_the_target_when_it_is_the_trouble)
{
    keda_workload_status workload = healthy();
    workload.ready =
        (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_ERROR_GETTING_CURRENT_REPLICAS};
    workload.message = "deployments.apps \"web\" not found";
    expect_condition("{}", &(status_facts){.workload = &workload}, "Ready",
                     "{\"type\":\"Ready\",\"status\":\"False\","
                     "\"reason\":\"ErrorGettingCurrentReplicas\","
                     "\"message\":\"deployments.apps \\\"web\\\" not found\"}");
}

Test(status, says_what_is_active)
{
    keda_workload_status workload = healthy();
    keda_trigger_status triggers[] = {kafka(), kafka()};
    triggers[1].metric = "s1-kafka-u";
    const status_facts facts = {.workload = &workload, .triggers = triggers, .ntriggers = 2};
    expect_condition("{}", &facts, "Active",
                     "{\"type\":\"Active\",\"status\":\"True\",\"reason\":\"ScalerActive\","
                     "\"message\":\"s0-kafka-t, s1-kafka-u are active\"}");
    expect_condition("{\"metadata\":{\"annotations\":{"
                     "\"autoscaling.keda.sh/force-activation\":\"true\"}}}",
                     &facts, "Active",
                     "{\"type\":\"Active\",\"status\":\"True\",\"reason\":\"ScalerActive\","
                     "\"message\":\"activation is forced\"}");
    workload.active = (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_SCALER_COOLDOWN};
    expect_condition("{}", &facts, "Active",
                     "{\"type\":\"Active\",\"status\":\"False\",\"reason\":\"ScalerCooldown\","
                     "\"message\":\"no trigger is active; the cooldown is not over\"}");
}

#define WITH_ANNOTATION(name, value)                                                           \
    "{\"metadata\":{\"annotations\":{\"autoscaling.keda.sh/" name "\":\"" value "\"}}}"

Test(status, says_what_is_paused)
{
    static const struct {
        const char *object, *message;
    } cases[] = {
        {WITH_ANNOTATION("paused", "true"), "paused: nothing is asked or scaled"},
        {WITH_ANNOTATION("paused", "no-idea"), "paused: nothing is asked or scaled"},
        {WITH_ANNOTATION("paused-replicas", "2"),
         "paused at 2 replicas: nothing is asked or decided"},
        {WITH_ANNOTATION("paused-scale-in", "true"), "scale-in is paused"},
        {WITH_ANNOTATION("paused-scale-out", "T"), "scale-out is paused"},
    };
    keda_workload_status workload = healthy();
    workload.paused = (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALED_OBJECT_PAUSED};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        (void)snprintf(expected, sizeof expected,
                       "{\"type\":\"Paused\",\"status\":\"True\","
                       "\"reason\":\"ScaledObjectPaused\",\"message\":\"%s\"}",
                       cases[i].message);
        expect_condition(cases[i].object, &(status_facts){.workload = &workload}, "Paused",
                         expected);
    }
}

Test(status, says_unpaused_after_a_pause_only)
{
    const keda_workload_status workload = healthy();
    const status_facts facts = {.workload = &workload};
    expect_condition("{}", &facts, "Paused", NOT_PAUSED);
    expect_condition(
        "{\"status\":{\"conditions\":[{\"type\":\"Paused\",\"status\":\"True\"}]}}", &facts,
        "Paused",
        "{\"type\":\"Paused\",\"status\":\"False\","
        "\"reason\":\"ScaledObjectUnpaused\",\"message\":\"not paused any more\"}");
}

Test(status, does_not_judge_a_fallback_that_was_not_evaluated)
{
    const status_facts nothing = {.original_replicas = -1};
    expect_condition("{\"spec\":{\"fallback\":{\"replicas\":1}}}", &nothing, "Fallback",
                     "{\"type\":\"Fallback\",\"status\":\"Unknown\"}");
    expect_condition("{\"spec\":{\"fallback\":{\"replicas\":1}},\"status\":{\"conditions\":["
                     "{\"type\":\"Fallback\",\"status\":\"False\"}]}}",
                     &nothing, "Fallback", "{\"type\":\"Fallback\",\"status\":\"False\"}");
}

Test(status, says_whether_the_fallback_counts)
{
    keda_workload_status workload = healthy();
    const status_facts facts = {.original_replicas = -1, .workload = &workload};
    workload.fallback = (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_FALLBACK_EXISTS};
    expect_condition("{\"spec\":{\"fallback\":{\"replicas\":1}}}", &facts, "Fallback",
                     "{\"type\":\"Fallback\",\"status\":\"True\",\"reason\":"
                     "\"FallbackExists\",\"message\":\"a trigger fails: the fallback's "
                     "replicas count for it\"}");
    workload.fallback = (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_NO_FALLBACK_FOUND};
    expect_condition("{\"spec\":{\"fallback\":{\"replicas\":1}}}", &facts, "Fallback",
                     "{\"type\":\"Fallback\",\"status\":\"False\",\"reason\":"
                     "\"NoFallbackFound\",\"message\":\"no trigger needs the fallback\"}");
}

Test(status, names_the_metric_of_a_formula)
{
    keda_buf text = {0};
    for (int with = 0; with < 2; with++) {
        keda_json *object =
            parse(with ? "{\"spec\":{\"advanced\":{\"scalingModifiers\":{\"formula\":\"a\"}}}}"
                       : "{}");
        const status_facts facts = {.original_replicas = -1, .object = object};
        buf_truncate(&text, 0);
        cr_assert_eq(status_write(&text, &facts, NULL), KEDA_OK);
        cr_expect_eq(strstr(text.data, "\"compositeScalerName\":\"composite-metric\"") != NULL,
                     with == 1);
        keda_json_free(object);
    }
    keda_buf_clear(&text);
}

Test(status, has_health_with_a_fallback_only)
{
    keda_trigger_status trigger = kafka();
    trigger.fallback_failures = 2;
    const status_facts facts = {.original_replicas = -1, .triggers = &trigger, .ntriggers = 1};
    keda_buf text = {0};
    for (int with = 0; with < 2; with++) {
        keda_json *object = parse(with ? "{\"spec\":{\"fallback\":{}}}" : "{}");
        status_facts known = facts;
        known.object = object;
        buf_truncate(&text, 0);
        cr_assert_eq(status_write(&text, &known, NULL), KEDA_OK);
        cr_expect_eq(strstr(text.data, "\"health\":{\"s0-kafka-t\":{\"numberOfFailures\":2,"
                                       "\"status\":\"Failing\"}}") != NULL,
                     with == 1);
        keda_json_free(object);
    }
    keda_buf_clear(&text);
}

Test(status, mirrors_the_count_of_a_pause)
{
    expect_status(WITH_ANNOTATION("paused-replicas", "4"),
                  &(status_facts){.original_replicas = -1},
                  "{\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"},"
                  "{\"type\":\"Active\",\"status\":\"Unknown\"}," NO_FALLBACK "," NOT_PAUSED
                  "],\"pausedReplicaCount\":4}");
}

Test(status, tells_resources_apart_from_metrics)
{
    keda_trigger_status trigger = kafka();
    trigger.type = "cpu";
    trigger.metric = "cpu";
    const keda_trigger_status triggers[] = {kafka(), trigger};
    keda_buf text = {0};
    keda_json *object = parse(
        "{\"spec\":{\"triggers\":[{\"type\":\"kafka\"},{\"type\":\"cpu\"},{\"type\":\"memory\","
        "\"metadata\":{\"containerName\":\"app\"}},{\"type\":\"cpu\"}]}}");
    const status_facts facts = {
        .object = object, .original_replicas = -1, .triggers = triggers, .ntriggers = 2};
    cr_assert_eq(status_write(&text, &facts, NULL), KEDA_OK);
    cr_expect(strstr(text.data, "{\"externalMetricNames\":[\"s0-kafka-t\"],"
                                "\"resourceMetricNames\":[\"cpu\",\"cpu\"],") == text.data,
              "%s", text.data);
    cr_expect(strstr(text.data, "\"triggersTypes\":\"kafka,cpu,memory\"") != NULL);
    cr_expect(strstr(text.data, "authenticationsTypes") == NULL);
    keda_buf_clear(&text);
    keda_json_free(object);
}

/* ---- patches */

static void expect_patch(const char *spec, const char *old, const char *now,
                         const char *expected)
{
    char text[4096];
    keda_buf patch = {0};
    (void)snprintf(text, sizeof text, "{\"metadata\":{\"uid\":\"u-1\"},\"spec\":%s%s%s}", spec,
                   old[0] == '\0' ? "" : ",\"status\":", old);
    keda_json *object = parse(text);
    keda_json *status = parse(now);
    cr_assert_eq(status_patch(&patch, object, status, NULL), KEDA_OK);
    cr_expect_str_eq(patch.data == NULL ? "" : patch.data, expected);
    keda_buf_clear(&patch);
    keda_json_free(status);
    keda_json_free(object);
}
#define PATCH(status) "{\"metadata\":{\"uid\":\"u-1\"},\"status\":" status "}"

Test(status, patches_nothing_when_nothing_has_changed)
{
    expect_patch("{}", AT_WORK, AT_WORK, "");
}

Test(status, patches_the_whole_of_a_fresh_object)
{
    expect_patch("{}", "", AT_WORK, PATCH(AT_WORK));
}

Test(status, patches_only_what_differs)
{
    expect_patch("{}",
                 "{\"hpaName\":\"h\",\"compositeScalerName\":\"c\",\"theirs\":1,"
                 "\"triggersTypes\":\"kafka\",\"pausedReplicaCount\":3}",
                 "{\"triggersTypes\":\"cron\"}",
                 PATCH("{\"compositeScalerName\":null,\"pausedReplicaCount\":null,"
                       "\"hpaName\":null,\"triggersTypes\":\"cron\"}"));
}

Test(status, takes_entries_of_vanished_metrics_away)
{
    expect_patch("{}", "{\"triggersActivity\":{\"a\":{\"isActive\":true},\"b\":{},\"c\":{}}}",
                 "{\"triggersActivity\":{\"a\":{\"isActive\":false},\"c\":{}}}",
                 PATCH("{\"triggersActivity\":{\"a\":{\"isActive\":false},\"b\":null}}"));
}

#define CONDITION(type, status, message)                                                       \
    "{\"type\":\"" type "\",\"status\":\"" status "\",\"message\":\"" message "\"}"
#define TIMED(time, status)                                                                    \
    "{\"lastActiveTime\":\"2026-01-31T12:00:" time                                             \
    "Z\",\"conditions\":[" CONDITION("Active", status, "") "]}"

Test(status, does_not_write_for_a_time_that_moves)
{
    expect_patch("{}", TIMED("00", "True"), TIMED("30", "True"), "");
    expect_patch("{}", TIMED("00", "False"), TIMED("01", "False"), "");
    expect_patch("{}", TIMED("00", "False"), TIMED("30", "False"),
                 PATCH("{\"lastActiveTime\":\"2026-01-31T12:00:30Z\"}"));
    expect_patch("{}", TIMED("00", "True"), TIMED("30", "False"), PATCH(TIMED("30", "False")));
}

#define HEALTH(n) "{\"health\":{\"m\":{\"numberOfFailures\":" n ",\"status\":\"Failing\"}}}"

Test(status, counts_failures_up_to_the_threshold)
{
    expect_patch("{\"fallback\":{\"failureThreshold\":3}}", HEALTH("2"), HEALTH("3"),
                 PATCH(HEALTH("3")));
    expect_patch("{\"fallback\":{\"failureThreshold\":3}}", HEALTH("3"), HEALTH("4"),
                 PATCH(HEALTH("4")));
    expect_patch("{\"fallback\":{\"failureThreshold\":3}}", HEALTH("4"), HEALTH("9"), "");
}

Test(status, does_not_write_for_numbers_of_an_error_that_move)
{
    static const struct {
        const char *old, *now;
        bool is_same;
    } cases[] = {
        {"Failed to connect to h port 1 after 0 ms: Couldn't connect",
         "Failed to connect to h port 1 after 12 ms: Couldn't connect", true},
        {"Operation timed out after 3001 milliseconds with 0 bytes received",
         "Operation timed out after 3000 milliseconds with 17 bytes received", true},
        {"k:9092/1: Connect to ipv4#127.0.0.1:9092 failed: refused (after 0ms in state "
         "CONNECT)",
         "k:9092/1: Connect to ipv6#[::1]:9092 failed: refused (after 3ms in state CONNECT, 30 "
         "identical error(s) suppressed)",
         true},
        {"stopped after 1.25s", "stopped after 11s", true},
        {"503 Service Unavailable", "500 Service Unavailable", false},
        {"port 9092", "port 9093", false},
        {"v3s9", "v4s9", false},
        {"a", "a b", false},
        {"a 3 ms", "a", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(message_is_same(cases[i].old, cases[i].now), cases[i].is_same, "%s / %s",
                     cases[i].old, cases[i].now);
        cr_expect_eq(message_is_same(cases[i].now, cases[i].old), cases[i].is_same);
    }
    expect_patch("{}", "{\"conditions\":[" CONDITION("Ready", "False", "after 3 ms: no") "]}",
                 "{\"conditions\":[" CONDITION("Ready", "False", "after 4 ms: no") "]}", "");
    expect_patch("{}", "{\"conditions\":[" CONDITION("Ready", "False", "no") "]}",
                 "{\"conditions\":[" CONDITION("Ready", "False", "other") "]}",
                 PATCH("{\"conditions\":[" CONDITION("Ready", "False", "other") "]}"));
}

Test(status, cuts_a_long_message_at_the_end_of_a_character)
{
    keda_buf text = {0};
    for (size_t i = 0; i < MESSAGE_SIZE; i++)
        cr_assert_eq(message_append(&text, i == 0 ? "a" : "\xc3\xa9"), KEDA_OK);
    message_cut(&text);
    cr_expect_eq(text.size, MESSAGE_SIZE - 1);
    cr_expect_eq(strlen(text.data), text.size);
    keda_buf_clear(&text);
}
