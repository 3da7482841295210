/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decision of a journal: found by workload and time, made again with all that came before it, then
 * explained, or made once more with other readings.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kedactl.h"

/* The journal is read twice: first to find out which decision is the last one that fits. */
typedef struct search {
    const kedactl *k;
    int64_t at_ms;    /* negative: the newest */
    int64_t count;    /* decisions seen */
    int64_t found;    /* the number of the one that fits, from 1 */
    keda_record kept; /* of that one, without metrics */
    int rc;           /* of what was done with it */
    int (*act)(const kedactl *k, const keda_replayed *replayed);
} search;

/* As a running kedad has it: a poll between two syncs explains nothing, the sync before it does. */
static bool is_skipped(const search *s, const keda_record *made)
{
    return s->found > 0 && made->reason == KEDA_REASON_NO_SYNC &&
           !keda_record_is_news(made, &s->kept);
}

static keda_status find(const keda_replayed *replayed, void *user)
{
    search *s = user;
    const keda_decision *d = replayed->decision;
    const keda_record made = {.struct_size = sizeof made,
                              .due = replayed->entry->seen->due,
                              .to = d->to,
                              .reason = d->reason,
                              .outcome = replayed->entry->outcome,
                              .is_write = d->is_write,
                              .is_active = d->is_active,
                              .is_error = d->is_error};

    s->count++;
    if ((s->at_ms >= 0 && replayed->entry->wall_ms > s->at_ms) || is_skipped(s, &made))
        return KEDA_OK;
    s->found = s->count;
    s->kept = made;
    return KEDA_OK;
}

static keda_status act(const keda_replayed *replayed, void *user)
{
    search *s = user;

    if (++s->count < s->found)
        return KEDA_OK;
    if (replayed->difference[0] != '\0')
        fprintf(
            stderr,
            "kedactl: this library decides otherwise than was recorded; see kedactl replay\n");
    s->rc = s->act(s->k, replayed);
    return KEDA_ECANCELED; /* there is no need to go on */
}

static bool read_time(const kedactl *k, search *s)
{
    s->at_ms = -1;
    return k->at == NULL || parse_at(k->at, &s->at_ms);
}

static int nothing_found(const char *path, const char *workload, const search *s,
                         const keda_replay_result *result)
{
    fprintf(stderr, "kedactl: %s: ", path);
    if (result->workloads == 0 && workload != NULL)
        fputs("there is no such workload", stderr);
    else if (s->count == 0)
        fputs("there is no decision", stderr);
    else
        fputs("all decisions were made later", stderr);
    if (workload != NULL) {
        fputs(": ", stderr);
        cli_plain_text(stderr, workload);
    }
    fputc('\n', stderr);
    return CLI_NEGATIVE;
}

/* workload NULL: the only one. */
static int on_decision(const kedactl *k, const char *path, const char *workload,
                       int (*then)(const kedactl *k, const keda_replayed *replayed))
{
    search s = {.k = k, .act = then};
    keda_replay_options options;
    keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
    keda_error err = KEDA_ERROR_INIT;

    if (!read_time(k, &s))
        return CLI_USAGE;
    journal_options(k, &options);
    options.user = &s;
    options.workload = workload;
    options.is_going_on = 1;
    options.on_decision = find;
    if (keda_replay(path, &options, &result, &err) != KEDA_OK)
        return report_error("journal", &err);
    if (s.found == 0)
        return nothing_found(path, workload, &s, &result);
    if (workload == NULL && result.workloads > 1) {
        fprintf(stderr, "kedactl: %s has several workloads: name one with --workload\n", path);
        return CLI_USAGE;
    }
    s.count = 0;
    options.on_decision = act;
    options.journal.on_note = NULL; /* was said */
    if (keda_replay(path, &options, &result, &err) != KEDA_ECANCELED)
        return report_error("journal", &err);
    return s.rc;
}

/* ---- explaining */

/* Explains a decision, or says it in one line, in a text to be freed; NULL without memory. */
static char *describe(const keda_replayed *replayed, const keda_policy *policy,
                      const keda_observation *seen, const keda_decision *decision,
                      bool is_short)
{
    enum { SIZE = 8192 };
    const keda_journal_entry *entry = replayed->entry;
    keda_record record = KEDA_RECORD_INIT;
    char *text = calloc(1, SIZE);

    record.nmetrics = policy->nmetrics;
    record.metrics = calloc(record.nmetrics + 1, sizeof *record.metrics);
    if (text != NULL && record.metrics != NULL &&
        keda_record_make(policy, seen, entry->history, decision, (keda_outcome)entry->outcome,
                         entry->wall_ms, &record) == KEDA_OK) {
        if (is_short)
            keda_record_line(&record, entry->names, text, SIZE);
        else
            keda_record_explain(&record, entry->names, text, SIZE);
    }
    free(record.metrics);
    return text;
}

static int print_explanation(const kedactl *k, const keda_replayed *replayed)
{
    char *text = describe(replayed, replayed->entry->policy, replayed->entry->seen,
                          replayed->decision, false);

    (void)k;
    if (text == NULL)
        return CLI_INTERNAL;
    fputs(text, stdout);
    free(text);
    return CLI_OK;
}

int explain_from_journal(const kedactl *k, const char *workload)
{
    char id[1024];

    if (!journal_workload(workload, id, sizeof id))
        return CLI_USAGE;
    return on_decision(k, k->journal, id, print_explanation);
}

/* ---- changing */

#define COMPOSITE "composite-metric" /* the formula's result, named as KEDA's HPA names it */

/* What a decision was made from, with changes in it. */
typedef struct changed {
    keda_policy policy;
    keda_formula *constant; /* in place of the policy's formula; NULL: none */
    keda_observation seen;
    keda_reading *readings;
    int64_t *items;
} changed;

static bool find_metric(const keda_journal_entry *entry, const char *name, size_t length,
                        size_t *out)
{
    for (size_t i = 0; i < entry->seen->nreadings && i < entry->policy->nmetrics; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", i);
        const bool is_named =
            strlen(entry->names[i]) == length && memcmp(entry->names[i], name, length) == 0;
        const bool is_numbered = strlen(number) == length && memcmp(number, name, length) == 0;
        if (is_named || is_numbered) {
            *out = i;
            return true;
        }
    }
    fprintf(stderr, "kedactl: --set: there is no metric %.*s; there %s", (int)length, name,
            entry->policy->nmetrics == 1 ? "is" : "are");
    for (size_t i = 0; i < entry->policy->nmetrics; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", entry->names[i]);
    fputs(entry->policy->formula != NULL ? ", " COMPOSITE "\n" : "\n", stderr);
    return false;
}

/* Its thousandths, and sums of some, fit into 64 bits. */
#define VALUE_MAX 9e12

/* "12.5" as thousandths. */
static bool parse_milli(const char *text, int64_t *out)
{
    char *end = NULL;
    const double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0.0 && value <= VALUE_MAX))
        return false;
    *out = (int64_t)llround(value * 1000.0);
    return true;
}

static bool parse_value(const char *text, const char *others, int64_t *out)
{
    if (parse_milli(text, out))
        return true;
    fprintf(stderr, "kedactl: --set: the value is a number from 0 to %.0f%s, not \"%s\"\n",
            VALUE_MAX, others, text);
    return false;
}

static void set_reading(changed *c, size_t i, int64_t milli)
{
    keda_reading *reading = &c->readings[i];
    const int32_t failures = reading->failures;

    c->items[i] = milli;
    if (reading->state != KEDA_READING_OK || reading->nitems == 0)
        *reading = (keda_reading)KEDA_READING_INIT;
    reading->failures = failures;
    reading->state = KEDA_READING_OK;
    reading->items_milli = &c->items[i];
    reading->nitems = 1;
    reading->raw = (double)milli / 1000.0;
}

/* A result needs readings: those of the formula that are unknown become known, whatever they are. */
static void know_readings(const keda_journal_entry *entry, changed *c)
{
    for (size_t i = 0; i < entry->seen->nreadings && i < entry->policy->nmetrics; i++) {
        const keda_metric_policy *metric = (const void *)((const char *)entry->policy->metrics +
                                                          i * entry->policy->metric_size);
        const keda_reading *reading = &c->readings[i];
        if (metric->source == KEDA_SOURCE_EXTERNAL &&
            (reading->state != KEDA_READING_OK || reading->nitems == 0))
            set_reading(c, i, 0);
    }
}

/* A formula of the number alone takes the place of the workload's. */
static bool set_result(const keda_journal_entry *entry, const char *value, changed *c)
{
    char text[32];
    int64_t milli = 0;
    keda_error err = KEDA_ERROR_INIT;

    if (!parse_value(value, "", &milli))
        return false;
    (void)snprintf(text, sizeof text, "%lld.%03d", (long long)(milli / 1000),
                   (int)(milli % 1000));
    keda_formula_free(c->constant);
    c->constant = NULL;
    if (keda_formula_new(&c->constant, text, NULL, 0, &err) != KEDA_OK) {
        (void)report_error("--set " COMPOSITE, &err);
        return false;
    }
    c->policy.formula = c->constant;
    know_readings(entry, c);
    return true;
}

/* NAME=VALUE, or NAME=unknown. As keda/explain.h has it: one item of that value, raw the same, all
 * else as it was; of a reading that is not known: a fresh one. */
static bool change(const keda_journal_entry *entry, const char *text, changed *c)
{
    const char *equals = strrchr(text, '=');
    int64_t milli = 0;
    size_t i = 0;

    if (equals == NULL || equals == text) {
        fprintf(stderr, "kedactl: --set is NAME=VALUE, not \"%s\"\n", text);
        return false;
    }
    if (entry->policy->formula != NULL && (size_t)(equals - text) == strlen(COMPOSITE) &&
        memcmp(text, COMPOSITE, strlen(COMPOSITE)) == 0)
        return set_result(entry, equals + 1, c);
    if (!find_metric(entry, text, (size_t)(equals - text), &i))
        return false;
    if (strcmp(equals + 1, "unknown") == 0) {
        c->readings[i].state = KEDA_READING_UNKNOWN;
        c->readings[i].nitems = 0;
        return true;
    }
    if (!parse_value(equals + 1, ", or unknown", &milli))
        return false;
    set_reading(c, i, milli);
    return true;
}

static bool copy_readings(const keda_journal_entry *entry, changed *c)
{
    const size_t n = entry->seen->nreadings;

    c->readings = calloc(n + 1, sizeof *c->readings);
    c->items = calloc(n + 1, sizeof *c->items);
    if (c->readings == NULL || c->items == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        memcpy(&c->readings[i],
               (const char *)entry->seen->readings + i * entry->seen->reading_size,
               sizeof *c->readings);
    c->policy = *entry->policy;
    c->seen = *entry->seen;
    c->seen.readings = c->readings;
    c->seen.reading_size = sizeof *c->readings;
    return true;
}

static int compare(const keda_replayed *replayed, const changed *c)
{
    const keda_journal_entry *entry = replayed->entry;
    keda_decision decision = KEDA_DECISION_INIT;
    char *before = NULL, *after = NULL;
    int rc = CLI_INTERNAL;

    decision.nproposals = entry->policy->nmetrics;
    decision.proposals = calloc(decision.nproposals + 1, sizeof *decision.proposals);
    for (size_t i = 0; decision.proposals != NULL && i < decision.nproposals; i++)
        decision.proposals[i].struct_size = sizeof decision.proposals[i];
    if (decision.proposals == NULL ||
        keda_decide(&c->policy, &c->seen, entry->history, &decision) != KEDA_OK)
        goto out;
    before = describe(replayed, entry->policy, entry->seen, replayed->decision, true);
    after = describe(replayed, &c->policy, &c->seen, &decision, true);
    if (before == NULL || after == NULL)
        goto out;
    printf("recorded: %s\nchanged:  %s\n", before, after);
    if (decision.to == replayed->decision->to)
        printf("the outcome stays %d\n", (int)decision.to);
    else
        printf("the outcome changes from %d to %d\n", (int)replayed->decision->to,
               (int)decision.to);
    rc = CLI_OK;
out:
    free(before);
    free(after);
    free(decision.proposals);
    return rc;
}

static int decide_changed(const kedactl *k, const keda_replayed *replayed)
{
    changed c = {0};
    int rc = copy_readings(replayed->entry, &c) ? CLI_OK : CLI_INTERNAL;

    for (size_t i = 0; i < k->nchanges && rc == CLI_OK; i++)
        if (!change(replayed->entry, k->changes[i], &c))
            rc = CLI_USAGE;
    if (rc == CLI_OK)
        rc = compare(replayed, &c);
    keda_formula_free(c.constant);
    free(c.readings);
    free(c.items);
    return rc;
}

int replay_changed(const kedactl *k, const char *path, const char *workload)
{
    return on_decision(k, path, workload, decide_changed);
}
