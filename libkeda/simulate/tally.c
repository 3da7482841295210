/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting and adding up. Between two steps everything is as the first of them left it.
 */
#include "simulate/tally.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

keda_status tally_init(tally *t, size_t nlags, keda_error *err)
{
    t->nlags = nlags;
    t->lags = mem_zalloc(nlags * TALLY_PARTS, sizeof *t->lags);
    return t->lags != NULL ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

void tally_clear(tally *t)
{
    mem_free(t->lags);
    mem_free(t->changes);
    mem_free(t->texts);
}

void tally_begin(tally *t, int64_t duration_ms, int32_t replicas)
{
    t->sum = (keda_simulation_summary){.struct_size = sizeof t->sum,
                                       .duration_ms = duration_ms,
                                       .peak_replicas = replicas,
                                       .least_replicas = replicas,
                                       .final_replicas = replicas};
    memset(t->parts, 0, sizeof t->parts);
    t->nchanges = t->ntexts = 0;
    t->last_ms = 0;
    t->last_to = t->last_wanted = replicas;
    t->direction = 0;
    t->last_lag = (double)NAN;
    t->known_s = t->lag_s = 0.0;
}

/* ---- the course */

static void widen(tally_range *range, double value, bool is_first)
{
    if (isnan(value) && !is_first)
        return;
    if (is_first || isnan(range->low)) {
        *range = (tally_range){value, value, value, value};
        return;
    }
    range->low = value < range->low ? value : range->low;
    range->high = value > range->high ? value : range->high;
    range->last = value;
}

static size_t part_of(const tally *t, int64_t at_ms)
{
    const double share = (double)at_ms / ((double)t->sum.duration_ms + 1.0);
    const size_t i = (size_t)(share * TALLY_PARTS);
    return i < TALLY_PARTS ? i : TALLY_PARTS - 1;
}

static unsigned activity_of(const tally_step *s)
{
    if (s->decision->is_active)
        return TALLY_ACTIVE;
    return s->has_unknown ? TALLY_UNKNOWN : TALLY_INACTIVE;
}

static void add_to_course(tally *t, const tally_step *s)
{
    const size_t i = part_of(t, s->at_ms);
    tally_part *part = &t->parts[i];
    const bool is_first = !part->is_used;

    if (is_first)
        part->at_ms = s->at_ms;
    part->is_used = true;
    part->activity |= activity_of(s);
    widen(&part->set, s->decision->to, is_first);
    widen(&part->working, s->working, is_first);
    widen(&part->wanted, s->wanted, is_first);
    widen(&part->lag, s->lag, is_first);
    for (size_t n = 0; n < t->nlags; n++)
        widen(&t->lags[n * TALLY_PARTS + i], s->lags[n], is_first);
}

/* ---- sums */

static void pass_time(tally *t, int64_t to_ms)
{
    const double seconds = (double)(to_ms - t->last_ms) / 1000.0;
    const int32_t unmet = t->last_wanted > t->last_to ? t->last_wanted - t->last_to : 0;

    t->sum.replica_seconds += (double)t->last_to * seconds;
    t->sum.unmet_replica_seconds += (double)unmet * seconds;
    t->sum.unmet_seconds += unmet > 0 ? seconds : 0.0;
    t->sum.zero_seconds += t->last_to == 0 ? seconds : 0.0;
    if (!isnan(t->last_lag)) {
        t->known_s += seconds;
        t->lag_s += t->last_lag * seconds;
    }
    t->last_ms = to_ms;
}

static void count_change(keda_simulation_summary *sum, tally *t, int32_t from, int32_t to)
{
    const int32_t direction = to > from ? 1 : -1;

    sum->scale_ups += to > from;
    sum->scale_downs += to < from;
    sum->reversals += t->direction == -direction;
    t->direction = direction;
}

static keda_status keep_text(tally *t, const char *text, int32_t *number, keda_error *err)
{
    void *texts = t->texts;

    *number = -1;
    if (t->ntexts == TALLY_TEXTS)
        return KEDA_OK;
    const keda_status rc =
        mem_grow(&texts, &t->texts_capacity, t->ntexts, sizeof *t->texts, err);
    t->texts = texts;
    if (rc != KEDA_OK)
        return rc;
    (void)text_copy(t->texts[t->ntexts], TALLY_TEXT, text);
    text_cut_broken_end(t->texts[t->ntexts]);
    *number = (int32_t)t->ntexts++;
    return KEDA_OK;
}

static keda_status keep_change(tally *t, const tally_step *s, keda_error *err)
{
    const keda_decision *d = s->decision;
    tally_change change = {
        .at_ms = s->at_ms, .lag = s->lag, .from = d->from, .to = d->to, .reason = d->reason};
    void *changes = t->changes;
    keda_status rc;

    if (t->nchanges == TALLY_CHANGES)
        return keda_error_set(err, KEDA_ELIMIT, "more than %d changes of the count",
                              TALLY_CHANGES);
    if ((rc = keep_text(t, s->text, &change.text, err)) != KEDA_OK)
        return rc;
    rc = mem_grow(&changes, &t->changes_capacity, t->nchanges, sizeof change, err);
    t->changes = changes;
    if (rc == KEDA_OK)
        t->changes[t->nchanges++] = change;
    return rc;
}

static void take_extremes(keda_simulation_summary *sum, const tally_step *s)
{
    const int32_t to = s->decision->to;

    sum->peak_replicas = to > sum->peak_replicas ? to : sum->peak_replicas;
    sum->least_replicas = to < sum->least_replicas ? to : sum->least_replicas;
    sum->final_replicas = to;
    if (isnan(s->lag))
        return;
    sum->peak_lag = s->lag > sum->peak_lag ? s->lag : sum->peak_lag;
    sum->final_lag = s->lag;
}

keda_status tally_add(tally *t, const tally_step *s, keda_error *err)
{
    const keda_decision *d = s->decision;
    keda_simulation_summary *sum = &t->sum;

    pass_time(t, s->at_ms);
    sum->steps++;
    sum->polls += (d->due & KEDA_DUE_POLL) != 0;
    sum->syncs += (d->due & KEDA_DUE_SYNC) != 0;
    sum->unknown_steps += s->has_unknown;
    take_extremes(sum, s);
    add_to_course(t, s);
    t->last_to = d->to;
    t->last_wanted = s->wanted;
    t->last_lag = s->lag;
    if (!d->is_write || d->to == d->from)
        return KEDA_OK;
    count_change(sum, t, d->from, d->to);
    return keep_change(t, s, err);
}

void tally_end(tally *t)
{
    const double seconds = (double)t->sum.duration_ms / 1000.0;

    pass_time(t, t->sum.duration_ms);
    t->sum.mean_replicas = seconds > 0.0 ? t->sum.replica_seconds / seconds : t->last_to;
    t->sum.mean_lag = t->known_s > 0.0 ? t->lag_s / t->known_s : t->sum.final_lag;
}

int32_t tally_replicas_at(const tally *t, int64_t at_ms, int32_t at_start)
{
    size_t low = 0, high = t->nchanges;

    while (low < high) { /* the first change after it */
        const size_t middle = low + (high - low) / 2;
        if (t->changes[middle].at_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? at_start : t->changes[low - 1].to;
}
