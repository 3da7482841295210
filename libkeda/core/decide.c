/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls of the decision core: which halves run, and how they become one write. The
 * rules are in activation.c (KEDA's executor) and hpa.c (the HorizontalPodAutoscaler), what KEDA
 * makes of the readings before in fallback.c and composite.c.
 */
#include "core/activation.h"
#include "core/composite.h"
#include "core/fallback.h"
#include "core/hpa.h"
#include "core/reading.h"

#include "core/arith.h"

/* --- arguments -------------------------------------------------------------------------------- */

static bool observation_is_sound(const keda_observation *seen)
{
    if (seen == NULL || seen->struct_size < sizeof *seen)
        return false;
    return seen->nreadings == 0 || seen->reading_size >= sizeof(keda_reading);
}

static bool decision_is_sound(const keda_decision *out)
{
    if (out == NULL || out->struct_size < sizeof *out)
        return false;
    return out->proposals == NULL || out->nproposals == 0 ||
           out->proposal_size >= sizeof(keda_proposal);
}

/* Everything but what the caller set. */
static void decision_begin(const keda_observation *seen, const keda_history *history,
                           const struct hpa_rules *rules, keda_decision *out)
{
    *out = (keda_decision){
        .struct_size = out->struct_size,
        .now_ms = seen->now_ms,
        .from = i32_max(seen->spec_replicas, -1),
        .to = i32_max(seen->spec_replicas, -1),
        .binding_metric = -1,
        .metric_replicas = -1,
        .history_truncated = history != NULL && history->is_truncated,
        .proposals = out->proposals,
        .nproposals = out->nproposals,
        .proposal_size = out->proposal_size,
        .hpa_current = -1,
        .limit_window_ms = rules->limit_window_ms,
    };
}

static struct hpa_scale scale_of(const keda_observation *seen)
{
    return (struct hpa_scale){
        .spec = seen->spec_replicas,
        .status = seen->status_replicas >= 0 ? seen->status_replicas : seen->spec_replicas,
        .pods_total = seen->pods_total,
        .pods_ready = seen->pods_ready,
    };
}

/* --- the HPA half alone ----------------------------------------------------------------------- */

static void take_hpa_result(keda_decision *out, int32_t reason)
{
    out->reason = reason;
    if (!out->hpa_is_write)
        return;
    out->to = out->hpa_desired;
    out->is_write = 1;
    out->event = KEDA_EVENT_RESCALED;
}

keda_status keda_hpa_decide(const keda_policy *policy, const keda_observation *seen,
                            const keda_history *history, keda_decision *out)
{
    struct hpa_rules rules;

    if (!rules_policy_is_sound(policy) || !observation_is_sound(seen) ||
        !decision_is_sound(out))
        return KEDA_EINVAL;
    keda_policy alone = *policy; /* fallback and formula are KEDA's */
    alone.has_fallback = 0;
    alone.formula = NULL;
    rules_from_policy(&alone, RULES_HPA_ALONE, &rules);
    decision_begin(seen, history, &rules, out);
    const struct hpa_scale scale = scale_of(seen);
    take_hpa_result(out, hpa_reconcile(&alone, &rules, seen, &scale, HPA_RUN, history, out));
    return KEDA_OK;
}

keda_status keda_hpa_propose(const keda_policy *policy, const keda_metric_policy *metric,
                             const keda_reading *reading, const keda_observation *seen,
                             keda_proposal *out)
{
    struct hpa_rules rules;

    if (!rules_policy_is_sound(policy) || !observation_is_sound(seen) || metric == NULL ||
        metric->struct_size < sizeof *metric || reading == NULL ||
        reading->struct_size < sizeof *reading || out == NULL || out->struct_size < sizeof *out)
        return KEDA_EINVAL;
    rules_from_policy(policy, RULES_HPA_ALONE, &rules);
    const struct hpa_scale scale = scale_of(seen);
    hpa_propose(&rules, metric, reading, &scale, out);
    return KEDA_OK;
}

/* --- both halves ------------------------------------------------------------------------------ */

/* What KEDA makes of the readings, whichever half is due. */
static void judge_readings(const keda_policy *policy, const keda_observation *seen,
                           keda_decision *out)
{
    if (policy->has_fallback || policy->formula != NULL)
        fallback_note(policy, seen, out);
    if (policy->formula != NULL)
        composite_note(policy, seen, out->from, out);
    const struct activity activity = activity_of(policy, seen, out);
    out->is_active = activity.is_active;
    out->is_error = activity.is_error;
}

/* D1 */
static void decide_unreadable(const keda_observation *seen, keda_decision *out)
{
    out->reason = KEDA_REASON_UNREADABLE;
    if (out->due & (KEDA_DUE_POLL | KEDA_DUE_PUSH))
        decision_condition(out, KEDA_COND_READY, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_ERROR_GETTING_CURRENT_REPLICAS);
    if (seen->due & KEDA_DUE_SYNC) {
        out->hpa_is_error = 1;
        decision_condition(out, KEDA_COND_ABLE_TO_SCALE, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_FAILED_GET_SCALE);
    }
}

/* D2, and the count of paused-replicas */
static void decide_paused(const keda_policy *policy, keda_decision *out)
{
    out->due &= ~(uint32_t)KEDA_DUE_SYNC;
    out->is_paused = 1;
    out->reason = KEDA_REASON_PAUSED;
    decision_condition(out, KEDA_COND_READY, KEDA_CONDITION_TRUE,
                       KEDA_CAUSE_SCALED_OBJECT_READY);
    decision_condition(out, KEDA_COND_PAUSED, KEDA_CONDITION_TRUE,
                       KEDA_CAUSE_SCALED_OBJECT_PAUSED);
    if (policy_deviates(policy, KEDA_DEVIATION_PAUSED_INACTIVE))
        decision_condition(out, KEDA_COND_ACTIVE, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_SCALED_OBJECT_PAUSED);
    if (policy->paused_replicas < 0)
        return;
    out->reason = KEDA_REASON_PAUSED_REPLICAS;
    out->to = policy->paused_replicas;
    out->is_write = out->to != out->from;
}

static void note_unpaused(const keda_policy *policy, const keda_history *history,
                          keda_decision *out)
{
    if (policy->pause == 0 && history != NULL &&
        history->conditions[KEDA_COND_PAUSED].status == KEDA_CONDITION_TRUE)
        decision_condition(out, KEDA_COND_PAUSED, KEDA_CONDITION_FALSE,
                           KEDA_CAUSE_SCALED_OBJECT_UNPAUSED);
}

/* From zero or idle: the HPA half sees the count which activation writes, and may raise it. */
static void raise_activation(const keda_policy *policy, const struct hpa_rules *rules,
                             const keda_observation *seen, const keda_history *history,
                             keda_decision *out)
{
    const struct hpa_scale scale = {.spec = out->to,
                                    .status = out->to,
                                    .pods_total = seen->pods_total,
                                    .pods_ready = seen->pods_ready};
    if (out->composite.is_fallback) /* which may go by the count */
        composite_note(policy, seen, out->to, out);
    (void)hpa_reconcile(policy, rules, seen, &scale, HPA_RUN, history, out);
    out->to = i32_max(out->to, out->hpa_desired);
}

/* Which of two reasons says more while nothing is written. */
static int32_t stronger_reason(int32_t activation, int32_t hpa)
{
    const bool is_hpa_bound =
        hpa == KEDA_REASON_STABILIZED || hpa == KEDA_REASON_SCALE_UP_LIMIT ||
        hpa == KEDA_REASON_SCALE_DOWN_LIMIT || hpa == KEDA_REASON_TOO_MANY;
    if (is_hpa_bound || activation == KEDA_REASON_UNSET || activation == KEDA_REASON_NO_SYNC)
        return hpa;
    if (activation == KEDA_REASON_INACTIVE && hpa != KEDA_REASON_DISABLED)
        return hpa;
    return activation;
}

static void run_hpa(const keda_policy *policy, const struct hpa_rules *rules,
                    const keda_observation *seen, const keda_history *history,
                    keda_decision *out)
{
    const int32_t activation_reason = out->reason;
    const enum hpa_mode mode = activation_is_parked(policy, out->from) ? HPA_PARKED : HPA_RUN;
    const struct hpa_scale scale = scale_of(seen);
    const int32_t reason = hpa_reconcile(policy, rules, seen, &scale, mode, history, out);

    take_hpa_result(out, reason);
    if (!out->is_write)
        out->reason = stronger_reason(activation_reason, reason);
}

static void decide_halves(const keda_policy *policy, const struct hpa_rules *rules,
                          const keda_observation *seen, const keda_history *history,
                          keda_decision *out)
{
    out->due &= ~(uint32_t)KEDA_DUE_SYNC;
    note_unpaused(policy, history, out);
    if (out->due)
        activation_decide(policy, seen, history, out);
    if (out->event == KEDA_EVENT_ACTIVATED)
        raise_activation(policy, rules, seen, history, out);
    else if (!out->is_write && (seen->due & KEDA_DUE_SYNC))
        run_hpa(policy, rules, seen, history, out);
}

keda_status keda_decide(const keda_policy *policy, const keda_observation *seen,
                        const keda_history *history, keda_decision *out)
{
    struct hpa_rules rules;

    if (!rules_policy_is_sound(policy) || !observation_is_sound(seen) ||
        !decision_is_sound(out) || !fallback_has_room(policy, out))
        return KEDA_EINVAL;
    rules_from_policy(policy, RULES_UNDER_KEDA, &rules);
    decision_begin(seen, history, &rules, out);
    out->due = seen->due & (KEDA_DUE_POLL | KEDA_DUE_SYNC | KEDA_DUE_PUSH);
    judge_readings(policy, seen, out);
    if (out->due == 0)
        return KEDA_OK;
    if (out->from < 0)
        decide_unreadable(seen, out);
    else if (policy->pause & KEDA_PAUSE_FULL)
        decide_paused(policy, out);
    else
        decide_halves(policy, &rules, seen, history, out);
    return KEDA_OK;
}
