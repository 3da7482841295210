/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, writing and comparing by tables of members. Which struct has which table is tables.c's.
 */
#include "record/members.h"

#include "base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- where a member lies */

static const void *place_of(const member *row, const void *from)
{
    return (const char *)from + row->offset;
}

static int64_t integer_of(const member *row, const void *from)
{
    const void *at = place_of(row, from);

    if (row->type == MEMBER_I64)
        return *(const int64_t *)at;
    if (row->type == MEMBER_U32)
        return *(const uint32_t *)at;
    return *(const int32_t *)at;
}

static double double_of(const member *row, const void *from)
{
    return *(const double *)place_of(row, from);
}

/* The same one: a negative zero is another than zero, as it is written. */
static bool is_same_double(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return a >= b && a <= b && signbit(a) == signbit(b);
}

static bool is_absent(const member *row, const void *from)
{
    if (row->type == MEMBER_DOUBLE)
        return is_same_double(double_of(row, from), (double)row->absent);
    return integer_of(row, from) == row->absent;
}

/* ---- names of enumerations */

typedef const char *(*name_fn)(int32_t value);

static const struct {
    member_type type;
    name_fn name;
    int32_t count;
    const char *what;
} namings[] = {{MEMBER_REASON, keda_reason_name, KEDA_REASON_COUNT, "a reason"},
               {MEMBER_CAUSE, keda_cause_name, KEDA_CAUSE_COUNT, "a cause"},
               {MEMBER_STATUS, keda_status_name, KEDA_EINTERNAL + 1, "a status"}};

static int naming_of(member_type type)
{
    for (int i = 0; i < (int)(sizeof namings / sizeof namings[0]); i++)
        if (namings[i].type == type)
            return i;
    return -1;
}

static keda_status get_named(const json_t *value, int naming, const char *name, int32_t *out,
                             keda_error *err)
{
    const char *text = json_string_value(value);

    for (int32_t i = 0; text != NULL && i < namings[naming].count; i++) {
        if (strcmp(namings[naming].name(i), text) == 0) {
            *out = i;
            return KEDA_OK;
        }
    }
    return keda_error_set(err, KEDA_EINVAL, "%s: expected %s", name, namings[naming].what);
}

/* ---- writing */

void value_put_double(pen *p, double value)
{
    char text[40];

    if (isnan(value)) {
        pen_puts(p, "\"NaN\"");
        return;
    }
    if (isinf(value)) {
        pen_puts(p, value > 0.0 ? "\"Inf\"" : "\"-Inf\"");
        return;
    }
    const size_t n = num_format_double(value, text, sizeof text - 3);
    if (strpbrk(text, ".e") == NULL) /* else -0 would read back as an integer */
        memcpy(text + n, ".0", 3);
    pen_puts(p, text);
}

static void put_value(pen *p, const member *row, const void *from)
{
    const int naming = naming_of(row->type);

    if (row->type == MEMBER_DOUBLE)
        value_put_double(p, double_of(row, from));
    else if (naming >= 0)
        pen_string(p, namings[naming].name((int32_t)integer_of(row, from)));
    else
        pen_int(p, integer_of(row, from));
}

void members_put(pen *p, const members *table, const void *from)
{
    for (size_t i = 0; i < table->count; i++) {
        const member *row = &table->rows[i];
        if (is_absent(row, from))
            continue;
        pen_comma(p);
        pen_putc(p, '"');
        pen_puts(p, row->name);
        pen_puts(p, "\":");
        put_value(p, row, from);
    }
}

/* ---- reading */

keda_status value_get_i64(const json_t *value, const char *name, int64_t *out, keda_error *err)
{
    if (!json_is_integer(value))
        return keda_error_set(err, KEDA_EINVAL, "%s: expected an integer", name);
    *out = json_integer_value(value);
    return KEDA_OK;
}

static keda_status get_within(const json_t *value, const char *name, int64_t min, int64_t max,
                              int64_t *out, keda_error *err)
{
    const keda_status rc = value_get_i64(value, name, out, err);
    if (rc == KEDA_OK && (*out < min || *out > max))
        return keda_error_set(err, KEDA_EINVAL,
                              "%s: expected %" PRId64 " to %" PRId64 ", not %" PRId64, name,
                              min, max, *out);
    return rc;
}

keda_status value_get_i32(const json_t *value, const char *name, int32_t *out, keda_error *err)
{
    int64_t wide = 0;
    const keda_status rc = get_within(value, name, INT32_MIN, INT32_MAX, &wide, err);
    if (rc == KEDA_OK)
        *out = (int32_t)wide;
    return rc;
}

static keda_status get_double(const json_t *value, const char *name, double *out,
                              keda_error *err)
{
    static const struct {
        const char *text;
        double value;
    } words[] = {{"NaN", (double)NAN}, {"Inf", (double)INFINITY}, {"-Inf", -(double)INFINITY}};
    const char *text = json_string_value(value);

    if (json_is_number(value)) {
        *out = json_number_value(value);
        return KEDA_OK;
    }
    for (size_t i = 0; text != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i].text) == 0) {
            *out = words[i].value;
            return KEDA_OK;
        }
    }
    return keda_error_set(err, KEDA_EINVAL,
                          "%s: expected a number, or \"NaN\", \"Inf\" or \"-Inf\"", name);
}

static void set_absent(const member *row, void *at)
{
    if (row->type == MEMBER_DOUBLE)
        *(double *)at = (double)row->absent;
    else if (row->type == MEMBER_I64)
        *(int64_t *)at = row->absent;
    else if (row->type == MEMBER_U32)
        *(uint32_t *)at = (uint32_t)row->absent;
    else
        *(int32_t *)at = (int32_t)row->absent;
}

static keda_status get_value(const json_t *value, const member *row, void *at, keda_error *err)
{
    const int naming = naming_of(row->type);
    int64_t wide = 0;
    keda_status rc;

    if (naming >= 0)
        return get_named(value, naming, row->name, at, err);
    if (row->type == MEMBER_DOUBLE)
        return get_double(value, row->name, at, err);
    if (row->type == MEMBER_I64)
        return value_get_i64(value, row->name, at, err);
    if (row->type == MEMBER_I32)
        return value_get_i32(value, row->name, at, err);
    if ((rc = get_within(value, row->name, 0, UINT32_MAX, &wide, err)) == KEDA_OK)
        *(uint32_t *)at = (uint32_t)wide;
    return rc;
}

keda_status members_get(const json_t *object, const members *table, void *into, keda_error *err)
{
    for (size_t i = 0; i < table->count; i++) {
        const member *row = &table->rows[i];
        void *at = (char *)into + row->offset;
        const json_t *value = json_object_get(object, row->name);
        set_absent(row, at);
        const keda_status rc = value == NULL ? KEDA_OK : get_value(value, row, at, err);
        if (rc != KEDA_OK)
            return rc;
    }
    return KEDA_OK;
}

/* ---- comparing */

static bool is_same(const member *row, const void *a, const void *b)
{
    if (row->type == MEMBER_DOUBLE)
        return is_same_double(double_of(row, a), double_of(row, b));
    return integer_of(row, a) == integer_of(row, b);
}

const member *members_difference(const members *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->count; i++)
        if (!is_same(&table->rows[i], a, b))
            return &table->rows[i];
    return NULL;
}

void member_text(const member *row, const void *from, char *out, size_t size)
{
    const int naming = naming_of(row->type);

    if (row->type == MEMBER_DOUBLE)
        (void)num_format_double(double_of(row, from), out, size);
    else if (naming >= 0)
        (void)snprintf(out, size, "%s", namings[naming].name((int32_t)integer_of(row, from)));
    else
        (void)snprintf(out, size, "%" PRId64, integer_of(row, from));
}
