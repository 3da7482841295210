/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's side of the comparison: decides recorded inputs through keda_hpa_decide and
 * keda_history_apply. `hpa-run run INPUTS` prints one line of results a step, as hpa-go does;
 * `hpa-run time INPUTS` waits for lines "all PASSES" on standard input, decides all inputs that often
 * and prints "decisions nanoseconds allocations sum-of-counts", in processor time. Linked with malloc and its kin wrapped,
 * so that every allocation of the library is counted.
 */
#include "input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- counted allocations ---------------------------------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static uint64_t allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    allocations++;
    return __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations++;
    return __real_realloc(memory, size);
}

/* --- one step --------------------------------------------------------------------------------- */

/* What a sequence is decided with. */
struct bench {
    keda_history *history;
    size_t size;
    keda_observation seen;
    keda_reading readings[INPUT_MAX_METRICS];
    keda_proposal proposals[INPUT_MAX_METRICS];
    keda_decision decision;
    keda_outcome outcome;
};

/* What the target and its sources answer at this step, when `count` replicas are wanted of it. */
static void place(struct bench *b, const struct input_step *step, int32_t count)
{
    const int32_t current = step->override >= 0 ? step->override : count;
    const int32_t most = current < INPUT_MAX_PODS ? current : INPUT_MAX_PODS;
    const int32_t pods = step->pods >= 0 ? step->pods : most;

    b->seen = (keda_observation)KEDA_OBSERVATION_INIT;
    b->seen.due = KEDA_DUE_SYNC;
    b->seen.now_ms = step->now_ms;
    b->seen.spec_replicas = step->flags & INPUT_GET_FAILS ? -1 : current;
    b->seen.status_replicas = step->status >= 0 ? step->status : current;
    b->seen.pods_total = pods;
    b->seen.pods_ready = pods * step->ready_percent / 100;
    b->seen.readings = b->readings;
    b->seen.nreadings = step->policy->policy.nmetrics;
    for (size_t i = 0; i < b->seen.nreadings; i++) {
        b->readings[i] = (keda_reading)KEDA_READING_INIT;
        b->readings[i].state = step->nitems[i] < 0 ? KEDA_READING_FAILED : KEDA_READING_OK;
        b->readings[i].items_milli = step->items[i];
        b->readings[i].nitems = step->nitems[i] < 0 ? 0 : (size_t)step->nitems[i];
    }
}

/* Returns the count after the step. */
static int32_t decide(struct bench *b, const struct input_step *step, int32_t count)
{
    if (step->flags & INPUT_FORGET)
        keda_history_init(b->history, b->size);
    place(b, step, count);
    b->decision = (keda_decision)KEDA_DECISION_INIT;
    b->decision.proposals = b->proposals;
    b->decision.nproposals = step->policy->policy.nmetrics;
    if (keda_hpa_decide(&step->policy->policy, &b->seen, b->history, &b->decision) != KEDA_OK)
        abort();
    if (b->decision.history_truncated) /* keda_history_size was not enough */
        abort();
    b->outcome = KEDA_OUTCOME_NOT_WRITTEN;
    if (b->decision.is_write)
        b->outcome =
            step->flags & INPUT_WRITE_FAILS ? KEDA_OUTCOME_FAILED : KEDA_OUTCOME_WRITTEN;
    keda_history_apply(b->history, &b->decision, b->outcome);
    if (b->outcome == KEDA_OUTCOME_WRITTEN)
        return b->decision.to;
    return step->override >= 0 ? step->override : count;
}

/* --- a sequence ------------------------------------------------------------------------------- */

/* Room by keda_history_size for the distances that occur; what each policy of the sequence needs, since
 * a later one may look further back than an earlier one did. */
static size_t history_bytes(const struct input_sequence *sequence)
{
    size_t size = 0;
    int64_t gap_ms = INT64_MAX;

    for (size_t i = 1; i < sequence->nsteps; i++) {
        const int64_t gap = sequence->steps[i].now_ms - sequence->steps[i - 1].now_ms;
        gap_ms = gap < gap_ms ? gap : gap_ms;
    }
    for (const struct input_policy *p = sequence->policies; p != NULL; p = p->next)
        size += keda_history_size(&p->policy, gap_ms);
    return size;
}

/* With steps at the same time no distance can be promised; then a cell for each step in each list. */
static size_t bounded(const struct input_sequence *sequence, size_t size)
{
    const keda_policy policy = KEDA_POLICY_INIT;
    const size_t cells = 4 * sequence->nsteps + 4;
    const size_t enough = keda_history_size(&policy, 15000) + 12 * cells;
    return size < enough ? size : enough;
}

static void bench_reset(struct bench *b, const struct input_sequence *sequence)
{
    const size_t size = bounded(sequence, history_bytes(sequence));
    if (size > b->size) {
        free(b->history);
        b->history = malloc(size);
        if (b->history == NULL)
            abort();
    }
    b->size = size > b->size ? size : b->size;
    keda_history_init(b->history, size);
}

/* --- results ---------------------------------------------------------------------------------- */

static void print_optional(int64_t value, bool has)
{
    if (has)
        printf(" %" PRId64, value);
    else
        printf(" -");
}

static void print_condition(const keda_history *history, int32_t type)
{
    const keda_condition c = keda_history_condition(history, type);
    if (c.status == KEDA_CONDITION_ABSENT)
        printf(" -");
    else
        printf(" %c/%s", c.status == KEDA_CONDITION_TRUE ? 'T' : 'F', keda_cause_name(c.cause));
}

/* A published average of no pods is an infinity made an integer, which differs between machines. */
static void print_proposal(const struct bench *b, const keda_metric_policy *metric, size_t i)
{
    const keda_proposal *p = &b->proposals[i];
    if (!p->is_ok)
        printf(" %s", keda_cause_name(p->cause));
    else if (metric->target_type == KEDA_TARGET_VALUE)
        printf(" %" PRId32 ":%" PRId64, p->replicas, p->value_milli);
    else if (b->seen.status_replicas == 0)
        printf(" %" PRId32 ":-", p->replicas);
    else
        printf(" %" PRId32 ":%" PRId64, p->replicas, p->average_value_milli);
}

static void print_step(const struct bench *b, const struct input_step *step, int32_t current)
{
    int32_t status_current, status_desired;

    keda_history_hpa_status(b->history, &status_current, &status_desired);
    printf("%" PRId32, current);
    print_optional(b->decision.metric_replicas, b->decision.is_consulted);
    print_optional(b->decision.to, b->outcome == KEDA_OUTCOME_WRITTEN);
    printf(" %" PRId32 " %" PRId32 " %d", status_current, status_desired,
           b->decision.hpa_is_error || b->outcome == KEDA_OUTCOME_FAILED);
    print_condition(b->history, KEDA_COND_ABLE_TO_SCALE);
    print_condition(b->history, KEDA_COND_SCALING_ACTIVE);
    print_condition(b->history, KEDA_COND_SCALING_LIMITED);
    if (b->decision.is_consulted)
        for (size_t i = 0; i < step->policy->policy.nmetrics; i++)
            print_proposal(b, &step->policy->metrics[i], i);
    putchar('\n');
}

static void run(FILE *file)
{
    struct input_sequence sequence;
    struct bench b = {0};

    while (input_next(file, &sequence)) {
        int32_t count = sequence.count;
        bench_reset(&b, &sequence);
        for (size_t i = 0; i < sequence.nsteps; i++) {
            const struct input_step *step = &sequence.steps[i];
            const int32_t current = step->override >= 0 ? step->override : count;
            count = decide(&b, step, count);
            print_step(&b, step, current);
        }
        input_clear(&sequence);
    }
    free(b.history);
}

/* --- timing ----------------------------------------------------------------------------------- */

enum { MAX_TIMED = 64 };

/* Processor time of this thread: other programs do not count. */
static int64_t thread_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Decides all sequences once; the targets follow. */
static uint64_t pass(struct bench *b, const struct input_sequence *sequences, size_t n)
{
    uint64_t sum = 0;
    for (size_t q = 0; q < n; q++) {
        int32_t count = sequences[q].count;
        keda_history_init(b->history, b->size);
        for (size_t i = 0; i < sequences[q].nsteps; i++) {
            count = decide(b, &sequences[q].steps[i], count);
            sum = sum * 31 + (uint32_t)count;
        }
    }
    return sum;
}

static void measure(FILE *file)
{
    static struct input_sequence sequences[MAX_TIMED];
    struct bench b = {0};
    size_t n = 0;
    uint64_t decisions = 0, passes, sum = 0;
    char line[64];

    while (n < MAX_TIMED && input_next(file, &sequences[n])) {
        bench_reset(&b, &sequences[n]);
        decisions += sequences[n++].nsteps;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        passes = strncmp(line, "all ", 4) == 0 ? strtoull(line + 4, NULL, 10) : 1;
        const uint64_t before = allocations;
        const int64_t start = thread_ns();
        for (uint64_t i = 0; i < passes; i++)
            sum = pass(&b, sequences, n);
        const int64_t elapsed = thread_ns() - start;
        printf("%" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64 "\n", decisions * passes, elapsed,
               allocations - before, sum);
        fflush(stdout);
    }
    for (size_t q = 0; q < n; q++)
        input_clear(&sequences[q]);
    free(b.history);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;

    if (file == NULL || !input_open(file)) {
        fprintf(stderr, "usage: hpa-run run|time INPUTS\n");
        return 2;
    }
    if (strcmp(argv[1], "time") == 0)
        measure(file);
    else
        run(file);
    fclose(file);
    return fflush(stdout) == 0 ? 0 : 1;
}
