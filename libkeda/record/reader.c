/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_journal_open, _next, _close: what the lines say, one decision after the other. Of each workload
 * it keeps the last snapshot and the last decision for each set of halves that were due; a step of a
 * run is such a decision at another time.
 */
#include <keda/journal.h>

#include "base/mem.h"
#include "record/lines.h"
#include "record/subjects.h"

#include <inttypes.h>
#include <string.h>

struct keda_journal {
    lines lines;
    subjects subjects;
    bool has_ended;
    /* the run under way */
    json_t *run; /* its line; NULL: none */
    const json_t *steps;
    size_t step;      /* index of the next one */
    int64_t left;     /* of the present step */
    int64_t run_left; /* of the whole run, by its count */
    known *running;
    int64_t due, now_step_ms, wall_step_ms; /* of the present step */
    int64_t *age_steps, *failure_steps;     /* likewise, running->nreadings of each */
};

enum { STEP_TIMES = 0, STEP_DUE, STEP_NOW, STEP_WALL, STEP_AGES, STEP_FAILURES };

/* ---- telling */

static void tell(const keda_journal *j, const known *k, int32_t kind, keda_journal_entry *out)
{
    *out = (keda_journal_entry){.struct_size = out->struct_size,
                                .kind = kind,
                                .file = j->lines.path,
                                .line = j->lines.number,
                                .wall_ms = k->wall_ms,
                                .workload = k->workload,
                                .policy = &k->subject.policy,
                                .names = (const char *const *)k->subject.names,
                                .history = k->subject.history};
}

/* The decision with these halves due, at the workload's present times. */
static void tell_decision(const keda_journal *j, known *k, size_t due, keda_journal_entry *out)
{
    recorded *r = k->last[due];

    tell(j, k, KEDA_JOURNAL_DECISION, out);
    r->seen.now_ms = k->now_ms;
    for (size_t i = 0; i < k->nreadings; i++) {
        r->readings[i].age_ms = k->ages[i];
        r->readings[i].failures = (int32_t)k->failures[i];
        if (i < r->result.nproposals)
            r->proposals[i].failures =
                (int32_t)((uint32_t)r->counted[i] + (uint32_t)r->readings[i].failures);
    }
    out->seen = &r->seen;
    out->recorded = &r->result;
    out->outcome = r->outcome;
    out->has_proposals = r->has_proposals;
}

/* ---- lines */

static void read_file_line(keda_journal *j, const json_t *line)
{
    const json_t *lost = json_object_get(line, "lost");

    subjects_clear(&j->subjects);
    if (json_is_integer(lost) && json_integer_value(lost) > 0)
        lines_note(&j->lines, "%" JSON_INTEGER_FORMAT " decisions before could not be written",
                   json_integer_value(lost));
}

static keda_status read_snapshot(keda_journal *j, const json_t *line, const line_head *head,
                                 keda_journal_entry *out, keda_error *err)
{
    known *k = NULL;
    keda_status rc = subjects_begin(&j->subjects, head->workload, &k, err);

    if (rc != KEDA_OK)
        return rc;
    k->wall_ms = head->wall_ms;
    if ((rc = get_snapshot(line, &k->subject, err)) == KEDA_OK)
        tell(j, k, KEDA_JOURNAL_SNAPSHOT, out);
    return rc;
}

static keda_status find(const keda_journal *j, const line_head *head, known **out,
                        keda_error *err)
{
    *out = subjects_find(&j->subjects, head->workload);
    if (*out == NULL || (*out)->subject.history == NULL)
        return keda_error_set(err, KEDA_EINVAL, "expected a snapshot of %s before",
                              head->workload);
    return KEDA_OK;
}

static bool make_numbers(known *k, size_t n)
{
    if (n == k->nreadings && k->ages != NULL)
        return true;
    mem_free(k->ages);
    mem_free(k->failures);
    k->ages = mem_zalloc(n + 1, sizeof *k->ages);
    k->failures = mem_zalloc(n + 1, sizeof *k->failures);
    k->nreadings = k->ages != NULL && k->failures != NULL ? n : 0;
    return k->ages != NULL && k->failures != NULL;
}

/* Decisions before with another number of readings cannot be stepped from. */
static void forget_others(known *k, size_t n)
{
    for (size_t i = 0; i < SUBJECT_DUES; i++)
        if (k->last[i] != NULL && k->last[i]->seen.nreadings != n)
            known_forget(k, i);
}

static bool are_counts(const int64_t *failures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (failures[i] < INT32_MIN || failures[i] > INT32_MAX)
            return false;
    return true;
}

static keda_status read_times(const json_t *line, known *k, size_t n, keda_error *err)
{
    keda_status rc = KEDA_OK;

    if (!make_numbers(k, n))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = value_get_i64(json_object_get(line, "now"), "now", &k->now_ms, err)) == KEDA_OK &&
        (rc = get_numbers(line, "ages", k->ages, n, err)) == KEDA_OK)
        rc = get_numbers(line, "failures", k->failures, n, err);
    if (rc == KEDA_OK && !are_counts(k->failures, n))
        return keda_error_set(err, KEDA_EINVAL, "failures: expected numbers of 32 bits");
    return rc;
}

static keda_status keep_decision(const json_t *line, known *k, recorded *made, keda_error *err)
{
    keda_status rc = get_decision(line, k->subject.policy.nmetrics, made, err);

    if (rc != KEDA_OK)
        return rc;
    if (made->seen.due >= SUBJECT_DUES)
        return keda_error_set(err, KEDA_EINVAL, "due: expected 0 to %d", (int)SUBJECT_DUES - 1);
    if ((rc = read_times(line, k, made->seen.nreadings, err)) != KEDA_OK)
        return rc;
    forget_others(k, made->seen.nreadings);
    known_forget(k, made->seen.due);
    k->last[made->seen.due] = made;
    return KEDA_OK;
}

static keda_status read_decision(keda_journal *j, const json_t *line, const line_head *head,
                                 keda_journal_entry *out, keda_error *err)
{
    recorded *made = NULL;
    known *k = NULL;
    keda_status rc = find(j, head, &k, err);

    if (rc != KEDA_OK)
        return rc;
    if ((made = mem_zalloc(1, sizeof *made)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = keep_decision(line, k, made, err)) != KEDA_OK) {
        recorded_clear(made);
        mem_free(made);
        return rc;
    }
    k->wall_ms = head->wall_ms;
    tell_decision(j, k, made->seen.due, out);
    return KEDA_OK;
}

/* ---- runs */

static void end_run(keda_journal *j)
{
    json_decref(j->run);
    mem_free(j->age_steps);
    mem_free(j->failure_steps);
    j->run = NULL;
    j->age_steps = j->failure_steps = NULL;
}

static keda_status begin_run(keda_journal *j, json_t **take_line, const line_head *head,
                             keda_error *err)
{
    keda_status rc = find(j, head, &j->running, err);

    if (rc != KEDA_OK)
        return rc;
    j->steps = json_object_get(*take_line, "steps");
    j->step = 0;
    j->left = 0;
    rc = value_get_i64(json_object_get(*take_line, "count"), "count", &j->run_left, err);
    if (rc == KEDA_OK && (j->run_left < 1 || j->run_left > JOURNAL_RUN_MAX))
        rc = keda_error_set(err, KEDA_EINVAL, "count: expected 1 to %d", (int)JOURNAL_RUN_MAX);
    if (rc == KEDA_OK && json_array_size(j->steps) == 0)
        rc = keda_error_set(err, KEDA_EINVAL, "steps: expected a list of some");
    if (rc != KEDA_OK)
        return rc;
    j->run = *take_line;
    *take_line = NULL;
    j->age_steps = mem_zalloc(j->running->nreadings + 1, sizeof *j->age_steps);
    j->failure_steps = mem_zalloc(j->running->nreadings + 1, sizeof *j->failure_steps);
    if (j->age_steps == NULL || j->failure_steps == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

static keda_status read_step_list(const json_t *step, size_t index, int64_t *out, size_t n,
                                  keda_error *err)
{
    const json_t *list = json_array_get(step, index);
    keda_status rc = KEDA_OK;

    if (list != NULL && json_array_size(list) != n)
        return keda_error_set(err, KEDA_EINVAL, "expected %zu numbers", n);
    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        out[i] = 0;
        if (list != NULL)
            rc = value_get_i64(json_array_get(list, i), "number", &out[i], err);
    }
    return rc;
}

static keda_status read_step(keda_journal *j, keda_error *err)
{
    const known *k = j->running;
    const json_t *step = json_array_get(j->steps, j->step);
    const struct {
        size_t index;
        int64_t *out;
    } numbers[] = {{STEP_TIMES, &j->left},
                   {STEP_DUE, &j->due},
                   {STEP_NOW, &j->now_step_ms},
                   {STEP_WALL, &j->wall_step_ms}};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && rc == KEDA_OK; i++)
        rc = value_get_i64(json_array_get(step, numbers[i].index), "step", numbers[i].out, err);
    if (rc == KEDA_OK)
        rc = read_step_list(step, STEP_AGES, j->age_steps, k->nreadings, err);
    if (rc == KEDA_OK)
        rc = read_step_list(step, STEP_FAILURES, j->failure_steps, k->nreadings, err);
    if (rc == KEDA_OK && (j->left < 1 || j->left > j->run_left))
        rc = keda_error_set(err, KEDA_EINVAL, "expected to stand for 1 to %" PRId64,
                            j->run_left);
    if (rc == KEDA_OK && (j->due < 0 || j->due >= SUBJECT_DUES || k->last[j->due] == NULL))
        rc = keda_error_set(err, KEDA_EINVAL,
                            "expected a decision before with the same halves due");
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "steps[%zu]", j->step);
}

static bool add(int64_t *to, int64_t step)
{
    return !__builtin_add_overflow(*to, step, to);
}

/* The workload's times move on by the present step. */
static keda_status take_step(keda_journal *j, keda_error *err)
{
    known *k = j->running;
    bool is_sound = add(&k->now_ms, j->now_step_ms) && add(&k->wall_ms, j->wall_step_ms);

    for (size_t i = 0; i < k->nreadings && is_sound; i++)
        is_sound =
            add(&k->ages[i], j->age_steps[i]) && add(&k->failures[i], j->failure_steps[i]);
    if (!is_sound || !are_counts(k->failures, k->nreadings))
        return keda_error_set(err, KEDA_EINVAL, "steps[%zu]: beyond what numbers can hold",
                              j->step);
    return KEDA_OK;
}

/* The next decision of the run; *has_one is false when it has ended. */
static keda_status next_of_run(keda_journal *j, keda_journal_entry *out, bool *has_one,
                               keda_error *err)
{
    keda_status rc = KEDA_OK;

    *has_one = false;
    if (j->left == 0) {
        if (j->step == json_array_size(j->steps)) {
            if (j->run_left != 0)
                return keda_error_set(err, KEDA_EINVAL, "count: expected what its steps make");
            end_run(j);
            return KEDA_OK;
        }
        if ((rc = read_step(j, err)) != KEDA_OK)
            return rc;
        j->step++;
    }
    if ((rc = take_step(j, err)) != KEDA_OK)
        return rc;
    j->left--;
    j->run_left--;
    *has_one = true;
    tell_decision(j, j->running, (size_t)j->due, out);
    return KEDA_OK;
}

/* ---- public */

static keda_status read_line(keda_journal *j, json_t **take_line, const line_head *head,
                             keda_journal_entry *out, bool *has_one, keda_error *err)
{
    keda_status rc = KEDA_OK;

    *has_one = head->kind == LINE_SNAPSHOT || head->kind == LINE_DECISION;
    if (head->kind == LINE_FILE)
        read_file_line(j, *take_line);
    else if (head->kind == LINE_SNAPSHOT)
        rc = read_snapshot(j, *take_line, head, out, err);
    else if (head->kind == LINE_DECISION)
        rc = read_decision(j, *take_line, head, out, err);
    else if (head->kind == LINE_RUN)
        rc = begin_run(j, take_line, head, err);
    return rc;
}

static keda_status next(keda_journal *j, keda_journal_entry *out, keda_error *err)
{
    for (;;) {
        json_t *line = NULL;
        line_head head;
        bool has_one = false;
        keda_status rc = KEDA_OK;
        if (j->run != NULL)
            rc = next_of_run(j, out, &has_one, err);
        else if ((rc = lines_next(&j->lines, &line, &head, err)) != KEDA_OK)
            return rc;
        else
            rc = read_line(j, &line, &head, out, &has_one, err);
        json_decref(line);
        if (rc != KEDA_OK)
            return lines_wrap(&j->lines, rc, err);
        if (has_one)
            return KEDA_OK;
    }
}

keda_status keda_journal_next(keda_journal *journal, keda_journal_entry *out, keda_error *err)
{
    if (out->struct_size < sizeof *out)
        return keda_error_set(err, KEDA_EINVAL, "a journal entry of a wrong size");
    if (journal->has_ended)
        return KEDA_ENOTFOUND;
    const keda_status rc = next(journal, out, err);
    journal->has_ended = rc != KEDA_OK;
    return rc;
}

keda_status keda_journal_open(keda_journal **out, const char *path,
                              const keda_journal_options *options, keda_error *err)
{
    const keda_journal_options defaults = KEDA_JOURNAL_OPTIONS_INIT;
    keda_journal *j = NULL;

    if (options == NULL)
        options = &defaults;
    if (options->struct_size < sizeof *options)
        return keda_error_set(err, KEDA_EINVAL, "journal options of a wrong size");
    if ((j = mem_zalloc(1, sizeof *j)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = lines_open(&j->lines, path, options, err);
    if (rc == KEDA_OK)
        *out = j;
    else
        keda_journal_close(j);
    return rc;
}

void keda_journal_progress(const keda_journal *journal, int64_t *done_bytes, int64_t *all_bytes)
{
    if (done_bytes != NULL)
        *done_bytes = journal->lines.done_bytes;
    if (all_bytes != NULL)
        *all_bytes = journal->lines.all_bytes;
}

void keda_journal_close(keda_journal *journal)
{
    if (journal == NULL)
        return;
    end_run(journal);
    subjects_clear(&journal->subjects);
    lines_close(&journal->lines);
    mem_free(journal);
}
