/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over a record's members serves measuring, comparing, writing and reading, so that they
 * cannot disagree. Integers are zigzag varints, counts relative to the one observed. Called by
 * ring.c.
 */
#include "core/pack.h"

#include "core/record.h"

#include <string.h>

enum mode { MODE_COUNT, MODE_COMPARE, MODE_WRITE, MODE_READ };

struct codec {
    enum mode mode;
    bool is_equal; /* so far */
    size_t n;      /* bytes passed */
    const uint8_t *from;
    uint8_t *to;
};

/* --- numbers ---------------------------------------------------------------------------------- */

static void code_byte(struct codec *c, uint8_t *byte)
{
    if (c->mode == MODE_COMPARE)
        c->is_equal = c->is_equal && c->from[c->n] == *byte;
    else if (c->mode == MODE_WRITE)
        c->to[c->n] = *byte;
    else if (c->mode == MODE_READ)
        *byte = c->from[c->n];
    c->n++;
}

static void code_u64(struct codec *c, uint64_t *value)
{
    uint64_t rest = c->mode == MODE_READ ? 0 : *value, whole = 0;
    uint8_t byte = 0;

    for (unsigned shift = 0; shift == 0 || (byte & 0x80) != 0; shift += 7) {
        byte = (uint8_t)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
        code_byte(c, &byte);
        rest >>= 7;
        whole |= (uint64_t)(byte & 0x7F) << shift;
    }
    *value = whole;
}

/* 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
static void code_i64(struct codec *c, int64_t *value)
{
    uint64_t folded = ((uint64_t)*value << 1) ^ (*value < 0 ? UINT64_MAX : 0);

    code_u64(c, &folded);
    const int64_t half = (int64_t)(folded >> 1);
    *value = (folded & 1) != 0 ? -1 - half : half;
}

static void code_near(struct codec *c, int32_t *value, int32_t base)
{
    int64_t distance = (int64_t)*value - base;
    code_i64(c, &distance);
    *value = (int32_t)(base + distance);
}

static void code_i32(struct codec *c, int32_t *value)
{
    code_near(c, value, 0);
}

static void code_size(struct codec *c, size_t *value)
{
    uint64_t wide = *value;
    code_u64(c, &wide);
    *value = (size_t)wide;
}

static void code_flags(struct codec *c, int32_t *const *flags, size_t n)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < n; i++)
        bits |= (uint64_t)(*flags[i] != 0) << i;
    code_u64(c, &bits);
    for (size_t i = 0; i < n; i++)
        *flags[i] = (bits >> i & 1) != 0;
}

/* The usual one takes a byte. */
static void code_tolerance(struct codec *c, double *value, double usual)
{
    uint8_t is_usual = *value == usual;
    uint64_t bits;

    code_byte(c, &is_usual);
    if (is_usual) {
        *value = usual;
        return;
    }
    memcpy(&bits, value, sizeof bits);
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint8_t byte = (uint8_t)(bits >> shift);
        code_byte(c, &byte);
        bits = (bits & ~((uint64_t)0xFF << shift)) | (uint64_t)byte << shift;
    }
    memcpy(value, &bits, sizeof bits);
}

/* --- members ---------------------------------------------------------------------------------- */

static void code_condition(struct codec *c, keda_condition *condition)
{
    int32_t both = condition->cause * 4 + condition->status;
    code_i32(c, &both);
    condition->status = both % 4;
    condition->cause = both / 4;
}

static void code_small(struct codec *c, keda_record *r)
{
    int32_t *const flags[] = {&r->is_write,      &r->is_active,    &r->is_error,
                              &r->is_fallback,   &r->is_dry_run,   &r->hpa_is_write,
                              &r->has_behavior,  &r->is_consulted, &r->has_recommendation,
                              &r->has_composite, &r->is_forced};
    int32_t due = (int32_t)(r->due & 0xFF);

    code_flags(c, flags, sizeof flags / sizeof flags[0]);
    code_i32(c, &due);
    r->due = (uint32_t)due;
    code_i32(c, &r->reason);
    code_i32(c, &r->event);
    code_i32(c, &r->outcome);
    code_i32(c, &r->pause);
    for (int type = 0; type < KEDA_COND_COUNT; type++)
        code_condition(c, &r->conditions[type]);
}

static void code_counts(struct codec *c, keda_record *r)
{
    code_i32(c, &r->from);
    code_near(c, &r->to, r->from);
    code_i32(c, &r->binding_metric);
    code_near(c, &r->metric_replicas, r->from);
    code_near(c, &r->raw_replicas, r->metric_replicas);
    code_near(c, &r->stabilized_replicas, r->raw_replicas);
    code_near(c, &r->limit_replicas, r->from);
    code_near(c, &r->hpa_current, r->from);
    code_near(c, &r->hpa_desired, r->hpa_current);
    code_i32(c, &r->min_replicas);
    code_i32(c, &r->max_replicas);
    code_i32(c, &r->up_window_s);
    code_i32(c, &r->down_window_s);
    code_i32(c, &r->limit_window_ms);
    code_tolerance(c, &r->tolerance_up, 0.1);
    code_tolerance(c, &r->tolerance_down, r->tolerance_up);
}

static void code_flip(struct codec *c, keda_record *r)
{
    code_i32(c, &r->flip.metric);
    code_near(c, &r->flip.to, r->from);
    code_i64(c, &r->flip.value_milli);
}

static void code_composite(struct codec *c, keda_record *r)
{
    code_i64(c, &r->composite_target_milli);
    if (r->composite_target_milli == 0 && !r->has_composite)
        return;
    code_i32(c, &r->composite_error);
    code_i64(c, &r->composite_milli);
    code_i64(c, &r->composite_activation_milli);
    code_i32(c, &r->composite_target_type);
}

static void code_metric(struct codec *c, keda_record_metric *m)
{
    uint8_t *const bytes[] = {&m->state, &m->error, &m->source, &m->target_type};
    int32_t is_active = m->is_active, is_within = m->is_within, is_fallback = m->is_fallback,
            is_ok = m->is_ok, is_nil = m->is_fallback == RECORD_BY_NIL;
    int32_t *const flags[] = {&is_active, &is_within, &is_fallback, &is_ok, &is_nil};

    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        code_byte(c, bytes[i]);
    code_flags(c, flags, sizeof flags / sizeof flags[0]);
    m->is_active = (uint8_t)is_active;
    m->is_within = (uint8_t)is_within;
    m->is_fallback = (uint8_t)(is_fallback + is_nil);
    m->is_ok = (uint8_t)is_ok;
    code_i32(c, &m->index);
    code_i32(c, &m->replicas);
    code_i64(c, &m->value_milli);
    code_i64(c, &m->target_milli);
    code_i64(c, &m->activation_milli);
}

/* What there is no room for is passed over. */
static void code_metrics(struct codec *c, keda_record *r, size_t n, size_t room)
{
    for (size_t i = 0; i < n; i++) {
        keda_record_metric passed = {.index = 0};
        if (i < room && c->mode == MODE_READ)
            r->metrics[i] = passed;
        else if (i < room)
            passed = r->metrics[i];
        code_metric(c, i < room && c->mode == MODE_READ ? &r->metrics[i] : &passed);
    }
}

static size_t code_record(struct codec *c, keda_record *r, size_t room)
{
    size_t n = r->nmetrics;

    code_size(c, &n);
    code_size(c, &r->nmetrics_all);
    code_small(c, r);
    code_counts(c, r);
    code_flip(c, r);
    code_composite(c, r);
    code_metrics(c, r, n, room);
    return n;
}

/* Works on a copy: the walk writes to what it passes, if only what was there. */
static struct codec walk(const keda_record *record, struct codec codec)
{
    keda_record copy = *record;
    (void)code_record(&codec, &copy, record->nmetrics);
    return codec;
}

size_t pack_size(const keda_record *record)
{
    return walk(record, (struct codec){.mode = MODE_COUNT}).n;
}

bool pack_equals(const keda_record *record, const uint8_t *bytes)
{
    return walk(record, (struct codec){.mode = MODE_COMPARE, .is_equal = true, .from = bytes})
        .is_equal;
}

void pack_write(const keda_record *record, uint8_t *bytes)
{
    (void)walk(record, (struct codec){.mode = MODE_WRITE, .to = bytes});
}

size_t pack_read(const uint8_t *bytes, keda_record *record)
{
    struct codec codec = {.mode = MODE_READ, .from = bytes};
    const size_t room = record->metrics != NULL ? record->nmetrics : 0;
    const size_t n = code_record(&codec, record, room);

    record->nmetrics = n < room ? n : room;
    return n;
}
