/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a keda_findings list; reading it is public (keda/error.h).
 */
#ifndef BASE_FINDINGS_H
#define BASE_FINDINGS_H

#include <keda/error.h>

/* Where a finding is: all texts are borrowed for the call, NULL reads as "". */
typedef struct findings_place {
    const char *file;
    const char *object;
    const char *path;
    int32_t line, column;
} findings_place;

/* Adds one; a NULL list is fine. When memory is out, the list's first error says so. */
void findings_add(keda_findings *findings, keda_severity severity, const findings_place *place,
                  const char *format, ...) KEDA_PRINTF(4, 5);

/* First error as a keda_error: "file:line: path: message"; KEDA_OK when the list has no errors. */
keda_status findings_first_error(const keda_findings *findings, keda_error *err);

#endif
