/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sets keda-vectors can run, in the order in which a folder runs them. A row a set; the runner
 * is declared in vectors.h and lives in run_<family>.c beside this file.
 */
#include "vectors.h"

/* clang-format off: a row that may be empty has its comma with it */
const struct vector_set vector_sets[] = {
    {"compute/cron", run_cron_compute},
    {"compute/formula", run_compute_formula},
    VECTORS_COMPUTE_KAFKA{"compute/metrics-api", run_metrics_api_compute},
    {"compute/nats-jetstream", run_nats_jetstream_compute},
    {"compute/prometheus", run_prometheus_compute},
    {"compute/rabbitmq-http", run_rabbitmq_compute},
    {"cron/cron", run_cron_cron},
    {"cron/cron_next", run_cron_next},
    {"executor/scaled_object", run_executor_scaled_object},
    {"fallback/fallback", run_fallback},
    {"formula/formula", run_formula},
    {"gjson/gjson", run_gjson},
    {"hpa/behavior_sequence", run_hpa_sequence},
    {"hpa/multi_metric", run_hpa_sequence},
    {"hpa/resource_metric", run_hpa_resource_metric},
    {"hpa/single_metric", run_hpa_single_metric},
    {"metric_name/metric_name", run_metric_name},
    {"quantity/quantity", run_quantity},
    {"scaled_object_spec/hpa_build", run_hpa_build},
    {"scaledjob/scaled_job", run_scaled_job},
    {"triggers/cpu", run_trigger},
    {"triggers/cron", run_cron_trigger},
    VECTORS_TRIGGERS_KAFKA{"triggers/kubernetes-workload", run_trigger},
    {"triggers/memory", run_trigger},
    {"triggers/metrics-api", run_trigger},
    {"triggers/nats-jetstream", run_trigger},
    {"triggers/prometheus", run_trigger},
    {"triggers/rabbitmq", run_trigger},
    {"typed_config/typed_config", run_typed_config},
    {NULL, NULL},
};
/* clang-format on */
