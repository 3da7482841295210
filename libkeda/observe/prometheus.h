/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prometheus text format 0.0.4: families with their HELP and TYPE once, samples with escaped labels.
 * Pure: values in, text out; what is measured is the engine's business.
 */
#ifndef OBSERVE_PROMETHEUS_H
#define OBSERVE_PROMETHEUS_H

#include <keda/error.h>

typedef struct prom_writer {
    keda_write_fn write;
    void *user;
    keda_status status; /* of the first failed write; nothing is written after it */
    const char *family;
} prom_writer;

typedef struct prom_label {
    const char *name, *value; /* NULL reads as "" */
} prom_label;

void prom_init(prom_writer *w, keda_write_fn write, void *user);
/* Starts a family; type is "gauge" or "counter". The name is borrowed until the next one. */
void prom_family(prom_writer *w, const char *name, const char *type, const char *help);
void prom_sample(prom_writer *w, const prom_label *labels, size_t nlabels, double value);
keda_status prom_end(const prom_writer *w, keda_error *err);

#endif
