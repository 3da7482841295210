/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads members as a schema sees them. The tables are those of the files that read documents.
 */
#include "schema.h"

#include <string.h>

const member_table *schema_of_kind(const char *kind)
{
    if (strcmp(kind, "ScaledObject") == 0)
        return &scaled_object_table;
    if (strcmp(kind, "TriggerAuthentication") == 0 ||
        strcmp(kind, "ClusterTriggerAuthentication") == 0)
        return &trigger_auth_table;
    return NULL;
}

static schema_type type_of(const member *m)
{
    static const schema_type of_shape[] = {
        [MEMBER_AS_TEXT] = SCHEMA_TEXT,         [MEMBER_AS_INT32] = SCHEMA_INT32,
        [MEMBER_AS_QUANTITY] = SCHEMA_QUANTITY, [MEMBER_AS_STRINGS] = SCHEMA_STRINGS,
        [MEMBER_AS_TEXTS] = SCHEMA_TEXTS,       [MEMBER_AS_MAP] = SCHEMA_MAP,
        [MEMBER_AS_LIST] = SCHEMA_LIST};
    static const schema_type of_kind[] = {
        [MEMBER_ANY] = SCHEMA_ANY,   [MEMBER_STRING] = SCHEMA_TEXT,
        [MEMBER_TEXT] = SCHEMA_TEXT, [MEMBER_INT32] = SCHEMA_INT32,
        [MEMBER_BOOL] = SCHEMA_BOOL, [MEMBER_STRINGS] = SCHEMA_STRINGS,
        [MEMBER_MAP] = SCHEMA_MAP,   [MEMBER_LIST] = SCHEMA_LIST,
        [MEMBER_OTHER] = SCHEMA_ANY};
    return m->shape == MEMBER_AS_KIND ? of_kind[m->kind] : of_shape[m->shape];
}

schema_facts schema_facts_of(const member *m)
{
    schema_facts f = {.type = type_of(m), .is_required = (m->flags & MEMBER_REQUIRED) != 0};
    const bool is_bounded = m->min != 0 || m->max != 0;

    if ((m->flags & MEMBER_OWN_RULES) != 0)
        return f;
    f.is_not_empty = (m->flags & MEMBER_NOT_EMPTY) != 0;
    f.has_min = is_bounded && (f.type == SCHEMA_INT32 || f.type == SCHEMA_LIST);
    f.has_max = f.type == SCHEMA_INT32 && m->max != 0 && m->max != INT32_MAX;
    f.min = m->min;
    f.max = m->max;
    f.allowed = m->allowed;
    return f;
}
