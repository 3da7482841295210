/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metric selectors of Prometheus (`jobs{queue="a"}`), as far as naming one sample goes: a name and
 * labels. What the operators other than "=" mean is nobody's business here (KEDA: all are "=").
 */
#ifndef LANG_PROM_SELECTOR_H
#define LANG_PROM_SELECTOR_H

#include <keda/error.h>

#include "base/text.h"

enum { PROM_SELECTOR_MAX_LABELS = 64 };

typedef struct prom_pair {
    text_view name, value; /* unescaped, in `texts` of the selector */
} prom_pair;

typedef struct prom_selector {
    text_view name; /* "" when the selector has none */
    prom_pair labels[PROM_SELECTOR_MAX_LABELS];
    size_t nlabels;
    keda_buf texts;
} prom_selector;

/* The whole text. Errors: KEDA_EINVAL with the column; KEDA_ELIMIT; KEDA_ENOMEM. out is cleared with
 * prom_selector_clear, also after a failure. */
KEDA_MUST_USE keda_status prom_selector_parse(prom_selector *out, const char *text,
                                              keda_error *err);
void prom_selector_clear(prom_selector *selector);

#endif
