/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the text of a watch, in pieces: the first byte of the input says how long they are. However
 * they are cut, the same lines come out, none of them lost.
 */
#include "kube/watch_event.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* Of all lines, their bytes and borders. */
static uint64_t add(uint64_t sum, const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)line[i]) * 1099511628211u;
    return (sum ^ 256) * 1099511628211u;
}

static void parse(const char *line, size_t size)
{
    watch_event event = {0};
    keda_error err = KEDA_ERROR_INIT;

    if (watch_event_parse(&event, line, size, &err) != KEDA_OK) {
        assert(err.code != KEDA_OK && err.text[0] != '\0' && event.root == NULL);
        return;
    }
    assert(keda_json_type_of(event.object) == KEDA_JSON_OBJECT);
    assert(event.type == WATCH_OTHER || event.version[0] != '\0');
    keda_json_free(event.root);
}

static uint64_t read_all(const char *text, size_t size, size_t piece, bool is_parsed)
{
    watch_lines lines = {0};
    uint64_t sum = 14695981039346656037u;
    const char *line;
    size_t n;

    for (size_t at = 0; at < size; at += piece) {
        const keda_status rc =
            watch_lines_put(&lines, text + at, size - at < piece ? size - at : piece);

        assert(rc == KEDA_OK || rc == KEDA_ELIMIT);
        while (watch_lines_next(&lines, &line, &n)) {
            assert(n > 0 && memchr(line, '\n', n) == NULL);
            sum = add(sum, line, n);
            if (is_parsed)
                parse(line, n);
        }
    }
    watch_lines_reset(&lines);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 1;
    const uint64_t whole = read_all(text, size - 1, size - 1, true);
    const uint64_t cut = read_all(text, size - 1, (size_t)data[0] + 1, false);

    assert(whole == cut);
    return 0;
}
