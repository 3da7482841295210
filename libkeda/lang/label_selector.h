/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Label selectors of Kubernetes ("app in (web, api),!canary"): whether one is well-formed, and its
 * canonical text. Which objects it selects is the API server's.
 */
#ifndef LANG_LABEL_SELECTOR_H
#define LANG_LABEL_SELECTOR_H

#include <keda/error.h>

enum { LABEL_SELECTOR_MAX_BYTES = 65536 };

/* Appends the canonical text: no blanks but around in and notin, requirements and values sorted; ""
 * selects everything. Errors: KEDA_EINVAL with the column and what was expected; KEDA_ELIMIT beyond
 * LABEL_SELECTOR_MAX_BYTES; KEDA_ENOMEM. */
KEDA_MUST_USE keda_status label_selector_parse(const char *text, keda_buf *canonical,
                                               keda_error *err);

#endif
