/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both pictures need: round steps of axes, short labels, text that is safe in XML, and one or
 * two runs on the same axes.
 */
#ifndef SIMULATE_PLOT_H
#define SIMULATE_PLOT_H

#include "simulate/simulation.h"

enum { PLOT_RUNS = 2 };

typedef struct plot {
    const keda_simulation *runs[PLOT_RUNS];
    size_t nruns;
    int64_t duration_ms;
    /* of the axes: one trigger's and all triggers' lag, counts without and with what is wanted */
    double top_lag, top_total, top_set, top_replicas;
    keda_buf *out;
    keda_status rc; /* the first failure to write; then nothing more is written */
} plot;

keda_status plot_init(plot *p, const keda_simulation *s, const keda_simulation *other,
                      keda_buf *out, keda_error *err);
/* Hands the text over and frees it. */
keda_status plot_finish(plot *p, keda_write_fn write, void *user, keda_error *err);

void plot_puts(plot *p, const char *text);
void plot_printf(plot *p, const char *format, ...) KEDA_PRINTF(2, 3);
/* One decimal, whatever the locale. */
void plot_number(plot *p, double value);
/* Escaped for XML; what is no UTF-8, and controls, as U+FFFD. */
void plot_xml(plot *p, const char *text);

/* 1, 2 or 5 times a power of ten, so that about `count` steps reach top; at least `least`. */
double plot_step(double top, int count, double least);
/* A round span of time, so that at most `count` of them fill the run. */
int64_t plot_time_step(int64_t duration_ms, int count);
/* "0", "250", "1.5k", "2M"; size >= 32. */
void plot_label(double value, char *out, size_t size);
/* The highest activation threshold of any trigger of any run; 0: none. */
double plot_activation(const plot *p);

#endif
