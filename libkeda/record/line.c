/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing, checked in the order in which it can be trusted: first the version, since another one may
 * have another frame, then the checksum, then the members.
 */
#include "record/line.h"

#include "base/crc.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION_BEGIN "{\"v\":\""
#define CRC_BEGIN     ",\"crc\":\""

enum { CRC_DIGITS = 8, CRC_SIZE = sizeof CRC_BEGIN - 1 + CRC_DIGITS + 2 /* quote, brace */ };

static const char *const kinds[LINE_KINDS] = {
    [LINE_FILE] = "file",
    [LINE_SNAPSHOT] = "snapshot",
    [LINE_DECISION] = "decision",
    [LINE_RUN] = "run",
};

/* ---- writing */

void line_begin(pen *p, const line_head *head)
{
    pen_printf(
        p, VERSION_BEGIN "%d.%d\",\"seq\":%" PRId64 ",\"wall\":%" PRId64 ",\"kind\":\"%s\"",
        (int)JOURNAL_MAJOR, (int)JOURNAL_MINOR, head->seq, head->wall_ms, kinds[head->kind]);
    if (head->workload == NULL)
        return;
    pen_puts(p, ",\"workload\":");
    pen_string(p, head->workload);
}

void line_end(pen *p, size_t start)
{
    if (p->rc != KEDA_OK)
        return;
    const uint32_t crc = crc32_of(p->out->data + start, p->out->size - start);
    pen_printf(p, CRC_BEGIN "%08" PRIx32 "\"}\n", crc);
}

/* ---- reading */

bool line_may_begin(const char *text, size_t size)
{
    const size_t n = sizeof VERSION_BEGIN - 1;
    return memcmp(text, VERSION_BEGIN, size < n ? size : n) == 0;
}

/* "12." */
static bool take_number(const char **at, const char *end, char after, int *out)
{
    enum { MAX = 100000 };
    const char *start = *at;

    *out = 0;
    for (; *at < end && isdigit((unsigned char)**at) && *out < MAX; ++*at)
        *out = *out * 10 + (**at - '0');
    if (*at == start || *at == end || **at != after)
        return false;
    ++*at;
    return true;
}

static keda_status check_version(const char *text, size_t size, keda_error *err)
{
    const char *at = text + sizeof VERSION_BEGIN - 1, *end = text + size;
    int major = 0, minor = 0;

    if (size < sizeof VERSION_BEGIN || !line_may_begin(text, size) ||
        !take_number(&at, end, '.', &major) || !take_number(&at, end, '"', &minor))
        return keda_error_set(err, KEDA_EINVAL,
                              "expected a line of a journal, which begins with " VERSION_BEGIN
                              "%d.%d\"",
                              (int)JOURNAL_MAJOR, (int)JOURNAL_MINOR);
    if (major != JOURNAL_MAJOR)
        return keda_error_set(err, KEDA_EUNSUPPORTED,
                              "version %d.%d of the journal: this library reads %d.x", major,
                              minor, (int)JOURNAL_MAJOR);
    return KEDA_OK;
}

/* Of what stands before it, as it ought to be. */
static bool crc_of(const char *text, size_t size, char expected[CRC_DIGITS + 1])
{
    if (size < CRC_SIZE ||
        memcmp(text + size - CRC_SIZE, CRC_BEGIN, sizeof CRC_BEGIN - 1) != 0 ||
        memcmp(text + size - 2, "\"}", 2) != 0)
        return false;
    (void)snprintf(expected, CRC_DIGITS + 1, "%08" PRIx32, crc32_of(text, size - CRC_SIZE));
    return true;
}

bool line_is_whole(const char *text, size_t size)
{
    char expected[CRC_DIGITS + 1];

    return crc_of(text, size, expected) &&
           memcmp(text + size - 2 - CRC_DIGITS, expected, CRC_DIGITS) == 0;
}

static keda_status check_crc(const char *text, size_t size, keda_error *err)
{
    char expected[CRC_DIGITS + 1];

    if (!crc_of(text, size, expected))
        return keda_error_set(err, KEDA_EINVAL, "damaged: expected a checksum at its end");
    if (!line_is_whole(text, size))
        return keda_error_set(err, KEDA_EINVAL, "damaged: its checksum is %.*s, expected %s",
                              (int)CRC_DIGITS, text + size - 2 - CRC_DIGITS, expected);
    return KEDA_OK;
}

static line_kind kind_of(const char *name)
{
    int kind = 0;
    while (kind < LINE_KINDS && strcmp(kinds[kind], name) != 0)
        kind++;
    return (line_kind)kind;
}

static keda_status get_head(const json_t *line, line_head *head, keda_error *err)
{
    const char *kind = json_string_value(json_object_get(line, "kind"));
    keda_status rc;

    if ((rc = value_get_i64(json_object_get(line, "seq"), "seq", &head->seq, err)) != KEDA_OK ||
        (rc = value_get_i64(json_object_get(line, "wall"), "wall", &head->wall_ms, err)) !=
            KEDA_OK)
        return rc;
    if (kind == NULL)
        return keda_error_set(err, KEDA_EINVAL, "kind: expected a text");
    head->kind = kind_of(kind);
    head->workload = json_string_value(json_object_get(line, "workload"));
    const size_t length = head->workload != NULL ? strlen(head->workload) : 0;
    if (head->kind != LINE_FILE && head->kind != LINE_KINDS &&
        (length == 0 || length > JOURNAL_ID_MAX))
        return keda_error_set(err, KEDA_EINVAL, "workload: expected its namespace and name");
    return KEDA_OK;
}

keda_status line_parse(const char *text, size_t size, json_t **out, line_head *head,
                       keda_error *err)
{
    json_error_t why;
    keda_status rc;

    if ((rc = check_version(text, size, err)) != KEDA_OK ||
        (rc = check_crc(text, size, err)) != KEDA_OK)
        return rc;
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    /* jansson calls a token invalid that it had no memory for: the second time tells. */
    if (line == NULL && json_error_code(&why) == json_error_invalid_syntax)
        line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &why);
    if (line == NULL &&
        (json_error_code(&why) == json_error_out_of_memory || why.text[0] == '\0'))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (line == NULL)
        return keda_error_set(err, KEDA_EINVAL, "column %d: %s", why.column, why.text);
    if ((rc = get_head(line, head, err)) != KEDA_OK)
        json_decref(line);
    else
        *out = line;
    return rc;
}
