/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of equal decisions. A step is what changed since the workload's decision before: which halves
 * were due, the two clocks, and the age and the failure count of each reading. Equal steps in a row
 * are counted.
 */
#include "record/track.h"

#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

enum { STEP_DUE = 0, STEP_NOW, STEP_WALL, STEP_AGES, STEPS_BYTES = 8192 };

static size_t step_size(const journal_track *t)
{
    return STEP_AGES + 2 * t->nreadings;
}

/* ---- life */

journal_track *track_new(const char *workload)
{
    journal_track *t = mem_zalloc(1, sizeof *t);

    if (t == NULL || (t->workload = mem_strdup(workload)) == NULL) {
        mem_free(t);
        return NULL;
    }
    return t;
}

static void free_numbers(journal_track *t)
{
    mem_free(t->ages);
    mem_free(t->failures);
    mem_free(t->step);
    t->ages = t->failures = t->step = NULL;
    t->nreadings = 0;
}

void track_free(journal_track *t)
{
    if (t == NULL)
        return;
    for (int i = 0; i < TRACK_DUES; i++)
        keda_buf_clear(&t->last[i]);
    keda_buf_clear(&t->steps);
    free_numbers(t);
    mem_free(t->workload);
    mem_free(t);
}

void track_reset(journal_track *t)
{
    t->generation = 0;
    for (int i = 0; i < TRACK_DUES; i++)
        buf_truncate(&t->last[i], 0);
}

bool track_knows_policy(const journal_track *t, const keda_policy *policy)
{
    const keda_policy *known = &t->policy;

    return known->metrics == policy->metrics && known->nmetrics == policy->nmetrics &&
           known->formula == policy->formula && known->scale_up == policy->scale_up &&
           known->scale_down == policy->scale_down &&
           members_difference(&table_policy, known, policy) == NULL;
}

/* ---- steps */

static bool difference(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_sub_overflow(a, b, out);
}

/* The step from the last decision to this one; false when it has none. */
static bool make_step(const journal_track *t, const journal_entry *entry, int64_t *step)
{
    bool is_one = difference(entry->seen->now_ms, t->now_ms, &step[STEP_NOW]) &&
                  difference(entry->wall_ms, t->wall_ms, &step[STEP_WALL]);

    step[STEP_DUE] = entry->seen->due;
    for (size_t i = 0; i < t->nreadings && is_one; i++) {
        const keda_reading *reading = reading_at(entry->seen, i);
        step[STEP_AGES + t->nreadings + i] = reading->failures - t->failures[i];
        is_one = difference(reading->age_ms, t->ages[i], &step[STEP_AGES + i]);
    }
    return is_one;
}

static void keep_times(journal_track *t, const journal_entry *entry)
{
    t->now_ms = entry->seen->now_ms;
    t->wall_ms = entry->wall_ms;
    for (size_t i = 0; i < t->nreadings; i++) {
        t->ages[i] = reading_at(entry->seen, i)->age_ms;
        t->failures[i] = reading_at(entry->seen, i)->failures;
    }
}

static bool is_zero(const int64_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (numbers[i] != 0)
            return false;
    return true;
}

static void put_list(pen *p, const int64_t *numbers, size_t n)
{
    pen_puts(p, ",[");
    for (size_t i = 0; i < n; i++)
        pen_printf(p, "%s%" PRId64, i > 0 ? "," : "", numbers[i]);
    pen_putc(p, ']');
}

/* `[times it stands for,due,now,wall,[ages],[failures]]`; lists of zeros at the end are left out. */
static void put_step(pen *p, const int64_t *step, int64_t times, size_t n)
{
    const int64_t *ages = step + STEP_AGES, *failures = ages + n;
    const bool has_failures = !is_zero(failures, n);

    if (p->out->size > 0)
        pen_putc(p, ',');
    pen_printf(p, "[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64, times, step[STEP_DUE],
               step[STEP_NOW], step[STEP_WALL]);
    if (has_failures || !is_zero(ages, n))
        put_list(p, ages, n);
    if (has_failures)
        put_list(p, failures, n);
    pen_putc(p, ']');
}

/* The last step joins the finished ones. */
static keda_status finish_step(journal_track *t)
{
    pen p = {.out = &t->steps};
    const size_t before = t->steps.size;

    if (t->step_count > 0)
        put_step(&p, t->step, t->step_count, t->nreadings);
    if (p.rc != KEDA_OK)
        buf_truncate(&t->steps, before);
    else
        t->step_count = 0;
    return p.rc;
}

static bool has_room(const journal_track *t)
{
    return t->count < JOURNAL_RUN_MAX && t->steps.size < STEPS_BYTES;
}

static bool is_same_text(const keda_buf *a, const keda_buf *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

bool track_add_step(journal_track *t, const journal_entry *entry, const keda_buf *text)
{
    const size_t size = step_size(t) * sizeof *t->step;
    const keda_buf *last = &t->last[entry->seen->due % TRACK_DUES];

    if (entry->seen->due >= TRACK_DUES || entry->seen->nreadings != t->nreadings ||
        last->size == 0 || !is_same_text(last, text) || !has_room(t))
        return false;
    int64_t *step = mem_alloc(size);
    if (step == NULL || !make_step(t, entry, step)) {
        mem_free(step);
        return false;
    }
    if (t->step_count > 0 && memcmp(step, t->step, size) == 0) {
        mem_free(step);
    } else if (finish_step(t) == KEDA_OK) {
        mem_free(t->step);
        t->step = step;
    } else {
        mem_free(step);
        return false;
    }
    t->step_count++;
    t->count++;
    keep_times(t, entry);
    return true;
}

bool track_remember(journal_track *t, const journal_entry *entry, const keda_buf *text)
{
    const size_t n = entry->seen->nreadings;
    keda_buf *last = &t->last[entry->seen->due % TRACK_DUES];

    if (n != t->nreadings || t->ages == NULL) {
        free_numbers(t);
        t->ages = mem_zalloc(n + 1, sizeof *t->ages);
        t->failures = mem_zalloc(n + 1, sizeof *t->failures);
        if (t->ages == NULL || t->failures == NULL)
            return false;
        t->nreadings = n;
    }
    buf_truncate(last, 0);
    if (buf_append(last, text->data, text->size) != KEDA_OK)
        return false;
    keep_times(t, entry);
    return true;
}

/* ---- runs */

void track_put_run(journal_track *t, pen *p)
{
    if (p->rc == KEDA_OK)
        p->rc = finish_step(t);
    pen_printf(p, ",\"count\":%" PRId64 ",\"steps\":[", t->count);
    pen_append(p, &t->steps);
    pen_putc(p, ']');
    track_drop_run(t);
}

void track_drop_run(journal_track *t)
{
    buf_truncate(&t->steps, 0);
    t->count = t->step_count = 0;
}
