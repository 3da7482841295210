/* SPDX-License-Identifier: Apache-2.0 */
/* A whole engine with cpu and memory triggers, whose pods are not asked: always unknown, never zero. */
#include <criterion/criterion.h>

#include <string.h>

#include "support/rig.h"

#define CPU    "  - {type: cpu, metricType: Utilization, metadata: {value: '60'}}\n"
#define SCRIPT "  - {type: script, metadata: {source: jobs}}\n"

static rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(resources, .init = open_rig, .fini = close_rig, .timeout = 60);

static void put(const char *spec, const char *triggers)
{
    cr_assert_eq(rig_put(&r, "file", rig_object("jobs", spec, triggers)), KEDA_OK, "%s",
                 rig_findings(&r));
}

Test(resources, are_unknown_and_say_why)
{
    put(NULL, CPU "  - {type: memory, metricType: AverageValue, metadata: {value: 1Gi, "
                  "containerName: app}}\n" SCRIPT);
    rig_run(&r, 31000);
    const keda_trigger_status cpu = rig_trigger(&r, "default/jobs", 0);
    cr_expect_str_eq(cpu.metric, "cpu");
    cr_expect_eq(cpu.state, KEDA_READING_UNKNOWN);
    cr_expect_eq(cpu.target_milli, 60000);
    cr_expect_str_eq(cpu.error, "cpu is read from metrics.k8s.io, which is not asked yet");
    const keda_trigger_status memory = rig_trigger(&r, "default/jobs", 1);
    cr_expect_str_eq(memory.metric, "memory/app");
    cr_expect_eq(memory.target_milli, INT64_C(1073741824000));
    cr_expect_str_eq(memory.error,
                     "memory is read from metrics.k8s.io, which is not asked yet");
    cr_expect_eq(rig_trigger(&r, "default/jobs", 2).failures, 0);
}

Test(resources, warn_that_they_are_not_honoured_yet)
{
    put("  minReplicaCount: 1\n", CPU SCRIPT);
    cr_expect(strstr(rig_findings(&r), "spec.triggers[0].type: is read but not honoured yet") !=
                  NULL,
              "%s", rig_findings(&r));
    cr_expect(strstr(rig_findings(&r), "triggers[1].type") == NULL);
}

Test(resources, do_not_block_what_others_want)
{
    put(NULL, CPU SCRIPT);
    rig_source_of(&r, "jobs")->value = 35;
    rig_run(&r, 61000);
    cr_expect_eq(r.replicas, 4);
}

Test(resources, never_scale_down)
{
    r.replicas = 6;
    put(NULL, CPU SCRIPT);
    rig_source_of(&r, "jobs")->value = 35;
    rig_run(&r, 900000);
    cr_expect_eq(r.replicas, 6);
}

Test(resources, take_no_part_in_activity)
{
    r.replicas = 4;
    put("  cooldownPeriod: 60\n", CPU SCRIPT);
    rig_run(&r, 200000);
    cr_expect_eq(r.replicas, 0);
    cr_expect_eq(rig_workload(&r, "default/jobs").ready.status, KEDA_CONDITION_TRUE);
}

Test(resources, alone_keep_their_object_active)
{
    put("  minReplicaCount: 2\n", CPU);
    rig_run(&r, 400000);
    cr_expect_eq(r.replicas, 2);
    cr_expect_eq(rig_workload(&r, "default/jobs").active.status, KEDA_CONDITION_TRUE);
}
