/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl replay: decides journals again, and says where something else comes out; or decides one
 * decision of a journal with a reading changed.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kedactl.h"

/* A journal that takes long is worth a word to who waits at a terminal. */
typedef struct progress {
    bool is_shown;
    bool has_shown;
    int64_t next_ms;
    int64_t decisions;
} progress;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static keda_status show(const keda_replayed *replayed, void *user)
{
    enum { EVERY = 4096, EVERY_MS = 500 };
    progress *p = user;

    if (!p->is_shown || ++p->decisions % EVERY != 0 || now_ms() < p->next_ms)
        return KEDA_OK;
    p->has_shown = true;
    p->next_ms = now_ms() + EVERY_MS;
    fprintf(stderr, "\r%" PRId64 " decisions, %d %%", p->decisions,
            replayed->all_bytes > 0 ? (int)(100 * replayed->done_bytes / replayed->all_bytes)
                                    : 0);
    return KEDA_OK;
}

static void say_note(const char *text, void *user)
{
    (void)user;
    fputs("kedactl: ", stderr);
    cli_plain_text(stderr, text);
    fputc('\n', stderr);
}

void journal_options(const kedactl *k, keda_replay_options *options)
{
    *options = (keda_replay_options)KEDA_REPLAY_OPTIONS_INIT;
    options->journal.with_rotated = k->with_rotated;
    options->journal.on_note = say_note;
}

/* Adds to the sums; an exit code. workload NULL: all. */
static int replay_file(const kedactl *k, const char *path, const char *workload,
                       int64_t *decisions, int64_t *workloads)
{
    keda_replay_options options;
    keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
    keda_error err = KEDA_ERROR_INIT;
    progress p = {.is_shown = isatty(STDERR_FILENO) == 1, .next_ms = now_ms() + 1000};

    journal_options(k, &options);
    options.on_decision = show;
    options.user = &p;
    options.workload = workload;
    const keda_status rc = keda_replay(path, &options, &result, &err);
    if (p.has_shown)
        fputs("\r\033[K", stderr);
    *decisions += result.decisions;
    *workloads += result.workloads;
    if (rc != KEDA_OK)
        return report_error("replay", &err);
    if (result.differences == 0)
        return CLI_OK;
    cli_plain_text(stdout, result.difference);
    fputc('\n', stdout);
    return CLI_NEGATIVE;
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static int nothing_to_replay(const char *workload, int64_t workloads)
{
    fputs("kedactl: nothing to replay: there is no ", stderr);
    fputs(workload == NULL || workloads > 0 ? "decision" : "such workload", stderr);
    if (workload != NULL) {
        fputs(": ", stderr);
        cli_plain_text(stderr, workload);
    }
    fputc('\n', stderr);
    return CLI_NEGATIVE;
}

static int replay_files(const kedactl *k, const char *workload)
{
    int64_t decisions = 0, workloads = 0;
    int rc = CLI_OK;

    for (const char *const *path = k->arguments; *path != NULL && rc == CLI_OK; path++)
        rc = replay_file(k, *path, workload, &decisions, &workloads);
    if (rc != CLI_OK)
        return rc;
    if (decisions == 0)
        return nothing_to_replay(workload, workloads);
    printf("replayed %" PRId64 " decision%s of %" PRId64 " workload%s: no difference\n",
           decisions, plural(decisions), workloads, plural(workloads));
    return CLI_OK;
}

bool journal_workload(const char *workload, char *out, size_t size)
{
    const bool is_bare = strchr(workload, '/') == NULL;
    const int n = snprintf(out, size, "%s%s", is_bare ? "default/" : "", workload);

    if (n >= 0 && (size_t)n < size)
        return true;
    fputs("kedactl: the workload's name is too long\n", stderr);
    return false;
}

int command_replay(kedactl *k)
{
    char id[1024];

    if (k->arguments[0] == NULL) {
        fputs("kedactl: replay needs a JOURNAL\n", stderr);
        return CLI_USAGE;
    }
    if (k->at != NULL && k->nchanges == 0) {
        fputs(
            "kedactl: replay: --at is the time of --set NAME=VALUE, which is missing; see also "
            "kedactl explain --at\n",
            stderr);
        return CLI_USAGE;
    }
    if (k->workload != NULL && !journal_workload(k->workload, id, sizeof id))
        return CLI_USAGE;
    const char *workload = k->workload != NULL ? id : NULL;
    return k->nchanges > 0 ? replay_changed(k, k->arguments[0], workload)
                           : replay_files(k, workload);
}
