/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubernetes-workload trigger: how many pods of its namespace a label selector has, or on how many
 * nodes they are (spec: scalers-more 3.6). Pods are listed by the endpoint kind "kube-pods", so
 * that equal questions are asked once.
 */
#include <keda/scaler.h>

#include <stdio.h>
#include <string.h>

#include "lang/label_selector.h"

typedef struct workload_meta {
    char *selector;
    double value, activation;
    bool by_node;
} workload_meta;

typedef struct workload_state {
    keda_endpoint *pods;
} workload_state;

/* clang-format off */
static const keda_field fields[] = {
    KEDA_FIELD_STRING(workload_meta, selector, .name = "podSelector",
        .help = "Label selector of the pods that count, such as app=web,tier in (front, back)."),
    KEDA_FIELD_DOUBLE(workload_meta, value, .name = "value", .flags = KEDA_TARGET_FIELD,
        .help = "Pods, or nodes, that one replica is for; above 0."),
    KEDA_FIELD_DOUBLE(workload_meta, activation, .name = "activationValue", .fallback = "0",
        .help = "Active while there are more."),
    KEDA_FIELD_BOOL(workload_meta, by_node, .name = "groupByNode", .fallback = "false",
        .help = "Count the nodes the pods are on instead of the pods."),
};
/* clang-format on */

static keda_status check(const void *meta, keda_error *err, void *user)
{
    const workload_meta *m = meta;
    keda_buf canonical = {0};
    const keda_status rc = label_selector_parse(m->selector, &canonical, err);

    (void)user;
    keda_buf_clear(&canonical);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "podSelector");
}

static keda_status specs(const void *meta, keda_spec_list *out, keda_error *err, void *user)
{
    const workload_meta *m = meta;
    (void)user;
    return keda_spec_add(out, m->value, m->activation, err, "workload-%s",
                         keda_spec_namespace(out));
}

static keda_status open_instance(void *state, const void *meta, keda_scaler *self,
                                 keda_error *err, void *user)
{
    const workload_meta *m = meta;
    workload_state *s = state;
    keda_scaler_info info = {.struct_size = sizeof info};
    char space[256];
    keda_buf selector = {0};

    (void)user;
    keda_scaler_describe(self, &info);
    (void)snprintf(space, sizeof space, "%.*s", (int)strcspn(info.workload, "/"),
                   info.workload);
    keda_status rc = label_selector_parse(m->selector, &selector, err);
    if (rc == KEDA_OK) {
        const keda_param params[] = {{"namespace", space},
                                     {"selector", selector.data},
                                     {"count", m->by_node ? "nodes" : "pods"}};
        rc = keda_endpoint_acquire(self, "kube-pods", params, sizeof params / sizeof params[0],
                                   &s->pods, err);
    }
    keda_buf_clear(&selector);
    return rc;
}

static void ask(void *state, const void *meta, keda_poll *poll, void *user)
{
    const workload_state *s = state;
    (void)meta;
    (void)user;
    keda_poll_via(poll, s->pods);
}

const keda_scaler_desc keda_scaler_kubernetes_workload = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "kubernetes-workload",
    .summary = "Pods of the namespace with certain labels, on a cluster.",
    .metrics_name = "kubernetesWorkloadScaler",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .meta_size = sizeof(workload_meta),
    .state_size = sizeof(workload_state),
    .flags = KEDA_SCALER_BATCHES,
    .specs = specs,
    .poll = ask,
    .check = check,
    .open = open_instance,
};
