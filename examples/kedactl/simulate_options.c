/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of kedactl simulate: traces, outputs, and the workload's model.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "simulate.h"

static bool bad(const char *name, const char *why, const char *value)
{
    fprintf(stderr, "kedactl: --%s %s, not \"%s\"\n", name, why, value);
    return false;
}

static bool read_time(const char *name, const char *value, int64_t *ms)
{
    keda_error err = KEDA_ERROR_INIT;

    if (keda_simulation_parse_time(value, ms, NULL, &err) == KEDA_OK)
        return true;
    fprintf(stderr, "kedactl: --%s: %s\n", name, err.text);
    return false;
}

static bool read_whole(const char *name, const char *value, int64_t most, int64_t *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || *out < 0 || *out > most)
        return bad(name, "is a whole number, not negative", value);
    return true;
}

static bool read_number(const char *name, const char *value, double *out)
{
    char *end = NULL;

    *out = strtod(value, &end);
    if (end == value || *end != '\0' || !(*out >= 0.0 && *out <= 1e15))
        return bad(name, "is a number from 0 to 1e15", value);
    return true;
}

/* ---- one function an option */

typedef bool (*set_fn)(simulate_options *o, const char *name, const char *value);

static bool set_trace(simulate_options *o, const char *name, const char *value)
{
    if (o->ntraces == SIMULATE_TRACES) {
        fprintf(stderr, "kedactl: more than %d --%s\n", SIMULATE_TRACES, name);
        return false;
    }
    o->traces[o->ntraces++] = value;
    return true;
}

static bool set_plot(simulate_options *o, const char *name, const char *value)
{
    (void)name;
    if (strcmp(value, "-") == 0)
        o->wants_plot = true;
    else
        o->svg = value;
    return true;
}

static bool set_expect(simulate_options *o, const char *name, const char *value)
{
    (void)name;
    o->expect = value;
    return true;
}

static bool set_compare(simulate_options *o, const char *name, const char *value)
{
    (void)name;
    o->compare = value;
    return true;
}

static bool set_duration(simulate_options *o, const char *name, const char *value)
{
    if (!read_time(name, value, &o->run.duration_ms))
        return false;
    return o->run.duration_ms > 0 || bad(name, "is longer than nothing", value);
}

static bool set_start(simulate_options *o, const char *name, const char *value)
{
    int32_t is_wall = 0;
    keda_error err = KEDA_ERROR_INIT;

    if (keda_simulation_parse_time(value, &o->run.start_wall_ms, &is_wall, &err) == KEDA_OK &&
        is_wall != 0)
        return true;
    return bad(name, "is an RFC 3339 time such as 2026-01-31T12:00:00Z", value);
}

static bool set_phase(simulate_options *o, const char *name, const char *value)
{
    return read_time(name, value, &o->run.phase_ms);
}

static bool set_replicas(simulate_options *o, const char *name, const char *value)
{
    int64_t n = 0;
    const bool is_read = read_whole(name, value, INT32_MAX, &n);

    o->run.has_replicas = 1;
    o->run.replicas = (int32_t)n;
    return is_read;
}

static bool set_seed(simulate_options *o, const char *name, const char *value)
{
    int64_t n = 0;
    const bool is_read = read_whole(name, value, INT64_MAX, &n);

    o->run.seed = (uint64_t)n;
    return is_read;
}

static bool set_service_rate(simulate_options *o, const char *name, const char *value)
{
    if (!read_number(name, value, &o->run.service_rate))
        return false;
    return o->run.service_rate > 0.0 || bad(name, "is more than 0", value);
}

static bool set_backlog(simulate_options *o, const char *name, const char *value)
{
    return read_number(name, value, &o->run.backlog);
}

static bool set_startup(simulate_options *o, const char *name, const char *value)
{
    return read_time(name, value, &o->run.startup_ms);
}

static bool set_pause(simulate_options *o, const char *name, const char *value)
{
    return read_time(name, value, &o->run.pause_ms);
}

static bool set_partitions(simulate_options *o, const char *name, const char *value)
{
    int64_t n = 0;
    const bool is_read = read_whole(name, value, INT32_MAX, &n);

    o->run.partitions = (int32_t)n;
    return is_read;
}

static bool set_deviations(simulate_options *o, const char *name, const char *value)
{
    (void)name;
    o->has_deviations = true;
    return cli_deviations("kedactl", value, &o->deviations);
}

static const struct {
    const char *name;
    set_fn set;
} setters[] = {
    {"trace", set_trace},
    {"plot", set_plot},
    {"expect", set_expect},
    {"compare", set_compare},
    {"duration", set_duration},
    {"start", set_start},
    {"phase", set_phase},
    {"replicas", set_replicas},
    {"seed", set_seed},
    {"service-rate", set_service_rate},
    {"backlog", set_backlog},
    {"startup", set_startup},
    {"pause", set_pause},
    {"partitions", set_partitions},
    {"deviations", set_deviations},
};

bool simulate_set(kedactl *k, const char *name, const char *value, bool *is_known)
{
    static simulate_options options = {.run = KEDA_SIMULATION_OPTIONS_INIT};

    *is_known = false;
    for (size_t i = 0; i < sizeof setters / sizeof setters[0]; i++) {
        if (strcmp(setters[i].name, name) != 0)
            continue;
        *is_known = true;
        k->simulate = &options;
        return setters[i].set(&options, name, value);
    }
    return true;
}
