/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulation: a plan (keda/engine.h) decided over a trace on a virtual clock, with the engine's own
 * core and schedule. A trace gives values (what a trigger reads: nothing feeds back) or arrivals per
 * second, which a model of the workload serves: what is left is what the trigger reads. The same
 * input gives the same bytes, every time.
 */
#ifndef KEDA_SIMULATE_H
#define KEDA_SIMULATE_H

#include <keda/decide.h>
#include <keda/engine.h>
#include <keda/error.h>

KEDA_BEGIN_DECLS

typedef struct keda_simulation keda_simulation;

typedef struct keda_simulation_options {
    size_t struct_size;
    int64_t duration_ms;   /* 0: until the trace's last row; with generators alone an hour */
    int64_t start_wall_ms; /* civil time of the start; 0: that of the trace, if it has one */
    int64_t phase_ms;      /* of all polls and syncs but the first, which are at the start */
    int32_t has_replicas;  /* 0: starts with idleReplicaCount, else minReplicaCount */
    int32_t replicas;      /* count at the start */
    uint64_t seed;         /* of generators that have none of their own */
    /* the workload: only for arrivals */
    double service_rate; /* items a second that a working replica does; 0: none is given */
    double backlog;      /* items at the start */
    int64_t startup_ms;  /* until a new replica works */
    int64_t pause_ms;    /* so long no replica works after a change of their number */
    int32_t partitions;  /* at most so many replicas work; 0: all */
    int32_t reserved;
} keda_simulation_options;
#define KEDA_SIMULATION_OPTIONS_INIT                                                           \
    {                                                                                          \
        sizeof(keda_simulation_options), 0, 0, 0, 0, 0, 0, 0.0, 0.0, 0, 0, 0, 0                \
    }

/**
 * Makes a simulation of one workload, without a trace.
 *
 * e       borrowed, and its documents must not change, while the simulation lives
 * id      the workload; NULL: the only one
 * opts    NULL: all defaults
 * out     the caller's; keda_simulation_free
 * errors  KEDA_ENOTFOUND; KEDA_EINVAL with what is wrong; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_new(keda_simulation **out,
                                                       const keda_engine *e, const char *id,
                                                       const keda_simulation_options *opts,
                                                       keda_error *err);

/** NULL is fine. */
KEDA_API void keda_simulation_free(keda_simulation *s);

/**
 * Adds a trace: CSV with a header line, or JSON lines. Columns are triggers by name, s<index> or
 * metric name (values), `rate` (arrivals for all triggers without a column of their own) or
 * `rate:TRIGGER`. May be called again for other triggers; columns of one trigger are added up.
 *
 * id      names the trace in messages
 * text    copied as far as it is kept; at most 64 MiB
 * errors  KEDA_EINVAL with line and column and what was expected; KEDA_ELIMIT; KEDA_ENOMEM; what
 *         was there before stays
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_add_trace(keda_simulation *s, const char *id,
                                                             const char *text, size_t size,
                                                             keda_error *err);

/**
 * Adds a generator such as "ramp:from=0,to=500,over=10m": constant, ramp, step, sine, burst or
 * poisson. It gives arrivals when there is a service rate, else values, unless as=value or as=rate
 * says so; it is for all triggers without a trace of their own, or for one (trigger=NAME).
 *
 * errors  KEDA_EINVAL with the column and what was expected; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_add_generator(keda_simulation *s,
                                                                 const char *text,
                                                                 keda_error *err);

/**
 * Reads a time as traces write it: seconds ("90"), a duration ("1m30s", "7d") or an RFC 3339 time.
 *
 * ms       since the start; since 1970 when *is_wall
 * is_wall  NULL: civil times are refused
 * errors   KEDA_EINVAL with what was expected
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_parse_time(const char *text, int64_t *ms,
                                                              int32_t *is_wall,
                                                              keda_error *err);

/** Writes a span such as "2d4h" or "1m30s"; NUL-terminated, cut at size. Thread: any. */
KEDA_API void keda_simulation_format_time(int64_t ms, char *buf, size_t size);

/** One decision on the way. Everything is borrowed for the callback. */
typedef struct keda_simulation_step {
    size_t struct_size;
    int64_t at_ms, duration_ms; /* since the start; of the whole run */
    int64_t wall_ms;            /* 0: the run has no civil time */
    const keda_policy *policy;
    const keda_observation *seen;
    const keda_decision *decision;
    const char *const *metrics; /* names, one per metric of the policy */
    double lag;                 /* sum of what the triggers read; NaN when none is known */
    int32_t working;            /* replicas that have started up, after the decision */
    int32_t wanted;   /* what the metrics ask for, not limited; what is wanted, when at rest */
    const char *text; /* one line that says why, when the count changes; else "" */
} keda_simulation_step;

/** Anything but KEDA_OK ends the run, which returns it. */
typedef keda_status (*keda_simulation_step_fn)(const keda_simulation_step *step, void *user);

/**
 * Runs from the start to the end; may be called again, and gives the same again.
 *
 * fn      NULL: nobody
 * errors  KEDA_EINVAL when a trigger has no trace, or arrivals no service rate; KEDA_ELIMIT for more
 *         than 10,000,000 decisions; what fn returned
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_run(keda_simulation *s,
                                                       keda_simulation_step_fn fn, void *user,
                                                       keda_error *err);

/** What came out of a run. */
typedef struct keda_simulation_summary {
    size_t struct_size;
    int64_t duration_ms;
    int64_t steps, polls, syncs;
    int64_t unknown_steps; /* decisions with a reading that was not known */
    int64_t scale_ups, scale_downs;
    int64_t reversals; /* changes of direction */
    int32_t peak_replicas, least_replicas, final_replicas;
    int32_t has_arrivals;
    double replica_seconds; /* of the count that was set */
    double working_seconds; /* of those that had started up */
    double mean_replicas;
    double unmet_replica_seconds;         /* what the metrics asked for beyond what was set */
    double unmet_seconds;                 /* how long that was so */
    double zero_seconds;                  /* at no replica */
    double peak_lag, final_lag, mean_lag; /* of the triggers' readings, added up */
    double arrived, served;               /* items */
    double waiting_seconds; /* of all items together: the area under the backlog */
    double mean_waiting_s;  /* of one item */
    double peak_backlog;
} keda_simulation_summary;

/** Copies the summary of the last run; set out->struct_size before. Errors: KEDA_EINVAL before one. */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_summarize(const keda_simulation *s,
                                                             keda_simulation_summary *out,
                                                             keda_error *err);

/** A change of the count. Texts are borrowed until the next run. */
typedef struct keda_simulation_event {
    size_t struct_size;
    int64_t at_ms;
    int32_t from, to;
    int32_t reason; /* keda_reason */
    int32_t reserved;
    double lag;
    const char *text; /* why, in one line; "" beyond the first 4096 */
} keda_simulation_event;

/** Change i of the last run, from 0. Set out->struct_size before. Errors: KEDA_ENOTFOUND. */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_event_at(const keda_simulation *s, size_t i,
                                                            keda_simulation_event *out,
                                                            keda_error *err);

/**
 * Compares the last run with expectations: a YAML or JSON document (docs/simulate.md).
 *
 * file         names the text in messages
 * differences  an error for each that does not hold, with its place; may be NULL
 * ndifferent   how many those are
 * errors       KEDA_EINVAL when it is no such document, or before a run; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_expect(const keda_simulation *s,
                                                          const char *file, const char *text,
                                                          size_t size,
                                                          keda_findings *differences,
                                                          size_t *ndifferent, keda_error *err);

/**
 * Writes the picture of the last run as SVG, of bounded size, without scripts.
 *
 * other   a second run to draw beside it; NULL: none
 * title   escaped; NULL: the workload
 * errors  KEDA_EINVAL before a run; what `write` returned; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_plot_svg(const keda_simulation *s,
                                                            const keda_simulation *other,
                                                            const char *title,
                                                            keda_write_fn write, void *user,
                                                            keda_error *err);

/**
 * Writes the picture for a terminal, in Braille dots and blocks (UTF-8).
 *
 * columns    width, 40 to 400; others are taken for the nearest
 * has_colour not 0: with ANSI colours
 */
KEDA_API KEDA_MUST_USE keda_status keda_simulation_plot_text(
    const keda_simulation *s, const keda_simulation *other, int32_t columns, int32_t has_colour,
    keda_write_fn write, void *user, keda_error *err);

KEDA_END_DECLS

#endif
