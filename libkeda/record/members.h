/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain structs as JSON objects, by tables: what is written, read back and compared follows from one
 * row a member. A member that has its `absent` value is left out, so that lines stay short and old
 * ones can be read when there are more members.
 */
#ifndef RECORD_MEMBERS_H
#define RECORD_MEMBERS_H

#include <keda/decide.h>
#include <keda/error.h>

#include "record/pen.h"

#include <jansson.h>
#include <stdbool.h>

typedef enum member_type {
    MEMBER_I32 = 1,
    MEMBER_U32,
    MEMBER_I64,
    MEMBER_DOUBLE, /* reads back as the same one; not finite: "NaN", "Inf", "-Inf" */
    MEMBER_REASON, /* these as their names */
    MEMBER_CAUSE,
    MEMBER_STATUS
} member_type;

typedef struct member {
    const char *name; /* as in the struct */
    member_type type;
    size_t offset;
    int64_t absent;
} member;

typedef struct members {
    const member *rows;
    size_t count;
} members;

/* The member's type is checked when compiled. */
#define MEMBER_OFFSET(T, member_, type) _Generic(((T *)0)->member_, type : offsetof(T, member_))
#define MEMBER_ROW(T, member_, type, kind, absent)                                             \
    {                                                                                          \
#member_, kind, MEMBER_OFFSET(T, member_, type), absent                                \
    }
#define I32(T, member_, absent)    MEMBER_ROW(T, member_, int32_t, MEMBER_I32, absent)
#define U32(T, member_, absent)    MEMBER_ROW(T, member_, uint32_t, MEMBER_U32, absent)
#define I64(T, member_, absent)    MEMBER_ROW(T, member_, int64_t, MEMBER_I64, absent)
#define DOUBLE(T, member_, absent) MEMBER_ROW(T, member_, double, MEMBER_DOUBLE, absent)
#define REASON(T, member_)         MEMBER_ROW(T, member_, int32_t, MEMBER_REASON, 0)
#define CAUSE(T, member_)          MEMBER_ROW(T, member_, int32_t, MEMBER_CAUSE, 0)
#define STATUS(T, member_)         MEMBER_ROW(T, member_, int32_t, MEMBER_STATUS, 0)
#define MEMBERS(table)                                                                         \
    {                                                                                          \
        table, sizeof(table) / sizeof(table)[0]                                                \
    }

/* Appends "name":value for each that is not absent; commas come by themselves. */
void members_put(pen *p, const members *table, const void *from);

/* Sets all members; those that are not there to their absent value. Errors: KEDA_EINVAL, naming it. */
keda_status members_get(const json_t *object, const members *table, void *into,
                        keda_error *err);

/* The first member in which they differ; NULL: none. */
const member *members_difference(const members *table, const void *a, const void *b);
/* The member's value as text. */
void member_text(const member *row, const void *from, char *out, size_t size);

/* ---- the values alone */

void value_put_double(pen *p, double value);
/* Errors: KEDA_EINVAL: "NAME: expected ...". */
keda_status value_get_i64(const json_t *value, const char *name, int64_t *out, keda_error *err);
keda_status value_get_i32(const json_t *value, const char *name, int32_t *out, keda_error *err);

#endif
