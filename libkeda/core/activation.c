/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The activation half: KEDA's executor, whose table's rows (D3-D17) are named where they are
 * decided. Rows are tested in the table's order. D1 and D2 come before, in decide.c.
 */
#include "core/activation.h"

#include "core/arith.h"
#include "core/fallback.h"
#include "core/hpa.h"
#include "core/reading.h"

enum { DEFAULT_COOLDOWN_S = 300 };

/* --- is anything active? ---------------------------------------------------------------------- */

/* One metric's part in it. */
enum part {
    PART_NONE, /* read from the pods: it scales, but activates nothing */
    PART_INACTIVE,
    PART_ACTIVE,
    PART_ERROR
};

/* KEDA: strictly above the threshold, on the unrounded value. */
static bool is_reading_active(const keda_metric_policy *metric, const keda_reading *reading)
{
    if (reading->is_active >= 0)
        return reading->is_active != 0;
    const bool is_number = isfinite(reading->raw) && reading->raw > 0.0;
    return (is_number ? reading->raw : 0.0) > metric->activation;
}

/* KEDA: a metric in fallback is active, whatever its fallback is. */
static enum part part_of_failed(const keda_policy *policy, const keda_observation *seen,
                                size_t metric)
{
    const struct fallback fallback = fallback_of(policy, seen, metric, seen->spec_replicas);

    if (fallback.state == FALLBACK_VALUE)
        return fallback.replicas == 0 &&
                       policy_deviates(policy, KEDA_DEVIATION_FALLBACK_ZERO_INACTIVE)
                   ? PART_INACTIVE
                   : PART_ACTIVE;
    return fallback.state == FALLBACK_NIL && policy->formula != NULL ? PART_INACTIVE
                                                                     : PART_ERROR;
}

static inline enum part part_of(const keda_policy *policy, const keda_observation *seen,
                                size_t metric)
{
    const keda_metric_policy *rule = rules_metric_at(policy, metric);
    const keda_reading *reading = rules_reading_at(seen, metric);

    if (rule->source >= KEDA_SOURCE_PODS)
        return PART_NONE;
    if (!reading_is_known(reading))
        return part_of_failed(policy, seen, metric);
    return is_reading_active(rule, reading) ? PART_ACTIVE : PART_INACTIVE;
}

/* KEDA: the last metric of a trigger speaks for all of them. */
static bool is_last_word(const keda_policy *policy, size_t metric)
{
    const int32_t trigger = rules_metric_at(policy, metric)->trigger;

    if (policy_deviates(policy, KEDA_DEVIATION_ANY_METRIC_ACTIVATES))
        return true;
    for (size_t i = metric + 1; i < policy->nmetrics; i++)
        if (rules_metric_at(policy, i)->trigger == trigger)
            return false;
    return true;
}

static struct activity activity_of_metrics(const keda_policy *policy,
                                           const keda_observation *seen)
{
    bool is_active = false, is_error = false;
    size_t nnone = 0;

    for (size_t i = 0; i < policy->nmetrics; i++) {
        const enum part part = part_of(policy, seen, i);
        if (part == PART_ACTIVE)
            is_active = is_active || is_last_word(policy, i);
        else if (part == PART_ERROR)
            is_error = true;
        else if (part == PART_NONE)
            nnone++;
    }
    if (nnone > 0 && nnone == policy->nmetrics)
        is_active = true; /* KEDA: cpu and memory alone are always active */
    return (struct activity){is_active, is_error};
}

/* KEDA: what the triggers say counts no more, but for their errors. */
static struct activity activity_of_composite(const keda_policy *policy,
                                             const keda_decision *out, bool is_trigger_error)
{
    const bool is_known = out->composite_error == KEDA_OK;
    const bool is_error = is_trigger_error ||
                          (!is_known && policy_deviates(policy, KEDA_DEVIATION_FORMULA_ERROR));

    return (struct activity){.is_active = is_known && !is_error &&
                                          double_from_milli(out->composite_milli) >
                                              policy->composite_activation,
                             .is_error = is_error};
}

struct activity activity_of(const keda_policy *policy, const keda_observation *seen,
                            const keda_decision *out)
{
    const bool is_pushed = (seen->due & KEDA_DUE_PUSH) != 0;
    const bool is_polled = (seen->due & KEDA_DUE_POLL) != 0;
    struct activity sum = activity_of_metrics(policy, seen);

    if (policy->formula != NULL)
        sum = activity_of_composite(policy, out, sum.is_error);
    return (struct activity){.is_active =
                                 sum.is_active || policy->force_activation || is_pushed,
                             .is_error = sum.is_error && (is_polled || !is_pushed)};
}

bool activation_is_parked(const keda_policy *policy, int32_t from)
{
    return from == 0 || (from <= policy->idle_replicas && from < rules_min_replicas(policy));
}

/* --- helpers of the rows ---------------------------------------------------------------------- */

/*@ requires \valid(out);
    assigns out->to, out->is_write, out->reason, out->event;
    ensures out->to == to && out->is_write == 1 && out->reason == reason && out->event == event; */
static void set_count(keda_decision *out, int32_t to, int32_t reason, int32_t event)
{
    out->to = to;
    out->is_write = 1;
    out->reason = reason;
    out->event = event;
}

/*@ requires \valid(out);
    assigns out->conditions[KEDA_COND_READY]; */
static void ready(keda_decision *out, enum keda_condition_status status, int32_t cause)
{
    decision_condition(out, KEDA_COND_READY, status, cause);
}

/*@ requires \valid(out);
    assigns out->conditions[KEDA_COND_ACTIVE]; */
static void inactive(keda_decision *out, int32_t cause)
{
    decision_condition(out, KEDA_COND_ACTIVE, KEDA_CONDITION_FALSE, cause);
}

/* KEDA: lastActiveTime has whole seconds. */
/*@ requires \valid(out);
    assigns out->is_last_active_set, out->last_active_ms; */
static void touch(keda_decision *out)
{
    const int64_t rest = out->now_ms % 1000;
    out->is_last_active_set = 1;
    out->last_active_ms = i64_sat_add(out->now_ms, -(rest < 0 ? rest + 1000 : rest));
}

/*@ // The rows below may write what they name, and no other count.
    predicate is_ready(keda_policy *policy, keda_decision *out) =
        \valid_read(policy) && \valid(out) && \separated(policy, out);
    predicate stays{L1, L2}(keda_decision *out) =
        \at(out->to, L1) == \at(out->to, L2) && \at(out->is_write, L1) == \at(out->is_write, L2); */

/* --- active: D3-D7 ---------------------------------------------------------------------------- */

/*@ requires is_ready(policy, out);
    assigns *out;
    ensures pause: (policy->pause & KEDA_PAUSE_SCALE_OUT) != 0 ==> stays{Pre, Post}(out);
    ensures bounds: stays{Pre, Post}(out) || out->to == \max(1, policy->min_replicas); */
static void leave_rest(const keda_policy *policy, keda_decision *out)
{
    if (policy->pause & KEDA_PAUSE_SCALE_OUT) { /* D3 */
        out->reason = KEDA_REASON_PAUSED_SCALE_OUT;
        if (policy_deviates(policy, KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE))
            touch(out);
        return;
    }
    /* D4, and D5 when the write fails */
    set_count(out, i32_max(rules_min_replicas(policy), 1), KEDA_REASON_ACTIVATED,
              KEDA_EVENT_ACTIVATED);
    touch(out);
    if (out->is_error && policy_deviates(policy, KEDA_DEVIATION_ACTIVATION_SHOWS_ERROR))
        ready(out, KEDA_CONDITION_UNKNOWN, KEDA_CAUSE_PARTIAL_TRIGGER_ERROR);
}

/*@ requires is_ready(policy, out);
    assigns *out;
    ensures pause: (policy->pause & KEDA_PAUSE_SCALE_OUT) != 0 ==> stays{Pre, Post}(out);
    ensures bounds: stays{Pre, Post}(out) || out->to == \max(1, policy->min_replicas); */
static void decide_active(const keda_policy *policy, keda_decision *out)
{
    const bool is_below = policy->idle_replicas >= 0 && out->from < rules_min_replicas(policy);

    decision_condition(out, KEDA_COND_ACTIVE, KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALER_ACTIVE);
    if (out->from == 0 || is_below) {
        leave_rest(policy, out);
        return;
    }
    out->reason = KEDA_REASON_NO_SYNC;
    if (out->is_error) /* D6 */
        ready(out, KEDA_CONDITION_UNKNOWN, KEDA_CAUSE_PARTIAL_TRIGGER_ERROR);
    if (!out->is_error || policy_deviates(policy, KEDA_DEVIATION_PARTIAL_REFRESHES_ACTIVE))
        touch(out); /* D7 */
}

/* --- inactive: D8-D17 ------------------------------------------------------------------------- */

/* First moment after which the count may go down, exclusive. */
/*@ predicate knows_activity(keda_history *h) = h == \null ||
        (\valid_read(&h->has_last_active) && \valid_read(&h->last_active_ms)); */

/*@ requires \valid_read(policy) && \valid_read(seen);
    requires knows_activity(history);
    assigns \nothing; */
static int64_t cooldown_end_ms(const keda_policy *policy, const keda_observation *seen,
                               const keda_history *history)
{
    const int32_t cooldown_s =
        policy->cooldown_s >= 0 ? policy->cooldown_s : DEFAULT_COOLDOWN_S;
    if (history != NULL && history->has_last_active)
        return ms_before(history->last_active_ms, -cooldown_s);
    return ms_before(seen->created_ms, -i32_max(policy->initial_cooldown_s, 0));
}

/*@ assigns \nothing; */
static int32_t seconds_until_after(int64_t end_ms, int64_t now_ms)
{
    const double left_ms = (double)end_ms - (double)now_ms;
    return i32_max(1, i32_from_double(ceil(left_ms / 1000.0)));
}

/*@ requires is_ready(policy, out) && \valid_read(seen);
    requires knows_activity(history);
    assigns *out;
    ensures pause: (policy->pause & KEDA_PAUSE_SCALE_IN) != 0 ==> stays{Pre, Post}(out);
    ensures bounds: stays{Pre, Post}(out) || out->to ==
            (policy->idle_replicas >= 0 ? policy->idle_replicas : \max(0, policy->min_replicas)); */
static void rest(const keda_policy *policy, const keda_observation *seen,
                 const keda_history *history, keda_decision *out)
{
    if (policy->pause & KEDA_PAUSE_SCALE_IN) { /* D10 */
        out->reason = KEDA_REASON_PAUSED_SCALE_IN;
        return;
    }
    const int64_t end_ms = cooldown_end_ms(policy, seen, history);
    if (end_ms < out->now_ms) { /* D11, D13; D15 when the write fails */
        set_count(out,
                  policy->idle_replicas >= 0 ? policy->idle_replicas
                                             : rules_min_replicas(policy),
                  KEDA_REASON_DEACTIVATED, KEDA_EVENT_DEACTIVATED);
        return;
    }
    inactive(out, KEDA_CAUSE_SCALER_COOLDOWN); /* D12, D14 */
    out->reason = KEDA_REASON_COOLDOWN;
    out->cooldown_left_s = seconds_until_after(end_ms, out->now_ms);
}

/* A failed formula, or one without its readings, leaves nothing that works. */
static bool is_all_failing(const keda_policy *policy, const keda_observation *seen)
{
    for (size_t i = 0; policy->formula == NULL && i < policy->nmetrics; i++) {
        const enum part part = part_of(policy, seen, i);
        if (part == PART_INACTIVE || part == PART_ACTIVE)
            return false;
    }
    return true;
}

/* KEDA: a fallback leaves the errors of D8 unsaid. */
/*@ assigns \nothing; */
static bool is_error_said(const keda_policy *policy, const keda_observation *seen)
{
    return !policy->has_fallback || policy->fallback_replicas == 0 ||
           (policy_deviates(policy, KEDA_DEVIATION_FALLBACK_SHOWS_ERROR) &&
            is_all_failing(policy, seen));
}

/* D8 and D9; false when the error changes nothing: with fallback.replicas 0 upstream goes on. */
/*@ requires is_ready(policy, out);
    assigns out->conditions[KEDA_COND_READY], out->reason;
    ensures unknown: out->is_error != 0 && policy->has_fallback == 0 ==> \result;
    ensures unknown: out->is_error == 0 ==> !\result; */
static bool is_held_by_error(const keda_policy *policy, const keda_observation *seen,
                             keda_decision *out)
{
    if (!out->is_error)
        return false;
    if (policy->has_fallback && policy->fallback_replicas == 0 &&
        !policy_deviates(policy, KEDA_DEVIATION_FALLBACK_ZERO_READY))
        return false;
    if (is_error_said(policy, seen))
        ready(out, KEDA_CONDITION_FALSE, KEDA_CAUSE_TRIGGER_ERROR);
    out->reason = KEDA_REASON_TRIGGER_ERROR;
    return true;
}

/*@ requires is_ready(policy, out);
    assigns *out;
    ensures bounds: stays{Pre, Post}(out) || out->to == \max(0, policy->min_replicas); */
static void raise_to_min(const keda_policy *policy, keda_decision *out)
{
    if ((policy->pause & KEDA_PAUSE_SCALE_OUT) &&
        policy_deviates(policy, KEDA_DEVIATION_PAUSE_OUT_BLOCKS_MIN)) {
        out->reason = KEDA_REASON_PAUSED_SCALE_OUT;
        return;
    }
    set_count(out, rules_min_replicas(policy), KEDA_REASON_RAISED_TO_MIN, KEDA_EVENT_NONE);
}

/*@ requires is_ready(policy, out) && \valid_read(seen) && out->to == out->from;
    requires knows_activity(history);
    assigns *out;
    ensures unknown: \old(out->is_error) != 0 && policy->has_fallback == 0 ==>
            stays{Pre, Post}(out);
    ensures pause: (policy->pause & KEDA_PAUSE_SCALE_IN) != 0 ==> out->to >= \old(out->from); */
static void decide_inactive(const keda_policy *policy, const keda_observation *seen,
                            const keda_history *history, keda_decision *out)
{
    const int32_t min = rules_min_replicas(policy);
    const bool is_idle_set = policy->idle_replicas >= 0;

    inactive(out, KEDA_CAUSE_SCALER_NOT_ACTIVE);
    if (is_held_by_error(policy, seen, out))
        return;
    if ((is_idle_set && out->from > policy->idle_replicas) || (out->from > 0 && min == 0))
        rest(policy, seen, history, out);
    else if (!is_idle_set && out->from < min) /* D16 */
        raise_to_min(policy, out);
    else /* D17 */
        out->reason = KEDA_REASON_INACTIVE;
}

/*@ requires is_ready(policy, out) && \valid_read(seen) && out->to == out->from;
    requires knows_activity(history);
    assigns *out;
    ensures unknown: \old(out->is_active) == 0 && \old(out->is_error) != 0 &&
            policy->has_fallback == 0 ==> stays{Pre, Post}(out);
    ensures pause: (policy->pause & KEDA_PAUSE_SCALE_IN) != 0 && policy->min_replicas >= 0 ==>
            out->to >= \old(out->from) || out->to == \max(1, policy->min_replicas); */
void activation_decide(const keda_policy *policy, const keda_observation *seen,
                       const keda_history *history, keda_decision *out)
{
    ready(out, KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALED_OBJECT_READY);
    if (out->is_active)
        decide_active(policy, out);
    else
        decide_inactive(policy, seen, history, out);
}
