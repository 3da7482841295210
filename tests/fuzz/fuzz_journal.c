/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a journal, decided again. What follows a first byte '#' gets right checksums line by
 * line, so that what they hold is reached; what begins otherwise is read as it is.
 */
#include <keda/journal.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc.h"

/* Without its own checksum, and with the right one. */
static void seal(keda_buf *out, const char *line, size_t size)
{
    static const char frame[] = ",\"crc\":\"01234567\"}";
    const size_t n = sizeof frame - 1;

    if (size >= n && memcmp(line + size - n, frame, 8) == 0)
        size -= n;
    assert(buf_append(out, line, size) == KEDA_OK);
    assert(buf_printf(out, ",\"crc\":\"%08x\"}\n", (unsigned)crc32_of(line, size)) == KEDA_OK);
}

static void seal_all(keda_buf *out, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t n = end != NULL ? (size_t)(end - (text + at)) : size - at;
        seal(out, text + at, n);
        at += n + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    keda_buf text = {0};
    keda_replay_options options = KEDA_REPLAY_OPTIONS_INIT;
    keda_replay_result result = KEDA_REPLAY_RESULT_INIT;
    keda_error err = KEDA_ERROR_INIT;
    const int fd = memfd_create("journal", MFD_CLOEXEC);

    assert(fd >= 0);
    if (size > 0 && data[0] == '#')
        seal_all(&text, (const char *)data + 1, size - 1);
    else if (size > 0)
        assert(buf_append(&text, data, size) == KEDA_OK);
    assert(text.size == 0 || write(fd, text.data, text.size) == (ssize_t)text.size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    options.is_going_on = 1;
    const keda_status rc = keda_replay(path, &options, &result, &err);
    assert(rc == KEDA_OK || err.text[0] != '\0');
    assert((result.differences > 0) == (result.difference[0] != '\0'));
    (void)close(fd);
    keda_buf_clear(&text);
    return 0;
}
