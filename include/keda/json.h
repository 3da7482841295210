/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON answers, bounded in size and depth; for scalers and plug-ins. Pure: bytes in, values
 * out. Paths are names and indexes joined by dots: "data.result.0.value". A dot in a name: "a\\.b".
 */
#ifndef KEDA_JSON_H
#define KEDA_JSON_H

#include <stdbool.h>

#include <keda/error.h>

KEDA_BEGIN_DECLS

typedef struct keda_json keda_json; /* one value; children are borrowed from the root */

enum keda_json_type {
    KEDA_JSON_NULL = 0,
    KEDA_JSON_BOOL = 1,
    KEDA_JSON_INTEGER = 2,
    KEDA_JSON_REAL = 3,
    KEDA_JSON_STRING = 4,
    KEDA_JSON_ARRAY = 5,
    KEDA_JSON_OBJECT = 6
};

/**
 * Parses one text of at most 16 MiB and 200 levels.
 *
 * out     owned by the caller, keda_json_free
 * errors  KEDA_EINVAL with line and column; KEDA_ELIMIT; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_json_parse(keda_json **out, const char *text,
                                                   size_t size, keda_error *err);

/** Frees a root; NULL is fine. */
KEDA_API void keda_json_free(keda_json *root);

/** Type of a value; KEDA_JSON_NULL for NULL. */
KEDA_API int32_t keda_json_type_of(const keda_json *value);

/** Value at a path below, NULL when there is none; "" is the value itself. Borrowed. */
KEDA_API const keda_json *keda_json_get(const keda_json *value, const char *path);

/** Members of an array or object, 0 for others. */
KEDA_API size_t keda_json_count(const keda_json *value);

/** Member i in order; NULL beyond. *key (may be NULL) is its name in an object, else NULL. */
KEDA_API const keda_json *keda_json_at(const keda_json *value, size_t i, const char **key);

/** Text of a string, NULL for others. Borrowed. */
KEDA_API const char *keda_json_string(const keda_json *value);

/** Number of an integer or real, or of a string that holds one; false for others. */
KEDA_API bool keda_json_double(const keda_json *value, double *out);

/** Exact integer; false for others, also for reals. */
KEDA_API bool keda_json_int64(const keda_json *value, int64_t *out);

/** True or false; false for others. */
KEDA_API bool keda_json_bool(const keda_json *value, bool *out);

/** Writes a value (NULL: null) as compact JSON, members in the order they were read. */
KEDA_API KEDA_MUST_USE keda_status keda_json_write(const keda_json *value, keda_write_fn write,
                                                   void *user, keda_error *err);

/** Parses and reads one number in one step; errors say what stood at the path. */
KEDA_API KEDA_MUST_USE keda_status keda_json_get_double(const char *text, size_t size,
                                                        const char *path, double *out,
                                                        keda_error *err);

KEDA_END_DECLS

#endif
