/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The face of gjson: one search, its result as a value of its own, and the number KEDA makes of it. The
 * steps are in gjson_get.c and the files it calls.
 */
#include "gjson.h"

#include <string.h>

#include "base/buf.h"
#include "gjson_inside.h"
#include "quantity.h"

/* Longer texts are no quantity (quantity.h bounds their digits). */
enum { MAX_QUANTITY = 1024, MAX_PATH = 1 << 16 };

static bool is_part(text_view part, const char *json, size_t size)
{
    const uintptr_t first = (uintptr_t)part.data, start = (uintptr_t)json;
    return first >= start && first - start <= size && part.size <= size - (first - start);
}

/* Raw and string outlive the run: as parts of the document, or in `owned`. */
static keda_status keep_texts(const gjson_item *item, const char *json, size_t size,
                              gjson_value *out)
{
    const bool owns_raw = item->raw.size > 0 && !is_part(item->raw, json, size);
    const bool owns_text = item->str.size > 0 && !is_part(item->str, json, size);
    keda_status rc = KEDA_OK;
    if (owns_raw)
        rc = buf_append(&out->owned, item->raw.data, item->raw.size);
    if (rc == KEDA_OK && owns_text)
        rc = buf_append(&out->owned, item->str.data, item->str.size);
    if (rc != KEDA_OK)
        return rc;
    out->raw = owns_raw ? out->owned.data : item->raw.data;
    out->raw_size = item->raw.size;
    out->text = owns_text ? out->owned.data + (owns_raw ? item->raw.size : 0) : item->str.data;
    out->text_size = item->str.size;
    return KEDA_OK;
}

keda_status gjson_find(const char *json, size_t size, const char *path, size_t path_size,
                       gjson_value *out, keda_error *err)
{
    gjson_run run;
    if (path_size > MAX_PATH)
        return keda_error_set(err, KEDA_ELIMIT, "a path of %zu bytes is too long", path_size);
    gjson_run_init(&run, size, err);
    const gjson_item item =
        gjson_get(&run, (text_view){json, size}, (text_view){path, path_size});
    keda_status rc = run.rc;
    gjson_value value = {.type = item.type, .exists = gjson_exists(&item)};
    if (rc == KEDA_OK) {
        value.number = item.number;
        value.integer = item.type == GJSON_NUMBER ? gjson_integer(&item) : 0;
        rc = keep_texts(&item, json, size, &value);
        if (rc != KEDA_OK)
            (void)keda_error_set(err, rc, "out of memory");
    }
    gjson_run_clear(&run);
    if (rc == KEDA_OK)
        *out = value;
    else
        gjson_value_clear(&value);
    return rc;
}

void gjson_value_clear(gjson_value *value)
{
    if (value == NULL)
        return;
    keda_buf_clear(&value->owned);
    *value = (gjson_value){.type = GJSON_NULL};
}

static keda_status quantity_number(const gjson_value *value, double *out, keda_error *err)
{
    char text[MAX_QUANTITY];
    quantity q;
    const bool is_text =
        value->text_size < sizeof text &&
        (value->text_size == 0 || memchr(value->text, '\0', value->text_size) == NULL);
    if (is_text) {
        memcpy(text, value->text_size > 0 ? value->text : "", value->text_size);
        text[value->text_size] = '\0';
    }
    if (!is_text || !quantity_parse(text, &q))
        return keda_error_set(err, KEDA_EPROTOCOL, "the text found is not a quantity");
    *out = q.approx;
    return KEDA_OK;
}

keda_status gjson_number(const gjson_value *value, double *out, keda_error *err)
{
    if (value->type == GJSON_STRING)
        return quantity_number(value, out, err);
    if (value->type != GJSON_NUMBER)
        return keda_error_set(err, KEDA_EPROTOCOL, "found %s, expected a number or a quantity",
                              value->exists ? gjson_type_name(value->type) : "nothing");
    *out = value->number;
    return KEDA_OK;
}

const char *gjson_type_name(gjson_type type)
{
    static const char *const names[] = {"Null", "False", "Number", "String", "True", "JSON"};
    return names[type];
}
