/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sample out of a Prometheus text exposition (format 0.0.4), as KEDA's metrics-api reads it. The
 * whole text must be good, even where the sample stands before the fault. Writing is observe's.
 */
#ifndef LANG_PROM_TEXT_H
#define LANG_PROM_TEXT_H

#include "prom_selector.h"

/*
 * The first sample of the selector's metric whose labels hold all pairs of it, unless the metric is a
 * histogram or a summary. CRLF line ends and a last line without its end are fine.
 *
 * errors  KEDA_EPROTOCOL: the text is faulty (with its line), or has no such sample; KEDA_ELIMIT;
 *         KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status prom_text_find(const char *text, size_t size,
                                         const prom_selector *selector, double *out,
                                         keda_error *err);

#endif
