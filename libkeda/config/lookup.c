/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searching the three sources of a parameter in the field's order (spec: languages 5.1).
 */
#include "lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fields.h"

static const char *from_env(const params_sources *sources, const char *name)
{
    char key[256];
    if (snprintf(key, sizeof key, "%sFromEnv", name) >= (int)sizeof key)
        return NULL;
    const char *variable = params_map_get(sources->metadata, key); /* not trimmed */
    return params_map_get(sources->env, variable == NULL ? "" : variable);
}

static const char *from_source(const params_sources *sources, int32_t source, const char *name)
{
    switch ((keda_from)source) {
    case KEDA_FROM_METADATA:
        return params_map_get(sources->metadata, name);
    case KEDA_FROM_AUTH:
        return params_map_get(sources->auth, name);
    case KEDA_FROM_ENV:
        return from_env(sources, name);
    case KEDA_FROM_UNSET:
        break;
    }
    return NULL;
}

/* Copies what is left after trimming; NULL with *is_oom when that failed. */
static char *trimmed_copy(const char *text, bool *is_oom)
{
    if (text == NULL)
        return NULL;
    const text_view view = text_trim(text, strlen(text));
    if (view.size == 0)
        return NULL;
    char *copy = mem_strndup(view.data, view.size);
    *is_oom = copy == NULL;
    return copy;
}

bool lookup_find(const keda_field *field, const params_sources *sources, lookup_value *out)
{
    bool is_oom = false;
    for (size_t i = 0; i < FIELD_SOURCES; i++)
        for (size_t j = 0; j < FIELD_NAMES && field_name(field, j) != NULL; j++) {
            const int32_t source = field_source(field, i);
            out->from = source;
            out->text =
                trimmed_copy(from_source(sources, source, field_name(field, j)), &is_oom);
            if (out->text != NULL || is_oom)
                return !is_oom;
        }
    out->from = KEDA_FROM_UNSET;
    return true;
}

bool lookup_default(const keda_field *field, lookup_value *out)
{
    bool is_oom = false;
    out->from = KEDA_FROM_UNSET;
    out->text = trimmed_copy(field->fallback, &is_oom);
    return !is_oom;
}

bool lookup_is_shown(const lookup_value *value, const keda_field *field)
{
    return (field->flags & KEDA_SECRET) == 0 &&
           (value->from == KEDA_FROM_METADATA || value->from == KEDA_FROM_UNSET);
}

const char *lookup_show(const lookup_value *value, const keda_field *field,
                        char out[LOOKUP_SHOWN])
{
    if (!lookup_is_shown(value, field))
        return "the value (not shown)";
    char text[LOOKUP_SHOWN - 8];
    const size_t size = text_copy(text, sizeof text, value->text);
    text_cut_broken_end(text);
    (void)snprintf(out, LOOKUP_SHOWN, "\"%s%s\"", text,
                   size < strlen(value->text) ? "..." : "");
    return out;
}

static size_t add(char *out, size_t size, size_t used, const char *text)
{
    return used + text_copy(out + used, size - used, text);
}

const char *lookup_places(const keda_field *field, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FIELD_SOURCES && field_source(field, i) != KEDA_FROM_UNSET; i++) {
        const int32_t source = field_source(field, i);
        used = add(out, size, used, i == 0 ? "set " : ", or ");
        for (size_t j = 0; j < FIELD_NAMES && field_name(field, j) != NULL; j++) {
            used = add(out, size, used, j == 0 ? "" : " or ");
            used = add(out, size, used, field_name(field, j));
            used = add(out, size, used, source == KEDA_FROM_ENV ? "FromEnv" : "");
        }
        used = add(out, size, used,
                   source == KEDA_FROM_AUTH ? " in the TriggerAuthentication"
                                            : " in the trigger's metadata");
    }
    return out;
}
