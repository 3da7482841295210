/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl simulate: decides a ScaledObject over a trace, and shows what it would have done.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "simulate.h"

/* ---- traces */

/* A generator's name, then : or ( or nothing. */
static bool is_generator(const char *text)
{
    static const char *const names[] = {"constant", "ramp", "step", "sine", "burst", "poisson"};
    const size_t size = strcspn(text, ":(");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == size && memcmp(names[i], text, size) == 0)
            return true;
    return false;
}

static keda_status add_file(keda_simulation *sim, const char *path, keda_error *err)
{
    cli_files files = {0};
    keda_status rc;

    if (!cli_files_add(&files, path))
        rc =
            keda_error_set(err, KEDA_EINVAL, "%s%s", files.failed,
                           access(path, F_OK) != 0 ? "; nor is it a generator: constant, ramp, "
                                                     "step, sine, burst or poisson"
                                                   : "");
    else if (files.count != 1)
        rc = keda_error_set(err, KEDA_EINVAL, "%s: a folder is no trace", path);
    else
        rc = keda_simulation_add_trace(sim, path, files.sources[0].text, files.sources[0].size,
                                       err);
    cli_files_clear(&files);
    return rc;
}

static keda_status add_traces(const simulate_options *o, keda_simulation *sim, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < o->ntraces; i++)
        rc = is_generator(o->traces[i]) ? keda_simulation_add_generator(sim, o->traces[i], err)
                                        : add_file(sim, o->traces[i], err);
    return rc;
}

/* ---- runs */

static keda_status put_documents(simulate_run *run, const kedactl *k, keda_error *err)
{
    keda_engine_options options = KEDA_ENGINE_OPTIONS_INIT;
    keda_findings *findings = NULL;
    keda_status rc;

    options.is_manual = 1;
    options.is_dry_run = 1;
    options.is_strict = k->is_strict;
    if (k->simulate->has_deviations) {
        options.has_deviations = 1;
        options.deviations = k->simulate->deviations;
    }
    options.shutdown_grace_ms = 500;
    if ((rc = keda_engine_new(&run->engine, &options, err)) != KEDA_OK ||
        (rc = keda_findings_new(&findings, err)) != KEDA_OK)
        return rc;
    rc = keda_engine_replace(run->engine, run->sources->sources, run->sources->count,
                             sizeof(keda_source), findings, err);
    if (keda_findings_errors(findings) > 0)
        print_findings(findings, stderr);
    keda_findings_free(findings);
    return rc;
}

static int prepare(simulation *s, simulate_run *run)
{
    keda_error err = KEDA_ERROR_INIT;
    const simulate_options *o = s->options;

    if (put_documents(run, s->k, &err) != KEDA_OK ||
        keda_simulation_new(&run->sim, run->engine, s->k->arguments[0], &o->run, &err) !=
            KEDA_OK ||
        add_traces(o, run->sim, &err) != KEDA_OK)
        return report_error("simulate", &err);
    return CLI_OK;
}

static keda_status end_at_first_step(const keda_simulation_step *step, void *user)
{
    (void)step;
    *(bool *)user = true;
    return KEDA_EUNAVAILABLE;
}

/* What a run refuses at its beginning is told before any run has printed anything. */
static int check(const simulation *s, size_t i)
{
    bool has_begun = false;
    keda_error err = KEDA_ERROR_INIT;

    const keda_status rc =
        keda_simulation_run(s->runs[i].sim, end_at_first_step, &has_begun, &err);
    return rc == KEDA_OK || has_begun ? CLI_OK : report_error("simulate", &err);
}

static int execute(const simulation *s, size_t i)
{
    simulate_printer printer;
    keda_error err = KEDA_ERROR_INIT;
    keda_simulation *sim = s->runs[i].sim;

    simulate_begin(&printer, s, i);
    const keda_status rc = keda_simulation_run(sim, simulate_step, &printer, &err);
    simulate_end(&printer);
    return rc == KEDA_OK ? CLI_OK : report_error("simulate", &err);
}

/* ---- what is made of them */

static keda_status write_file(const char *bytes, size_t size, void *user)
{
    return fwrite(bytes, 1, size, user) == size ? KEDA_OK : KEDA_EINTERNAL;
}

static const keda_simulation *compared(const simulation *s)
{
    return s->nruns > 1 ? s->runs[1].sim : NULL;
}

static int write_svg(const simulation *s)
{
    keda_error err = KEDA_ERROR_INIT;
    FILE *out = fopen(s->options->svg, "we");

    if (out == NULL) {
        perror(s->options->svg);
        return CLI_NEGATIVE;
    }
    keda_status rc =
        keda_simulation_plot_svg(s->runs[0].sim, compared(s), NULL, write_file, out, &err);
    if (fclose(out) != 0 && rc == KEDA_OK)
        rc = keda_error_set(&err, KEDA_EINTERNAL, "it could not be written");
    return rc == KEDA_OK ? CLI_OK : report_error(s->options->svg, &err);
}

static int32_t terminal_columns(void)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const long given = columns != NULL ? strtol(columns, NULL, 10) : 0;
    return given >= 40 && given <= 400 ? (int32_t)given : 80;
}

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

static bool has_colour(void)
{
    const char *term = getenv("TERM"), *forced = getenv("CLICOLOR_FORCE");

    if (is_set("NO_COLOR"))
        return false;
    if (forced != NULL && forced[0] != '\0' && strcmp(forced, "0") != 0)
        return true;
    return isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

static int write_plot(const simulation *s)
{
    keda_error err = KEDA_ERROR_INIT;

    putchar('\n');
    const keda_status rc =
        keda_simulation_plot_text(s->runs[0].sim, compared(s), terminal_columns(), has_colour(),
                                  write_file, stdout, &err);
    return rc == KEDA_OK ? CLI_OK : report_error("plot", &err);
}

static int expect(const simulation *s)
{
    cli_files files = {0};
    keda_error err = KEDA_ERROR_INIT;
    keda_findings *differences = NULL;
    size_t n = 0;
    keda_status rc;

    if (!cli_files_add(&files, s->options->expect) || files.count != 1)
        rc = keda_error_set(&err, KEDA_EINVAL, "%s",
                            files.failed != NULL ? files.failed : "a folder expects nothing");
    else if ((rc = keda_findings_new(&differences, &err)) == KEDA_OK)
        rc = keda_simulation_expect(s->runs[0].sim, s->options->expect, files.sources[0].text,
                                    files.sources[0].size, differences, &n, &err);
    print_findings(differences, stderr);
    keda_findings_free(differences);
    cli_files_clear(&files);
    if (rc != KEDA_OK)
        return report_error("expect", &err);
    return n > 0 ? CLI_NEGATIVE : CLI_OK;
}

static int show(simulation *s)
{
    keda_error err = KEDA_ERROR_INIT;
    int rc = CLI_OK;

    for (size_t i = 0; i < s->nruns; i++) {
        s->runs[i].summary.struct_size = sizeof s->runs[i].summary;
        if (keda_simulation_summarize(s->runs[i].sim, &s->runs[i].summary, &err) != KEDA_OK)
            return report_error("simulate", &err);
    }
    simulate_summary(s);
    if (s->options->wants_plot)
        rc = write_plot(s);
    if (rc == CLI_OK && s->options->svg != NULL)
        rc = write_svg(s);
    if (rc == CLI_OK && s->options->expect != NULL)
        rc = expect(s);
    return rc;
}

static int run_all(simulation *s)
{
    int rc = CLI_OK;

    for (size_t i = 0; rc == CLI_OK && i < s->nruns; i++)
        rc = prepare(s, &s->runs[i]);
    for (size_t i = 0; rc == CLI_OK && i < s->nruns; i++)
        rc = check(s, i);
    for (size_t i = 0; rc == CLI_OK && i < s->nruns; i++)
        rc = execute(s, i);
    return rc == CLI_OK ? show(s) : rc;
}

/* ---- the command */

static int usage(const char *why)
{
    fprintf(stderr, "kedactl: simulate %s\nTry 'kedactl --help'.\n", why);
    return CLI_USAGE;
}

static int begin(simulation *s)
{
    const simulate_options *o = s->options;

    if (s->k->files.count == 0)
        return usage("needs -f FILE");
    if (o == NULL || o->ntraces == 0)
        return usage("needs --trace FILE or --trace GENERATOR");
    if (o->wants_plot && s->k->is_json)
        return usage("has one standard output: --plot - or -o jsonl");
    s->nruns = o->compare != NULL ? 2 : 1;
    s->runs[0].sources = &s->k->files;
    s->runs[1].sources = &s->runs[1].files;
    if (o->compare != NULL && !cli_files_add(&s->runs[1].files, o->compare)) {
        fprintf(stderr, "kedactl: %s\n", s->runs[1].files.failed);
        return CLI_NEGATIVE;
    }
    return CLI_OK;
}

int command_simulate(kedactl *k)
{
    simulation s = {.k = k, .options = k->simulate};
    int rc = begin(&s);

    if (rc == CLI_OK)
        rc = run_all(&s);
    for (size_t i = 0; i < SIMULATE_RUNS; i++) {
        keda_simulation_free(s.runs[i].sim);
        keda_engine_free(s.runs[i].engine);
        cli_files_clear(&s.runs[i].files);
    }
    return rc;
}
