/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a journal's line: version, number, time, kind and workload in front, a checksum over
 * all of that and what it holds at the end.
 */
#ifndef RECORD_LINE_H
#define RECORD_LINE_H

#include "record/tables.h"

typedef enum line_kind {
    LINE_FILE = 0, /* begins a file, and what is appended to one by another process */
    LINE_SNAPSHOT,
    LINE_DECISION,
    LINE_RUN,
    LINE_KINDS
} line_kind;

typedef struct line_head {
    int64_t seq; /* from 1, by one a line */
    int64_t wall_ms;
    line_kind kind;       /* LINE_KINDS: one of a newer version */
    const char *workload; /* NULL: of none */
} line_head;

void line_begin(pen *p, const line_head *head);
/* start: where the line began in the buffer. */
void line_end(pen *p, size_t start);

/*
 * Parses a line, without its end, after its version and its checksum.
 *
 * out     the caller's; json_decref. head->workload points into it
 * errors  KEDA_EUNSUPPORTED for another major version, KEDA_EINVAL for everything else, KEDA_ENOMEM
 */
keda_status line_parse(const char *text, size_t size, json_t **out, line_head *head,
                       keda_error *err);
/* Whether its checksum is right. */
bool line_is_whole(const char *text, size_t size);
/* Whether a file that begins so may be a journal. */
bool line_may_begin(const char *text, size_t size);

#endif
