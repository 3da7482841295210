/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/decide.h, explain.h and job.h: the decision core, which never asks for memory. */
#include "memory/every_call.h"

#include "core/situation.h"

static struct situation s;
static char text[1024];

static void open_decided(world *w)
{
    (void)w;
    situation_open(&s, 2);
    situation_read(&s, 0, 64.5);
    situation_fail(&s, 1);
    (void)situation_decide(&s);
}

static keda_status decide(world *w)
{
    keda_proposal proposal = {.struct_size = sizeof proposal};
    keda_status rc = keda_decide(&s.policy, &s.seen, s.history, &s.decision);

    (void)w;
    if (rc == KEDA_OK)
        rc = keda_hpa_decide(&s.policy, &s.seen, s.history, &s.decision);
    if (rc == KEDA_OK)
        rc = keda_hpa_propose(&s.policy, &s.metrics[0], &s.readings[0], &s.seen, &proposal);
    keda_decision_text(&s.policy, &s.seen, &s.decision, NULL, text, sizeof text);
    return rc;
}

static keda_status remember(world *w)
{
    union {
        int64_t aligned;
        char bytes[sizeof s.memory];
    } other;
    keda_history *copy = (void *)&other;
    int64_t last_ms = 0;
    int32_t current, desired;

    (void)w;
    if (keda_history_size(&s.policy, 15000) == 0)
        return KEDA_EINVAL;
    keda_history_init(copy, sizeof other);
    keda_history_apply(copy, &s.decision, KEDA_OUTCOME_WRITTEN);
    keda_history_set_last_active(copy, 1, 7);
    keda_history_copy(s.history, copy);
    keda_history_hpa_status(s.history, &current, &desired);
    (void)keda_history_condition(s.history, KEDA_COND_READY);
    return keda_history_last_active(s.history, &last_ms) && last_ms == 7 ? KEDA_OK
                                                                         : KEDA_EINVAL;
}

static keda_status name(world *w)
{
    (void)w;
    return keda_reason_name(1) != NULL && keda_deviation_name(0) != NULL &&
                   keda_cause_name(1) != NULL
               ? KEDA_OK
               : KEDA_EINVAL;
}

static keda_status record(world *w)
{
    static keda_record_metric metrics[SITUATION_METRICS];
    union {
        int64_t aligned;
        char bytes[4096];
    } memory;
    keda_ring *ring = (void *)&memory;
    keda_record made = KEDA_RECORD_INIT;
    keda_flip flip;

    (void)w;
    made.metrics = metrics;
    made.nmetrics = SITUATION_METRICS;
    keda_status rc = keda_record_make(&s.policy, &s.seen, s.history, &s.decision,
                                      KEDA_OUTCOME_WRITTEN, 7000, &made);
    if (rc != KEDA_OK)
        return rc;
    keda_record_line(&made, NULL, text, sizeof text);
    keda_record_explain(&made, NULL, text, sizeof text);
    if (keda_record_is_news(&made, &made) == 0)
        return KEDA_EINVAL;
    if (keda_ring_size(2, 8) > sizeof memory)
        return KEDA_ELIMIT;
    keda_ring_init(ring, sizeof memory, 2);
    keda_ring_push(ring, &made);
    if (keda_ring_count(ring) != 1)
        return KEDA_EINVAL;
    made.nmetrics = SITUATION_METRICS;
    rc = keda_ring_at(ring, 0, &made);
    return rc != KEDA_OK
               ? rc
               : keda_decision_flip(&s.policy, &s.seen, s.history, &s.decision, &flip);
}

static keda_status job(world *w)
{
    static const int64_t items[] = {5000};
    static const int64_t finished[] = {1, 2, 3};
    static const keda_job_pod pods[1];
    keda_job_policy policy = KEDA_JOB_POLICY_INIT;
    keda_job_observation seen = KEDA_JOB_OBSERVATION_INIT;
    keda_job_decision out = KEDA_JOB_DECISION_INIT;
    const keda_job_reading reading = {.struct_size = sizeof reading,
                                      .state = KEDA_READING_OK,
                                      .is_active = 1,
                                      .target = 1,
                                      .items_milli = items,
                                      .nitems = 1};
    uint8_t kept[3];

    (void)w;
    seen.readings = &reading;
    seen.nreadings = 1;
    (void)keda_job_is_pending(NULL, 0, pods, 1, sizeof pods[0]);
    keda_job_history(finished, 3, 1, kept);
    return keda_job_decide(&policy, &seen, &out);
}

static const every_call rows[] = {
    QUIET(keda_decide, open_decided, decide, NULL),
    QUIET(keda_hpa_decide, open_decided, decide, NULL),
    QUIET(keda_hpa_propose, open_decided, decide, NULL),
    QUIET(keda_decision_text, open_decided, decide, NULL),
    QUIET(keda_history_size, open_decided, remember, NULL),
    QUIET(keda_history_init, open_decided, remember, NULL),
    QUIET(keda_history_copy, open_decided, remember, NULL),
    QUIET(keda_history_apply, open_decided, remember, NULL),
    QUIET(keda_history_set_last_active, open_decided, remember, NULL),
    QUIET(keda_history_last_active, open_decided, remember, NULL),
    QUIET(keda_history_condition, open_decided, remember, NULL),
    QUIET(keda_history_hpa_status, open_decided, remember, NULL),
    QUIET(keda_reason_name, NULL, name, NULL),
    QUIET(keda_deviation_name, NULL, name, NULL),
    QUIET(keda_cause_name, NULL, name, NULL),
    QUIET(keda_record_make, open_decided, record, NULL),
    QUIET(keda_record_line, open_decided, record, NULL),
    QUIET(keda_record_explain, open_decided, record, NULL),
    QUIET(keda_record_is_news, open_decided, record, NULL),
    QUIET(keda_decision_flip, open_decided, record, NULL),
    QUIET(keda_ring_size, open_decided, record, NULL),
    QUIET(keda_ring_init, open_decided, record, NULL),
    QUIET(keda_ring_push, open_decided, record, NULL),
    QUIET(keda_ring_count, open_decided, record, NULL),
    QUIET(keda_ring_at, open_decided, record, NULL),
    QUIET(keda_job_decide, NULL, job, NULL),
    QUIET(keda_job_is_pending, NULL, job, NULL),
    QUIET(keda_job_history, NULL, job, NULL),
};
const every_table calls_core = {rows, sizeof rows / sizeof rows[0]};
