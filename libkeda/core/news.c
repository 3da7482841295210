/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of a workload's decisions are worth telling: polls and syncs take turns, and where nothing
 * changes, one of them is enough. Called by the engine for its ring, and by who reads journals.
 */
#include <keda/explain.h>

#include <stdbool.h>

static bool has_same_metrics(const keda_record *a, const keda_record *b)
{
    for (size_t i = 0; i < a->nmetrics && i < b->nmetrics; i++) {
        const keda_record_metric *m = &a->metrics[i], *n = &b->metrics[i];
        if (m->value_milli != n->value_milli || m->replicas != n->replicas ||
            m->state != n->state || m->is_fallback != n->is_fallback)
            return false;
    }
    return a->nmetrics == b->nmetrics;
}

int32_t keda_record_is_news(const keda_record *made, const keda_record *kept)
{
    if (made->is_write || kept->outcome == KEDA_OUTCOME_FAILED || made->to != kept->to ||
        made->is_error != kept->is_error || made->is_active != kept->is_active)
        return 1;
    if (made->reason == KEDA_REASON_NO_SYNC)
        return kept->reason == KEDA_REASON_NO_SYNC;
    return made->due == kept->due || made->reason != kept->reason ||
           !has_same_metrics(made, kept);
}
