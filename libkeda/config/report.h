/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where readers of this room put what they find: the caller's list, and the first error for those who
 * brought none.
 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/findings.h"

enum { REPORT_MAX = 1000 };

typedef struct report {
    keda_findings *findings;   /* may be NULL */
    size_t nfindings, nerrors; /* what comes after REPORT_MAX is only counted */
    bool is_out_of_memory;     /* the answer to it all is then KEDA_ENOMEM */
    keda_error first;          /* meaningful with nerrors > 0 */
} report;

void report_init(report *r, keda_findings *findings);
void report_add(report *r, keda_severity severity, const findings_place *place,
                const char *format, ...) KEDA_PRINTF(4, 5);
void report_vadd(report *r, keda_severity severity, const findings_place *place,
                 const char *format, va_list args) KEDA_PRINTF(4, 0);
bool report_is_full(const report *r);
/* KEDA_OK without errors; else KEDA_EINVAL, or KEDA_ENOMEM, and the first one. */
keda_status report_status(const report *r, keda_error *err);

#endif
