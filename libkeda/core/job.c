/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision of a ScaledJob's poll: what each trigger asks for, what they ask for together, and what
 * the strategy makes of it. Counting Jobs is job_count.c's.
 */
#include <keda/job.h>

#include "core/arith.h"

#include <stdbool.h>

enum { DEFAULT_MAX_JOBS = 100 };

/* --- arguments -------------------------------------------------------------------------------- */

static bool is_sound(const keda_job_policy *policy, const keda_job_observation *seen,
                     const keda_job_decision *out)
{
    if (policy == NULL || policy->struct_size < sizeof *policy)
        return false;
    if (seen == NULL || seen->struct_size < sizeof *seen)
        return false;
    if (seen->nreadings > 0 &&
        (seen->readings == NULL || seen->reading_size < sizeof(keda_job_reading)))
        return false;
    return out != NULL && out->struct_size >= sizeof *out;
}

static const keda_job_reading *reading_at(const keda_job_observation *seen, size_t i)
{
    return (const void *)((const char *)seen->readings + i * seen->reading_size);
}

static bool deviates(const keda_job_policy *policy, enum keda_deviation deviation)
{
    return (policy->deviations & (uint32_t)deviation) != 0;
}

/* --- bounds ----------------------------------------------------------------------------------- */

struct bounds {
    int32_t floor;  /* Jobs always kept */
    int32_t budget; /* on top of these */
};

/* KEDA: derived bounds; min above max counts as max, and an unset max is not reduced by min (J2a). */
static struct bounds bounds_of(const keda_job_policy *policy)
{
    const int32_t min = i32_max(policy->min_jobs, 0);

    if (policy->max_jobs < 0)
        return (struct bounds){min, deviates(policy, KEDA_DEVIATION_JOB_MAX_TOTAL)
                                        ? i32_max(DEFAULT_MAX_JOBS - min, 0)
                                        : DEFAULT_MAX_JOBS};
    if (min > policy->max_jobs)
        return (struct bounds){policy->max_jobs, policy->max_jobs};
    return (struct bounds){min, policy->max_jobs - min};
}

/* --- demand ----------------------------------------------------------------------------------- */

static double smaller(double a, double b)
{
    return b < a ? b : a;
}

static keda_job_demand demand_of(const keda_job_reading *reading, int32_t budget)
{
    keda_job_demand demand = {0};

    for (size_t i = 0; i < reading->nitems && reading->items_milli != NULL; i++)
        demand.queue_length += (double)reading->items_milli[i] * 0.001;
    if (reading->target < 0.0 || reading->target > 0.0)
        demand.max_value = smaller(demand.queue_length / reading->target, (double)budget);
    return demand;
}

struct sum {
    size_t n;     /* active triggers */
    bool is_busy; /* one of them has something queued */
    double queue_length, max_value;
};

/* KEDA: `min` takes 0 for not set (J4b). */
static bool replaces(const keda_job_policy *policy, const struct sum *sum,
                     const keda_job_demand *demand)
{
    if (policy->calculation != KEDA_JOB_MIN)
        return demand->queue_length > sum->queue_length;
    if (deviates(policy, KEDA_DEVIATION_JOB_TRUE_MIN) ? sum->n == 1 : sum->queue_length == 0.0)
        return true;
    return demand->queue_length < sum->queue_length;
}

static void take(const keda_job_policy *policy, struct sum *sum, const keda_job_demand *demand)
{
    sum->n++;
    sum->is_busy = sum->is_busy || demand->queue_length > 0.0;
    if (policy->calculation == KEDA_JOB_AVG || policy->calculation == KEDA_JOB_SUM) {
        sum->queue_length += demand->queue_length;
        sum->max_value += demand->max_value;
    } else if (replaces(policy, sum, demand)) {
        sum->queue_length = demand->queue_length;
        sum->max_value = demand->max_value;
    }
}

static struct sum demand_of_all(const keda_job_policy *policy, const keda_job_observation *seen,
                                int32_t budget, keda_job_decision *out)
{
    struct sum sum = {0};

    for (size_t i = 0; i < seen->nreadings; i++) {
        const keda_job_reading *reading = reading_at(seen, i);
        const bool is_known = reading->state == KEDA_READING_OK;
        const keda_job_demand demand =
            is_known ? demand_of(reading, budget) : (keda_job_demand){0};
        if (out->demands != NULL && i < out->ndemands)
            out->demands[i] = demand;
        if (!is_known)
            out->is_error = 1;
        else if (reading->is_active)
            take(policy, &sum, &demand);
    }
    if (policy->calculation == KEDA_JOB_AVG && sum.n > 0) {
        sum.queue_length /= (double)sum.n;
        sum.max_value /= (double)sum.n;
    }
    return sum;
}

static void combine(const keda_job_policy *policy, const keda_job_observation *seen,
                    const struct bounds *bounds, keda_job_decision *out)
{
    const bool needs_queue = policy->calculation != KEDA_JOB_MIN &&
                             policy->calculation != KEDA_JOB_AVG &&
                             policy->calculation != KEDA_JOB_SUM;
    const struct sum sum = demand_of_all(policy, seen, bounds->budget, out);

    out->is_active = bounds->floor > 0 || (needs_queue ? sum.is_busy : sum.n > 0);
    out->queue_length = sum.queue_length;
    out->max_value = smaller(sum.max_value, (double)bounds->budget);
    out->scale_to = i64_from_double(ceil(out->queue_length));
    out->max_scale = i64_from_double(ceil(out->max_value));
}

/* --- strategy --------------------------------------------------------------------------------- */

static int64_t i64_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct allowance {
    int64_t effective, scale_to;
};

static int64_t custom(const keda_job_policy *policy, int64_t max_scale, int64_t running,
                      int64_t budget)
{
    const int64_t share = i64_from_double((double)running * policy->running_percentage);
    const int64_t less = i64_sat_add(max_scale, -(int64_t)policy->deduction);

    return i64_min(i64_sat_add(less, share == INT64_MIN ? INT64_MAX : -share), budget);
}

static struct allowance allow(const keda_job_policy *policy, const keda_job_observation *seen,
                              const struct bounds *bounds, const keda_job_decision *out)
{
    const int64_t budget = bounds->budget, max_scale = out->max_scale;
    const int64_t running = (int64_t)i32_max(seen->running, 0) - bounds->floor;
    const int64_t pending = i32_max(seen->pending, 0);
    const bool is_once = deviates(policy, KEDA_DEVIATION_JOB_EAGER_PENDING_ONCE);

    if (running < 0) /* the floor comes first; demand follows at the next poll */
        return (struct allowance){-running, -running};
    if (policy->strategy == KEDA_JOB_EAGER)
        return (struct allowance){
            i64_min(budget - running - (is_once ? 0 : pending), max_scale), budget};
    if (policy->strategy == KEDA_JOB_ACCURATE)
        return (struct allowance){max_scale + running - pending > budget ? budget - running
                                                                         : max_scale - pending,
                                  out->scale_to};
    if (policy->strategy == KEDA_JOB_CUSTOM && !isnan(policy->running_percentage))
        return (struct allowance){custom(policy, max_scale, running, budget), out->scale_to};
    return (struct allowance){max_scale - running, out->scale_to};
}

static int32_t clamp(int64_t n)
{
    return n < 0 ? 0 : (int32_t)i64_min(n, INT32_MAX);
}

/* --- conditions ------------------------------------------------------------------------------- */

static void set_conditions(keda_job_decision *out)
{
    out->active = out->is_active
                      ? (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALER_ACTIVE}
                      : (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_SCALER_NOT_ACTIVE};
    if (!out->is_error)
        out->ready = (keda_condition){KEDA_CONDITION_TRUE, KEDA_CAUSE_SCALED_JOB_READY};
    else if (out->is_active)
        out->ready = (keda_condition){KEDA_CONDITION_UNKNOWN, KEDA_CAUSE_PARTIAL_TRIGGER_ERROR};
    else
        out->ready = (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_TRIGGER_ERROR};
}

keda_status keda_job_decide(const keda_job_policy *policy, const keda_job_observation *seen,
                            keda_job_decision *out)
{
    if (!is_sound(policy, seen, out))
        return KEDA_EINVAL;
    const struct bounds bounds = bounds_of(policy);

    *out = (keda_job_decision){.struct_size = out->struct_size,
                               .is_error = seen->is_error != 0,
                               .demands = out->demands,
                               .ndemands = out->ndemands};
    combine(policy, seen, &bounds, out);
    const struct allowance allowance = allow(policy, seen, &bounds, out);
    out->effective = clamp(allowance.effective);
    out->is_held =
        seen->is_unlisted != 0 && deviates(policy, KEDA_DEVIATION_JOB_LIST_ERROR_HOLDS);
    if (out->is_active && !out->is_held)
        out->create = i32_min(out->effective, clamp(allowance.scale_to));
    out->is_last_active_set = out->is_active;
    set_conditions(out);
    return KEDA_OK;
}
