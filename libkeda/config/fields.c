/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading field tables element by element.
 */
#include "fields.h"

#include <string.h>

keda_field field_at(const keda_field *fields, size_t field_size, size_t i)
{
    keda_field field = {0};
    memcpy(&field, (const char *)fields + i * field_size,
           field_size < sizeof field ? field_size : sizeof field);
    return field;
}

const char *field_name(const keda_field *field, size_t i)
{
    if (i == 0)
        return field->name;
    return i < FIELD_NAMES ? field->alias[i - 1] : NULL;
}

int32_t field_source(const keda_field *field, size_t i)
{
    if (i == 0 && field->from[0] == KEDA_FROM_UNSET)
        return KEDA_FROM_METADATA;
    return i < FIELD_SOURCES ? field->from[i] : KEDA_FROM_UNSET;
}

bool field_has_source(const keda_field *field, int32_t source)
{
    for (size_t i = 0; i < FIELD_SOURCES; i++)
        if (field_source(field, i) == source)
            return true;
    return false;
}
