/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a cron schedule. When it fires is cron_next.c's.
 */
#include "cron.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { MAX_TEXT_SIZE = 4096, NFIELDS = 5 };

typedef struct field_kind {
    const char *label;
    int least, most;
    const char *names; /* three letters each, from `least`; NULL: none */
} field_kind;

static const field_kind kinds[NFIELDS] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of week", 0, 6, "sunmontuewedthufrisat"},
};

typedef struct field_bits {
    uint64_t bits;
    bool is_starred;
} field_bits;

/* Where an error is. */
typedef struct place {
    const char *text; /* all of it */
    const field_kind *kind;
    keda_error *err;
} place;

static keda_status fail(const place *p, const char *at, const char *problem)
{
    return keda_error_set(p->err, KEDA_EINVAL, "%s: at %zu: %s", p->kind->label,
                          (size_t)(at - p->text) + 1, problem);
}

/* ---- numbers and names */

/* The value of a name in any case; -1 when it is none. */
static int name_value(const field_kind *kind, text_view word)
{
    char lower[4] = "";

    if (kind->names == NULL || word.size != 3)
        return -1;
    for (size_t i = 0; i < 3; i++)
        lower[i] = word.data[i] >= 'A' && word.data[i] <= 'Z' ? (char)(word.data[i] - 'A' + 'a')
                                                              : word.data[i];
    for (int i = 0; kind->least + i <= kind->most; i++)
        if (memcmp(kind->names + (ptrdiff_t)i * 3, lower, 3) == 0)
            return kind->least + i;
    return -1;
}

/* Digits, a plus in front; false for anything else and for what is no int64_t. */
static bool read_number(text_view word, int64_t *out)
{
    size_t i = word.size > 0 && word.data[0] == '+' ? 1 : 0;
    int64_t value = 0;

    if (i == word.size)
        return false;
    for (; i < word.size; i++) {
        const int digit = word.data[i] - '0';
        if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static keda_status read_value(const place *p, text_view word, int64_t *out)
{
    const int named = name_value(p->kind, word);

    if (named >= 0) {
        *out = named;
        return KEDA_OK;
    }
    if (!read_number(word, out))
        return fail(p, word.data,
                    p->kind->names == NULL ? "a number expected"
                                           : "a number or a name of three letters expected");
    return KEDA_OK;
}

/* ---- items: range [ "/" step ] */

typedef struct item {
    int64_t first, last, step;
    bool is_single, is_starred;
} item;

/* The text up to a mark, and in *rest what is behind it; rest->data is NULL without the mark. */
static text_view cut(text_view text, char mark, text_view *rest)
{
    const char *at = text.size == 0 ? NULL : memchr(text.data, mark, text.size);

    *rest = (text_view){NULL, 0};
    if (at == NULL)
        return text;
    const size_t size = (size_t)(at - text.data);
    *rest = (text_view){at + 1, text.size - size - 1};
    return (text_view){text.data, size};
}

static bool is_star(text_view word)
{
    return word.size == 1 && (word.data[0] == '*' || word.data[0] == '?');
}

static keda_status read_range(const place *p, text_view range, item *out)
{
    text_view rest, more;
    const text_view low = cut(range, '-', &rest);
    const text_view high = cut(rest, '-', &more);
    keda_status rc;

    out->is_single = rest.data == NULL;
    out->is_starred = is_star(low); /* what follows "*-" does not matter */
    out->first = p->kind->least;
    out->last = p->kind->most;
    if (out->is_starred)
        return KEDA_OK;
    if ((rc = read_value(p, low, &out->first)) != KEDA_OK)
        return rc;
    out->last = out->first;
    if (more.data != NULL)
        return fail(p, more.data, "a range of two numbers expected");
    return out->is_single ? KEDA_OK : read_value(p, high, &out->last);
}

static keda_status read_step(const place *p, text_view step, item *out)
{
    if (memchr(step.data, '/', step.size) != NULL)
        return fail(p, step.data, "one step expected");
    if (!read_number(step, &out->step) || out->step == 0)
        return fail(p, step.data, "a step of 1 or more expected");
    if (out->is_single)
        out->last = p->kind->most; /* n/step runs from n */
    if (out->step > 1)
        out->is_starred = false;
    return KEDA_OK;
}

static keda_status check_item(const place *p, const char *at, const item *i)
{
    char problem[80];

    if (i->first < p->kind->least || i->last > p->kind->most) {
        (void)snprintf(problem, sizeof problem, "numbers from %d to %d expected",
                       p->kind->least, p->kind->most);
        return fail(p, at, problem);
    }
    if (i->first > i->last)
        return fail(p, at, "the end of the range is before its start");
    return KEDA_OK;
}

static keda_status read_item(const place *p, text_view text, field_bits *out)
{
    item i = {.step = 1};
    text_view step;
    const text_view range = cut(text, '/', &step);
    keda_status rc = read_range(p, range, &i);

    if (rc == KEDA_OK && step.data != NULL)
        rc = read_step(p, step, &i);
    if (rc == KEDA_OK)
        rc = check_item(p, text.data, &i);
    if (rc != KEDA_OK)
        return rc;
    for (int64_t v = i.first; v <= i.last; v += i.step) {
        out->bits |= UINT64_C(1) << v;
        if (i.step > i.last - v)
            break;
    }
    out->is_starred = out->is_starred || i.is_starred;
    return KEDA_OK;
}

/* Items between commas; empty ones do not count. */
static keda_status read_field(const place *p, text_view text, field_bits *out)
{
    *out = (field_bits){0};
    for (text_view rest = text; rest.data != NULL;) {
        const text_view one = cut(rest, ',', &rest);
        const keda_status rc = one.size == 0 ? KEDA_OK : read_item(p, one, out);
        if (rc != KEDA_OK)
            return rc;
    }
    return KEDA_OK;
}

/* ---- the whole */

static bool has_space_at(const char *text, size_t size)
{
    return size > 0 && text_trim(text, size).data != text;
}

/* The next word, or an empty one; *rest starts behind it. */
static text_view take_word(text_view *rest)
{
    const text_view text = text_trim(rest->data, rest->size);
    size_t n = 0;

    while (n < text.size && !has_space_at(text.data + n, text.size - n))
        n++;
    *rest = (text_view){text.data + n, text.size - n};
    return (text_view){text.data, n};
}

static keda_status read_fields(cron_schedule *out, const char *text, text_view rest,
                               keda_error *err)
{
    text_view words[NFIELDS];
    field_bits fields[NFIELDS];
    size_t n = 0;

    for (text_view word = take_word(&rest); word.size > 0; word = take_word(&rest)) {
        if (n == 0 && word.data[0] == '@')
            return keda_error_set(err, KEDA_EINVAL,
                                  "at %zu: five fields expected, not a word like @daily",
                                  (size_t)(word.data - text) + 1);
        if (n < NFIELDS)
            words[n] = word;
        n++;
    }
    if (n != NFIELDS)
        return keda_error_set(err, KEDA_EINVAL,
                              "five fields (minute, hour, day of month, month, day of week) "
                              "expected, not %zu",
                              n);
    for (size_t i = 0; i < NFIELDS; i++) {
        const place p = {text, &kinds[i], err};
        const keda_status rc = read_field(&p, words[i], &fields[i]);
        if (rc != KEDA_OK)
            return rc;
    }
    out->minutes = fields[0].bits;
    out->hours = (uint32_t)fields[1].bits;
    out->days = (uint32_t)fields[2].bits;
    out->months = (uint32_t)fields[3].bits;
    out->weekdays = (uint32_t)fields[4].bits;
    out->is_day_starred = fields[2].is_starred;
    out->is_weekday_starred = fields[4].is_starred;
    return KEDA_OK;
}

/* TZ=Zone and a blank, this very blank. The zone "Local" is the caller's. */
static keda_status read_prefix(cron_schedule *out, text_view *rest, keda_error *err)
{
    const char *equals = memchr(rest->data, '=', rest->size);
    const char *blank = memchr(rest->data, ' ', rest->size);
    keda_status rc = KEDA_OK;

    if (blank == NULL)
        return keda_error_set(err, KEDA_EINVAL, "a blank expected behind the time zone");
    char *name = mem_strndup(equals + 1, (size_t)(blank - equals) - 1);
    if (name == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (strcmp(name, "Local") != 0)
        rc = tz_open(&out->zone, name, err);
    mem_free(name);
    rest->size -= (size_t)(blank - rest->data);
    rest->data = blank;
    return rc;
}

keda_status cron_parse(cron_schedule *out, const char *text, keda_error *err)
{
    cron_schedule schedule = {0};
    text_view rest = text_trim(text, strlen(text));
    keda_status rc = KEDA_OK;

    if (rest.size > MAX_TEXT_SIZE)
        return keda_error_set(err, KEDA_EINVAL, "longer than %d bytes", MAX_TEXT_SIZE);
    if (text_has_prefix(rest.data, "TZ=") || text_has_prefix(rest.data, "CRON_TZ="))
        rc = read_prefix(&schedule, &rest, err);
    if (rc == KEDA_OK)
        rc = read_fields(&schedule, text, rest, err);
    if (rc == KEDA_OK)
        *out = schedule;
    else
        cron_clear(&schedule);
    return rc;
}

void cron_clear(cron_schedule *schedule)
{
    tz_free(schedule->zone);
    *schedule = (cron_schedule){0};
}
