/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stabilisation windows (HPA: stabilise). Without a behaviour the highest recommendation of the
 * window is applied, and may even raise; with one, old recommendations only hold the count. The
 * two differ in their borders too: inclusive there, exclusive here.
 */
#include "core/arith.h"
#include "core/hpa.h"

static struct hpa_stable stabilize_plain(int32_t window_s, const struct history_list *recs,
                                         int32_t raw, int64_t now_ms)
{
    const int64_t cutoff = ms_before(now_ms, window_s);
    int32_t stable = raw;

    for (size_t i = 0; i < recs->n; i++)
        if (recs->time_ms[i] >= cutoff)
            stable = i32_max(stable, recs->value[i]);
    return (struct hpa_stable){.replicas = stable,
                               .cause = stable != raw ? KEDA_CAUSE_SCALE_DOWN_STABILIZED
                                                      : KEDA_CAUSE_READY_FOR_NEW_SCALE};
}

static struct hpa_stable stabilize_behavior(const struct hpa_rules *rules,
                                            const struct history_list *recs, int32_t current,
                                            int32_t raw, int64_t now_ms)
{
    const int64_t up_cutoff = ms_before(now_ms, rules->up.window_s);
    const int64_t down_cutoff = ms_before(now_ms, rules->down.window_s);
    int32_t lowest = raw, highest = raw;

    for (size_t i = 0; i < recs->n; i++) {
        if (recs->time_ms[i] > up_cutoff)
            lowest = i32_min(lowest, recs->value[i]);
        if (recs->time_ms[i] > down_cutoff)
            highest = i32_max(highest, recs->value[i]);
    }
    const int32_t stable = i32_min(i32_max(current, lowest), highest);
    if (stable == raw)
        return (struct hpa_stable){stable, KEDA_CAUSE_READY_FOR_NEW_SCALE};
    return (struct hpa_stable){stable, raw >= current ? KEDA_CAUSE_SCALE_UP_STABILIZED
                                                      : KEDA_CAUSE_SCALE_DOWN_STABILIZED};
}

struct hpa_stable hpa_stabilize(const struct hpa_rules *rules, const struct history_list *recs,
                                int32_t current, int32_t raw, int64_t now_ms)
{
    if (rules->has_behavior)
        return stabilize_behavior(rules, recs, current, raw, now_ms);
    return stabilize_plain(rules->down.window_s, recs, raw, now_ms);
}
