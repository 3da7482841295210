/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of documents: found by exact name, compared, written again. Depth is bounded by the parser.
 */
#include "operator/copy.h"

#include <string.h>

#include "base/text.h"

void copy_value(json_text *j, const char *key, const keda_json *value)
{
    if (value == NULL)
        return;
    json_text_key(j, key);
    if (j->status == KEDA_OK)
        j->status = keda_json_write(value, j->write, j->user, NULL);
}

const keda_json *copy_member(const keda_json *map, const char *name)
{
    const keda_json *value = NULL;
    const char *key = NULL;

    if (keda_json_type_of(map) != KEDA_JSON_OBJECT)
        return NULL;
    for (size_t i = 0; (value = keda_json_at(map, i, &key)) != NULL; i++) {
        if (key != NULL && strcmp(key, name) == 0)
            return value;
    }
    return NULL;
}

static bool are_members_equal(const keda_json *a, const keda_json *b)
{
    const char *key = NULL;
    const bool are_maps = keda_json_type_of(a) == KEDA_JSON_OBJECT;

    if (keda_json_count(a) != keda_json_count(b))
        return false;
    for (size_t i = 0; i < keda_json_count(a); i++) {
        const keda_json *value = keda_json_at(a, i, &key);
        const keda_json *other = are_maps ? copy_member(b, key) : keda_json_at(b, i, NULL);
        if (other == NULL || !copy_is_equal(value, other))
            return false;
    }
    return true;
}

static bool are_numbers_equal(const keda_json *a, const keda_json *b)
{
    int64_t exact_a = 0, exact_b = 0;
    double x = 0.0, y = 0.0;

    if (keda_json_int64(a, &exact_a) && keda_json_int64(b, &exact_b))
        return exact_a == exact_b;
    return keda_json_double(a, &x) && keda_json_double(b, &y) && x <= y && x >= y;
}

bool copy_is_equal(const keda_json *a, const keda_json *b)
{
    bool yes = false, also = false;
    const int32_t type = keda_json_type_of(a);

    if (type != keda_json_type_of(b))
        return false;
    if (type == KEDA_JSON_ARRAY || type == KEDA_JSON_OBJECT)
        return are_members_equal(a, b);
    if (type == KEDA_JSON_STRING)
        return text_equal(keda_json_string(a), keda_json_string(b));
    if (type == KEDA_JSON_BOOL)
        return keda_json_bool(a, &yes) && keda_json_bool(b, &also) && yes == also;
    return type == KEDA_JSON_NULL || are_numbers_equal(a, b);
}
