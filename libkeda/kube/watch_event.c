/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting a watch's bytes into lines and reading a line as an event. Every byte is looked at once for the
 * end of its line, whatever the pieces are.
 */
#include "kube/watch_event.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

enum { KEPT_BYTES = 64 * 1024 }; /* memory that an empty buffer keeps */

/* ---- lines ---------------------------------------------------------------------------------- */

void watch_lines_reset(watch_lines *lines)
{
    keda_buf_clear(&lines->bytes);
    *lines = (watch_lines){0};
}

static void drop_taken(watch_lines *lines)
{
    keda_buf *bytes = &lines->bytes;

    if (lines->taken == 0)
        return;
    memmove(bytes->data, bytes->data + lines->taken, bytes->size - lines->taken);
    buf_truncate(bytes, bytes->size - lines->taken);
    lines->scanned -= lines->taken;
    lines->taken = 0;
}

keda_status watch_lines_put(watch_lines *lines, const char *bytes, size_t size)
{
    size_t begun = lines->begun + size;
    keda_status rc;

    for (size_t i = size; i > 0; i--) {
        if (bytes[i - 1] == '\n') {
            begun = size - i;
            break;
        }
    }
    drop_taken(lines);
    if (size > WATCH_MAX_WAITING - lines->bytes.size || begun > WATCH_MAX_LINE)
        return KEDA_ELIMIT;
    if ((rc = buf_append(&lines->bytes, bytes, size)) == KEDA_OK)
        lines->begun = begun;
    return rc;
}

/* False: no end of a line in what is there. */
static bool find_end(watch_lines *lines, size_t *end)
{
    const char *data = lines->bytes.data;
    const char *found = NULL;

    if (lines->bytes.size > lines->scanned)
        found = memchr(data + lines->scanned, '\n', lines->bytes.size - lines->scanned);
    lines->scanned = found != NULL ? (size_t)(found - data) + 1 : lines->bytes.size;
    *end = lines->scanned - 1;
    return found != NULL;
}

bool watch_lines_next(watch_lines *lines, const char **line, size_t *size)
{
    size_t end = 0;

    while (find_end(lines, &end)) {
        const text_view text = text_trim(lines->bytes.data + lines->taken, end - lines->taken);

        lines->taken = end + 1;
        if (text.size == 0)
            continue;
        *line = text.data;
        *size = text.size;
        return true;
    }
    if (lines->taken == lines->bytes.size && lines->bytes.capacity > KEPT_BYTES)
        watch_lines_reset(lines);
    return false;
}

/* ---- events --------------------------------------------------------------------------------- */

static keda_status code_of(int64_t http_status)
{
    if (http_status == 410)
        return KEDA_ENOTFOUND;
    return http_status == 429 ? KEDA_ELIMIT : KEDA_EUNAVAILABLE;
}

/* The object is a Status. */
static keda_status refuse(const keda_json *object, keda_error *err)
{
    const char *message = keda_json_string(keda_json_get(object, "message"));
    int64_t status = 0, after_s = 0;
    keda_status rc;

    if (!keda_json_int64(keda_json_get(object, "code"), &status) || status < 0 || status > 999)
        status = 0;
    rc = keda_error_set(err, code_of(status), "the watch ended: %d%s%s", (int)status,
                        message != NULL ? ": " : "", message != NULL ? message : "");
    if (err == NULL)
        return rc;
    text_cut_broken_end(err->text);
    err->http_status = (int32_t)status;
    if (keda_json_int64(keda_json_get(object, "details.retryAfterSeconds"), &after_s) &&
        after_s > 0 && after_s < 86400)
        err->retry_after_ms = after_s * 1000;
    return rc;
}

static enum watch_event_type type_of(const char *name)
{
    static const struct {
        const char *name;
        enum watch_event_type type;
    } known[] = {{"ADDED", WATCH_CHANGED},
                 {"MODIFIED", WATCH_CHANGED},
                 {"DELETED", WATCH_GONE},
                 {"BOOKMARK", WATCH_BOOKMARK}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (text_equal(known[i].name, name))
            return known[i].type;
    return WATCH_OTHER;
}

static keda_status read_event(watch_event *out, keda_error *err)
{
    const char *type = keda_json_string(keda_json_get(out->root, "type"));

    out->object = keda_json_get(out->root, "object");
    if (type == NULL || keda_json_type_of(out->object) != KEDA_JSON_OBJECT)
        return keda_error_set(err, KEDA_EPROTOCOL, "the watch: no event");
    if (text_equal(type, "ERROR"))
        return refuse(out->object, err);
    out->type = type_of(type);
    out->version = keda_json_string(keda_json_get(out->object, "metadata.resourceVersion"));
    if (out->type != WATCH_OTHER && (out->version == NULL || *out->version == '\0'))
        return keda_error_set(err, KEDA_EPROTOCOL, "the watch: an object without a version");
    return KEDA_OK;
}

keda_status watch_event_parse(watch_event *out, const char *line, size_t size, keda_error *err)
{
    watch_event event = {0};
    keda_status rc = keda_json_parse(&event.root, line, size, err);

    if (rc == KEDA_EINVAL || rc == KEDA_ELIMIT) { /* the server's text: nothing to fix here */
        rc = KEDA_EPROTOCOL;
        if (err != NULL)
            err->code = (int32_t)rc;
    }
    if (rc != KEDA_OK)
        return keda_error_wrap(err, rc, "the watch: not JSON");
    if ((rc = read_event(&event, err)) != KEDA_OK) {
        keda_json_free(event.root);
        return rc;
    }
    *out = event;
    return KEDA_OK;
}
