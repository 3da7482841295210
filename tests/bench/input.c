/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads recorded inputs line by line (README.md: the format). A tool for developers: what is malformed
 * ends the program.
 */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char heading[] = "libkeda-hpa-inputs 1\n";

struct line {
    char *text;
    size_t size;
    char *at;
};

static _Noreturn void malformed(const struct line *line, const char *expected)
{
    fprintf(stderr, "inputs: expected %s in: %.60s\n", expected, line->text);
    exit(1);
}

static int64_t number(struct line *line)
{
    char *end;
    errno = 0;
    const long long value = strtoll(line->at, &end, 10);
    if (end == line->at || errno != 0)
        malformed(line, "a number");
    line->at = end;
    return value;
}

static int32_t number_in(struct line *line, int64_t least, int64_t most)
{
    const int64_t value = number(line);
    if (value < least || value > most)
        malformed(line, "a number within its range");
    return (int32_t)value;
}

static int32_t number_32(struct line *line)
{
    return number_in(line, INT32_MIN, INT32_MAX);
}

static void *zeroed(size_t n, size_t size)
{
    void *memory = calloc(n, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* The double of a quantity as it is stored: a whole number, or thousandths times their unit. */
static double quantity(int64_t milli)
{
    return milli % 1000 == 0 ? (double)(milli / 1000) : (double)milli * 0.001;
}

static const keda_scaling_rules *read_rules(struct line *line, keda_scaling_rules *rules,
                                            keda_rate_policy *rates)
{
    *rules = (keda_scaling_rules)KEDA_SCALING_RULES_INIT;
    if (number(line) == 0)
        return NULL;
    rules->stabilization_s = number_32(line);
    rules->select_policy = number_32(line);
    const int64_t tolerance = number(line);
    if (tolerance >= 0)
        rules->tolerance = quantity(tolerance);
    rules->policies = rates;
    rules->npolicies = (size_t)number_in(line, 0, INPUT_MAX_RATES);
    for (size_t i = 0; i < rules->npolicies; i++) {
        rates[i].type = number_32(line);
        rates[i].value = number_32(line);
        rates[i].period_s = number_32(line);
    }
    return rules;
}

static void read_metric(struct line *line, keda_metric_policy *metric)
{
    metric->struct_size = sizeof *metric;
    metric->source = number_32(line);
    metric->target_type = number_32(line);
    metric->target_milli = number(line);
}

static struct input_policy *read_policy(struct line *line)
{
    struct input_policy *p = zeroed(1, sizeof *p);

    p->policy = (keda_policy)KEDA_POLICY_INIT;
    p->policy.min_replicas = number_32(line);
    p->policy.max_replicas = number_32(line);
    p->policy.hpa_min_zero = number_32(line);
    p->policy.tolerance = (double)number(line) / 1000.0;
    p->policy.downscale_stabilization_s = number_32(line);
    p->policy.has_behavior = number_32(line);
    p->policy.scale_up = read_rules(line, &p->up, p->up_rates);
    p->policy.scale_down = read_rules(line, &p->down, p->down_rates);
    p->policy.nmetrics = (size_t)number_in(line, 1, INPUT_MAX_METRICS);
    p->policy.metrics = p->metrics;
    for (size_t i = 0; i < p->policy.nmetrics; i++)
        read_metric(line, &p->metrics[i]);
    return p;
}

static void read_step(struct line *line, struct input_step *step)
{
    step->now_ms = number(line);
    step->override = number_32(line);
    step->status = number_32(line);
    step->pods = number_in(line, -1, INPUT_MAX_PODS);
    step->ready_percent = number_in(line, 0, 100);
    step->flags = number_32(line);
    for (size_t i = 0; i < step->policy->policy.nmetrics; i++) {
        step->nitems[i] = (int8_t)number_in(line, -1, INPUT_MAX_ITEMS);
        for (int item = 0; item < step->nitems[i]; item++)
            step->items[i][item] = number(line);
    }
}

static bool next_line(FILE *file, struct line *line)
{
    if (getline(&line->text, &line->size, file) < 0)
        return false;
    line->at = line->text + 1;
    return true;
}

static void read_steps(FILE *file, struct line *line, struct input_sequence *out)
{
    const struct input_policy *policy = NULL;

    for (size_t i = 0; i < out->nsteps;) {
        if (!next_line(file, line))
            malformed(line, "another line");
        if (line->text[0] == 'P') {
            struct input_policy *p = read_policy(line);
            p->next = out->policies;
            out->policies = p;
            policy = p;
        } else if (line->text[0] == 'T' && policy != NULL) {
            out->steps[i].policy = policy;
            read_step(line, &out->steps[i++]);
        } else {
            malformed(line, "a policy or a step");
        }
    }
}

bool input_open(FILE *file)
{
    char line[sizeof heading];
    return fgets(line, sizeof line, file) != NULL && strcmp(line, heading) == 0;
}

bool input_next(FILE *file, struct input_sequence *out)
{
    struct line line = {0};

    *out = (struct input_sequence){0};
    const bool is_there = next_line(file, &line);
    if (is_there) {
        if (line.text[0] != 'S')
            malformed(&line, "a sequence");
        number(&line);
        out->count = number_32(&line);
        out->nsteps = (size_t)number_in(&line, 1, 100000);
        out->steps = zeroed(out->nsteps, sizeof *out->steps);
        read_steps(file, &line, out);
    }
    free(line.text);
    return is_there;
}

void input_clear(struct input_sequence *sequence)
{
    while (sequence->policies != NULL) {
        struct input_policy *next = sequence->policies->next;
        free(sequence->policies);
        sequence->policies = next;
    }
    free(sequence->steps);
    *sequence = (struct input_sequence){0};
}
