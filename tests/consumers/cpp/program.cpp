// SPDX-License-Identifier: Apache-2.0
//
// The public headers and every initialiser from C++17, without extensions or warnings.
#include <keda/keda.h>

#include <cstdio>
#include <cstring>

int main()
{
    keda_error err = KEDA_ERROR_INIT;
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_policy policy = KEDA_POLICY_INIT;
    keda_observation seen = KEDA_OBSERVATION_INIT;
    keda_reading reading = KEDA_READING_INIT;
    keda_decision decision = KEDA_DECISION_INIT;
    const keda_scaling_rules rules = KEDA_SCALING_RULES_INIT;
    const keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    const keda_replicas replicas = KEDA_REPLICAS_INIT;
    const int64_t items[] = {25000};
    keda_metric_policy metric = {};
    keda_engine *engine = nullptr;

    metric.struct_size = sizeof metric;
    metric.target_milli = 10000;
    policy.metrics = &metric;
    policy.nmetrics = 1;
    reading.state = KEDA_READING_OK;
    reading.raw = 25;
    reading.items_milli = items;
    reading.nitems = 1;
    seen.spec_replicas = 0;
    seen.due = KEDA_DUE_POLL;
    seen.readings = &reading;
    seen.nreadings = 1;
    if (keda_decide(&policy, &seen, nullptr, &decision) != KEDA_OK || decision.to != 3)
        return 1;
    options.is_manual = 1;
    if (keda_engine_new(&engine, &options, &err) != KEDA_OK) {
        std::fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    keda_engine_free(engine);
    return rules.stabilization_s == -1 && request.struct_size == sizeof request && replicas.spec == -1 ? 0 : 1;
}
