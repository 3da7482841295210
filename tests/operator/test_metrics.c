/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's metrics (libkeda/operator/metrics.c). */
#include <criterion/criterion.h>

#include "base/buf.h"
#include "operator/metrics.h"

Test(operator_metrics, sum_up_resources_by_type_and_namespace)
{
    operator_resources resources[] = {
        {"scaled_object", "a", 2},
        {"scaled_object", "b", 1},
        {"scaled_object", "a", 3},
        {"cluster_trigger_authentication", "", 4},
    };
    const operator_counts counts = {.resources = resources,
                                    .nresources = 4,
                                    .is_leader = true,
                                    .nready = 5,
                                    .events_waiting = 6,
                                    .events_dropped = 7};
    keda_buf text = {0};
    cr_assert_eq(operator_metrics_write(&counts, buf_write, &text, NULL), KEDA_OK);
    cr_expect_str_eq(
        text.data,
        "# HELP keda_resource_registered_total Resources at work, by type.\n"
        "# TYPE keda_resource_registered_total gauge\n"
        "keda_resource_registered_total{type=\"cluster_trigger_authentication\","
        "namespace=\"default\"} 4\n"
        "keda_resource_registered_total{type=\"scaled_object\",namespace=\"a\"} 5\n"
        "keda_resource_registered_total{type=\"scaled_object\",namespace=\"b\"} 1\n"
        "# HELP keda_scaled_objects_ready ScaledObjects whose condition Ready is True.\n"
        "# TYPE keda_scaled_objects_ready gauge\n"
        "keda_scaled_objects_ready 5\n"
        "# HELP keda_leader 1 while this process acts.\n"
        "# TYPE keda_leader gauge\n"
        "keda_leader 1\n"
        "# HELP keda_kube_synced 1 when all collections have been listed.\n"
        "# TYPE keda_kube_synced gauge\n"
        "keda_kube_synced 0\n"
        "# HELP keda_kube_events_waiting Events not posted yet.\n"
        "# TYPE keda_kube_events_waiting gauge\n"
        "keda_kube_events_waiting 6\n"
        "# HELP keda_kube_events_dropped_total Events that were not posted.\n"
        "# TYPE keda_kube_events_dropped_total counter\n"
        "keda_kube_events_dropped_total 7\n");
    keda_buf_clear(&text);
}
