/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a watch: JSON events, one a line, in pieces as they come. Pure. For watch.c, which follows a
 * collection.
 */
#ifndef KUBE_WATCH_EVENT_H
#define KUBE_WATCH_EVENT_H

#include <stdbool.h>

#include <keda/json.h>

enum {
    WATCH_MAX_LINE = 8 * 1024 * 1024, /* of one event */
    WATCH_MAX_WAITING = 16 * 1024 * 1024
};

/* Bytes that came and were not read yet; zeroed is empty. */
typedef struct watch_lines {
    keda_buf bytes;
    size_t taken;   /* bytes read */
    size_t scanned; /* up to here there is no end of a line, from taken on */
    size_t begun;   /* bytes behind the last end of a line */
} watch_lines;

/* Errors: KEDA_ELIMIT for a line or for unread lines beyond the bounds above; KEDA_ENOMEM. */
keda_status watch_lines_put(watch_lines *lines, const char *bytes, size_t size);
/* The next whole line without its end, borrowed until the next call; false: none. Empty lines are skipped. */
bool watch_lines_next(watch_lines *lines, const char **line, size_t *size);
void watch_lines_reset(watch_lines *lines); /* forgets everything, also a begun line */

enum watch_event_type {
    WATCH_OTHER, /* of a later server: nothing to do */
    WATCH_CHANGED,
    WATCH_GONE,
    WATCH_BOOKMARK
};

typedef struct watch_event {
    enum watch_event_type type;
    keda_json *root;         /* keda_json_free */
    const keda_json *object; /* borrowed from root, as the rest */
    const char *version;     /* of the object; NULL for WATCH_OTHER only */
} watch_event;

/* Errors, with nothing to free: KEDA_EPROTOCOL for what is no event; for an event that says ERROR its code as
 * http_status, 410 being KEDA_ENOTFOUND, 429 KEDA_ELIMIT, others KEDA_EUNAVAILABLE; KEDA_ENOMEM. */
keda_status watch_event_parse(watch_event *out, const char *line, size_t size, keda_error *err);

#endif
