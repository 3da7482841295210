/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a journal's files, one behind the other, checked: frames, numbers in order, and a torn
 * end. What a line says is reader.c's.
 */
#ifndef RECORD_LINES_H
#define RECORD_LINES_H

#include <keda/journal.h>

#include "record/line.h"

typedef struct lines {
    char **paths; /* oldest first */
    size_t npaths, next;
    const char *path; /* of the file being read */
    int fd;           /* -1: none */
    bool is_at_end;   /* of that file */
    int64_t number;   /* of the line, from 1 */
    int64_t seq;      /* of the line before, 0: none */
    keda_buf text;    /* what has been read of the file, and not yet given from `at` on */
    size_t at;
    int64_t done_bytes, all_bytes;
    void (*on_note)(const char *text, void *user);
    void *user;
} lines;

/* *l: zeroed before; lines_close, also after an error. Errors: KEDA_ENOTFOUND, KEDA_EINVAL. */
keda_status lines_open(lines *l, const char *path, const keda_journal_options *options,
                       keda_error *err);
void lines_close(lines *l);

/*
 * The next line.
 *
 * line    the caller's; json_decref. head->workload points into it
 * errors  KEDA_ENOTFOUND at the end; else with "FILE:LINE: "
 */
keda_status lines_next(lines *l, json_t **line, line_head *head, keda_error *err);

/* Puts "FILE:LINE: " before the error and returns rc. */
keda_status lines_wrap(const lines *l, keda_status rc, keda_error *err);
void lines_note(const lines *l, const char *format, ...) KEDA_PRINTF(2, 3);

#endif
