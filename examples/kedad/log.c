/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records in three forms: for a terminal, JSON with the keys KEDA's users search for, logfmt.
 */
#include <string.h>
#include <time.h>

#include "kedad.h"

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

static void write_json(const log_writer *log, const char *now, int32_t level,
                       const char *message, const keda_log_pair *pairs, size_t npairs)
{
    fprintf(log->out,
            "{\"level\":\"%s\",\"ts\":\"%s\",\"logger\":\"kedad\",\"msg\":", level_name(level),
            now);
    cli_json_text(log->out, message);
    for (size_t i = 0; i < npairs; i++) {
        fputc(',', log->out);
        cli_json_text(log->out, pairs[i].key);
        fputc(':', log->out);
        cli_json_text(log->out, pairs[i].value);
    }
    fputs("}\n", log->out);
}

/* Bare where nothing in it could be taken for the next key, else quoted. */
static void logfmt_value(FILE *out, const char *text)
{
    if (text[0] != '\0' && strpbrk(text, " =\"\n\t\\") == NULL)
        fputs(text, out);
    else
        cli_json_text(out, text);
}

static void write_logfmt(const log_writer *log, const char *now, int32_t level,
                         const char *message, const keda_log_pair *pairs, size_t npairs)
{
    fprintf(log->out, "ts=%s level=%s msg=", now, level_name(level));
    logfmt_value(log->out, message);
    for (size_t i = 0; i < npairs; i++) {
        fprintf(log->out, " %s=", pairs[i].key);
        logfmt_value(log->out, pairs[i].value);
    }
    fputc('\n', log->out);
}

static void write_console(const log_writer *log, const char *now, int32_t level,
                          const char *message, const keda_log_pair *pairs, size_t npairs)
{
    fprintf(log->out, "%.12s  %-5s  %s", now + 11, level_name(level), message);
    for (size_t i = 0; i < npairs; i++) {
        fprintf(log->out, "  %s=", pairs[i].key);
        logfmt_value(log->out, pairs[i].value);
    }
    fputc('\n', log->out);
}

void log_record(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                void *user)
{
    const log_writer *log = user;
    char now[64];

    if (level > log->level)
        return;
    timestamp(now, sizeof now);
    flockfile(log->out); /* modules log from threads of their own */
    if (log->format == LOG_JSON)
        write_json(log, now, level, message, pairs, npairs);
    else if (log->format == LOG_LOGFMT)
        write_logfmt(log, now, level, message, pairs, npairs);
    else
        write_console(log, now, level, message, pairs, npairs);
    fflush(log->out);
    funlockfile(log->out);
}

void log_line(log_writer *log, int32_t level, const char *message, const char *key,
              const char *value)
{
    const keda_log_pair pair = {key, value};
    log_record(level, message, &pair, key != NULL ? 1 : 0, log);
}
