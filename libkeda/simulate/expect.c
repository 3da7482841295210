/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expectations: a document whose members are what a run must have come to. Each that does not hold is
 * a finding at its place.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/findings.h"
#include "base/num.h"
#include "base/text.h"
#include "config/node_read.h"
#include "simulate/moment.h"
#include "simulate/simulation.h"

typedef struct checking {
    const keda_simulation *s;
    const char *file;
    keda_findings *findings;
    size_t ndifferent;
    keda_error *err;
} checking;

/* A figure of the summary, under the names of docs/simulate.md. */
typedef double (*figure_fn)(const keda_simulation_summary *sum);

#define FIGURE(name, expression)                                                               \
    static double name(const keda_simulation_summary *sum)                                     \
    {                                                                                          \
        return (double)(expression);                                                           \
    }
FIGURE(peak_replicas, sum->peak_replicas)
FIGURE(least_replicas, sum->least_replicas)
FIGURE(final_replicas, sum->final_replicas)
FIGURE(mean_replicas, sum->mean_replicas)
FIGURE(scale_events, sum->scale_ups + sum->scale_downs)
FIGURE(scale_ups, sum->scale_ups)
FIGURE(scale_downs, sum->scale_downs)
FIGURE(reversals, sum->reversals)
FIGURE(replica_seconds, sum->replica_seconds)
FIGURE(zero_seconds, sum->zero_seconds)
FIGURE(unmet_seconds, sum->unmet_seconds)
FIGURE(unmet_replica_seconds, sum->unmet_replica_seconds)
FIGURE(unknown_steps, sum->unknown_steps)
FIGURE(peak_lag, sum->peak_lag)
FIGURE(final_lag, sum->final_lag)
FIGURE(mean_lag, sum->mean_lag)
FIGURE(mean_waiting, sum->mean_waiting_s)
FIGURE(waiting_seconds, sum->waiting_seconds)
FIGURE(duration_seconds, (double)sum->duration_ms / 1000.0)
FIGURE(decisions, sum->steps)
FIGURE(polls, sum->polls)
FIGURE(syncs, sum->syncs)
FIGURE(working_seconds, sum->working_seconds)
FIGURE(arrived, sum->arrived)
FIGURE(served, sum->served)
FIGURE(peak_backlog, sum->peak_backlog)

static const struct {
    const char *name;
    figure_fn get;
} figures[] = {
    {"maxReplicas", peak_replicas},
    {"minReplicas", least_replicas},
    {"finalReplicas", final_replicas},
    {"meanReplicas", mean_replicas},
    {"scaleEvents", scale_events},
    {"scaleUps", scale_ups},
    {"scaleDowns", scale_downs},
    {"reversals", reversals},
    {"replicaSeconds", replica_seconds},
    {"zeroSeconds", zero_seconds},
    {"unmetSeconds", unmet_seconds},
    {"unmetReplicaSeconds", unmet_replica_seconds},
    {"unknownSteps", unknown_steps},
    {"peakLag", peak_lag},
    {"finalLag", final_lag},
    {"meanLag", mean_lag},
    {"meanWaitingSeconds", mean_waiting},
    {"waitingSeconds", waiting_seconds},
    {"durationSeconds", duration_seconds},
    {"decisions", decisions},
    {"polls", polls},
    {"syncs", syncs},
    {"workingSeconds", working_seconds},
    {"arrived", arrived},
    {"served", served},
    {"peakBacklog", peak_backlog},
};
enum { NFIGURES = sizeof figures / sizeof figures[0] };

/* ---- what is wrong with the document */

static keda_status fail(const checking *c, const node *at, const char *why)
{
    if (c->err != NULL) {
        keda_error_clear(c->err);
        c->err->line = at->line;
        c->err->column = at->column;
    }
    const keda_status rc = keda_error_set(c->err, KEDA_EINVAL, "%s:%d:%d: %s", c->file,
                                          (int)at->line, (int)at->column, why);
    if (c->err != NULL) {
        c->err->line = at->line;
        c->err->column = at->column;
    }
    return rc;
}

static keda_status unknown_member(const checking *c, const node *at)
{
    const char *known[NFIGURES + 2];
    char why[300];

    for (size_t i = 0; i < NFIGURES; i++)
        known[i] = figures[i].name;
    known[NFIGURES] = "replicas";
    known[NFIGURES + 1] = "neverUnknown";
    const char *near = text_nearest(at->key, known, NFIGURES + 2);
    (void)snprintf(why, sizeof why, "nothing is called \"%.64s\"%s%s%s", at->key,
                   near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                   near != NULL ? "\"?" : "");
    return fail(c, at, why);
}

/* ---- bounds: 5, "<= 5", {atLeast: 1, atMost: 5} */

typedef struct bounds {
    double least, most;
    bool is_least_excluded, is_most_excluded;
} bounds;

static bool read_number(const node *n, double *out)
{
    if (n->type == NODE_INTEGER)
        *out = (double)n->integer;
    else if (n->type == NODE_REAL)
        *out = n->real;
    else
        return false;
    return isfinite(*out);
}

static keda_status bound_text(const checking *c, const node *at, bounds *out)
{
    static const struct {
        const char *sign;
        bool is_least, is_most, is_excluded;
    } signs[] = {{"<=", false, true, false},
                 {">=", true, false, false},
                 {"==", true, true, false},
                 {"<", false, true, true},
                 {">", true, false, true}};
    int64_t ms;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (!text_has_prefix(at->text, signs[i].sign))
            continue;
        const char *number = at->text + strlen(signs[i].sign);
        while (*number == ' ')
            number++;
        double value = 0.0;
        if (!num_parse_json_double(number, &value)) { /* or a duration, in seconds */
            if (!moment_parse_span(number, &ms))
                break;
            value = (double)ms / 1000.0;
        }
        if (signs[i].is_least)
            out->least = value;
        if (signs[i].is_most)
            out->most = value;
        out->is_least_excluded = signs[i].is_least && signs[i].is_excluded;
        out->is_most_excluded = signs[i].is_most && signs[i].is_excluded;
        return KEDA_OK;
    }
    return fail(c, at, "expected a number, such as 5, \"<= 5\" or {atLeast: 1, atMost: 5}");
}

static keda_status bound_map(const checking *c, const node *at, bounds *out)
{
    for (size_t i = 0; i < at->nitems; i++) {
        const node *item = at->items[i];
        const bool is_least = strcmp(item->key, "atLeast") == 0;
        if (!is_least && strcmp(item->key, "atMost") != 0)
            return fail(c, item, "expected atLeast or atMost");
        if (!read_number(item, is_least ? &out->least : &out->most))
            return fail(c, item, "expected a number");
    }
    return KEDA_OK;
}

static keda_status read_bounds(const checking *c, const node *at, bounds *out)
{
    *out = (bounds){.least = -(double)INFINITY, .most = (double)INFINITY};
    if (read_number(at, &out->least)) {
        out->most = out->least;
        return KEDA_OK;
    }
    if (at->type == NODE_STRING)
        return bound_text(c, at, out);
    if (at->type == NODE_MAP && at->nitems > 0)
        return bound_map(c, at, out);
    return fail(c, at, "expected a number, such as 5, \"<= 5\" or {atLeast: 1, atMost: 5}");
}

static bool holds(const bounds *b, double value)
{
    const bool is_enough = b->is_least_excluded ? value > b->least : value >= b->least;
    return is_enough && (b->is_most_excluded ? value < b->most : value <= b->most);
}

static void print_bounds(const bounds *b, char *out, size_t size)
{
    if (!(b->least < b->most) && !(b->most < b->least))
        (void)snprintf(out, size, "%.10g", b->least);
    else if (isinf(b->least))
        (void)snprintf(out, size, "%s %.10g", b->is_most_excluded ? "less than" : "at most",
                       b->most);
    else if (isinf(b->most))
        (void)snprintf(out, size, "%s %.10g", b->is_least_excluded ? "more than" : "at least",
                       b->least);
    else
        (void)snprintf(out, size, "%.10g to %.10g", b->least, b->most);
}

/* ---- comparing */

static void differ(checking *c, const node *at, const char *path, const char *message)
{
    const findings_place place = {
        .file = c->file, .path = path, .line = at->line, .column = at->column};
    c->ndifferent++;
    findings_add(c->findings, KEDA_SEVERITY_ERROR, &place, "%s", message);
}

static keda_status compare(checking *c, const node *at, const char *path, double value)
{
    bounds b;
    char wanted[80], message[160];
    const keda_status rc = read_bounds(c, at, &b);

    if (rc != KEDA_OK || holds(&b, value))
        return rc;
    print_bounds(&b, wanted, sizeof wanted);
    (void)snprintf(message, sizeof message, "expected %s, got %.10g", wanted, value);
    differ(c, at, path, message);
    return KEDA_OK;
}

/* One of `replicas`: a time, and the count then. */
static keda_status compare_replicas(checking *c, const node *at)
{
    const keda_simulation *s = c->s;
    char path[100];
    int64_t ms = 0;
    const moment_kind kind = moment_parse(at->key, &ms);

    if (kind == MOMENT_WALL && s->start_wall_ms > 0)
        ms -= s->start_wall_ms;
    else if (kind == MOMENT_WALL)
        return fail(c, at, "a civil time, but the run has none");
    if (kind == MOMENT_BAD)
        return fail(c, at, "expected a time: " MOMENT_FORMS);
    if (ms < 0 || ms > s->tally.sum.duration_ms)
        return fail(c, at, "the run does not reach that time");
    (void)snprintf(path, sizeof path, "replicas.%.64s", at->key);
    return compare(c, at, path, tally_replicas_at(&s->tally, ms, s->start_replicas));
}

static keda_status compare_times(checking *c, const node *at)
{
    keda_status rc = KEDA_OK;

    if (at->type != NODE_MAP)
        return fail(c, at, "expected times and counts, such as {10m: 5}");
    for (size_t i = 0; rc == KEDA_OK && i < at->nitems; i++)
        rc = compare_replicas(c, at->items[i]);
    return rc;
}

static keda_status compare_unknown(checking *c, const node *at)
{
    char message[100];

    if (at->type != NODE_BOOL)
        return fail(c, at, "expected true or false");
    if (!at->boolean || c->s->tally.sum.unknown_steps == 0)
        return KEDA_OK;
    (void)snprintf(message, sizeof message, "a reading was unknown at %lld decisions",
                   (long long)c->s->tally.sum.unknown_steps);
    differ(c, at, "neverUnknown", message);
    return KEDA_OK;
}

static keda_status compare_member(checking *c, const node *at)
{
    if (strcmp(at->key, "replicas") == 0)
        return compare_times(c, at);
    if (strcmp(at->key, "neverUnknown") == 0)
        return compare_unknown(c, at);
    for (size_t i = 0; i < NFIGURES; i++)
        if (strcmp(at->key, figures[i].name) == 0)
            return compare(c, at, at->key, figures[i].get(&c->s->tally.sum));
    return unknown_member(c, at);
}

keda_status keda_simulation_expect(const keda_simulation *s, const char *file, const char *text,
                                   size_t size, keda_findings *differences, size_t *ndifferent,
                                   keda_error *err)
{
    checking c = {.s = s, .file = file, .findings = differences, .err = err};
    node *root = NULL;
    keda_status rc = simulation_needs_run(s, err);

    if (rc == KEDA_OK)
        rc = node_read(&root, text, size, file, err);
    if (rc == KEDA_OK && (root == NULL || root->type != NODE_MAP || root->nitems == 0))
        rc = keda_error_set(err, KEDA_EINVAL,
                            "%s:1:1: expected members such as maxReplicas: 10", file);
    for (size_t i = 0; rc == KEDA_OK && root != NULL && i < root->nitems; i++)
        rc = compare_member(&c, root->items[i]);
    node_read_free(root);
    if (rc == KEDA_OK && ndifferent != NULL)
        *ndifferent = c.ndifferent;
    return rc;
}
