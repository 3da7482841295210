/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: from one due moment to the next, as the engine's cycle does it, with readings from feeds
 * and a target that is the workers' model. Deciding is keda_decide's, when is core/due.h's.
 */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "simulate/moment.h"
#include "simulate/simulation.h"

enum { MAX_STEPS = 10000000, TEXT_SIZE = 512, DEFAULT_DURATION_MS = 3600000 };

typedef struct run {
    keda_simulation *s;
    keda_simulation_step_fn fn;
    void *user;
    due_rule rule;
    due_times next;
    int64_t now_ms;
    keda_observation seen;
    keda_decision decision;
    keda_simulation_step step;
    tally_step counted;
    int32_t wanted; /* what the metrics asked for last */
    bool has_unknown;
    char text[TEXT_SIZE];
} run;

/* ---- beginning */

static keda_status bind_queues(keda_simulation *s, keda_error *err)
{
    char label[128];

    s->workers.queues = s->queues;
    s->workers.nqueues = 0;
    for (size_t t = 0; t < s->plan.ntriggers; t++) {
        feed *f = feeds_of(&s->feeds, t);
        s->queue_of[t] = NULL;
        if (f == NULL) {
            names_label(&s->names, t, label, sizeof label);
            return keda_error_set(err, KEDA_EINVAL, "no trace is for trigger %s", label);
        }
        if (!f->is_rate)
            continue;
        for (size_t i = 0; i < s->workers.nqueues; i++)
            if (s->queues[i].feed == f)
                s->queue_of[t] = &s->queues[i];
        if (s->queue_of[t] != NULL)
            continue;
        s->queue_of[t] = &s->queues[s->workers.nqueues++];
        *s->queue_of[t] = (queue){.feed = f};
    }
    return KEDA_OK;
}

static keda_status begin_workers(keda_simulation *s, keda_error *err)
{
    const workers_rules rules = {.service_rate = s->options.service_rate,
                                 .startup_ms = s->options.startup_ms,
                                 .pause_ms = s->options.pause_ms,
                                 .partitions = s->options.partitions};
    const keda_status rc = bind_queues(s, err);

    if (rc != KEDA_OK)
        return rc;
    if (s->workers.nqueues > 0 && s->options.service_rate <= 0.0)
        return keda_error_set(err, KEDA_EINVAL,
                              "arrivals need a service rate: items a second of one replica");
    for (size_t i = 0; i < s->workers.nqueues; i++)
        s->queues[i].backlog = s->options.backlog / (double)s->workers.nqueues;
    workers_init(&s->workers, &rules, s->start_replicas);
    return KEDA_OK;
}

static void begin_readings(keda_simulation *s)
{
    for (size_t i = 0; i < s->plan.policy->nmetrics; i++) {
        metric_reading *m = &s->readings[i];
        m->reading = (keda_reading)KEDA_READING_INIT;
        m->reading.items_milli = &m->item_milli;
        m->read_at_ms = -1;
        s->proposals[i] = (keda_proposal){.struct_size = sizeof(keda_proposal)};
    }
    memset(s->was_asked, 0, s->plan.ntriggers * sizeof *s->was_asked);
    for (size_t t = 0; t < s->plan.ntriggers; t++)
        s->lags[t] = (double)NAN;
}

static int64_t duration_of(const keda_simulation *s)
{
    if (s->options.duration_ms > 0)
        return s->options.duration_ms;
    return s->feeds.ngenerators > 0 && s->feeds.last_ms == 0 ? DEFAULT_DURATION_MS
                                                             : s->feeds.last_ms;
}

/* Every poll is a decision: they alone may be too many. */
static keda_status check_length(const keda_simulation *s, int64_t duration_ms, keda_error *err)
{
    const int64_t polls = duration_ms / s->plan.polling_interval_ms;

    if (polls <= MAX_STEPS)
        return KEDA_OK;
    return keda_error_set(err, KEDA_ELIMIT, "more than %d decisions: %lld polls until the end",
                          MAX_STEPS, (long long)polls);
}

static keda_status begin(run *r, keda_error *err)
{
    keda_simulation *s = r->s;
    const int64_t duration_ms = duration_of(s);

    feeds_rewind(&s->feeds);
    keda_status rc = begin_workers(s, err);
    if (rc == KEDA_OK)
        rc = check_length(s, duration_ms, err);
    if (rc != KEDA_OK)
        return rc;
    begin_readings(s);
    keda_history_init(s->history, s->history_size);
    s->start_wall_ms =
        s->options.start_wall_ms > 0 ? s->options.start_wall_ms : s->feeds.start_wall_ms;
    tally_begin(&s->tally, duration_ms, s->start_replicas);
    r->rule = (due_rule){.poll_interval_ms = s->plan.polling_interval_ms,
                         .sync_interval_ms = s->plan.sync_interval_ms,
                         .phase_ms = s->options.phase_ms};
    r->decision = (keda_decision)KEDA_DECISION_INIT;
    r->wanted = s->start_replicas;
    r->step = (keda_simulation_step){.struct_size = sizeof r->step,
                                     .duration_ms = duration_ms,
                                     .policy = s->plan.policy,
                                     .seen = &r->seen,
                                     .decision = &r->decision,
                                     .metrics = s->plan.metrics,
                                     .text = r->text};
    return KEDA_OK;
}

/* ---- measuring */

static double read_trigger(keda_simulation *s, size_t trigger, int64_t now_ms)
{
    const double value = feed_value(feeds_of(&s->feeds, trigger), now_ms);
    const queue *q = s->queue_of[trigger];
    return q != NULL && isfinite(value) ? workers_lag(&s->workers, q) : value;
}

static void keep_reading(metric_reading *m, double value, int64_t now_ms)
{
    keda_reading *reading = &m->reading;

    reading->is_cached = KEDA_CACHED_NO;
    if (!isfinite(value)) {
        reading->state = isnan(value) ? KEDA_READING_UNKNOWN : KEDA_READING_FAILED;
        reading->error = isnan(value) ? KEDA_EUNAVAILABLE : KEDA_EPROTOCOL;
        reading->nitems = 0;
        return;
    }
    reading->state = KEDA_READING_OK;
    reading->error = KEDA_OK;
    reading->raw = value;
    m->item_milli = num_milli(value);
    reading->nitems = 1;
    m->read_at_ms = now_ms;
}

/* Upstream keeps what the last poll said for ever (Q9a). */
static bool is_cached(const run *r, size_t t)
{
    enum { CACHED_INTERVALS = 3 };
    const keda_simulation *s = r->s;
    const metric_reading *first = &s->readings[s->triggers[t].first_metric];

    if (!s->triggers[t].uses_cached || !s->was_asked[t])
        return false;
    if ((s->plan.policy->deviations & KEDA_DEVIATION_CACHED_EXPIRES) == 0 ||
        first->read_at_ms < 0)
        return true;
    return r->now_ms - first->read_at_ms <= CACHED_INTERVALS * r->rule.poll_interval_ms;
}

static void measure_trigger(run *r, size_t t)
{
    keda_simulation *s = r->s;
    const keda_plan_trigger *trigger = &s->triggers[t];
    metric_reading *first = &s->readings[trigger->first_metric];

    if (!due_needs_reading(r->seen.due, is_cached(r, t))) {
        for (size_t m = 0; m < trigger->nmetrics; m++)
            first[m].reading.is_cached = s->proposals[trigger->first_metric + m].is_fallback
                                             ? KEDA_CACHED_FALLBACK
                                             : KEDA_CACHED_READING;
        return;
    }
    const double value = read_trigger(s, t, r->now_ms);
    for (size_t m = 0; m < trigger->nmetrics; m++)
        keep_reading(&first[m], value, r->now_ms);
    s->lags[t] = isfinite(value) ? value : (double)NAN;
    s->was_asked[t] = true;
}

/* KEDA: a paused object is not polled. */
static void measure(run *r)
{
    keda_simulation *s = r->s;

    if ((s->plan.policy->pause & KEDA_PAUSE_FULL) == 0)
        for (size_t t = 0; t < s->plan.ntriggers; t++)
            measure_trigger(r, t);
    r->has_unknown = false;
    for (size_t i = 0; i < s->plan.policy->nmetrics; i++) {
        metric_reading *m = &s->readings[i];
        m->reading.age_ms = m->read_at_ms >= 0 ? r->now_ms - m->read_at_ms : 0;
        r->has_unknown = r->has_unknown || m->reading.state != KEDA_READING_OK;
    }
}

static double lag_of(const keda_simulation *s)
{
    double sum = (double)NAN;
    for (size_t t = 0; t < s->plan.ntriggers; t++)
        if (!isnan(s->lags[t]))
            sum = isnan(sum) ? s->lags[t] : sum + s->lags[t];
    return sum;
}

/* The failures in a row go on from the last decision that counted them. */
static void keep_failures(const run *r)
{
    const keda_simulation *s = r->s;

    if (!s->plan.policy->has_fallback ||
        (r->decision.due & (KEDA_DUE_POLL | KEDA_DUE_SYNC)) == 0)
        return;
    for (size_t i = 0; i < s->plan.policy->nmetrics; i++)
        s->readings[i].reading.failures = s->proposals[i].failures;
}

/* ---- one step */

static void observe(run *r, uint32_t due)
{
    keda_simulation *s = r->s;

    r->seen = (keda_observation)KEDA_OBSERVATION_INIT;
    r->seen.now_ms = r->now_ms;
    r->seen.due = due;
    measure(r);
    r->seen.spec_replicas = r->seen.status_replicas = s->workers.replicas;
    r->seen.pods_total = s->workers.replicas;
    r->seen.pods_ready = s->workers.started;
    r->seen.readings = s->plan.policy->nmetrics == 0 ? NULL : &s->readings[0].reading;
    r->seen.nreadings = s->plan.policy->nmetrics;
    r->seen.reading_size = sizeof s->readings[0];
}

/* What is wanted when no metric was looked at is what is set. */
static int32_t wanted_of(const run *r)
{
    const keda_decision *d = &r->decision;

    if (d->is_consulted && d->metric_replicas >= 0)
        return d->metric_replicas;
    return d->is_active && !d->is_write ? r->wanted : d->to;
}

static keda_status tell(run *r, keda_error *err)
{
    keda_simulation *s = r->s;
    const double lag = lag_of(s);
    const keda_decision *d = &r->decision;

    r->text[0] = '\0';
    if (d->is_write)
        keda_decision_text(s->plan.policy, &r->seen, d, s->plan.metrics, r->text, TEXT_SIZE);
    r->counted = (tally_step){.at_ms = r->now_ms,
                              .decision = d,
                              .lags = s->lags,
                              .lag = lag,
                              .working = s->workers.started,
                              .wanted = r->wanted,
                              .has_unknown = r->has_unknown,
                              .text = r->text};
    keda_status rc = tally_add(&s->tally, &r->counted, err);
    if (rc != KEDA_OK || r->fn == NULL)
        return rc;
    r->step.at_ms = r->now_ms;
    r->step.wall_ms = s->start_wall_ms > 0 ? s->start_wall_ms + r->now_ms : 0;
    r->step.lag = lag;
    r->step.working = s->workers.started;
    r->step.wanted = r->wanted;
    if ((rc = r->fn(&r->step, r->user)) != KEDA_OK)
        return keda_error_set(err, rc, "the run was ended");
    return KEDA_OK;
}

static keda_status decide(run *r, keda_error *err)
{
    keda_simulation *s = r->s;
    keda_decision *d = &r->decision;

    d->proposals = s->proposals;
    d->nproposals = s->plan.policy->nmetrics;
    d->proposal_size = sizeof *s->proposals;
    if (keda_decide(s->plan.policy, &r->seen, s->history, d) != KEDA_OK)
        return keda_error_set(err, KEDA_EINTERNAL, "the policy cannot be decided");
    keep_failures(r);
    r->wanted = wanted_of(r);
    if (d->is_write)
        workers_scale(&s->workers, d->to);
    const keda_status rc = tell(r, err);
    keda_history_apply(s->history, d,
                       d->is_write ? KEDA_OUTCOME_WRITTEN : KEDA_OUTCOME_NOT_WRITTEN);
    return rc;
}

static keda_status step(run *r, keda_error *err)
{
    keda_simulation *s = r->s;

    workers_advance(&s->workers, r->now_ms);
    observe(r, due_bits(&r->next, r->now_ms, s->workers.replicas > 0));
    const keda_status rc = decide(r, err);
    if (s->workers.replicas > 0)
        due_count_changed(&r->next, &r->rule, r->now_ms);
    due_pass(&r->next, &r->rule, r->now_ms);
    r->now_ms = due_next_ms(&r->next, s->workers.replicas > 0);
    return rc;
}

static void end(run *r)
{
    keda_simulation *s = r->s;
    keda_simulation_summary *sum = &s->tally.sum;

    workers_advance(&s->workers, sum->duration_ms);
    tally_end(&s->tally);
    sum->has_arrivals = s->workers.nqueues > 0;
    sum->working_seconds = s->workers.working_s;
    sum->arrived = s->workers.arrived;
    sum->served = s->workers.served;
    sum->waiting_seconds = s->workers.waiting_s;
    sum->peak_backlog = s->workers.peak_backlog;
    const double items = s->workers.arrived + s->options.backlog;
    sum->mean_waiting_s = items > 0.0 ? s->workers.waiting_s / items : 0.0;
    s->has_run = true;
}

keda_status keda_simulation_run(keda_simulation *s, keda_simulation_step_fn fn, void *user,
                                keda_error *err)
{
    run r = {.s = s, .fn = fn, .user = user};
    keda_status rc = begin(&r, err);

    s->has_run = false;
    while (rc == KEDA_OK && r.now_ms <= s->tally.sum.duration_ms) {
        rc = step(&r, err);
        if (rc == KEDA_OK && s->tally.sum.steps > MAX_STEPS)
            rc = keda_error_set(err, KEDA_ELIMIT, "more than %d decisions", MAX_STEPS);
        if (rc == KEDA_OK && s->workers.nslices > WORKERS_MAX_SLICES)
            rc = keda_error_set(err, KEDA_ELIMIT, "the trace changes too often");
    }
    if (rc == KEDA_OK)
        end(&r);
    return rc;
}
