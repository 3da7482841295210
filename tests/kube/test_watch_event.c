/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch's text: lines out of pieces, bounds, events and what is none.
 */
#include "kube/watch_event.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* All whole lines, each behind a '|'. */
static void read_lines(watch_lines *lines, char *out, size_t size)
{
    const char *line;
    size_t n;

    while (watch_lines_next(lines, &line, &n)) {
        cr_assert_lt(strlen(out) + n + 2, size);
        memcpy(out + strlen(out), "|", 2);
        strncat(out, line, n);
    }
}

static void put(watch_lines *lines, const char *text)
{
    cr_assert_eq(watch_lines_put(lines, text, strlen(text)), KEDA_OK);
}

Test(watch_event, gives_the_same_lines_however_the_pieces_are_cut)
{
    static const char text[] = "one\n\n two \r\nthree\n\n\nfour";
    const size_t size = sizeof text - 1;

    for (size_t a = 0; a <= size; a++) {
        for (size_t b = a; b <= size; b++) {
            watch_lines lines = {0};
            char out[64] = "";

            cr_assert_eq(watch_lines_put(&lines, text, a), KEDA_OK);
            if (b % 2 == 0)
                read_lines(&lines, out, sizeof out);
            cr_assert_eq(watch_lines_put(&lines, text + a, b - a), KEDA_OK);
            read_lines(&lines, out, sizeof out);
            cr_assert_eq(watch_lines_put(&lines, text + b, size - b), KEDA_OK);
            read_lines(&lines, out, sizeof out);
            cr_expect_str_eq(out, "|one|two|three", "%zu %zu", a, b);
            watch_lines_reset(&lines);
        }
    }
}

Test(watch_event, forgets_a_begun_line_when_reset)
{
    watch_lines lines = {0};
    char out[64] = "";

    put(&lines, "one\ntw");
    read_lines(&lines, out, sizeof out);
    watch_lines_reset(&lines);
    put(&lines, "three\n");
    read_lines(&lines, out, sizeof out);
    cr_expect_str_eq(out, "|one|three");
    watch_lines_reset(&lines);
}

Test(watch_event, bounds_a_line_and_what_waits)
{
    enum { PIECE = 1024 * 1024 };
    char *piece = malloc(PIECE);
    watch_lines lines = {0};

    cr_assert_not_null(piece);
    memset(piece, 'x', PIECE);
    for (int i = 0; i < WATCH_MAX_LINE / PIECE; i++)
        cr_expect_eq(watch_lines_put(&lines, piece, PIECE), KEDA_OK);
    cr_expect_eq(watch_lines_put(&lines, piece, 1), KEDA_ELIMIT);
    cr_expect_eq(watch_lines_put(&lines, "\n", 1), KEDA_OK);
    piece[PIECE - 1] = '\n';
    for (int i = 0; i < WATCH_MAX_LINE / PIECE - 1; i++)
        cr_expect_eq(watch_lines_put(&lines, piece, PIECE), KEDA_OK);
    cr_expect_eq(watch_lines_put(&lines, piece, PIECE), KEDA_ELIMIT);
    watch_lines_reset(&lines);
    free(piece);
}

Test(watch_event, keeps_no_memory_of_a_burst)
{
    char *piece = calloc(1, 1024 * 1024);
    const char *line;
    watch_lines lines = {0};
    size_t size;

    cr_assert_not_null(piece);
    memset(piece, 'x', 1024 * 1024 - 1);
    piece[1024 * 1024 - 1] = '\n';
    cr_assert_eq(watch_lines_put(&lines, piece, 1024 * 1024), KEDA_OK);
    cr_expect(watch_lines_next(&lines, &line, &size));
    cr_expect_not(watch_lines_next(&lines, &line, &size));
    cr_expect_eq(lines.bytes.capacity, 0);
    free(piece);
}

Test(watch_event, reads_events)
{
    static const struct {
        const char *line;
        enum watch_event_type type;
        const char *version;
    } cases[] = {
        {"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}",
         WATCH_CHANGED, "7"},
        {"{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}",
         WATCH_CHANGED, "8"},
        {"{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}",
         WATCH_GONE, "9"},
        {"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"10\"}}}",
         WATCH_BOOKMARK, "10"},
        {"{\"type\":\"LATER\",\"object\":{}}", WATCH_OTHER, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        watch_event event = {0};
        keda_error err = KEDA_ERROR_INIT;

        cr_assert_eq(watch_event_parse(&event, cases[i].line, strlen(cases[i].line), &err),
                     KEDA_OK, "%s", err.text);
        cr_expect_eq(event.type, cases[i].type);
        if (cases[i].version != NULL)
            cr_expect_str_eq(event.version, cases[i].version);
        else
            cr_expect_null(event.version);
        cr_expect_eq(keda_json_type_of(event.object), KEDA_JSON_OBJECT);
        keda_json_free(event.root);
    }
}

Test(watch_event, refuses_what_is_no_event_and_errors_with_their_code)
{
    static const struct {
        const char *line;
        keda_status code;
        int32_t http_status;
        int64_t retry_after_ms;
    } cases[] = {
        {"{\"type\":\"ADDED\"", KEDA_EPROTOCOL, 0, -1},
        {"[]", KEDA_EPROTOCOL, 0, -1},
        {"7", KEDA_EPROTOCOL, 0, -1},
        {"{\"type\":\"ADDED\",\"object\":null}", KEDA_EPROTOCOL, 0, -1},
        {"{\"type\":7,\"object\":{}}", KEDA_EPROTOCOL, 0, -1},
        {"{\"type\":\"ADDED\",\"object\":{}}", KEDA_EPROTOCOL, 0, -1},
        {"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"\"}}}",
         KEDA_EPROTOCOL, 0, -1},
        {"{\"type\":\"ERROR\",\"object\":{\"code\":410,\"message\":\"too old\"}}",
         KEDA_ENOTFOUND, 410, -1},
        {"{\"type\":\"ERROR\",\"object\":{\"code\":429,\"details\":{\"retryAfterSeconds\":2}}}",
         KEDA_ELIMIT, 429, 2000},
        {"{\"type\":\"ERROR\",\"object\":{\"code\":500}}", KEDA_EUNAVAILABLE, 500, -1},
        {"{\"type\":\"ERROR\",\"object\":{\"code\":\"x\"}}", KEDA_EUNAVAILABLE, 0, -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        watch_event event = {0};
        keda_error err = KEDA_ERROR_INIT;

        cr_expect_eq(watch_event_parse(&event, cases[i].line, strlen(cases[i].line), &err),
                     cases[i].code, "%s", cases[i].line);
        cr_expect_eq(err.code, (int32_t)cases[i].code);
        cr_expect_eq(err.http_status, cases[i].http_status, "%s", cases[i].line);
        cr_expect_eq(err.retry_after_ms, cases[i].retry_after_ms, "%s", cases[i].line);
        cr_expect_null(event.root);
    }
}
