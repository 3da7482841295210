/* SPDX-License-Identifier: Apache-2.0 */
/* A ScaledObject's values, defaults and policy (libkeda/config/scaled_object.c and its parts). What is
 * refused is in data/. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "config/params.h"
#include "config/scaled_object.h"
#include "support/config_rig.h"

#define FRAME    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
#define TARGET   "scaleTargetRef: {name: web}, "
#define TRIGGERS "triggers: [{type: kafka, metadata: {topic: t}}]"

/* One object and the text it was read from. */
typedef struct fixture {
    config_rig rig;
    scaled_object object;
} fixture;

static fixture read_text(const char *text)
{
    fixture f = {.rig = config_rig_text(text)};
    const document *doc = config_rig_only(&f.rig);
    cr_assert_eq(scaled_object_read(&f.object, doc, false, f.rig.findings, NULL), KEDA_OK, "%s",
                 config_rig_lines(&f.rig));
    return f;
}

static void drop(fixture *f)
{
    scaled_object_clear(&f->object);
    config_rig_close(&f->rig);
}

Test(scaled_object, has_the_defaults_of_the_tutorial)
{
    fixture f =
        read_text(FRAME "metadata: {name: kafka-consumer-scaler, namespace: default}\n"
                        "spec:\n"
                        "  scaleTargetRef: {name: kafka-consumer}\n"
                        "  minReplicaCount: 0\n"
                        "  maxReplicaCount: 10\n"
                        "  triggers:\n"
                        "  - type: kafka\n"
                        "    metadata:\n"
                        "      bootstrapServers: my-cluster-kafka-bootstrap.kafka:9092\n"
                        "      lagThreshold: \"5\"\n");
    const scaled_object *o = &f.object;
    cr_expect_str_eq(o->id, "default/kafka-consumer-scaler");
    cr_expect_str_eq(o->target_api_version, "apps/v1");
    cr_expect_str_eq(o->target_kind, "Deployment");
    cr_expect_str_eq(o->target_name, "kafka-consumer");
    cr_expect_null(o->env_container);
    cr_expect_eq(o->polling_interval_ms, 30000);
    cr_expect_eq(o->sync_interval_ms, 15000);
    cr_expect_eq(o->cooldown_s, 300);
    cr_expect_eq(o->initial_cooldown_s, 0);
    cr_expect_eq(o->min_replicas, 0);
    cr_expect_eq(o->max_replicas, 10);
    cr_expect_eq(o->idle_replicas, -1);
    cr_expect_eq(o->pause, 0);
    cr_expect_eq(o->paused_replicas, -1);
    cr_expect_not(o->has_fallback || o->has_modifiers || o->behavior != NULL);
    cr_assert_eq(o->ntriggers, 1);
    const trigger_spec *t = &o->triggers[0];
    cr_expect_str_eq(t->type, "kafka");
    cr_expect_str_eq(t->name, "");
    cr_expect_str_eq(t->metric_type, "");
    cr_expect_null(t->auth_name);
    cr_expect_eq(t->line, 9);
    cr_expect_eq(t->metadata_node->line, 11);
    cr_expect_str_eq(params_map_get(&t->metadata, "lagThreshold"), "5");
    cr_expect_eq(keda_findings_count(f.rig.findings), 0);
    drop(&f);
}

Test(scaled_object, keeps_every_field)
{
    fixture f = read_text(
        FRAME
        "metadata: {name: a, namespace: shop}\n"
        "spec:\n"
        "  scaleTargetRef: {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, name: p, "
        "envSourceContainerName: app}\n"
        "  pollingInterval: 10\n  cooldownPeriod: 60\n  initialCooldownPeriod: 5\n"
        "  minReplicaCount: 2\n  maxReplicaCount: 20\n  idleReplicaCount: 1\n"
        "  fallback: {failureThreshold: 3, replicas: 6, behavior: currentReplicas}\n"
        "  advanced:\n"
        "    restoreToOriginalReplicaCount: true\n"
        "    horizontalPodAutoscalerConfig: {name: h}\n"
        "    scalingModifiers: {formula: a, target: \"2.5\", activationTarget: \"1\", "
        "metricType: Value}\n"
        "  triggers:\n"
        "  - {type: kafka, name: a, metadata: {}, metricType: Value, useCachedMetrics: true,\n"
        "     authenticationRef: {name: x}}\n"
        "  - {type: kafka, metadata: {b: \"\"}, authenticationRef: {name: yy, kind: "
        "ClusterTriggerAuthentication}}\n");
    const scaled_object *o = &f.object;
    cr_expect_str_eq(o->space, "shop");
    cr_expect_str_eq(o->target_kind, "ProcessPool");
    cr_expect_str_eq(o->env_container, "app");
    cr_expect_eq(o->polling_interval_ms, 10000);
    cr_expect_eq(o->cooldown_s, 60);
    cr_expect_eq(o->initial_cooldown_s, 5);
    cr_expect_eq(o->min_replicas, 2);
    cr_expect_eq(o->idle_replicas, 1);
    cr_expect(o->has_fallback);
    cr_expect_eq(o->fallback_threshold, 3);
    cr_expect_eq(o->fallback_replicas, 6);
    cr_expect_str_eq(o->fallback_behavior, "currentReplicas");
    cr_expect(o->restore_original);
    cr_expect_str_eq(o->hpa_name, "h");
    cr_expect(o->has_modifiers);
    cr_expect_str_eq(o->formula, "a");
    cr_expect_str_eq(o->modifiers_target, "2.5");
    cr_expect_str_eq(o->modifiers_activation, "1");
    cr_expect_str_eq(o->modifiers_metric_type, "Value");
    cr_assert_eq(o->ntriggers, 2);
    cr_expect_eq(o->triggers[0].target_type, KEDA_TARGET_VALUE);
    cr_expect(o->triggers[0].use_cached_metrics);
    cr_expect_str_eq(o->triggers[0].auth_kind, "TriggerAuthentication");
    cr_expect_str_eq(o->triggers[1].auth_name, "yy");
    cr_expect_str_eq(o->triggers[1].auth_kind, "ClusterTriggerAuthentication");
    cr_expect_str_eq(params_map_get(&o->triggers[1].metadata, "b"), "");
    drop(&f);
}

Test(scaled_object, treats_empty_texts_of_the_target_as_defaults)
{
    fixture f =
        read_text(FRAME "metadata: {name: a}\nspec: {scaleTargetRef: {name: web, kind: \"\", "
                        "apiVersion: \"\"}, " TRIGGERS "}\n");
    cr_expect_str_eq(f.object.target_api_version, "apps/v1");
    cr_expect_str_eq(f.object.target_kind, "Deployment");
    drop(&f);
}

static int32_t pause_of(const char *annotations, int32_t *replicas)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   FRAME "metadata:\n  name: a\n  annotations: {%s}\nspec: {" TARGET TRIGGERS
                         "}\n",
                   annotations);
    fixture f = read_text(text);
    const int32_t pause = f.object.pause;
    *replicas = f.object.paused_replicas;
    drop(&f);
    return pause;
}

Test(scaled_object, pauses_by_annotations_as_keda_does)
{
    static const struct {
        const char *annotations;
        int32_t pause, replicas;
    } cases[] = {
        {"", 0, -1},
        {"autoscaling.keda.sh/paused: \"true\"", KEDA_PAUSE_FULL, -1},
        {"autoscaling.keda.sh/paused: \"\"", KEDA_PAUSE_FULL, -1},
        {"autoscaling.keda.sh/paused: \"no-idea\"", KEDA_PAUSE_FULL, -1},
        {"autoscaling.keda.sh/paused: \"F\"", 0, -1},
        {"autoscaling.keda.sh/paused-replicas: \"2\"", KEDA_PAUSE_FULL, 2},
        {"autoscaling.keda.sh/paused-replicas: \"0\", autoscaling.keda.sh/paused: \"false\"",
         KEDA_PAUSE_FULL, 0},
        {"autoscaling.keda.sh/paused-replicas: \"abc\"", KEDA_PAUSE_FULL, -1},
        {"autoscaling.keda.sh/paused-replicas: \"2147483648\"", KEDA_PAUSE_FULL, -1},
        {"autoscaling.keda.sh/paused-scale-in: \"1\", autoscaling.keda.sh/paused-scale-out: "
         "\"t\"",
         KEDA_PAUSE_SCALE_IN | KEDA_PAUSE_SCALE_OUT, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t replicas = 0;
        cr_expect_eq(pause_of(cases[i].annotations, &replicas), cases[i].pause, "%s",
                     cases[i].annotations);
        cr_expect_eq(replicas, cases[i].replicas, "%s", cases[i].annotations);
    }
}

Test(scaled_object, takes_shorter_intervals_from_annotations)
{
    fixture f = read_text(FRAME "metadata:\n  name: a\n  annotations:\n"
                                "    libkeda.io/polling-interval: 250ms\n"
                                "    libkeda.io/sync-interval: 1s500ms\n"
                                "    autoscaling.keda.sh/force-activation: \"true\"\n"
                                "spec: {" TARGET "pollingInterval: 10, " TRIGGERS "}\n");
    cr_expect_eq(f.object.polling_interval_ms, 250);
    cr_expect_eq(f.object.sync_interval_ms, 1500);
    cr_expect(f.object.force_activation);
    drop(&f);
}

Test(scaled_object, gives_the_policy_its_behaviour)
{
    fixture f = read_text(
        FRAME
        "metadata: {name: a}\nspec:\n  scaleTargetRef: {name: web}\n  minReplicaCount: 1\n"
        "  advanced:\n    horizontalPodAutoscalerConfig:\n      behavior:\n"
        "        scaleUp:\n"
        "          selectPolicy: Min\n          tolerance: 70m\n"
        "          policies: [{type: Pods, value: 4, periodSeconds: 60},\n"
        "                     {type: Percent, value: 50, periodSeconds: 15}]\n"
        "  " TRIGGERS "\n");
    keda_policy policy;
    scaled_object_policy(&f.object, &policy);
    cr_expect_eq(policy.struct_size, sizeof policy);
    cr_expect_eq(policy.min_replicas, 1);
    cr_expect_eq(policy.max_replicas, 0);
    cr_expect_eq(policy.cooldown_s, 300);
    cr_expect_eq(policy.has_behavior, 1);
    cr_expect_null(policy.scale_down);
    cr_assert_not_null(policy.scale_up);
    cr_expect_eq(policy.scale_up->select_policy, KEDA_SELECT_MIN);
    cr_expect_eq(policy.scale_up->stabilization_s, -1);
    cr_expect_float_eq(policy.scale_up->tolerance, 70.0 * 0.001, 0.0);
    cr_assert_eq(policy.scale_up->npolicies, 2);
    cr_expect_eq(policy.scale_up->policy_size, sizeof(keda_rate_policy));
    cr_expect_eq(policy.scale_up->policies[0].type, KEDA_RATE_PODS);
    cr_expect_eq(policy.scale_up->policies[0].value, 4);
    cr_expect_eq(policy.scale_up->policies[1].type, KEDA_RATE_PERCENT);
    cr_expect_eq(policy.scale_up->policies[1].period_s, 15);
    cr_expect_eq(policy.sync_interval_ms, 15000);
    drop(&f);
}

Test(scaled_object, counts_an_empty_behaviour_as_present)
{
    fixture f = read_text(
        FRAME "metadata: {name: a}\nspec: {" TARGET
              "advanced: {horizontalPodAutoscalerConfig: {behavior: {}}}, " TRIGGERS "}\n");
    keda_policy policy;
    scaled_object_policy(&f.object, &policy);
    cr_expect_eq(policy.has_behavior, 1);
    cr_expect_null(policy.scale_up);
    drop(&f);
}

Test(scaled_object, is_empty_after_an_error)
{
    config_rig rig = config_rig_text(FRAME "metadata: {name: a}\nspec: {" TARGET
                                           "pollingInterval: 0, " TRIGGERS "}\n");
    scaled_object object;
    keda_error err = KEDA_ERROR_INIT;
    memset(&object, 0x5a, sizeof object);
    cr_expect_eq(scaled_object_read(&object, config_rig_only(&rig), false, NULL, &err),
                 KEDA_EINVAL);
    cr_expect_null(object.id);
    cr_expect_eq(object.ntriggers, 0);
    cr_expect_str_eq(err.text, ":4: spec.pollingInterval: must be at least 1, not 0");
    scaled_object_clear(&object);
    scaled_object_clear(NULL);
    config_rig_close(&rig);
}

Test(scaled_object, reads_the_first_of_names_given_twice)
{
    config_rig rig = config_rig_text(
        FRAME "metadata: {name: a}\nspec:\n  scaleTargetRef: {name: w}\n"
              "  triggers: [{type: a, metadata: {}}]\n"
              "  triggers: [{type: b, metadata: {}}, {type: c, metadata: {}}]\n");
    cr_expect_eq(rig.rc, KEDA_EINVAL);
    scaled_object object;
    cr_expect_eq(scaled_object_read(&object, config_rig_only(&rig), false, NULL, NULL),
                 KEDA_OK);
    cr_assert_eq(object.ntriggers, 1);
    cr_expect_str_eq(object.triggers[0].type, "a");
    scaled_object_clear(&object);
    config_rig_close(&rig);
}
