/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones (libkeda/lang/tz.c, tz_read.c, tz_rule.c, tz_open.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lang/tz.h"
#include "lang/tz_zone.h"
#include "support/failing_allocator.h"

/* ---- files made here */

static void put_number(keda_buf *out, int64_t value, int nbytes)
{
    for (int shift = (nbytes - 1) * 8; shift >= 0; shift -= 8)
        cr_assert_eq(buf_putc(out, (char)((uint64_t)value >> shift & 0xff)), KEDA_OK);
}

typedef struct counts {
    int64_t nut, nstd, nleaps, nchanges, ntypes, nchars;
} counts;

static void put_header(keda_buf *out, char version, counts n)
{
    cr_assert_eq(buf_append(out, "TZif", 4), KEDA_OK);
    cr_assert_eq(buf_putc(out, version), KEDA_OK);
    for (int i = 0; i < 15; i++)
        put_number(out, 0, 1);
    const int64_t all[] = {n.nut, n.nstd, n.nleaps, n.nchanges, n.ntypes, n.nchars};
    for (size_t i = 0; i < 6; i++)
        put_number(out, all[i], 4);
}

enum { STD_S = 3600, DST_S = 7200, CHANGE_A = 100000, CHANGE_B = 200000 };

/* Standard time, daylight saving from CHANGE_A to CHANGE_B, a leap second and all indicators. */
static void put_block(keda_buf *out, int width)
{
    put_number(out, CHANGE_A, width);
    put_number(out, CHANGE_B, width);
    put_number(out, 1, 1);
    put_number(out, 0, 1);
    put_number(out, STD_S, 4);
    put_number(out, 0, 2);
    put_number(out, DST_S, 4);
    put_number(out, 0x0104, 2);
    cr_assert_eq(buf_append(out, "CET\0DST", 8), KEDA_OK);
    put_number(out, 78796800, width);
    put_number(out, 1, 4);
    put_number(out, 0, 4); /* two indicators of each sort */
}

static const counts full = {2, 2, 1, 2, 2, 8};

enum { HEADER = 44, BLOCK_4 = 8 + 2 + 12 + 8 + 8 + 4, SECOND = HEADER + BLOCK_4 };
enum { TIMES = SECOND + HEADER, KINDS = TIMES + 16, TYPES = KINDS + 2 };

static keda_buf make_file(char version, const char *rule)
{
    keda_buf out = {0};
    put_header(&out, version, full);
    put_block(&out, 4);
    if (version == 0)
        return out;
    put_header(&out, version, full);
    put_block(&out, 8);
    cr_assert_eq(buf_printf(&out, "\n%s\n", rule), KEDA_OK);
    return out;
}

static tz_zone *zone_of(const keda_buf *file)
{
    tz_zone *zone = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(tz_from_bytes(&zone, file->data, file->size, &err), KEDA_OK, "%s", err.text);
    return zone;
}

Test(tz, reads_every_version)
{
    static const char versions[] = {0, '2', '3', '4'};
    for (size_t i = 0; i < sizeof versions; i++) {
        keda_buf file = make_file(versions[i], "");
        tz_zone *zone = zone_of(&file);
        cr_expect_eq(tz_offset_at(zone, INT64_MIN), STD_S);
        cr_expect_eq(tz_offset_at(zone, CHANGE_A - 1), STD_S);
        cr_expect_eq(tz_offset_at(zone, CHANGE_A), DST_S);
        cr_expect_eq(tz_offset_at(zone, CHANGE_B - 1), DST_S);
        cr_expect_eq(tz_offset_at(zone, CHANGE_B), STD_S);
        cr_expect_eq(tz_offset_at(zone, INT64_MAX), STD_S);
        tz_free(zone);
        keda_buf_clear(&file);
    }
}

Test(tz, says_how_long_an_offset_holds)
{
    keda_buf file = make_file('2', "AAA-3BBB,J100,J200");
    tz_zone *zone = zone_of(&file);
    const tz_span before = tz_span_at(zone, 0), inside = tz_span_at(zone, CHANGE_A + 1);
    const tz_span behind = tz_span_at(zone, CHANGE_B);
    cr_expect_eq(before.from_s, INT64_MIN);
    cr_expect_eq(before.until_s, CHANGE_A);
    cr_expect_eq(inside.from_s, CHANGE_A);
    cr_expect_eq(inside.until_s, CHANGE_B);
    cr_expect_eq(behind.from_s, CHANGE_B, "the rule starts where the table ends");
    cr_expect_eq(behind.offset_s, 3 * 3600);
    cr_expect_eq(behind.until_s, INT64_C(99) * 86400 + 7200 - 3 * 3600);
    tz_free(zone);
    keda_buf_clear(&file);
}

Test(tz, needs_every_byte_of_a_file)
{
    keda_buf file = make_file('3', "CET-1CEST,M3.5.0,M10.5.0/3");
    for (size_t n = 0; n < file.size; n++) {
        tz_zone *zone = NULL;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(tz_from_bytes(&zone, file.data, n, &err), KEDA_EPROTOCOL, "%zu", n);
        cr_expect_null(zone);
        cr_expect_neq(err.text[0], '\0');
    }
    tz_zone *zone = NULL;
    cr_expect_eq(tz_from_bytes(&zone, NULL, 0, NULL), KEDA_EPROTOCOL);
    keda_buf_clear(&file);
}

Test(tz, names_what_is_wrong_with_a_file)
{
    static const struct {
        size_t at;
        int64_t value;
        int nbytes;
        const char *says;
    } cases[] = {
        {0, 'X', 1, "byte 0: 'TZif' expected"},
        {4, '5', 1, "byte 4: a version"},
        {4, '1', 1, "byte 4: a version"},
        {32, 8193, 4, "byte 32: more than 8192 changes"},
        {32, 0xffffffff, 4, "byte 32: more than 8192 changes"},
        {36, 257, 4, "byte 36: more than 256 kinds"},
        {40, 4097, 4, "byte 40: more than 4096 characters"},
        {28, 4097, 4, "byte 28: more than 4096 leap seconds"},
        {24, 257, 4, "byte 20: more than 256 indicators"},
        {32, 3, 4, "'TZif' expected"},
        {SECOND, 'X', 1, "byte 86: 'TZif' expected"},
        {SECOND + 4, 0, 1, "byte 90: a second header of version 1"},
        {SECOND + 36, 0, 4, "byte 122: a kind of time expected"},
        {SECOND + 40, 0, 4, "byte 126: a name expected"},
        {SECOND + 24, 1, 4, "as many standard indicators"},
        {SECOND + 20, 1, 4, "as many UT indicators"},
        {SECOND + 32, 8000, 4, "the data block ends too early"},
        {TIMES + 8, CHANGE_A, 8, "byte 138: a change before"},
        {TIMES + 8, -5, 8, "byte 138: a change before"},
        {KINDS + 1, 2, 1, "byte 147: a kind of time that is not there"},
        {TYPES, 93600, 4, "byte 148: an offset of more than a day"},
        {TYPES + 6, -90000, 4, "byte 154: an offset of more than a day"},
        {TYPES + 4, 2, 1, "byte 152: 0 or 1"},
        {TYPES + 11, 8, 1, "byte 159: a name that is not there"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_buf file = make_file('2', "UTC0"), patch = {0};
        tz_zone *zone = NULL;
        keda_error err = KEDA_ERROR_INIT;
        put_number(&patch, cases[i].value, cases[i].nbytes);
        memcpy(file.data + cases[i].at, patch.data, patch.size);
        cr_expect_eq(tz_from_bytes(&zone, file.data, file.size, &err), KEDA_EPROTOCOL,
                     "case %zu", i);
        cr_expect_not_null(strstr(err.text, cases[i].says), "case %zu: %s", i, err.text);
        keda_buf_clear(&patch);
        keda_buf_clear(&file);
    }
}

Test(tz, takes_the_first_standard_time_before_the_first_change)
{
    /* The kind 0 is used by a change, so it says nothing of the time before. */
    keda_buf file = make_file(0, "");
    const size_t types = HEADER + 8 + 2;
    file.data[types + 4] = 1;
    file.data[types + 6 + 4] = 0;
    tz_zone *zone = zone_of(&file);
    cr_expect_eq(tz_offset_at(zone, 0), DST_S);
    tz_free(zone);
    keda_buf_clear(&file);
}

/* ---- rules */

static int32_t offset_by_rule(const char *rule, const char *utc)
{
    tz_rule parsed;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(tz_rule_parse(&parsed, rule, strlen(rule), &err), KEDA_OK, "%s: %s", rule,
                 err.text);
    return tz_rule_span(&parsed, clock_parse_utc(utc) / 1000).offset_s;
}

Test(tz, follows_rules)
{
    static const struct {
        const char *rule, *utc;
        int32_t offset_s;
    } cases[] = {
        {"UTC0", "2400-07-01T00:00:00Z", 0},
        {"<-03>3", "2400-07-01T00:00:00Z", -10800},
        {"<+0545>-5:45", "2400-07-01T00:00:00Z", 20700},
        {"LMT0:01:15", "2400-07-01T00:00:00Z", -75},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2040-03-25T00:59:59Z", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2040-03-25T01:00:00Z", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2040-10-28T00:59:59Z", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2040-10-28T01:00:00Z", 3600},
        {"EST5EDT,M3.2.0,M11.1.0", "2040-03-11T06:59:59Z", -18000},
        {"EST5EDT,M3.2.0,M11.1.0", "2040-03-11T07:00:00Z", -14400},
        /* south of the equator: the year begins in summer */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-01-01T00:00:00Z", 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-07-01T00:00:00Z", 36000},
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-12-31T23:00:00Z", 39600},
        /* winter time is the daylight saving time, an hour back */
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2040-01-01T00:00:00Z", 0},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", "2040-07-01T00:00:00Z", 3600},
        /* hours beyond a day, to both sides */
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T00:59:59Z", -7200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T01:00:00Z", -3600},
        {"IST-2IDT,M3.4.4/26,M10.5.0", "2040-03-22T23:59:59Z", 7200},
        {"IST-2IDT,M3.4.4/26,M10.5.0", "2040-03-23T00:00:00Z", 10800},
        /* 29 February is day 59 of those that count it and none of the others */
        {"AAA0BBB,59/0,70/0", "2040-02-28T23:59:59Z", 0},
        {"AAA0BBB,59/0,70/0", "2040-02-29T00:00:00Z", 3600},
        {"AAA0BBB,59/0,70/0", "2041-03-01T00:00:00Z", 3600},
        {"AAA0BBB,J60/0,J70/0", "2040-02-29T23:59:59Z", 0},
        {"AAA0BBB,J60/0,J70/0", "2040-03-01T00:00:00Z", 3600},
        {"AAA0BBB,J60/0,J70/0", "2041-03-01T00:00:00Z", 3600},
        {"AAA0BBB,J59/0,J70/0", "2040-02-28T00:00:00Z", 3600},
        /* all year: the end of one is the start of the next */
        {"XXX3EDT4,0/0,J365/23", "2040-01-01T02:59:59Z", -14400},
        {"XXX3EDT4,0/0,J365/23", "2040-12-31T23:59:59Z", -14400},
        {"XXX3EDT4,0/0,J365/23", "2041-07-01T00:00:00Z", -14400},
        /* a start that lies in the year before */
        {"AAA0BBB,0/-24,10/0", "2039-12-31T00:00:00Z", 3600},
        {"AAA0BBB,0/-24,10/0", "2039-12-30T23:59:59Z", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(offset_by_rule(cases[i].rule, cases[i].utc), cases[i].offset_s,
                     "%s at %s: %d", cases[i].rule, cases[i].utc,
                     (int)offset_by_rule(cases[i].rule, cases[i].utc));
}

Test(tz, refuses_rules_with_the_place)
{
    static const struct {
        const char *rule, *says;
    } cases[] = {
        {"CE1", "at 3: expected a name"},
        {"<+1>1", "at 4: expected a name"},
        {"<+011", "at 6: expected '>'"},
        {"CET", "at 4: expected hours from 0 to 24"},
        {"CET-25", "expected hours from 0 to 24"},
        {"CET-1:60", "expected a number from 0 to 59"},
        {"CET-1:1:99", "expected a number from 0 to 59"},
        {"CET-1 ", "at 6: expected a name"},
        {"CET-1CEST", "at 10: expected ',' and a date"},
        {"CET-1CEST,M3.5.0", "at 17: expected ',' and a date"},
        {"CET-1CEST,M13.5.0,M10.5.0", "expected a month from 1 to 12"},
        {"CET-1CEST,M3.6.0,M10.5.0", "expected a week from 1 to 5"},
        {"CET-1CEST,M3.5.7,M10.5.0", "expected a weekday from 0 to 6"},
        {"CET-1CEST,M3,M10.5.0", "at 13: expected '.'"},
        {"CET-1CEST,J0,J366", "expected a day from 1 to 365"},
        {"CET-1CEST,0,366", "expected a day from 0 to 365"},
        {"CET-1CEST,0/168,1", "expected hours from 0 to 167"},
        {"CET-1CEST,0/00001,1", "expected hours from 0 to 167"},
        {"CET-1CEST,0,1x", "at 14: expected nothing more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tz_rule rule;
        keda_error err = KEDA_ERROR_INIT;
        const char *text = cases[i].rule;
        cr_expect_eq(tz_rule_parse(&rule, text, strlen(text), &err), KEDA_EPROTOCOL, "%s",
                     text);
        cr_expect_not_null(strstr(err.text, cases[i].says), "%s: %s", text, err.text);
    }
    tz_rule rule;
    char longer[300];
    memset(longer, 'A', sizeof longer);
    cr_expect_eq(tz_rule_parse(&rule, longer, sizeof longer, NULL), KEDA_EPROTOCOL);
}

/* ---- names */

static tz_zone *open_zone(const char *name)
{
    tz_zone *zone = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(tz_open(&zone, name, &err), KEDA_OK, "%s", err.text);
    cr_expect_eq(err.code, KEDA_OK, "nothing is left of where it was looked for: %s", err.text);
    return zone;
}

Test(tz, needs_no_file_for_utc)
{
    static const char *const names[] = {"", "UTC"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        tz_zone *zone = open_zone(names[i]);
        const tz_span span = tz_span_at(zone, 0);
        cr_expect(span.offset_s == 0 && span.from_s == INT64_MIN && span.until_s == INT64_MAX);
        tz_free(zone);
    }
}

Test(tz, opens_the_zone_of_the_machine)
{
    tz_zone *zone = open_zone("Local");
    const int32_t offset_s = tz_offset_at(zone, 1767225600);
    cr_expect(offset_s > -90000 && offset_s < 90000);
    tz_free(zone);
}

Test(tz, knows_the_zones_of_the_world)
{
    static const struct {
        const char *zone, *utc;
        int32_t offset_s;
    } cases[] = {
        {"Europe/Berlin", "2026-01-31T12:00:00Z", 3600},
        {"Europe/Berlin", "2026-07-31T12:00:00Z", 7200},
        {"Europe/Berlin", "2199-07-31T12:00:00Z", 7200},
        {"America/New_York", "2026-03-08T07:00:00Z", -14400},
        {"Asia/Kolkata", "2026-03-08T07:00:00Z", 19800},
        {"Australia/Lord_Howe", "2026-01-08T07:00:00Z", 39600},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -36000},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 50400},
        {"Etc/GMT+12", "2026-03-08T07:00:00Z", -43200},
        {"America/Argentina/Buenos_Aires", "2026-03-08T07:00:00Z", -10800},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tz_zone *zone = open_zone(cases[i].zone);
        cr_expect_eq(tz_offset_at(zone, clock_parse_utc(cases[i].utc) / 1000),
                     cases[i].offset_s, "%s at %s", cases[i].zone, cases[i].utc);
        tz_free(zone);
    }
}

Test(tz, refuses_what_is_no_name)
{
    static const struct {
        const char *name;
        keda_status rc;
        const char *says;
    } cases[] = {
        {"/etc/localtime", KEDA_EINVAL, "a name, not a path"},
        {"\\UTC", KEDA_EINVAL, "a name, not a path"},
        {"../zoneinfo/UTC", KEDA_EINVAL, "a name, not a path"},
        {"Europe/../Europe/Berlin", KEDA_EINVAL, "a name, not a path"},
        {"Mars/Base", KEDA_ENOTFOUND, "\"Mars/Base\": unknown"},
        {"europe/berlin", KEDA_ENOTFOUND, "unknown"},
        {"utc ", KEDA_ENOTFOUND, "unknown"},
        {"UTC/", KEDA_ENOTFOUND, "unknown"},
        {"+02:00", KEDA_ENOTFOUND, "unknown"},
        {"Europe", KEDA_EPROTOCOL, "not a file"},
        {"zone.tab", KEDA_EPROTOCOL, "'TZif' expected"},
    };
    char longer[400];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tz_zone *zone = NULL;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(tz_open(&zone, cases[i].name, &err), cases[i].rc, "%s: %s", cases[i].name,
                     err.text);
        cr_expect_not_null(strstr(err.text, cases[i].says), "%s: %s", cases[i].name, err.text);
        cr_expect_null(zone);
    }
    tz_zone *zone = NULL;
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    cr_expect_eq(tz_open(&zone, longer, NULL), KEDA_EINVAL);
}

Test(tz, survives_missing_memory)
{
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        tz_zone *zone = NULL;
        keda_error err = KEDA_ERROR_INIT;
        cr_assert_lt(n, 100);
        failing_allocator_set(n);
        const keda_status rc = tz_open(&zone, "Europe/Berlin", &err);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%s", err.text);
        tz_free(zone);
        cr_expect_eq(failing_allocator_live(), 0);
    }
}
