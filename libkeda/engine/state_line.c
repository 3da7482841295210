/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "5d41402a w default/orders 1700000000000 -1 0 3 -1": CRC-32 of what follows it, in hexadecimal.
 * A removed record has a single "-" in place of its values.
 */
#include "engine/state_line.h"

#include "base/buf.h"
#include "base/num.h"

#include <stdio.h>
#include <string.h>

enum { CRC_DIGITS = 8 };

static uint32_t crc32_of(const char *bytes, size_t size)
{
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = 0xffffffffU;

    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)bytes[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return ~crc;
}

static keda_status write_values(keda_buf *out, const state_values *values)
{
    keda_status rc = KEDA_OK;

    if (values->is_removed)
        return buf_puts(out, " -");
    for (size_t i = 0; rc == KEDA_OK && i < STATE_NFIELDS; i++)
        rc = buf_printf(out, " %lld", (long long)values->of[i]);
    return rc;
}

keda_status state_line_write(keda_buf *out, const char *name, const state_values *values)
{
    const size_t start = out->size;
    char digits[CRC_DIGITS + 1];
    keda_status rc = KEDA_OK;

    if ((rc = buf_printf(out, "%0*d %s", CRC_DIGITS, 0, name)) == KEDA_OK &&
        (rc = write_values(out, values)) == KEDA_OK)
        rc = buf_putc(out, '\n');
    if (rc != KEDA_OK) {
        buf_truncate(out, start);
        return rc;
    }
    const char *body = out->data + start + CRC_DIGITS + 1;
    const size_t size = out->size - start - CRC_DIGITS - 2;
    (void)snprintf(digits, sizeof digits, "%08x", (unsigned)crc32_of(body, size));
    memcpy(out->data + start, digits, CRC_DIGITS);
    return KEDA_OK;
}

/* The next word of a line, or false at its end. */
static bool next_word(const char **at, const char *end, char *word, size_t size)
{
    if (*at >= end)
        return false;
    const char *blank = memchr(*at, ' ', (size_t)(end - *at));
    const size_t n = (size_t)((blank == NULL ? end : blank) - *at);
    if (n == 0 || n >= size)
        return false;
    memcpy(word, *at, n);
    word[n] = '\0';
    *at = blank == NULL ? end : blank + 1;
    return true;
}

static bool read_values(const char *at, const char *end, state_values *values)
{
    char word[32];

    *values = (state_values){0};
    for (size_t i = 0; i < STATE_NFIELDS; i++) {
        if (!next_word(&at, end, word, sizeof word))
            return false;
        if (i == 0 && strcmp(word, "-") == 0) {
            values->is_removed = true;
            return at == end;
        }
        if (!num_parse_i64(word, &values->of[i]))
            return false;
    }
    return at == end;
}

bool state_line_read(const char *line, size_t size, char *name, state_values *values)
{
    char digits[CRC_DIGITS + 1], kind[2], key[STATE_NAME_SIZE - 2];
    const char *at = line, *end = line + size;

    if (size < CRC_DIGITS + 2 || line[CRC_DIGITS] != ' ')
        return false;
    (void)snprintf(digits, sizeof digits, "%08x",
                   (unsigned)crc32_of(line + CRC_DIGITS + 1, size - CRC_DIGITS - 1));
    if (memcmp(digits, line, CRC_DIGITS) != 0)
        return false;
    at += CRC_DIGITS + 1;
    if (!next_word(&at, end, kind, sizeof kind) || !next_word(&at, end, key, sizeof key))
        return false;
    (void)snprintf(name, STATE_NAME_SIZE, "%s %s", kind, key);
    return read_values(at, end, values);
}
