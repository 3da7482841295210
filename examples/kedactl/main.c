/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl: checks documents, asks triggers once, describes trigger types, reads a running kedad, prints the
 * CustomResourceDefinitions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kedactl.h"

static const cli_option options[] = {
    {"filename", 'f', "FILE",
     "documents: a file, a folder, or - for standard input; repeatable"},
    {"output", 'o', "FORMAT", "text (default) or json; simulate: table (default) or jsonl"},
    {"server", 0, "SOCKET", "admin socket of a running kedad"},
    {"at", 0, "TIME", "explain, replay: as it was then, such as 2026-01-31T12:00:00Z"},
    {"journal", 0, "FILE", "explain: from what kedad --journal wrote"},
    {"rotated", 0, NULL, "explain, replay: FILE.1 and so on before the journal FILE"},
    {"workload", 0, "NAMESPACE/NAME", "replay: this one alone"},
    {"set", 0, "NAME=VALUE",
     "replay: what would have come out at --at, had a metric read that; repeatable"},
    {"trace", 0, "TRACE",
     "simulate: CSV or JSON lines, or such as ramp:to=500,over=10m; repeatable"},
    {"plot", 0, "FILE", "simulate: the picture as SVG; -: for the terminal"},
    {"expect", 0, "FILE", "simulate: what must come out; exit 1 when it does not"},
    {"compare", 0, "FILE", "simulate: documents to run beside those of -f"},
    {"duration", 0, "TIME", "simulate: so long (default: the trace's length, or an hour)"},
    {"replicas", 0, "N", "simulate: at the start (default: at rest)"},
    {"service-rate", 0, "N", "simulate: items a second of one replica; traces are arrivals"},
    {"startup", 0, "TIME", "simulate: until a new replica works"},
    {"pause", 0, "TIME", "simulate: no replica works so long after a change of their number"},
    {"partitions", 0, "N", "simulate: at most so many replicas work"},
    {"backlog", 0, "N", "simulate: items at the start"},
    {"seed", 0, "N", "simulate: of random generators"},
    {"phase", 0, "TIME", "simulate: of polls and syncs"},
    {"start", 0, "TIME", "simulate: civil time of the start, for jsonl"},
    {"deviations", 0, "LIST", "simulate: where to differ from upstream; as kedad has it"},
    {"strict", 0, NULL, "unknown fields are errors (the default of validate)"},
    {"lenient", 0, NULL, "unknown fields are warnings, as Kubernetes has it"},
    {"features", 0, NULL, "version: also what is built in"},
};

static const cli_program program = {
    .name = "kedactl",
    .usage =
        "Usage: kedactl COMMAND [ARGUMENT...] [OPTION...]\n\n"
        "Commands:\n"
        "  validate FILE...     checks documents; prints file:line:column: error: path: why\n"
        "  poll -f FILE         asks every trigger once: value, target, active, latency\n"
        "  scalers [TYPE]       the trigger types, or the parameters of one\n"
        "  get [WORKLOAD]       workloads of a running kedad, with health and last decision\n"
        "  explain WORKLOAD     why a workload has its number, in at most 12 lines\n"
        "  replay JOURNAL...    decides again what kedad --journal wrote, and compares\n"
        "  simulate -f FILE --trace TRACE\n"
        "                       decides a ScaledObject over a trace, on a virtual clock\n"
        "  hpa -f FILE          the HorizontalPodAutoscalers that KEDA would make, as YAML\n"
        "                       (-o json: JSON)\n"
        "  crd [KIND]           the CustomResourceDefinitions, or that of one kind, as YAML\n"
        "  version              version and ABI number\n\n"
        "Exit codes: 0 ok, 1 negative answer, 2 usage, 5 internal.\n",
    .options = options,
    .noptions = sizeof options / sizeof options[0],
};

static const struct {
    const char *name;
    kedactl_command run;
} commands[] = {
    {"validate", command_validate}, {"poll", command_poll},
    {"scalers", command_scalers},   {"get", command_get},
    {"explain", command_explain},   {"simulate", command_simulate},
    {"crd", command_crd},           {"version", command_version},
    {"replay", command_replay},     {"hpa", command_hpa},
};
#define NCOMMANDS (sizeof commands / sizeof commands[0])

static bool set_output(kedactl *k, const char *value)
{
    k->is_for_steps = strcmp(value, "jsonl") == 0 || strcmp(value, "table") == 0;
    k->is_json = strcmp(value, "json") == 0 || strcmp(value, "jsonl") == 0;
    if (k->is_json || k->is_for_steps || strcmp(value, "text") == 0)
        return true;
    fprintf(stderr, "kedactl: -o is text or json (simulate: table or jsonl), not \"%s\"\n",
            value);
    return false;
}

static bool add_change(kedactl *k, const char *value)
{
    if (k->nchanges == KEDACTL_CHANGES) {
        fprintf(stderr, "kedactl: at most %d --set\n", (int)KEDACTL_CHANGES);
        return false;
    }
    k->changes[k->nchanges++] = value;
    return true;
}

static bool on_option(const cli_option *option, const char *value, void *user)
{
    kedactl *k = user;
    bool is_known = false;

    const bool is_right = simulate_set(k, option->name, value, &is_known);
    if (is_known)
        return is_right;
    if (option->letter == 'o')
        return set_output(k, value);
    if (option->letter == 'f') {
        if (cli_files_add(&k->files, value))
            return true;
        fprintf(stderr, "kedactl: %s\n", k->files.failed);
        return false;
    }
    if (strcmp(option->name, "server") == 0)
        k->server = value;
    else if (strcmp(option->name, "at") == 0)
        k->at = value;
    else if (strcmp(option->name, "journal") == 0)
        k->journal = value;
    else if (strcmp(option->name, "workload") == 0)
        k->workload = value;
    else if (strcmp(option->name, "rotated") == 0)
        k->with_rotated = true;
    else if (strcmp(option->name, "set") == 0)
        return add_change(k, value);
    else if (strcmp(option->name, "features") == 0)
        k->wants_features = true;
    else {
        k->has_strict = true;
        k->is_strict = strcmp(option->name, "strict") == 0;
    }
    return true;
}

static int only_for_simulate(void)
{
    fputs("kedactl: -o table and -o jsonl are for simulate; others have text and json\n",
          stderr);
    return CLI_USAGE;
}

static int unknown_command(const char *name)
{
    const char *names[NCOMMANDS];
    for (size_t i = 0; i < NCOMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = cli_nearest(name, names, NCOMMANDS);
    fprintf(stderr, "kedactl: unknown command %s", name);
    if (near != NULL)
        fprintf(stderr, "; did you mean %s?", near);
    fputs("\nTry 'kedactl --help'.\n", stderr);
    return CLI_USAGE;
}

void print_finding(const keda_finding *f, FILE *out)
{
    cli_plain_text(out, f->file);
    if (f->line > 0)
        fprintf(out, ":%d:%d", f->line, f->column);
    fprintf(out, ": %s: ", f->severity == KEDA_SEVERITY_ERROR ? "error" : "warning");
    cli_plain_text(out, f->path);
    fputs(f->path[0] != '\0' ? ": " : "", out);
    cli_plain_text(out, f->message);
    fputc('\n', out);
}

void print_findings(const keda_findings *findings, FILE *out)
{
    for (size_t i = 0; i < keda_findings_count(findings); i++)
        print_finding(keda_findings_at(findings, i), out);
}

void say_warning(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                 void *user)
{
    (void)user;
    if (level > KEDA_LOG_WARN)
        return;
    fputs("kedactl: ", stderr);
    cli_plain_text(stderr, message);
    for (size_t i = 0; i < npairs; i++) {
        fprintf(stderr, "%s %s=", i == 0 ? ":" : "", pairs[i].key);
        cli_plain_text(stderr, pairs[i].value);
    }
    fputc('\n', stderr);
}

int report_error(const char *what, const keda_error *err)
{
    fprintf(stderr, "kedactl: %s: %s\n", what, err->text);
    return err->code == KEDA_ENOMEM || err->code == KEDA_EINTERNAL ? CLI_INTERNAL
                                                                   : CLI_NEGATIVE;
}

/* What was not written must not pass for an answer. */
static int end_output(int rc)
{
    errno = 0;
    const bool is_flushed = fflush(stdout) == 0;

    if (is_flushed && ferror(stdout) == 0)
        return rc;
    fprintf(stderr, "kedactl: the output could not be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return CLI_INTERNAL;
}

int main(int argc, char **argv)
{
    kedactl k = {0};
    int first;
    int rc = cli_parse(&program, argc, argv, on_option, &k, &first);

    if (rc >= 0)
        goto out;
    rc = CLI_USAGE;
    if (argv[first] == NULL) {
        cli_help(&program, stderr);
        goto out;
    }
    if (strcmp(argv[first], "help") == 0) {
        cli_help(&program, stdout);
        rc = CLI_OK;
        goto out;
    }
    k.arguments = (const char *const *)argv + first + 1;
    for (size_t i = 0; i < NCOMMANDS; i++) {
        if (strcmp(argv[first], commands[i].name) == 0) {
            rc = k.is_for_steps && commands[i].run != command_simulate ? only_for_simulate()
                                                                       : commands[i].run(&k);
            goto out;
        }
    }
    rc = unknown_command(argv[first]);
out:
    cli_files_clear(&k.files);
    return end_output(rc);
}
