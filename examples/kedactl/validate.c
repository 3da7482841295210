/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl validate: every error and warning with its place; nothing is contacted.
 */
#include "kedactl.h"

static void json_findings(const keda_findings *findings)
{
    printf("{\"apiVersion\":\"libkeda.io/v1alpha1\",\"kind\":\"Findings\",\"items\":[");
    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        printf("%s{\"severity\":\"%s\",\"file\":", i > 0 ? "," : "",
               f->severity == KEDA_SEVERITY_ERROR ? "error" : "warning");
        cli_json_text(stdout, f->file);
        printf(",\"line\":%d,\"column\":%d,\"path\":", f->line, f->column);
        cli_json_text(stdout, f->path);
        printf(",\"object\":");
        cli_json_text(stdout, f->object);
        printf(",\"message\":");
        cli_json_text(stdout, f->message);
        putchar('}');
    }
    puts("]}");
}

static int check(kedactl *k, keda_engine *engine, keda_findings *findings)
{
    keda_error err = KEDA_ERROR_INIT;
    const keda_status rc = keda_engine_check(engine, k->files.sources, k->files.count,
                                             sizeof(keda_source), findings, &err);

    if (k->is_json)
        json_findings(findings);
    else
        print_findings(findings, stdout);
    if (rc != KEDA_OK && keda_findings_errors(findings) == 0)
        return report_error("validate", &err);
    if (rc == KEDA_OK && !k->is_json)
        printf("%zu file%s ok\n", k->files.count, k->files.count == 1 ? "" : "s");
    return rc == KEDA_OK ? CLI_OK : CLI_NEGATIVE;
}

int command_validate(kedactl *k)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_error err = KEDA_ERROR_INIT;
    keda_engine *engine = NULL;
    keda_findings *findings = NULL;
    int rc;

    for (const char *const *path = k->arguments; *path != NULL; path++) {
        if (!cli_files_add(&k->files, *path)) {
            fprintf(stderr, "kedactl: %s\n", k->files.failed);
            return CLI_NEGATIVE;
        }
    }
    if (k->files.count == 0) {
        fputs("kedactl: validate needs a FILE\n", stderr);
        return CLI_USAGE;
    }
    options.is_manual = 1;
    options.log = say_warning;
    options.is_strict = k->has_strict ? k->is_strict : 1;
    if (keda_engine_new(&engine, &options, &err) != KEDA_OK ||
        keda_findings_new(&findings, &err) != KEDA_OK)
        rc = report_error("validate", &err);
    else
        rc = check(k, engine, findings);
    keda_findings_free(findings);
    keda_engine_free(engine);
    return rc;
}
