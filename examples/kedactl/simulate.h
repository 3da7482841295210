/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl simulate: its options, its runs, and what it prints. simulate.c runs, simulate_print.c
 * prints, simulate_options.c reads the command line.
 */
#ifndef KEDACTL_SIMULATE_H
#define KEDACTL_SIMULATE_H

#include "kedactl.h"

enum { SIMULATE_TRACES = 16, SIMULATE_RUNS = 2 };

typedef struct simulate_options {
    const char *traces[SIMULATE_TRACES]; /* files and generators */
    size_t ntraces;
    const char *svg; /* path; NULL: none */
    bool wants_plot; /* --plot - */
    const char *expect, *compare;
    keda_simulation_options run;
    bool has_deviations; /* else kedad's default */
    uint32_t deviations;
} simulate_options;

typedef struct simulate_run {
    cli_files files;          /* of --compare; the first run has those of -f */
    const cli_files *sources; /* what it is made from */
    keda_engine *engine;
    keda_simulation *sim;
    keda_simulation_summary summary;
} simulate_run;

typedef struct simulation {
    const kedactl *k;
    const simulate_options *options;
    simulate_run runs[SIMULATE_RUNS];
    size_t nruns;
} simulation;

/* ---- simulate_print.c: sees every step of a run, then what came out */

typedef struct simulate_printer {
    const simulation *s;
    size_t run;
    cli_table table; /* the first steps */
    int64_t nsteps;
    bool is_tty; /* of standard error: progress is told */
    int64_t begun_ms, told_ms;
} simulate_printer;

void simulate_begin(simulate_printer *p, const simulation *s, size_t run);
keda_status simulate_step(const keda_simulation_step *step, void *user);
void simulate_end(simulate_printer *p);
void simulate_summary(const simulation *s);

#endif
