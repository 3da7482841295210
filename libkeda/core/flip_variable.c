/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest change of one reading that a formula takes. Where the formula's result would turn the
 * count is known (flip.c); a reading that leads there is guessed as if the formula were piecewise
 * affine, and every guess is really decided: a change is told only when it turns the count and a
 * thousandth less of it does not.
 */
#include "core/record.h"

#include "core/arith.h"
#include "core/hpa.h"
#include "core/reading.h"

#include <stdbool.h>

enum { MAX_VARIABLES = 8, MAX_STRIDES = 6, GROWTH = 8 };

/* Readings beyond are not exact as doubles. */
static const int64_t max_value = INT64_C(1) << 53;

/* One reading that is varied, and everything else as it was. */
struct trial {
    const keda_policy *policy;
    const keda_history *history;
    const struct flip_results *results;
    keda_observation seen;
    keda_reading readings[FLIP_METRICS];
    keda_proposal proposals[FLIP_METRICS];
    keda_reading *varied;
    int64_t item, start;
    int32_t to;        /* the count that was decided */
    int direction;     /* 1 or -1 */
    bool is_by_result; /* a result at a turn is looked for too, not a changed count alone */
};

/* What a change of that size leads to. */
struct point {
    int64_t distance, result;
    int32_t to;
};

static struct point try_at(struct trial *trial, int64_t distance)
{
    keda_decision decision = {.struct_size = sizeof decision,
                              .to = trial->to,
                              .proposals = trial->proposals,
                              .nproposals = FLIP_METRICS,
                              .proposal_size = sizeof(keda_proposal)};

    trial->item = trial->start + trial->direction * distance;
    trial->varied->raw = (double)trial->item / 1000.0;
    const keda_status status =
        keda_decide(trial->policy, &trial->seen, trial->history, &decision);
    (void)status; /* what was decided once can be decided again */
    return (struct point){distance, decision.composite_milli, decision.to};
}

/* The distance at which the line through both points reaches a turn; 0 when it does not. */
static double distance_of_turn(const struct trial *trial, const struct point *near,
                               const struct point *far)
{
    const double moved = (double)far->result - (double)near->result;
    const int64_t turn = moved > 0.0 ? trial->results->above : trial->results->below;

    if (far->result == near->result || turn < 0)
        return 0.0;
    const double share = ((double)turn - (double)near->result) / moved;
    return (double)near->distance + ceil(share * (double)(far->distance - near->distance));
}

static bool is_over(const struct trial *trial, const struct point *at)
{
    const struct flip_results *results = trial->results;

    if (at->to != trial->to || !trial->is_by_result)
        return at->to != trial->to;
    return (results->above >= 0 && at->result >= results->above) ||
           at->result <= results->below;
}

/* Strides away until it is over: `far` is there, `near` is not. */
static bool find_bracket(struct trial *trial, struct point *near, struct point *far)
{
    const int64_t most = trial->direction < 0 ? trial->start : max_value - trial->start;
    int64_t distance = near->distance + trial->results->nearest;

    for (int i = 0; i < MAX_STRIDES && near->distance < most; i++) {
        *far = try_at(trial, distance < most ? distance : most);
        if (is_over(trial, far))
            return true;
        const double guess = distance_of_turn(trial, near, far);
        *near = *far;
        distance =
            guess > (double)near->distance ? i64_from_double(guess) : near->distance * GROWTH;
    }
    return false;
}

/* Until they are neighbours. The guess is right but for rounding: doubling steps around it. */
static void narrow(struct trial *trial, struct point *near, struct point *far)
{
    int64_t at = i64_from_double(distance_of_turn(trial, near, far)), step = 1;

    while (far->distance - near->distance > 1) {
        at = at < far->distance ? at : far->distance - 1;
        at = at > near->distance ? at : near->distance + 1;
        const struct point tried = try_at(trial, at);
        const bool is_far = is_over(trial, &tried);
        *(is_far ? far : near) = tried;
        if (far->distance - near->distance <= 2 * step) {
            at = near->distance + (far->distance - near->distance) / 2;
            continue;
        }
        at = is_far ? far->distance - step : near->distance + step;
        step *= 2;
    }
}

/* A turn of the result may be the end of a few readings only, so it comes before larger strides. */
static bool find_change(struct trial *trial, int64_t result, struct point *out)
{
    struct point near = {.result = result};

    for (int by_result = 1; by_result >= 0; by_result--) {
        trial->is_by_result = by_result != 0;
        if (find_bracket(trial, &near, out))
            narrow(trial, &near, out);
        if (out->to != trial->to)
            return true;
        near = *out;
    }
    return false;
}

/* As a formula takes it: one item, which is the sum. */
static bool is_varied(const keda_metric_policy *metric, const keda_reading *reading)
{
    return metric_is_external(metric) && metric->variable > 0 &&
           record_reading_is_known(reading) && reading->nitems == 1 &&
           reading->items_milli[0] >= 0;
}

/* Up first: of two changes of one size that is the one to tell. */
static void vary(struct trial *trial, const keda_decision *decision,
                 const keda_metric_policy *metric, size_t i, keda_flip *best, double *best_size)
{
    const keda_reading saved = trial->readings[i];

    trial->varied = &trial->readings[i];
    trial->start = saved.items_milli[0];
    trial->varied->items_milli = &trial->item;
    for (trial->direction = 1; trial->direction >= -1; trial->direction -= 2) {
        struct point far = {.result = decision->composite_milli, .to = trial->to};
        if (!find_change(trial, decision->composite_milli, &far))
            continue;
        const double size = (double)far.distance / fmax((double)metric->target_milli, 1.0);
        if (best->metric >= 0 && size >= *best_size)
            continue;
        *best = (keda_flip){.metric = (int32_t)i,
                            .to = far.to,
                            .value_milli = trial->start + trial->direction * far.distance};
        *best_size = size;
    }
    trial->readings[i] = saved;
}

keda_flip record_flip_variable(const keda_policy *policy, const keda_observation *seen,
                               const keda_history *history, const keda_decision *decision,
                               const struct flip_results *results)
{
    struct trial trial = {.policy = policy,
                          .history = history,
                          .results = results,
                          .seen = *seen,
                          .to = decision->to};
    keda_flip best = {.metric = -1, .to = -1};
    double best_size = 0.0;
    int nvaried = 0;

    trial.seen.readings = trial.readings;
    trial.seen.reading_size = sizeof trial.readings[0];
    trial.seen.nreadings = policy->nmetrics;
    for (size_t i = 0; i < policy->nmetrics; i++) {
        const keda_reading *reading = rules_reading_at(seen, i);
        trial.readings[i] = reading != NULL ? *reading : (keda_reading)KEDA_READING_INIT;
        trial.proposals[i].struct_size = sizeof trial.proposals[i];
    }
    for (size_t i = 0; i < policy->nmetrics && nvaried < MAX_VARIABLES; i++) {
        const keda_metric_policy *metric = rules_metric_at(policy, i);
        if (!is_varied(metric, &trial.readings[i]))
            continue;
        vary(&trial, decision, metric, i, &best, &best_size);
        nvaried++;
    }
    return best;
}
