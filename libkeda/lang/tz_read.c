/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading TZif (RFC 9636), versions 1 to 4: header, data block, and the rule at the end. Nothing in a
 * file is believed; where files come from is tz_open.c's business.
 */
#include <string.h>

#include "base/mem.h"
#include "tz_zone.h"

enum {
    HEADER_SIZE = 44,
    TYPE_SIZE = 6,
    /* Far above what any zone has; the whole of a file is bounded before it comes here. */
    MAX_CHANGES = 8192,
    MAX_TYPES = 256,
    MAX_CHARS = 4096,
    MAX_LEAPS = 4096,
    LEAST_OFFSET_S = -89999, /* RFC 9636: 3.2 */
    MOST_OFFSET_S = 93599
};

typedef struct header {
    int version;
    size_t nut, nstd, nleaps, nchanges, ntypes, nchars;
} header;

typedef struct reader {
    const uint8_t *bytes;
    size_t size, at;
    keda_error *err;
} reader;

/* The parts of one data block. */
typedef struct block {
    size_t width; /* bytes of a time: 4 or 8 */
    const uint8_t *times, *kinds, *types;
    size_t times_at, kinds_at, types_at; /* where they lie in the file */
} block;

static keda_status fail(const reader *r, size_t at, const char *problem)
{
    (void)keda_error_set(r->err, KEDA_EPROTOCOL, "time zone data: byte %zu: %s", at, problem);
    return KEDA_EPROTOCOL;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static int64_t signed_32(const uint8_t *p)
{
    const int64_t value = (int64_t)big_endian(p, 4);
    return value > INT32_MAX ? value - (INT64_C(1) << 32) : value;
}

static int64_t signed_64(const uint8_t *p)
{
    const uint64_t value = big_endian(p, 8);
    return value > INT64_MAX ? -(int64_t)(UINT64_MAX - value) - 1 : (int64_t)value;
}

/* ---- header */

static int version_of(uint8_t letter)
{
    if (letter == 0)
        return 1;
    return letter >= '2' && letter <= '4' ? letter - '0' : 0;
}

static keda_status check_counts(const reader *r, const header *h, size_t at)
{
    if (h->nchanges > MAX_CHANGES)
        return fail(r, at + 32, "more than 8192 changes");
    if (h->ntypes > MAX_TYPES)
        return fail(r, at + 36, "more than 256 kinds of time");
    if (h->nchars > MAX_CHARS)
        return fail(r, at + 40, "more than 4096 characters of names");
    if (h->nleaps > MAX_LEAPS)
        return fail(r, at + 28, "more than 4096 leap seconds");
    if (h->nstd > MAX_TYPES || h->nut > MAX_TYPES)
        return fail(r, at + 20, "more than 256 indicators");
    return KEDA_OK;
}

static keda_status read_header(reader *r, header *out)
{
    const size_t at = r->at;

    if (r->size - at < HEADER_SIZE)
        return fail(r, at, "a header of 44 bytes expected");
    const uint8_t *p = r->bytes + at;
    if (memcmp(p, "TZif", 4) != 0)
        return fail(r, at, "'TZif' expected");
    out->version = version_of(p[4]);
    if (out->version == 0)
        return fail(r, at + 4, "a version from 1 to 4 expected");
    out->nut = (size_t)big_endian(p + 20, 4);
    out->nstd = (size_t)big_endian(p + 24, 4);
    out->nleaps = (size_t)big_endian(p + 28, 4);
    out->nchanges = (size_t)big_endian(p + 32, 4);
    out->ntypes = (size_t)big_endian(p + 36, 4);
    out->nchars = (size_t)big_endian(p + 40, 4);
    r->at += HEADER_SIZE;
    return check_counts(r, out, at);
}

/* A block that is used: what is optional in one that is skipped is not in this one. */
static keda_status check_used(const reader *r, const header *h, size_t at)
{
    if (h->ntypes == 0)
        return fail(r, at + 36, "a kind of time expected");
    if (h->nchars == 0)
        return fail(r, at + 40, "a name expected");
    if (h->nstd != 0 && h->nstd != h->ntypes)
        return fail(r, at + 24, "as many standard indicators as kinds of time expected");
    if (h->nut != 0 && h->nut != h->ntypes)
        return fail(r, at + 20, "as many UT indicators as kinds of time expected");
    return KEDA_OK;
}

/* ---- data */

static keda_status read_block(reader *r, const header *h, size_t width, block *out)
{
    const size_t times = h->nchanges * width, types = h->ntypes * TYPE_SIZE;
    const size_t size =
        times + h->nchanges + types + h->nchars + h->nleaps * (width + 4) + h->nstd + h->nut;

    if (r->size - r->at < size)
        return fail(r, r->size, "the data block ends too early");
    out->width = width;
    out->times_at = r->at;
    out->kinds_at = out->times_at + times;
    out->types_at = out->kinds_at + h->nchanges;
    out->times = r->bytes + out->times_at;
    out->kinds = r->bytes + out->kinds_at;
    out->types = r->bytes + out->types_at;
    r->at += size;
    return KEDA_OK;
}

static keda_status check_types(const reader *r, const header *h, const block *b)
{
    for (size_t i = 0; i < h->ntypes; i++) {
        const uint8_t *type = b->types + i * TYPE_SIZE;
        const size_t at = b->types_at + i * TYPE_SIZE;
        const int64_t offset_s = signed_32(type);
        if (offset_s < LEAST_OFFSET_S || offset_s > MOST_OFFSET_S)
            return fail(r, at, "an offset of more than a day");
        if (type[4] > 1)
            return fail(r, at + 4, "0 or 1 for daylight saving time expected");
        if (type[5] >= h->nchars)
            return fail(r, at + 5, "a name that is not there");
    }
    return KEDA_OK;
}

static int32_t offset_of(const block *b, size_t type)
{
    return (int32_t)signed_32(b->types + type * TYPE_SIZE);
}

static bool is_dst(const block *b, size_t type)
{
    return b->types[type * TYPE_SIZE + 4] != 0;
}

static keda_status fill_changes(const reader *r, const header *h, const block *b, tz_zone *zone)
{
    for (size_t i = 0; i < h->nchanges; i++) {
        const uint8_t *time = b->times + i * b->width;
        const int64_t at_s = b->width == 8 ? signed_64(time) : signed_32(time);
        if (i > 0 && at_s <= zone->changes[i - 1].at_s)
            return fail(r, b->times_at + i * b->width, "a change before the one it follows");
        if (b->kinds[i] >= h->ntypes)
            return fail(r, b->kinds_at + i, "a kind of time that is not there");
        zone->changes[i] = (tz_change){.at_s = at_s, .offset_s = offset_of(b, b->kinds[i])};
    }
    zone->nchanges = h->nchanges;
    return KEDA_OK;
}

/* Before the first change: the first kind when no change leads to it, else the last kind of standard
 * time before that of the first change where that is of daylight saving, else the first of standard
 * time (Go: lookupFirstZone). */
static size_t first_type(const header *h, const block *b)
{
    if (h->nchanges == 0 || memchr(b->kinds, 0, h->nchanges) == NULL)
        return 0;
    if (is_dst(b, b->kinds[0])) {
        for (size_t i = b->kinds[0]; i-- > 0;)
            if (!is_dst(b, i))
                return i;
    }
    for (size_t i = 0; i < h->ntypes; i++)
        if (!is_dst(b, i))
            return i;
    return 0;
}

/* Between two newlines; nothing between them is no rule. */
static keda_status read_rule(reader *r, tz_rule *out)
{
    const uint8_t *p = r->bytes + r->at;
    const size_t left = r->size - r->at;

    if (left == 0 || p[0] != '\n')
        return fail(r, r->at, "a newline before the rule for later years expected");
    const uint8_t *end = memchr(p + 1, '\n', left - 1);
    if (end == NULL)
        return fail(r, r->size, "a newline behind the rule for later years expected");
    if (end == p + 1)
        return KEDA_OK;
    const keda_status rc =
        tz_rule_parse(out, (const char *)p + 1, (size_t)(end - p) - 1, r->err);
    return rc == KEDA_OK ? rc : keda_error_wrap(r->err, rc, "time zone data");
}

static keda_status make_zone(tz_zone **out, reader *r, const header *h, const block *b)
{
    keda_status rc = check_types(r, h, b);
    tz_zone *zone = NULL;

    if (rc != KEDA_OK)
        return rc;
    zone = mem_zalloc(1, sizeof *zone + h->nchanges * sizeof zone->changes[0]);
    if (zone == NULL)
        return keda_error_set(r->err, KEDA_ENOMEM, "out of memory");
    if ((rc = fill_changes(r, h, b, zone)) != KEDA_OK)
        goto out;
    zone->first_s = offset_of(b, first_type(h, b));
    if (h->version > 1)
        rc = read_rule(r, &zone->rule);
out:
    if (rc == KEDA_OK)
        *out = zone;
    else
        tz_free(zone);
    return rc;
}

keda_status tz_from_bytes(tz_zone **out, const void *bytes, size_t size, keda_error *err)
{
    reader r = {.bytes = bytes, .size = size, .err = err};
    header h = {0};
    block b = {0};
    size_t header_at = 0;
    keda_status rc = read_header(&r, &h);

    /* The first block is for readers of version 1; the second says the same, and more. */
    if (rc == KEDA_OK && h.version > 1) {
        if ((rc = read_block(&r, &h, 4, &b)) != KEDA_OK)
            return rc;
        header_at = r.at;
        rc = read_header(&r, &h);
        if (rc == KEDA_OK && h.version == 1)
            rc = fail(&r, header_at + 4, "a second header of version 1");
    }
    if (rc == KEDA_OK)
        rc = check_used(&r, &h, header_at);
    if (rc == KEDA_OK)
        rc = read_block(&r, &h, h.version > 1 ? 8 : 4, &b);
    return rc == KEDA_OK ? make_zone(out, &r, &h, &b) : rc;
}
