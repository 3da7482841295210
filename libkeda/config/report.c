/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting findings and remembering the first error.
 */
#include "report.h"

#include <stdio.h>

#include "base/text.h"

void report_init(report *r, keda_findings *findings)
{
    *r = (report){.findings = findings, .first = KEDA_ERROR_INIT};
}

static void keep_first(report *r, const findings_place *place, const char *message)
{
    char where[16] = "";
    if (place->line > 0)
        (void)snprintf(where, sizeof where, ":%d", (int)place->line);
    const char *path = place->path == NULL ? "" : place->path;
    (void)keda_error_set(&r->first, KEDA_EINVAL, "%s%s: %s%s%s", place->file, where, path,
                         path[0] != '\0' ? ": " : "", message);
    r->first.line = place->line;
    r->first.column = place->column;
}

void report_vadd(report *r, keda_severity severity, const findings_place *place,
                 const char *format, va_list args)
{
    char message[512];
    (void)vsnprintf(message, sizeof message, format, args);
    text_cut_broken_end(message);
    if (r->nfindings < REPORT_MAX)
        findings_add(r->findings, severity, place, "%s", message);
    if (++r->nfindings == REPORT_MAX)
        findings_add(r->findings, severity, place,
                     "more than %d findings: the rest is not shown", REPORT_MAX);
    if (severity == KEDA_SEVERITY_ERROR && r->nerrors++ == 0)
        keep_first(r, place, message);
}

void report_add(report *r, keda_severity severity, const findings_place *place,
                const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report_vadd(r, severity, place, format, args);
    va_end(args);
}

bool report_is_full(const report *r)
{
    return r->nfindings >= REPORT_MAX;
}

keda_status report_status(const report *r, keda_error *err)
{
    if (r->nerrors == 0)
        return KEDA_OK;
    const keda_status rc = r->is_out_of_memory ? KEDA_ENOMEM : KEDA_EINVAL;
    if (err != NULL) {
        *err = r->first;
        err->code = (int32_t)rc;
    }
    return rc;
}
