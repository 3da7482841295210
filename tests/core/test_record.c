/* SPDX-License-Identifier: Apache-2.0 */
/* Records of decisions (libkeda/core/record.c): what they hold, and what is refused. */
#include "core/situation.h"

#include <keda/explain.h>

#include <math.h>

struct made {
    keda_record record;
    keda_record_metric metrics[SITUATION_METRICS];
    keda_status status;
};

/* A record of the last decision, with room for that many metrics. */
static struct made make(struct situation *s, size_t room, keda_outcome outcome)
{
    static keda_record_metric metrics[SITUATION_METRICS];
    struct made made = {.record = KEDA_RECORD_INIT};
    made.record.metrics = metrics;
    made.record.nmetrics = room;
    made.status = keda_record_make(&s->policy, &s->seen, s->history, &s->decision, outcome,
                                   7000, &made.record);
    memcpy(made.metrics, metrics, sizeof metrics);
    return made;
}

static struct made made_of(struct situation *s)
{
    situation_decide(s);
    struct made made = make(s, SITUATION_METRICS, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(made.status, KEDA_OK);
    return made;
}

Test(record, holds_the_decision_and_its_policy)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 3;
    s.policy.max_replicas = 5;
    s.policy.tolerance = 0.2;
    s.policy.sync_interval_ms = 1000;
    situation_read(&s, 0, 64.5);
    const struct made m = made_of(&s);
    const keda_record *r = &m.record;
    cr_assert_eq(r->first_wall_ms, 7000);
    cr_assert_eq(r->last_wall_ms, 7000);
    cr_assert_eq(r->runs, 1);
    cr_assert_eq(r->due, KEDA_DUE_POLL | KEDA_DUE_SYNC);
    cr_assert_eq(r->from, 3);
    cr_assert_eq(r->to, 5);
    cr_assert_eq(r->is_write, 1);
    cr_assert_eq(r->is_dry_run, 0);
    cr_assert_eq(r->outcome, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(r->reason, KEDA_REASON_TOO_MANY);
    cr_assert_eq(r->event, KEDA_EVENT_RESCALED);
    cr_assert_eq(r->is_active, 1);
    cr_assert_eq(r->binding_metric, 0);
    cr_assert_eq(r->metric_replicas, 7);
    cr_assert_eq(r->raw_replicas, 7);
    cr_assert_eq(r->stabilized_replicas, 7);
    cr_assert_eq(r->limit_replicas, 5);
    cr_assert_eq(r->hpa_current, 3);
    cr_assert_eq(r->hpa_desired, 5);
    cr_assert_eq(r->hpa_is_write, 1);
    cr_assert_eq(r->is_consulted, 1);
    cr_assert_eq(r->has_recommendation, 1);
    cr_assert_eq(r->limit_window_ms, 15000);
    cr_assert_eq(r->min_replicas, 1);
    cr_assert_eq(r->max_replicas, 5);
    cr_assert_eq(r->up_window_s, 0);
    cr_assert_eq(r->down_window_s, 300);
    cr_assert_eq(r->has_behavior, 0);
    cr_assert_eq(r->tolerance_up, 0.2);
    cr_assert_eq(r->tolerance_down, 0.2);
    cr_assert_eq(r->conditions[KEDA_COND_SCALING_LIMITED].cause, KEDA_CAUSE_TOO_MANY_REPLICAS);
    cr_assert_eq(r->nmetrics, 1);
    cr_assert_eq(r->nmetrics_all, 1);
    cr_assert_eq(r->flip.metric, 0);
    cr_assert_eq(r->flip.to, 4);
    cr_assert_eq(r->flip.value_milli, 40000);
}

Test(record, takes_windows_and_tolerances_of_a_behaviour)
{
    struct situation s;
    situation_open(&s, 1);
    situation_behave(&s, (keda_rate_policy){KEDA_RATE_PODS, 4, 15, 0},
                     (keda_rate_policy){KEDA_RATE_PODS, 4, 15, 0});
    s.up.stabilization_s = 30;
    s.up.tolerance = 0.3;
    s.down.stabilization_s = 60;
    s.down.tolerance = 0.05;
    s.policy.pause = KEDA_PAUSE_SCALE_IN;
    s.policy.force_activation = 2;
    situation_read(&s, 0, 10);
    const struct made m = made_of(&s);
    cr_assert_eq(m.record.has_behavior, 1);
    cr_assert_eq(m.record.up_window_s, 30);
    cr_assert_eq(m.record.down_window_s, 60);
    cr_assert_eq(m.record.tolerance_up, 0.3);
    cr_assert_eq(m.record.tolerance_down, 0.05);
    cr_assert_eq(m.record.pause, KEDA_PAUSE_SCALE_IN);
    cr_assert_eq(m.record.is_forced, 1);
}

Test(record, tells_a_dry_run_from_nothing_to_write)
{
    struct situation s;
    situation_open(&s, 1);
    situation_read(&s, 0, 30);
    situation_decide(&s);
    cr_assert_eq(make(&s, 1, KEDA_OUTCOME_NOT_WRITTEN).record.is_dry_run, 1);
    cr_assert_eq(make(&s, 1, KEDA_OUTCOME_FAILED).record.is_dry_run, 0);
    situation_read(&s, 0, 10);
    situation_decide(&s);
    cr_assert_eq(make(&s, 1, KEDA_OUTCOME_NOT_WRITTEN).record.is_dry_run, 0);
}

Test(record, holds_each_metric)
{
    struct situation s;
    situation_open(&s, 3);
    s.metrics[0].activation = 0.25;
    s.metrics[1].activation = (double)NAN;
    s.metrics[1].source = KEDA_SOURCE_OBJECT;
    s.metrics[2].target_type = KEDA_TARGET_VALUE;
    situation_read(&s, 0, 12.5);
    s.readings[0].age_ms = 2999;
    situation_read(&s, 1, 10);
    s.readings[1].age_ms = -1;
    situation_read(&s, 2, 40); /* pods are not known */
    s.readings[2].is_active = 0;
    const struct made m = made_of(&s);
    const keda_record_metric *a = &m.metrics[0], *b = &m.metrics[1], *c = &m.metrics[2];
    cr_assert_eq(a->value_milli, 12500);
    cr_assert_eq(a->target_milli, 10000);
    cr_assert_eq(a->activation_milli, 250);
    cr_assert_eq(a->replicas, 2);
    cr_assert_eq(a->age_s, 2);
    cr_assert_eq(a->state, KEDA_READING_OK);
    cr_assert_eq(a->is_ok, 1);
    cr_assert_eq(a->is_active, 1);
    cr_assert_eq(a->is_within, 0);
    cr_assert_eq(b->index, 1);
    cr_assert_eq(b->activation_milli, INT64_MAX);
    cr_assert_eq(b->source, KEDA_SOURCE_OBJECT);
    cr_assert_eq(b->is_within, 1);
    cr_assert_eq(b->is_active, 0);
    cr_assert_eq(b->age_s, 0);
    cr_assert_eq(c->target_type, KEDA_TARGET_VALUE);
    cr_assert_eq(c->state, KEDA_READING_OK);
    cr_assert_eq(c->is_ok, 0);
    cr_assert_eq(c->value_milli, 40000);
    cr_assert_eq(c->is_active, 0);
}

Test(record, takes_activity_as_activation_does)
{
    struct situation s;
    situation_open(&s, 3);
    for (size_t i = 0; i < 3; i++)
        situation_read(&s, i, 5);
    s.metrics[0].activation = -1;
    s.readings[0].raw = (double)INFINITY;
    s.readings[1].raw = -3;
    s.readings[2].raw = 0;
    s.readings[2].is_active = 1;
    struct made m = made_of(&s);
    cr_assert_eq(m.metrics[0].is_active, 1);
    cr_assert_eq(m.metrics[1].is_active, 0);
    cr_assert_eq(m.metrics[2].is_active, 1);
}

Test(record, says_what_is_not_known_and_since_when)
{
    struct situation s;
    situation_open(&s, 3);
    s.readings[0].state = KEDA_READING_FAILED;
    s.readings[0].error = KEDA_EAUTH;
    s.readings[0].failures = 4;
    s.readings[0].age_ms = 61000;
    s.readings[1].state = KEDA_READING_OK; /* an empty answer */
    s.readings[1].failures = INT32_MAX;
    s.readings[1].age_ms = INT64_MAX;
    s.seen.nreadings = 2;
    const struct made m = made_of(&s);
    cr_assert_eq(m.metrics[0].state, KEDA_READING_FAILED);
    cr_assert_eq(m.metrics[0].error, KEDA_EAUTH);
    cr_assert_eq(m.metrics[0].failures, 5);
    cr_assert_eq(m.metrics[0].age_s, 61);
    cr_assert_eq(m.metrics[0].is_ok, 0);
    cr_assert_eq(m.metrics[1].state, KEDA_READING_FAILED);
    cr_assert_eq(m.metrics[1].error, KEDA_EPROTOCOL);
    cr_assert_eq(m.metrics[1].failures, INT32_MAX);
    cr_assert_eq(m.metrics[1].age_s, INT32_MAX);
    cr_assert_eq(m.metrics[2].state, KEDA_READING_UNKNOWN);
    cr_assert_eq(m.metrics[2].age_s, -1);
    cr_assert_eq(m.metrics[2].failures, 0);
    s.readings[1].nitems = 1;
    s.readings[1].items_milli = NULL;
    cr_assert_eq(made_of(&s).metrics[1].error, KEDA_EPROTOCOL, "a count without items");
}

Test(record, asks_no_proposals_that_were_not_made)
{
    struct situation s;
    situation_open(&s, 2);
    situation_read(&s, 0, 30);
    situation_read(&s, 1, 30);
    s.proposals[0].replicas = 99; /* of an earlier decision */
    s.seen.due = KEDA_DUE_POLL;
    struct made m = made_of(&s);
    cr_assert_eq(m.metrics[0].replicas, -1);
    cr_assert_eq(m.metrics[0].is_ok, 1);
    s.seen.due = KEDA_DUE_SYNC;
    situation_decide(&s);
    s.decision.nproposals = 1;
    m = make(&s, SITUATION_METRICS, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.metrics[0].replicas, 3);
    cr_assert_eq(m.metrics[1].replicas, -1);
    s.decision.proposals = NULL;
    m = make(&s, SITUATION_METRICS, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.metrics[0].replicas, -1);
}

Test(record, shows_the_value_of_a_fallback)
{
    struct situation s;
    situation_open(&s, 2);
    s.seen.spec_replicas = s.seen.pods_total = s.seen.pods_ready = 4;
    s.policy.has_fallback = 1;
    s.policy.fallback_replicas = 6;
    s.metrics[1].target_type = KEDA_TARGET_VALUE;
    situation_fail(&s, 0);
    situation_fail(&s, 1);
    struct made m = made_of(&s);
    cr_assert_eq(m.record.is_fallback, 1);
    cr_assert_eq(m.metrics[0].is_fallback, 1);
    cr_assert_eq(m.metrics[0].value_milli, 60000);
    cr_assert_eq(m.metrics[0].failures, 1);
    cr_assert_eq(m.metrics[0].replicas, 6);
    cr_assert_eq(m.metrics[1].value_milli, 15000);
    /* Also where the metrics were not asked, and by the count that an activation writes. */
    s.policy.fallback_behavior = KEDA_FALLBACK_CURRENT_REPLICAS;
    s.seen.due = KEDA_DUE_POLL;
    m = made_of(&s);
    cr_assert_eq(m.metrics[0].value_milli, 40000);
    cr_assert_eq(m.metrics[0].replicas, -1);
    s.seen.spec_replicas = 0;
    s.policy.min_replicas = 2;
    m = made_of(&s);
    cr_assert_eq(m.metrics[0].value_milli, 20000);
    /* Below the threshold the count alone. */
    s.policy.fallback_threshold = 3;
    m = made_of(&s);
    cr_assert_eq(m.metrics[0].is_fallback, 0);
    cr_assert_eq(m.metrics[0].failures, 1);
    /* In the formula's behaviour there is no value. */
    s.policy.fallback_threshold = 0;
    s.policy.fallback_behavior = KEDA_FALLBACK_SCALING_MODIFIERS;
    m = made_of(&s);
    cr_assert_eq(m.metrics[0].is_fallback, 2);
    cr_assert_eq(m.metrics[0].value_milli, 0);
}

static const keda_pod_sample pod = {.struct_size = sizeof pod,
                                    .is_listed = 1,
                                    .phase = KEDA_POD_RUNNING,
                                    .ready = KEDA_POD_READY_TRUE,
                                    .has_start = 1,
                                    .has_sample = 1,
                                    .has_request = 1,
                                    .start_age_ms = 1000000,
                                    .ready_transition_age_ms = 900000,
                                    .request_milli = 1000,
                                    .sample_milli = 850,
                                    .sample_age_ms = 10000,
                                    .sample_window_ms = 15000};

Test(record, shows_what_pods_report)
{
    struct situation s;
    situation_open(&s, 2);
    s.metrics[0].source = KEDA_SOURCE_RESOURCE;
    s.metrics[0].target_type = KEDA_TARGET_UTILIZATION;
    s.metrics[0].target_milli = 50000;
    s.metrics[1].source = KEDA_SOURCE_PODS;
    s.metrics[1].target_milli = 1000;
    for (size_t i = 0; i < 2; i++) {
        s.readings[i].state = KEDA_READING_OK;
        s.readings[i].pods = &pod;
        s.readings[i].npods = 1;
        s.readings[i].is_active = 1;
    }
    s.seen.due = KEDA_DUE_SYNC;
    const struct made m = made_of(&s);
    cr_assert_eq(m.metrics[0].value_milli, 85000);
    cr_assert_eq(m.metrics[0].replicas, 2);
    cr_assert_eq(m.metrics[0].is_active, 0);
    cr_assert_eq(m.metrics[1].value_milli, 850);
    cr_assert_eq(m.record.flip.metric, -1);
    cr_assert_eq(m.record.flip.to, -1);
}

Test(record, keeps_the_first_metrics_and_the_binding_one)
{
    struct situation s;
    situation_open(&s, 3);
    for (size_t i = 0; i < 3; i++)
        situation_read(&s, i, 10.0 * (double)(i + 1));
    situation_decide(&s);
    struct made m = make(&s, 2, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.status, KEDA_ELIMIT);
    cr_assert_eq(m.record.nmetrics, 2);
    cr_assert_eq(m.record.nmetrics_all, 3);
    cr_assert_eq(m.metrics[0].index, 0);
    cr_assert_eq(m.metrics[1].index, 2);
    m = make(&s, 0, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.status, KEDA_ELIMIT);
    cr_assert_eq(m.record.nmetrics, 0);
    s.decision.binding_metric = 1;
    m = make(&s, 2, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.metrics[1].index, 1);
    s.decision.binding_metric = -1;
    m = make(&s, 2, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.metrics[1].index, 1);
    s.decision.binding_metric = 3; /* a formula's result */
    m = make(&s, 2, KEDA_OUTCOME_WRITTEN);
    cr_assert_eq(m.metrics[1].index, 1);

    keda_record none = KEDA_RECORD_INIT;
    none.nmetrics = 5;
    cr_assert_eq(
        keda_record_make(&s.policy, &s.seen, NULL, &s.decision, KEDA_OUTCOME_WRITTEN, 0, &none),
        KEDA_ELIMIT);
    cr_assert_eq(none.nmetrics, 0);
}

static keda_status status_of(struct situation *s)
{
    keda_flip flip = {0};
    const keda_status status = make(s, SITUATION_METRICS, KEDA_OUTCOME_WRITTEN).status;
    cr_assert_eq(keda_decision_flip(&s->policy, &s->seen, s->history, &s->decision, &flip),
                 status);
    return status;
}

Test(record, refuses_what_it_does_not_know)
{
    struct situation s;
    keda_record record = KEDA_RECORD_INIT;
    keda_flip flip;

    situation_open(&s, 1);
    situation_read(&s, 0, 30);
    situation_decide(&s);
    cr_assert_eq(status_of(&s), KEDA_OK);
    const struct situation good = s;
    s.policy.struct_size--;
    cr_assert_eq(status_of(&s), KEDA_EINVAL);
    s.policy = good.policy;
    s.seen.struct_size--;
    cr_assert_eq(status_of(&s), KEDA_EINVAL);
    s.seen = good.seen;
    s.seen.reading_size--;
    cr_assert_eq(status_of(&s), KEDA_EINVAL);
    s.seen.nreadings = 0;
    cr_assert_eq(status_of(&s), KEDA_OK);
    s.seen = good.seen;
    s.decision.struct_size--;
    cr_assert_eq(status_of(&s), KEDA_EINVAL);
    s.decision = good.decision;
    s.decision.proposal_size--;
    cr_assert_eq(status_of(&s), KEDA_EINVAL);
    s.decision.nproposals = 0;
    cr_assert_eq(status_of(&s), KEDA_OK);
    s.decision.proposals = NULL;
    cr_assert_eq(status_of(&s), KEDA_OK);

    cr_assert_eq(
        keda_record_make(NULL, &s.seen, NULL, &s.decision, KEDA_OUTCOME_WRITTEN, 0, &record),
        KEDA_EINVAL);
    cr_assert_eq(keda_decision_flip(&s.policy, NULL, NULL, &s.decision, &flip), KEDA_EINVAL);
    cr_assert_eq(keda_decision_flip(&s.policy, &s.seen, NULL, NULL, &flip), KEDA_EINVAL);
    cr_assert_eq(keda_decision_flip(&s.policy, &s.seen, NULL, &s.decision, NULL), KEDA_EINVAL);
    cr_assert_eq(
        keda_record_make(&s.policy, &s.seen, NULL, &s.decision, KEDA_OUTCOME_WRITTEN, 0, NULL),
        KEDA_EINVAL);
    record.struct_size--;
    cr_assert_eq(keda_record_make(&s.policy, &s.seen, NULL, &s.decision, KEDA_OUTCOME_WRITTEN,
                                  0, &record),
                 KEDA_EINVAL);
}
