/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of -f: reading all, handing them over as one set, and hearing of changes. What is named
 * is watched by its folder, since editors and mounted ConfigMaps replace files by renaming; so is what a
 * link leads to, and a folder itself.
 */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kedad.h"

#define CHANGES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)

/* The folder in which the name stands, and the name itself for is_ours. */
static void watch_name(watcher *w, const char *path)
{
    char folder[PATH_MAX], name[PATH_MAX];
    const int n = snprintf(folder, sizeof folder, "%s", path);

    if (n <= 0 || (size_t)n >= sizeof folder || w->nnames == WATCHER_NAMES)
        return;
    snprintf(name, sizeof name, "%s", path);
    snprintf(w->names[w->nnames++], sizeof w->names[0], "%.255s", basename(name));
    (void)inotify_add_watch(w->fd, dirname(folder), CHANGES);
}

static void watch_path(watcher *w, const char *path)
{
    char real[PATH_MAX];
    struct stat info;

    watch_name(w, path);
    if (realpath(path, real) == NULL)
        return;
    if (strcmp(real, path) != 0)
        watch_name(w, real);
    if (stat(real, &info) == 0 && S_ISDIR(info.st_mode))
        (void)inotify_add_watch(w->fd, real, CHANGES);
}

void watcher_open(watcher *w, const settings *s)
{
    w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->reads_stdin = false;
    w->nnames = 0;
    for (size_t i = 0; i < s->npaths; i++) {
        if (strcmp(s->paths[i], "-") == 0)
            w->reads_stdin = true;
        else if (w->fd >= 0)
            watch_path(w, s->paths[i]);
    }
}

/* Whether a name that changed in a watched folder may be one of ours: one that was named, a document
 * of a folder, or the link by which mounted ConfigMaps are swapped. */
static bool is_ours(const watcher *w, const char *name)
{
    if (cli_is_document_name(name) || strcmp(name, "..data") == 0)
        return true;
    for (size_t i = 0; i < w->nnames; i++)
        if (strcmp(w->names[i], name) == 0)
            return true;
    return false;
}

bool watcher_drain(watcher *w)
{
    char events[4096] __attribute__((aligned(8)));
    bool has_changed = false;
    ssize_t n;

    while ((n = read(w->fd, events, sizeof events)) > 0) {
        for (const char *p = events; p < events + n;) {
            const struct inotify_event *event = (const void *)p;
            has_changed = has_changed || (event->mask & IN_Q_OVERFLOW) != 0 ||
                          (event->len > 0 && is_ours(w, event->name));
            p += sizeof *event + event->len;
        }
    }
    return has_changed;
}

void watcher_close(watcher *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

static void say_findings(const keda_findings *findings, log_writer *log)
{
    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        char place[4352];
        snprintf(place, sizeof place, "%s:%d:%d", f->file, f->line, f->column);
        const keda_log_pair pairs[] = {{"place", place}, {"path", f->path}};
        const int32_t level =
            f->severity == KEDA_SEVERITY_ERROR ? KEDA_LOG_ERROR : KEDA_LOG_WARN;
        log_record(level, f->message, pairs, f->path[0] != '\0' ? 2 : 1, log);
    }
}

static bool hand_over(keda_engine *engine, const cli_files *files, log_writer *log)
{
    keda_error err = KEDA_ERROR_INIT;
    keda_findings *findings = NULL;
    keda_status rc = keda_findings_new(&findings, &err);

    if (rc == KEDA_OK)
        rc = keda_engine_replace(engine, files->sources, files->count, sizeof(keda_source),
                                 findings, &err);
    say_findings(findings, log);
    if (rc != KEDA_OK)
        log_line(log, KEDA_LOG_ERROR, "the documents were refused", "error", err.text);
    keda_findings_free(findings);
    return rc == KEDA_OK;
}

bool documents_load(const settings *s, keda_engine *engine, log_writer *log)
{
    cli_files files = {0};
    bool is_good = true;

    for (size_t i = 0; i < s->npaths && is_good; i++)
        is_good = cli_files_add(&files, s->paths[i]);
    if (is_good)
        is_good = hand_over(engine, &files, log);
    else
        log_line(log, KEDA_LOG_ERROR, "the documents cannot be read", "error", files.failed);
    cli_files_clear(&files);
    return is_good;
}
