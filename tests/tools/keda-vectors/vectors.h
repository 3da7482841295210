/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a runner of one set of vectors sees: the line, and where differences go. main.c reads the
 * files, sets.c lists the sets, run_<family>.c hold the runners.
 *
 * A new set: write run_<family>.c with `int run_<family>_<set>(const json_t *line, struct report *)`,
 * declare it below and add one row to sets.c.
 */
#ifndef KEDA_VECTORS_H
#define KEDA_VECTORS_H

#include <keda/base.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts of one run, and the line being run. Runners use the functions below only. */
struct report {
    const char *set;
    const char *id;     /* of the line; "" until known */
    size_t line_number; /* from 1 */
    size_t passed, failed;
    size_t shown;       /* differences printed so far */
    size_t differences; /* of this line */
};

/*
 * Runs one line: 0 when everything agreed, anything else when not; differences reported make it
 * fail too. The line is a JSON object and nothing else is known of it: what is missing or of a
 * wrong type is a report_malformed, never a crash.
 */
typedef int vector_runner(const json_t *line, struct report *report);

struct vector_set {
    const char *name; /* place under tests/vectors, without .jsonl */
    vector_runner *run;
};

extern const struct vector_set vector_sets[]; /* ends with a NULL name */

/* --- reporting: the first ten differences of a run are printed -------------------------------- */

/* One difference, in words. `what` names the field, such as "steps[3].status_desired". */
void report_difference(struct report *report, const char *what, const char *expected,
                       const char *got);
void report_i64(struct report *report, const char *what, int64_t expected, int64_t got);
void report_text(struct report *report, const char *what, const char *expected,
                 const char *got); /* NULL prints as none */
void report_bool(struct report *report, const char *what, bool expected, bool got);
/* The line itself is unusable: a field is missing or has the wrong type. */
void report_malformed(struct report *report, const char *what);

/* --- reading: absent and null are the same ----------------------------------------------------- */

/* The member, or NULL when absent or null. */
const json_t *vector_get(const json_t *object, const char *key);
bool vector_has(const json_t *object, const char *key);
/* A required member; report_malformed, and 0, "" or false, when it is missing or of another type. */
int64_t vector_i64(const json_t *object, const char *key, struct report *report);
int32_t vector_i32(const json_t *object, const char *key, struct report *report);
double vector_double(const json_t *object, const char *key, struct report *report);
const char *vector_text(const json_t *object, const char *key, struct report *report);
bool vector_bool(const json_t *object, const char *key, struct report *report);
/* As before, but `otherwise` when absent. */
int32_t vector_i32_or(const json_t *object, const char *key, int32_t otherwise,
                      struct report *report);
bool vector_bool_or(const json_t *object, const char *key, bool otherwise,
                    struct report *report);
const char *vector_text_or(const json_t *object, const char *key, const char *otherwise,
                           struct report *report);
/* Whether a list holds the text. */
bool vector_list_has(const json_t *list, const char *text);
/* "steps[3].status" in a static buffer of the caller's. */
const char *vector_path(char *buf, size_t size, const char *format, ...) KEDA_PRINTF(3, 4);

/* --- runners, by family ------------------------------------------------------------------------ */

vector_runner run_hpa_single_metric; /* run_hpa.c */
vector_runner run_hpa_sequence;
vector_runner run_hpa_resource_metric;    /* run_hpa_resource.c */
vector_runner run_executor_scaled_object; /* run_executor.c */
vector_runner run_fallback;               /* run_fallback.c */
vector_runner run_compute_formula;        /* run_compute_formula.c */
vector_runner run_scaled_job;             /* run_scaledjob.c */
vector_runner run_cron_cron;              /* run_cron.c */
vector_runner run_cron_next;
vector_runner run_cron_trigger;
vector_runner run_cron_compute;
vector_runner run_metric_name;         /* run_metric_name.c */
vector_runner run_formula;             /* run_formula.c */
vector_runner run_gjson;               /* run_gjson.c */
vector_runner run_quantity;            /* run_quantity.c */
vector_runner run_typed_config;        /* run_typed_config.c */
vector_runner run_hpa_build;           /* run_hpa_build.c */
vector_runner run_trigger;             /* run_trigger.c: any type built in, by its name */
vector_runner run_metrics_api_compute; /* run_http_compute.c */
vector_runner run_nats_jetstream_compute;
vector_runner run_prometheus_compute;
vector_runner run_rabbitmq_compute;
vector_runner run_kafka_trigger; /* run_kafka.c, with the kafka module only */
vector_runner run_kafka_compute;

/* Rows of sets.c which exist only when the module they test is built. */
#ifdef KEDA_VECTORS_KAFKA
#define VECTORS_COMPUTE_KAFKA  {"compute/kafka", run_kafka_compute},
#define VECTORS_TRIGGERS_KAFKA {"triggers/kafka", run_kafka_trigger},
#else
#define VECTORS_COMPUTE_KAFKA
#define VECTORS_TRIGGERS_KAFKA
#endif

#endif
