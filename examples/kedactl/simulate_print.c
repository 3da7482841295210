/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kedactl simulate prints: JSON lines of everything, or tables of the first steps, the changes
 * and the sums; progress, when it takes long.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "simulate.h"

enum { FIRST_STEPS = 10, CHANGES = 40, PATIENCE_MS = 1000, TELL_MS = 200, LOOK_STEPS = 4096 };

/* ---- progress */

static int64_t now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void tell_progress(simulate_printer *p, const keda_simulation_step *step)
{
    if (!p->is_tty || p->nsteps % LOOK_STEPS != 0)
        return;
    const int64_t now = now_ms();
    if (now - p->begun_ms < PATIENCE_MS || now - p->told_ms < TELL_MS)
        return;
    p->told_ms = now;
    const int64_t whole = step->duration_ms > 0 ? step->duration_ms : 1;
    fprintf(stderr, "\rsimulating: %3" PRId64 " %%", step->at_ms * 100 / whole);
}

static void end_progress(const simulate_printer *p)
{
    if (p->told_ms > 0)
        fputs("\r\x1b[K", stderr);
}

/* ---- JSON lines */

static void json_key(const char *key)
{
    printf(",\"%s\":", key);
}

static void json_double(const char *key, double value)
{
    json_key(key);
    cli_json_number(stdout, value);
}

static void json_whole(const char *key, int64_t value)
{
    printf(",\"%s\":%" PRId64, key, value);
}

static void json_time(int64_t wall_ms)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[40];

    json_key("time");
    if (wall_ms <= 0 || gmtime_r(&seconds, &tm) == NULL) {
        printf("null");
        return;
    }
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    printf("\"%s.%03dZ\"", text, (int)(wall_ms % 1000));
}

static void json_due(uint32_t due)
{
    const bool is_poll = (due & KEDA_DUE_POLL) != 0, is_sync = (due & KEDA_DUE_SYNC) != 0;
    printf(",\"due\":[%s%s%s]", is_poll ? "\"poll\"" : "", is_poll && is_sync ? "," : "",
           is_sync ? "\"sync\"" : "");
}

static const keda_reading *reading_at(const keda_observation *seen, size_t i)
{
    return (const void *)((const char *)seen->readings + i * seen->reading_size);
}

static void json_values(const keda_simulation_step *step)
{
    printf(",\"values\":{");
    for (size_t i = 0; i < step->seen->nreadings; i++) {
        const keda_reading *r = reading_at(step->seen, i);
        fputs(i == 0 ? "" : ",", stdout);
        cli_json_text(stdout, step->metrics[i]);
        putchar(':');
        cli_json_number(stdout, r->state == KEDA_READING_OK ? r->raw : (double)NAN);
    }
    putchar('}');
}

static void json_step(const simulate_printer *p, const keda_simulation_step *step)
{
    const keda_decision *d = step->decision;

    printf("{\"kind\":\"Step\",\"run\":%zu,\"t\":", p->run);
    cli_json_number(stdout, (double)step->at_ms / 1000.0);
    json_time(step->wall_ms);
    json_due(d->due);
    json_values(step);
    json_double("lag", step->lag);
    json_whole("from", d->from);
    json_whole("to", d->to);
    json_whole("wanted", step->wanted);
    json_whole("working", step->working);
    printf(",\"active\":%s,\"reason\":\"%s\",\"text\":", d->is_active ? "true" : "false",
           keda_reason_name(d->reason));
    cli_json_text(stdout, step->text);
    puts("}");
}

static void json_header(const simulate_printer *p)
{
    if (p->run > 0)
        return;
    printf("{\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"Simulation\",\"runs\":%zu}\n",
           p->s->nruns);
}

static void json_summary(size_t run, const keda_simulation_summary *sum)
{
    printf("{\"kind\":\"Summary\",\"run\":%zu", run);
    json_double("durationSeconds", (double)sum->duration_ms / 1000.0);
    json_whole("decisions", sum->steps);
    json_whole("polls", sum->polls);
    json_whole("syncs", sum->syncs);
    json_whole("unknownSteps", sum->unknown_steps);
    json_whole("scaleUps", sum->scale_ups);
    json_whole("scaleDowns", sum->scale_downs);
    json_whole("reversals", sum->reversals);
    json_whole("maxReplicas", sum->peak_replicas);
    json_whole("minReplicas", sum->least_replicas);
    json_whole("finalReplicas", sum->final_replicas);
    json_double("meanReplicas", sum->mean_replicas);
    json_double("replicaSeconds", sum->replica_seconds);
    json_double("workingSeconds", sum->working_seconds);
    json_double("unmetReplicaSeconds", sum->unmet_replica_seconds);
    json_double("unmetSeconds", sum->unmet_seconds);
    json_double("zeroSeconds", sum->zero_seconds);
    json_double("peakLag", sum->peak_lag);
    json_double("meanLag", sum->mean_lag);
    json_double("finalLag", sum->final_lag);
    if (sum->has_arrivals) {
        json_double("arrived", sum->arrived);
        json_double("served", sum->served);
        json_double("waitingSeconds", sum->waiting_seconds);
        json_double("meanWaitingSeconds", sum->mean_waiting_s);
        json_double("peakBacklog", sum->peak_backlog);
    }
    puts("}");
}

/* ---- steps as a table */

static void number(char *out, size_t size, double value)
{
    if (isnan(value))
        (void)snprintf(out, size, "unknown");
    else if (fabs(value) < 1e6 && fabs(value - round(value)) < 0.005)
        (void)snprintf(out, size, "%.0f", value);
    else if (fabs(value) < 1e6)
        (void)snprintf(out, size, "%.2f", value);
    else
        (void)snprintf(out, size, "%.0f", value);
}

static void step_row(simulate_printer *p, const keda_simulation_step *step)
{
    const keda_decision *d = step->decision;
    char at[32], lag[40], wanted[16], count[40], working[16];

    keda_simulation_format_time(step->at_ms, at, sizeof at);
    number(lag, sizeof lag, step->lag);
    (void)snprintf(wanted, sizeof wanted, "%d", (int)step->wanted);
    (void)snprintf(working, sizeof working, "%d", (int)step->working);
    if (d->to != d->from)
        (void)snprintf(count, sizeof count, "%d -> %d", (int)d->from, (int)d->to);
    else
        (void)snprintf(count, sizeof count, "%d", (int)d->to);
    const char *cells[] = {at,
                           lag,
                           d->is_active  ? "yes"
                           : d->is_error ? "unknown"
                                         : "no",
                           wanted,
                           count,
                           working,
                           keda_reason_name(d->reason)};
    (void)cli_table_row(&p->table, sizeof cells / sizeof cells[0], cells);
}

keda_status simulate_step(const keda_simulation_step *step, void *user)
{
    simulate_printer *p = user;

    if (p->s->k->is_json)
        json_step(p, step);
    else if (p->nsteps < FIRST_STEPS && p->run == 0)
        step_row(p, step);
    p->nsteps++;
    tell_progress(p, step);
    return KEDA_OK;
}

void simulate_begin(simulate_printer *p, const simulation *s, size_t run)
{
    static const char *const titles[] = {"TIME",     "LAG",     "ACTIVE", "WANTED",
                                         "REPLICAS", "WORKING", "REASON"};
    *p = (simulate_printer){
        .s = s, .run = run, .is_tty = isatty(STDERR_FILENO) != 0, .begun_ms = now_ms()};
    if (s->k->is_json)
        json_header(p);
    else if (run == 0)
        (void)cli_table_row(&p->table, sizeof titles / sizeof titles[0], titles);
}

void simulate_end(simulate_printer *p)
{
    end_progress(p);
    cli_table_print(&p->table, stdout);
    if (p->table.nrows > 0 && p->nsteps > FIRST_STEPS)
        printf("... and %" PRId64 " decisions more\n", p->nsteps - FIRST_STEPS);
    cli_table_clear(&p->table);
}

/* ---- changes as a table */

static void change_row(cli_table *table, const keda_simulation_event *event)
{
    char at[32], lag[40], count[40];

    keda_simulation_format_time(event->at_ms, at, sizeof at);
    number(lag, sizeof lag, event->lag);
    (void)snprintf(count, sizeof count, "%d -> %d", (int)event->from, (int)event->to);
    const char *cells[] = {
        at, lag, count, event->text[0] != '\0' ? event->text : keda_reason_name(event->reason)};
    (void)cli_table_row(table, sizeof cells / sizeof cells[0], cells);
}

static void print_changes(const simulation *s, size_t run)
{
    static const char *const titles[] = {"TIME", "LAG", "REPLICAS", "WHY"};
    const keda_simulation_summary *sum = &s->runs[run].summary;
    const int64_t all = sum->scale_ups + sum->scale_downs;
    keda_simulation_event event = {.struct_size = sizeof event};
    cli_table table = {0};

    if (all == 0) {
        printf("\n%sno change of the count\n", run > 0 ? "compared: " : "");
        return;
    }
    printf("\n%s%" PRId64 " changes of the count\n", run > 0 ? "compared: " : "", all);
    (void)cli_table_row(&table, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < CHANGES; i++) {
        if (keda_simulation_event_at(s->runs[run].sim, i, &event, NULL) != KEDA_OK)
            break;
        change_row(&table, &event);
    }
    cli_table_print(&table, stdout);
    cli_table_clear(&table);
    if (all > CHANGES)
        printf("... and %" PRId64 " more\n", all - CHANGES);
}

/* ---- sums */

typedef struct sum_row {
    const char *name;
    double (*get)(const keda_simulation_summary *sum);
    bool is_of_arrivals;
} sum_row;

#define SUM(name, expression)                                                                  \
    static double name(const keda_simulation_summary *sum)                                     \
    {                                                                                          \
        return (double)(expression);                                                           \
    }
SUM(decisions, sum->steps)
SUM(unknown, sum->unknown_steps)
SUM(ups, sum->scale_ups)
SUM(downs, sum->scale_downs)
SUM(reversals, sum->reversals)
SUM(peak, sum->peak_replicas)
SUM(least, sum->least_replicas)
SUM(final, sum->final_replicas)
SUM(mean, sum->mean_replicas)
SUM(replica_seconds, sum->replica_seconds)
SUM(unmet, sum->unmet_seconds)
SUM(zero, sum->zero_seconds)
SUM(peak_lag, sum->peak_lag)
SUM(mean_lag, sum->mean_lag)
SUM(final_lag, sum->final_lag)
SUM(arrived, sum->arrived)
SUM(served, sum->served)
SUM(mean_waiting, sum->mean_waiting_s)
SUM(waiting, sum->waiting_seconds)

static const sum_row rows[] = {
    {"decisions", decisions, false},
    {"  with an unknown reading", unknown, false},
    {"scale-ups", ups, false},
    {"scale-downs", downs, false},
    {"  changes of direction", reversals, false},
    {"most replicas", peak, false},
    {"fewest replicas", least, false},
    {"replicas at the end", final, false},
    {"mean replicas", mean, false},
    {"replica-seconds", replica_seconds, false},
    {"seconds with fewer than wanted", unmet, false},
    {"seconds at zero", zero, false},
    {"highest lag", peak_lag, false},
    {"mean lag", mean_lag, false},
    {"lag at the end", final_lag, false},
    {"items arrived", arrived, true},
    {"items served", served, true},
    {"mean waiting time (s)", mean_waiting, true},
    {"waiting time of all (s)", waiting, true},
};

static void sum_line(cli_table *table, const simulation *s, const sum_row *row)
{
    char values[2][40], difference[41];
    const double first = row->get(&s->runs[0].summary);
    const double second = s->nruns > 1 ? row->get(&s->runs[1].summary) : first;
    const char *cells[] = {row->name, values[0], values[1], difference};

    number(values[0], sizeof values[0], first);
    number(values[1], sizeof values[1], second);
    difference[0] = second > first ? '+' : '-';
    number(difference + 1, sizeof difference - 1, fabs(second - first));
    if (!(second > first) && !(second < first))
        difference[0] = '\0';
    (void)cli_table_row(table, s->nruns > 1 ? 4 : 2, cells);
}

static void print_sums(const simulation *s)
{
    static const char *const titles[] = {"SUMMARY", "", "COMPARED", "DIFFERENCE"};
    cli_table table = {0};

    (void)cli_table_row(&table, s->nruns > 1 ? 4 : 1, titles);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!rows[i].is_of_arrivals || s->runs[0].summary.has_arrivals)
            sum_line(&table, s, &rows[i]);
    putchar('\n');
    cli_table_print(&table, stdout);
    cli_table_clear(&table);
}

void simulate_summary(const simulation *s)
{
    for (size_t i = 0; i < s->nruns; i++) {
        if (s->k->is_json)
            json_summary(i, &s->runs[i].summary);
        else
            print_changes(s, i);
    }
    if (!s->k->is_json)
        print_sums(s);
}
