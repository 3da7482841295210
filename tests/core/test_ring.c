/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last decisions of a workload (libkeda/core/ring.c, pack.c): what goes in comes out, equal ones
 * are one, the oldest goes first, and all within the promised bytes.
 */
#include "core/situation.h"

#include <keda/explain.h>

enum { RING_BYTES = 1024, MANY = 40 };

union ring_memory {
    int64_t aligned;
    char bytes[16384];
};

static keda_ring *ring_open(union ring_memory *memory, size_t size, size_t nmetrics)
{
    memset(memory, 0xA5, sizeof *memory);
    keda_ring *ring = (void *)memory;
    keda_ring_init(ring, size, nmetrics);
    return ring;
}

/* The record at i, with room for that many metrics. */
struct taken {
    keda_record record;
    keda_record_metric metrics[MANY];
};

static void take(const keda_ring *ring, size_t i, struct taken *taken)
{
    *taken = (struct taken){.record = KEDA_RECORD_INIT};
    taken->record.metrics = taken->metrics;
    taken->record.nmetrics = MANY;
    cr_assert_eq(keda_ring_at(ring, i, &taken->record), KEDA_OK);
}

/* Member by member, so that padding does not count. */
static void same_metric(const keda_record_metric *a, const keda_record_metric *b)
{
    cr_assert_eq(a->value_milli, b->value_milli);
    cr_assert_eq(a->target_milli, b->target_milli);
    cr_assert_eq(a->activation_milli, b->activation_milli);
    cr_assert_eq(a->replicas, b->replicas);
    cr_assert_eq(a->age_s, b->age_s);
    cr_assert_eq(a->failures, b->failures);
    cr_assert_eq(memcmp(&a->state, &b->state, 8), 0);
    cr_assert_eq(a->index, b->index);
}

static void same(const keda_record *a, const keda_record *b)
{
    keda_record left = *a, right = *b;
    cr_assert_eq(a->nmetrics, b->nmetrics);
    for (size_t i = 0; i < a->nmetrics; i++)
        same_metric(&a->metrics[i], &b->metrics[i]);
    left.metrics = right.metrics = NULL;
    cr_assert_eq(memcmp(&left, &right, sizeof left), 0);
}

/* A decision's record as the engine would have it, a different one for each n. */
static void make(struct taken *out, int32_t n)
{
    struct situation s;
    situation_open(&s, 1);
    s.seen.spec_replicas = 3;
    situation_read(&s, 0, 1000.5 + n);
    s.readings[0].age_ms = 1000 * n;
    situation_decide(&s);
    *out = (struct taken){.record = KEDA_RECORD_INIT};
    out->record.metrics = out->metrics;
    out->record.nmetrics = MANY;
    cr_assert_eq(keda_record_make(&s.policy, &s.seen, s.history, &s.decision,
                                  KEDA_OUTCOME_WRITTEN, INT64_C(1790000000000) + n,
                                  &out->record),
                 KEDA_OK);
}

Test(ring, holds_8_records_of_one_metric_within_1_KiB)
{
    union ring_memory memory;
    struct taken record, out;

    cr_assert_leq(keda_ring_size(1, 8), RING_BYTES);
    keda_ring *ring = ring_open(&memory, keda_ring_size(1, 8), 1);
    cr_assert_eq(keda_ring_count(ring), 0);
    for (int32_t n = 0; n < 30; n++) {
        make(&record, n);
        keda_ring_push(ring, &record.record);
        cr_assert_eq(keda_ring_count(ring), n < 8 ? (size_t)n + 1 : 8);
    }
    for (size_t i = 0; i < 8; i++) {
        make(&record, 29 - (int32_t)i);
        take(ring, i, &out);
        same(&out.record, &record.record);
    }
    cr_assert_eq(keda_ring_at(ring, 8, &out.record), KEDA_ENOTFOUND);
    cr_assert_eq((unsigned char)memory.bytes[keda_ring_size(1, 8)], 0xA5);
}

Test(ring, tells_what_stands_in_for_a_reading)
{
    union ring_memory memory;
    struct taken record, out;
    keda_ring *ring = ring_open(&memory, RING_BYTES, 1);

    make(&record, 1);
    for (uint8_t stands_in = 0; stands_in <= 2; stands_in++) {
        record.metrics[0].is_fallback = stands_in;
        keda_ring_push(ring, &record.record);
        take(ring, 0, &out);
        cr_assert_eq(out.metrics[0].is_fallback, stands_in);
    }
    cr_assert_eq(keda_ring_count(ring), 3);
}

Test(ring, lengthens_the_run_of_one_that_says_the_same)
{
    union ring_memory memory;
    struct taken record, out;
    keda_ring *ring = ring_open(&memory, RING_BYTES, 1);

    make(&record, 1);
    keda_ring_push(ring, &record.record);
    record.record.first_wall_ms = record.record.last_wall_ms = INT64_C(1790000015000);
    record.record.cooldown_left_s = 12;
    record.metrics[0].age_s = 9;
    record.metrics[0].failures = 4;
    keda_ring_push(ring, &record.record);
    cr_assert_eq(keda_ring_count(ring), 1);
    take(ring, 0, &out);
    cr_assert_eq(out.record.runs, 2);
    cr_assert_eq(out.record.first_wall_ms, INT64_C(1790000000001));
    cr_assert_eq(out.record.last_wall_ms, INT64_C(1790000015000));
    cr_assert_eq(out.record.cooldown_left_s, 12);
    cr_assert_eq(out.metrics[0].age_s, 9);
    cr_assert_eq(out.metrics[0].failures, 4);

    record.record.runs = UINT32_MAX;
    keda_ring_push(ring, &record.record);
    take(ring, 0, &out);
    cr_assert_eq(out.record.runs, UINT32_MAX);

    record.metrics[0].value_milli++;
    keda_ring_push(ring, &record.record);
    cr_assert_eq(keda_ring_count(ring), 2);
    record.record.nmetrics_all = 200; /* of another length */
    keda_ring_push(ring, &record.record);
    cr_assert_eq(keda_ring_count(ring), 3);
}

/* A ring that holds one record with a formula, to be changed and pushed again. */
struct pushed {
    union ring_memory memory;
    struct taken taken;
    keda_ring *ring;
    size_t n; /* records that must be held */
};

static keda_record *push_first(struct pushed *p)
{
    p->ring = ring_open(&p->memory, sizeof p->memory.bytes, 1);
    make(&p->taken, 1);
    p->taken.record.metrics = p->taken.metrics;
    p->taken.record.has_composite = 1;
    keda_ring_push(p->ring, &p->taken.record);
    p->n = 1;
    return &p->taken.record;
}

static void push_another(struct pushed *p, size_t member)
{
    keda_ring_push(p->ring, &p->taken.record);
    cr_assert_eq(keda_ring_count(p->ring), ++p->n, "member %zu", member);
}

Test(ring, tells_counts_apart)
{
    static struct pushed p;
    keda_record *r = push_first(&p);
    keda_record_metric *m = p.taken.metrics;
    int32_t *const members[] = {&r->from,
                                &r->to,
                                &r->reason,
                                &r->event,
                                &r->outcome,
                                &r->binding_metric,
                                &r->metric_replicas,
                                &r->raw_replicas,
                                &r->stabilized_replicas,
                                &r->limit_replicas,
                                &r->hpa_current,
                                &r->hpa_desired,
                                &r->limit_window_ms,
                                &r->min_replicas,
                                &r->max_replicas,
                                &r->up_window_s,
                                &r->down_window_s,
                                &r->pause,
                                &r->flip.metric,
                                &r->flip.to,
                                &r->composite_error,
                                &r->composite_target_type,
                                &r->conditions[2].status,
                                &r->conditions[6].cause,
                                &m->replicas,
                                &m->index};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        *members[i] += 1;
        push_another(&p, i);
    }
}

Test(ring, tells_flags_apart)
{
    static struct pushed p;
    keda_record *r = push_first(&p);
    keda_record_metric *m = p.taken.metrics;
    int32_t *const flags[] = {&r->is_write,     &r->is_active,          &r->is_error,
                              &r->is_fallback,  &r->is_dry_run,         &r->hpa_is_write,
                              &r->is_consulted, &r->has_recommendation, &r->has_behavior,
                              &r->is_forced,    &r->has_composite};
    uint8_t *const bytes[] = {&m->state,     &m->error,     &m->source,      &m->target_type,
                              &m->is_active, &m->is_within, &m->is_fallback, &m->is_ok};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        *flags[i] = !*flags[i];
        push_another(&p, i);
    }
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        *bytes[i] = !*bytes[i];
        push_another(&p, i);
    }
    r->due ^= KEDA_DUE_PUSH;
    push_another(&p, 0);
}

Test(ring, tells_values_apart)
{
    static struct pushed p;
    keda_record *r = push_first(&p);
    keda_record_metric *m = p.taken.metrics;
    int64_t *const wide[] = {&r->flip.value_milli,
                             &r->composite_milli,
                             &r->composite_target_milli,
                             &r->composite_activation_milli,
                             &m->value_milli,
                             &m->target_milli,
                             &m->activation_milli};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        *wide[i] += 1;
        push_another(&p, i);
    }
    r->tolerance_up = 0.07;
    push_another(&p, 0);
    r->tolerance_down = 0.08;
    push_another(&p, 0);
    m[1] = m[0];
    r->nmetrics = 2;
    push_another(&p, 0);
    keda_ring_push(p.ring, r);
    cr_assert_eq(keda_ring_count(p.ring), p.n);
    struct taken out;
    take(p.ring, 0, &out);
    cr_assert_eq(out.record.runs, 2);
    out.record.runs = 1;
    same(&out.record, r);
}

static int64_t wild(uint64_t *state, int bits)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t high = *state >> 32;
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t value = (high << 32 | *state >> 32) >> (64 - bits);
    return bits == 64 || (*state >> 20 & 1) ? (int64_t)value : -(int64_t)value;
}

static int32_t wild32(uint64_t *state)
{
    return (int32_t)wild(state, 1 + (int)(*state >> 40) % 31);
}

static int64_t wild64(uint64_t *state)
{
    return wild(state, 1 + (int)(*state >> 40) % 64);
}

static void make_wild(struct taken *t, uint64_t *state, size_t nmetrics)
{
    keda_record *r = &t->record;

    *t = (struct taken){.record = KEDA_RECORD_INIT};
    r->metrics = t->metrics;
    r->nmetrics = r->nmetrics_all = nmetrics;
    r->first_wall_ms = wild64(state);
    r->last_wall_ms = wild64(state);
    r->runs = (uint32_t)wild32(state);
    r->due = (uint32_t)(wild32(state) & 7);
    int32_t *const counts[] = {&r->from,
                               &r->to,
                               &r->binding_metric,
                               &r->metric_replicas,
                               &r->raw_replicas,
                               &r->stabilized_replicas,
                               &r->limit_replicas,
                               &r->hpa_current,
                               &r->hpa_desired,
                               &r->cooldown_left_s,
                               &r->limit_window_ms,
                               &r->min_replicas,
                               &r->max_replicas,
                               &r->up_window_s,
                               &r->down_window_s,
                               &r->flip.metric,
                               &r->flip.to,
                               &r->reason,
                               &r->event,
                               &r->outcome,
                               &r->pause};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        *counts[i] = wild32(state);
    r->tolerance_up = (double)wild32(state) / 1000.0;
    r->tolerance_down = (double)wild32(state) / 7.0;
    r->flip.value_milli = wild64(state);
    r->has_composite = wild32(state) & 1;
    r->composite_milli = r->has_composite ? wild64(state) : 0;
    r->composite_target_milli = r->has_composite ? wild64(state) : 0;
    for (int i = 0; i < KEDA_COND_COUNT; i++)
        r->conditions[i] =
            (keda_condition){wild32(state) & 3, (int32_t)(*state >> 33) % KEDA_CAUSE_COUNT};
    for (size_t i = 0; i < nmetrics; i++)
        t->metrics[i] = (keda_record_metric){.value_milli = wild64(state),
                                             .target_milli = wild64(state),
                                             .activation_milli = wild64(state),
                                             .replicas = wild32(state),
                                             .age_s = wild32(state),
                                             .failures = wild32(state),
                                             .state = (uint8_t)wild32(state),
                                             .is_ok = 1,
                                             .index = (int32_t)i};
}

Test(ring, gives_back_whatever_it_was_given)
{
    static union ring_memory memory;
    static struct taken in, out;
    uint64_t state = 5;

    for (int round = 0; round < 3000; round++) {
        const size_t nmetrics = (size_t)(round % 9);
        const size_t size = keda_ring_size(nmetrics, 1 + (size_t)(round % 4));
        keda_ring *ring = ring_open(&memory, size, nmetrics);
        for (int push = 0; push < 6; push++) {
            make_wild(&in, &state, nmetrics);
            keda_ring_push(ring, &in.record);
            cr_assert_geq(keda_ring_count(ring), 1);
            cr_assert_leq(keda_ring_count(ring), 16);
            take(ring, 0, &out);
            same(&out.record, &in.record);
        }
        cr_assert_eq((unsigned char)memory.bytes[size], 0xA5);
    }
}

Test(ring, fills_the_metrics_there_is_room_for)
{
    union ring_memory memory;
    struct taken in, out;
    uint64_t state = 9;
    keda_ring *ring = ring_open(&memory, sizeof memory.bytes, 3);

    make_wild(&in, &state, 3);
    keda_ring_push(ring, &in.record);
    out = (struct taken){.record = KEDA_RECORD_INIT};
    out.record.metrics = out.metrics;
    out.record.nmetrics = 2;
    cr_assert_eq(keda_ring_at(ring, 0, &out.record), KEDA_ELIMIT);
    cr_assert_eq(out.record.nmetrics, 2);
    cr_assert_eq(out.record.nmetrics_all, 3);
    same_metric(&out.metrics[1], &in.metrics[1]);
    out.record.metrics = NULL;
    cr_assert_eq(keda_ring_at(ring, 0, &out.record), KEDA_ELIMIT);
    cr_assert_eq(out.record.nmetrics, 0);
}

Test(ring, keeps_what_fits_of_one_too_large)
{
    union ring_memory memory;
    struct taken in, out;
    uint64_t state = 9;
    keda_ring *ring = ring_open(&memory, 400, 0);

    make_wild(&in, &state, MANY);
    keda_ring_push(ring, &in.record);
    cr_assert_eq(keda_ring_count(ring), 1);
    take(ring, 0, &out);
    cr_assert_lt(out.record.nmetrics, MANY);
    cr_assert_gt(out.record.nmetrics, 0);
    cr_assert_eq(out.record.nmetrics_all, MANY);
    same_metric(&out.metrics[0], &in.metrics[0]);
    /* Memory for no record at all holds none. */
    static const size_t sizes[] = {16, 3, 60};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ring = ring_open(&memory, sizes[i], 1);
        keda_ring_push(ring, &in.record);
        cr_assert_eq(keda_ring_count(ring), 0);
        cr_assert_eq(keda_ring_at(ring, 0, &out.record), KEDA_ENOTFOUND);
    }
}

Test(ring, has_no_more_than_255_records)
{
    static int64_t large[8000];
    struct taken in;
    keda_ring *ring = (void *)large;

    keda_ring_init(ring, sizeof large, 0);
    make(&in, 1);
    for (int32_t i = 0; i < 400; i++) {
        in.record.to = i;
        keda_ring_push(ring, &in.record);
    }
    cr_assert_eq(keda_ring_count(ring), 255);
    keda_ring_init(ring, SIZE_MAX, 1); /* what it cannot count is not used */
    cr_assert_eq(keda_ring_count(ring), 0);
}
