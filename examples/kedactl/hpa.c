/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl hpa: the HorizontalPodAutoscalers that KEDA would make of ScaledObjects, to compare with, or to
 * go back to; nothing is contacted.
 */
#include "kedactl.h"

static keda_status to_stdout(const char *bytes, size_t size, void *user)
{
    (void)user;
    return fwrite(bytes, 1, size, stdout) == size ? KEDA_OK : KEDA_EINTERNAL;
}

/* Warnings are about running the documents here, which is not what was asked. */
static void print_errors(const keda_findings *findings)
{
    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        if (f->severity == KEDA_SEVERITY_ERROR)
            print_finding(f, stderr);
    }
}

static int print(const kedactl *k, keda_engine *engine, keda_findings *findings)
{
    const keda_hpa_options options = {
        .struct_size = sizeof options, .is_json = k->is_json, .write = to_stdout};
    keda_error err = KEDA_ERROR_INIT;
    const keda_status rc = keda_engine_hpa(engine, k->files.sources, k->files.count,
                                           sizeof(keda_source), &options, findings, &err);

    print_errors(findings);
    if (rc == KEDA_OK)
        return CLI_OK;
    return keda_findings_errors(findings) > 0 ? CLI_NEGATIVE : report_error("hpa", &err);
}

int command_hpa(kedactl *k)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    keda_findings *findings = NULL;
    int rc;

    if (k->files.count == 0) {
        fputs("kedactl: hpa needs -f FILE\n", stderr);
        return CLI_USAGE;
    }
    options.is_manual = 1;
    options.log = say_warning;
    options.is_strict = k->has_strict && k->is_strict;
    if (keda_engine_new(&engine, &options, &err) != KEDA_OK ||
        keda_findings_new(&findings, &err) != KEDA_OK)
        rc = report_error("hpa", &err);
    else
        rc = print(k, engine, findings);
    keda_findings_free(findings);
    keda_engine_free(engine);
    return rc;
}
