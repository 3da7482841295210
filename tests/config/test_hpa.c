/* SPDX-License-Identifier: Apache-2.0 */
/* The HorizontalPodAutoscaler that KEDA would make (libkeda/config/hpa.c), as text. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "config/hpa.h"
#include "support/config_rig.h"
#include "support/failing_allocator.h"

enum { MAX_TRIGGERS = 4 };

typedef struct made {
    config_rig rig;
    scaled_object object;
    keda_spec_list specs[MAX_TRIGGERS];
    keda_buf text, status;
    keda_error err;
} made;

/* The value of each trigger's metadata is its target; those without a type of ours are external. */
static keda_status specify(made *m, size_t i)
{
    const trigger_spec *t = &m->object.triggers[i];
    keda_spec_list *list = &m->specs[i];
    const char *value = t->metadata.items[0].value;

    *list = (keda_spec_list){.trigger_index = (int32_t)i, .metric_type = t->metric_type};
    if (trigger_spec_is_resource(t))
        return keda_spec_add_resource(list, t->type,
                                      t->metadata.count > 1 ? t->metadata.items[1].value : NULL,
                                      value, NULL);
    if (strcmp(value, "10") == 0)
        return keda_spec_add_integer(list, 10, 0, NULL, "%s", t->type);
    return keda_spec_add(list, strcmp(value, "2.5") == 0 ? 2.5 : 0.5, 0, NULL, "%s", t->type);
}

static keda_status make(made *m, bool is_yaml, bool is_labelled)
{
    const keda_spec_list *specs[MAX_TRIGGERS];
    const hpa_input in = {.doc = config_rig_only(&m->rig),
                          .object = &m->object,
                          .specs = specs,
                          .is_labelled = is_labelled,
                          .is_yaml = is_yaml};

    for (size_t i = 0; i < m->object.ntriggers; i++)
        specs[i] = &m->specs[i];
    return hpa_build(&in, &m->text, &m->status, &m->err);
}

static made read_object(const char *metadata, const char *spec)
{
    char text[4096];
    made m = {.err = KEDA_ERROR_INIT};

    (void)snprintf(text, sizeof text,
                   "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\n"
                   "metadata: {name: orders, namespace: shop%s}\n"
                   "spec:\n  scaleTargetRef: {name: web}\n%s",
                   metadata, spec);
    m.rig = config_rig_text(text);
    cr_assert_eq(
        scaled_object_read(&m.object, config_rig_only(&m.rig), false, m.rig.findings, &m.err),
        KEDA_OK, "%s", m.err.text);
    cr_assert_leq(m.object.ntriggers, MAX_TRIGGERS);
    for (size_t i = 0; i < m.object.ntriggers; i++)
        cr_assert_eq(specify(&m, i), KEDA_OK);
    return m;
}

static void forget(made *m)
{
    for (size_t i = 0; i < MAX_TRIGGERS; i++)
        spec_list_clear(&m->specs[i]);
    scaled_object_clear(&m->object);
    config_rig_close(&m->rig);
    keda_buf_clear(&m->text);
    keda_buf_clear(&m->status);
}

static void has(const made *m, const char *part)
{
    cr_expect(strstr(m->text.data, part) != NULL, "%s\nin\n%s", part, m->text.data);
}

static void has_not(const made *m, const char *part)
{
    cr_expect(strstr(m->text.data, part) == NULL, "%s\nin\n%s", part, m->text.data);
}

#define ONE "  triggers: [{type: x, metadata: {v: '10'}}]\n"

static const char all_of_it[] = "apiVersion: autoscaling/v2\n"
                                "kind: HorizontalPodAutoscaler\n"
                                "metadata:\n"
                                "  name: keda-hpa-orders\n"
                                "  namespace: shop\n"
                                "  labels:\n"
                                "    app.kubernetes.io/name: keda-hpa-orders\n"
                                "    app.kubernetes.io/version: \"2.20.2\"\n"
                                "    app.kubernetes.io/part-of: orders\n"
                                "    app.kubernetes.io/managed-by: keda-operator\n"
                                "    team: a\n"
                                "    scaledobject.keda.sh/name: orders\n"
                                "  annotations:\n"
                                "    note: \"yes\"\n"
                                "spec:\n"
                                "  scaleTargetRef:\n"
                                "    apiVersion: apps/v1\n"
                                "    kind: Deployment\n"
                                "    name: web\n"
                                "  minReplicas: 2\n"
                                "  maxReplicas: 7\n"
                                "  metrics:\n"
                                "  - type: ContainerResource\n"
                                "    containerResource:\n"
                                "      name: cpu\n"
                                "      target:\n"
                                "        type: Utilization\n"
                                "        averageUtilization: 60\n"
                                "      container: app\n"
                                "  - type: External\n"
                                "    external:\n"
                                "      metric:\n"
                                "        name: s1-x\n"
                                "        selector:\n"
                                "          matchLabels:\n"
                                "            scaledobject.keda.sh/name: orders\n"
                                "      target:\n"
                                "        type: Value\n"
                                "        value: \"2.500\"\n"
                                "  - type: External\n"
                                "    external:\n"
                                "      metric:\n"
                                "        name: s3-z\n"
                                "        selector:\n"
                                "          matchLabels:\n"
                                "            scaledobject.keda.sh/name: orders\n"
                                "      target:\n"
                                "        type: AverageValue\n"
                                "        averageValue: \"500m\"\n"
                                "  - type: Resource\n"
                                "    resource:\n"
                                "      name: memory\n"
                                "      target:\n"
                                "        type: AverageValue\n"
                                "        averageValue: \"1Gi\"\n"
                                "  behavior:\n"
                                "    scaleDown:\n"
                                "      stabilizationWindowSeconds: 60\n"
                                "      policies:\n"
                                "      - type: Pods\n"
                                "        value: 2\n"
                                "        periodSeconds: 30\n"
                                "      tolerance: \"50m\"\n";

Test(hpa_text, is_all_of_it)
{
    made m = read_object(
        ", labels: {team: a}, annotations: {note: 'yes'}",
        "  minReplicaCount: 2\n"
        "  maxReplicaCount: 7\n"
        "  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: "
        "{stabilizationWindowSeconds: 60, tolerance: 0.05, policies: [{type: Pods, value: 2, "
        "periodSeconds: 30}]}}}}\n"
        "  triggers:\n"
        "  - {type: memory, metricType: AverageValue, metadata: {value: 1Gi}}\n"
        "  - {type: x, metricType: Value, metadata: {v: '2.5'}}\n"
        "  - {type: cpu, metricType: Utilization, metadata: {value: '60', container: app}}\n"
        "  - {type: z, metadata: {v: '0.5'}}\n");

    cr_assert_eq(make(&m, true, true), KEDA_OK);
    cr_expect_str_eq(m.text.data, all_of_it);
    forget(&m);
}

Test(hpa_text, is_json_too)
{
    made m = read_object("", ONE);

    cr_assert_eq(make(&m, false, false), KEDA_OK);
    has(&m, "  \"kind\": \"HorizontalPodAutoscaler\",\n");
    has(&m, "    \"minReplicas\": 1,\n    \"maxReplicas\": 100,\n");
    has(&m, "\"averageValue\": \"10\"");
    has_not(&m, "behavior");
    has_not(&m, "annotations");
    has_not(&m, "\"scaledobject.keda.sh/name\": \"orders\",");
    forget(&m);
}

Test(hpa_text, never_has_less_than_one_replica_and_no_idle_count)
{
    made m = read_object("", "  minReplicaCount: 0\n" ONE);

    cr_assert_eq(make(&m, true, false), KEDA_OK);
    has(&m, "  minReplicas: 1\n");
    forget(&m);
}

Test(hpa_text, disables_the_direction_that_is_paused)
{
    made m = read_object(
        ", annotations: {autoscaling.keda.sh/paused-scale-in: '', "
        "autoscaling.keda.sh/paused-scale-out: 'false'}",
        "  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleUp: {selectPolicy: Min}, "
        "scaleDown: {selectPolicy: Max, stabilizationWindowSeconds: 5}}}}\n" ONE);

    cr_assert_eq(make(&m, true, false), KEDA_OK);
    has(&m, "    scaleUp:\n      selectPolicy: Min\n");
    has(&m,
        "    scaleDown:\n      stabilizationWindowSeconds: 5\n      selectPolicy: Disabled\n");
    forget(&m);
}

Test(hpa_text, leaves_labels_out_by_their_exact_names)
{
    made m =
        read_object(", labels: {team: a, env: b, zone: c, app.kubernetes.io/part-of: mine}, "
                    "annotations: {scaledobject.keda.sh/hpa-excluded-labels: 'team, env,zone'}",
                    ONE);

    cr_assert_eq(make(&m, true, false), KEDA_OK);
    has_not(&m, "    team: a\n");
    has(&m, "    env: b\n");
    has_not(&m, "    zone: c\n");
    has(&m, "    app.kubernetes.io/part-of: mine\n");
    has(&m, "hpa-excluded-labels: \"team, env,zone\"\n");
    forget(&m);
}

Test(hpa_text, has_one_metric_made_by_a_formula)
{
    made m = read_object(
        "",
        "  minReplicaCount: 1\n"
        "  advanced: {scalingModifiers: {formula: a + b, target: '3.14159', metricType: "
        "Value}}\n"
        "  triggers:\n"
        "  - {type: x, name: a, metadata: {v: '10'}}\n"
        "  - {type: cpu, metricType: Utilization, metadata: {value: '60', container: app}}\n"
        "  - {type: cpu, metricType: Utilization, metadata: {value: '60'}}\n"
        "  - {type: z, name: b, metadata: {v: '10'}}\n");

    cr_assert_eq(make(&m, true, false), KEDA_OK);
    has(&m, "  metrics:\n  - type: Resource\n");
    has(&m, "        name: composite-metric\n");
    has(&m, "        type: Value\n        value: \"3141m\"\n");
    has_not(&m, "s0-x");
    has_not(&m, "ContainerResource");
    cr_expect(strstr(m.status.data, "\"compositeScalerName\": \"composite-metric\"") != NULL);
    cr_expect(strstr(m.status.data, "\"triggersTypes\": \"x,cpu,z\"") != NULL);
    cr_expect(strstr(m.status.data, "\"s3-z\"") != NULL);
    forget(&m);
}

Test(hpa_text, is_not_made_with_a_metric_twice)
{
    made m = read_object("", "  triggers:\n"
                             "  - {type: x, metadata: {v: '10'}}\n"
                             "  - {type: x, metadata: {v: '10'}}\n");

    spec_list_clear(&m.specs[1]);
    cr_assert_eq(keda_spec_add_integer(&m.specs[0], 10, 0, NULL, "x"), KEDA_OK);
    cr_expect_eq(make(&m, true, false), KEDA_EINVAL);
    cr_expect_str_eq(m.err.text, "metric s0-x is there twice");
    cr_expect_eq(m.text.size, 0);
    forget(&m);
}

Test(hpa_text, survives_every_allocation_failure)
{
    made m = read_object(
        ", labels: {team: a}, annotations: {autoscaling.keda.sh/paused-scale-in: ''}",
        "  triggers:\n"
        "  - {type: x, metadata: {v: '10'}}\n"
        "  - {type: cpu, metricType: Utilization, metadata: {value: '60', container: app}}\n");
    const size_t live = failing_allocator_live();
    bool has_failed = true;

    for (size_t n = 1; has_failed; n++) {
        failing_allocator_set(n);
        const keda_status rc = make(&m, true, true);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%zu: %d", n, (int)rc);
        keda_buf_clear(&m.text);
        keda_buf_clear(&m.status);
        cr_assert_eq(failing_allocator_live(), live, "%zu", n);
    }
    forget(&m);
}
