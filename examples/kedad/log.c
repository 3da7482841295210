/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records in three forms: for a terminal, JSON with the keys KEDA's users search for, logfmt. A
 * reader of the log that stops reading costs records, never the daemon's time: they are counted and
 * told when it reads again.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kedad.h"

#define CHUNK 4096 /* what a pipe that can be written takes without blocking */

static pthread_mutex_t lock =
    PTHREAD_MUTEX_INITIALIZER; /* modules log from their own threads */

static const char *level_name(int32_t level)
{
    switch (level) {
    case KEDA_LOG_ERROR:
        return "error";
    case KEDA_LOG_WARN:
        return "warn";
    case KEDA_LOG_DEBUG:
        return "debug";
    default:
        return "info";
    }
}

static void timestamp(char *out, size_t size)
{
    struct timespec now;
    struct tm parts;
    char seconds[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out, size, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
}

static void write_json(FILE *out, const char *now, int32_t level, const char *message,
                       const keda_log_pair *pairs, size_t npairs)
{
    fprintf(out,
            "{\"level\":\"%s\",\"ts\":\"%s\",\"logger\":\"kedad\",\"msg\":", level_name(level),
            now);
    cli_json_text(out, message);
    for (size_t i = 0; i < npairs; i++) {
        fputc(',', out);
        cli_json_text(out, pairs[i].key);
        fputc(':', out);
        cli_json_text(out, pairs[i].value);
    }
    fputs("}\n", out);
}

/* Bare where nothing in it could be taken for the next key, else quoted. */
static void logfmt_value(FILE *out, const char *text)
{
    if (text[0] != '\0' && strpbrk(text, " =\"\n\t\\") == NULL && cli_is_plain(text))
        fputs(text, out);
    else
        cli_json_text(out, text);
}

static void write_logfmt(FILE *out, const char *now, int32_t level, const char *message,
                         const keda_log_pair *pairs, size_t npairs)
{
    fprintf(out, "ts=%s level=%s msg=", now, level_name(level));
    logfmt_value(out, message);
    for (size_t i = 0; i < npairs; i++) {
        fprintf(out, " %s=", pairs[i].key);
        logfmt_value(out, pairs[i].value);
    }
    fputc('\n', out);
}

static void write_console(FILE *out, const char *now, int32_t level, const char *message,
                          const keda_log_pair *pairs, size_t npairs)
{
    fprintf(out, "%.12s  %-5s  ", now + 11, level_name(level));
    cli_plain_text(out, message);
    for (size_t i = 0; i < npairs; i++) {
        fprintf(out, "  %s=", pairs[i].key);
        logfmt_value(out, pairs[i].value);
    }
    fputc('\n', out);
}

/* The record as text; the caller frees it. */
static char *format(const log_writer *log, int32_t level, const char *message,
                    const keda_log_pair *pairs, size_t npairs, size_t *size)
{
    char now[64];
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    if (out == NULL)
        return NULL;
    timestamp(now, sizeof now);
    if (log->format == LOG_JSON)
        write_json(out, now, level, message, pairs, npairs);
    else if (log->format == LOG_LOGFMT)
        write_logfmt(out, now, level, message, pairs, npairs);
    else
        write_console(out, now, level, message, pairs, npairs);
    return fclose(out) == 0 ? text : (free(text), NULL);
}

static bool can_write(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    return poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

/* Returns how much could not be written: the reader does not keep up. */
static size_t put(int fd, const char *text, size_t size)
{
    while (size > 0 && can_write(fd)) {
        const ssize_t n = write(fd, text, size < CHUNK ? size : CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        text += n;
        size -= (size_t)n;
    }
    return size;
}

static void put_record(log_writer *log, int32_t level, const char *message,
                       const keda_log_pair *pairs, size_t npairs)
{
    size_t size = 0;
    char *text = format(log, level, message, pairs, npairs, &size);

    if (log->is_torn && put(log->fd, "\n", 1) == 0)
        log->is_torn = false;
    const size_t left = text == NULL || log->is_torn ? size : put(log->fd, text, size);
    if (text == NULL || left > 0)
        log->dropped++;
    if (left > 0 && left < size)
        log->is_torn = true;
    free(text);
}

/* Says first what is missing before this record. */
static void tell_dropped(log_writer *log)
{
    char count[32];
    const keda_log_pair pair = {"count", count};

    if (log->dropped == 0 || !can_write(log->fd))
        return;
    snprintf(count, sizeof count, "%lld", (long long)log->dropped);
    log->dropped = 0;
    put_record(log, KEDA_LOG_WARN, "records were dropped: the log was not read", &pair, 1);
}

void log_record(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                void *user)
{
    log_writer *log = user;

    if (level > log->level)
        return;
    pthread_mutex_lock(&lock);
    tell_dropped(log);
    put_record(log, level, message, pairs, npairs);
    pthread_mutex_unlock(&lock);
}

void log_line(log_writer *log, int32_t level, const char *message, const char *key,
              const char *value)
{
    const keda_log_pair pair = {key, value};
    log_record(level, message, &pair, key != NULL ? 1 : 0, log);
}
