/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 both ways. What is decoded may be secret: nothing is left behind but in the caller's buffer.
 */
#include "base64.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or -1. */
static int value_of(char c)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);
    return at == NULL ? -1 : (int)(at - alphabet);
}

/* Up to four characters of one group; '=' counts as padding. */
typedef struct group {
    uint32_t bits;
    int count, padding;
} group;

static keda_status take(group *g, char c)
{
    const int value = value_of(c);
    if (c == '=' && g->count >= 2)
        g->padding++;
    else if (value < 0 || g->padding > 0)
        return KEDA_EINVAL;
    g->bits = g->bits << 6 | (uint32_t)(value < 0 ? 0 : value);
    g->count++;
    return KEDA_OK;
}

static keda_status put_group(keda_buf *out, const group *g)
{
    unsigned char bytes[3] = {(unsigned char)(g->bits >> 16 & 0xff),
                              (unsigned char)(g->bits >> 8 & 0xff),
                              (unsigned char)(g->bits & 0xff)};
    const keda_status rc = buf_append(out, bytes, (size_t)(3 - g->padding));
    mem_wipe(bytes, sizeof bytes);
    return rc;
}

keda_status base64_decode(keda_buf *out, const char *text, size_t size)
{
    const size_t before = out->size;
    keda_status rc = KEDA_OK;
    group g = {0};
    bool is_over = false; /* a padded group is the last */
    for (size_t i = 0; i < size && rc == KEDA_OK; i++) {
        if (text[i] == '\n' || text[i] == '\r')
            continue;
        rc = is_over ? KEDA_EINVAL : take(&g, text[i]);
        if (rc != KEDA_OK || g.count < 4)
            continue;
        rc = put_group(out, &g);
        is_over = g.padding > 0;
        g = (group){0};
    }
    if (rc == KEDA_OK && g.count > 0)
        rc = KEDA_EINVAL;
    mem_wipe(&g, sizeof g);
    if (rc != KEDA_OK && out->size > before) {
        mem_wipe(out->data + before, out->size - before);
        buf_truncate(out, before);
    }
    return rc;
}

keda_status base64_encode(keda_buf *out, const void *bytes, size_t size)
{
    const unsigned char *in = bytes;
    keda_status rc = KEDA_OK;
    for (size_t i = 0; i < size && rc == KEDA_OK; i += 3) {
        const size_t n = size - i < 3 ? size - i : 3;
        const uint32_t bits = (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
                              (n > 2 ? (uint32_t)in[i + 2] : 0);
        char four[4] = {alphabet[bits >> 18 & 63], alphabet[bits >> 12 & 63],
                        n > 1 ? alphabet[bits >> 6 & 63] : '=',
                        n > 2 ? alphabet[bits & 63] : '='};
        rc = buf_append(out, four, sizeof four);
    }
    return rc;
}
