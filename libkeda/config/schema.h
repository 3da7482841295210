/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document of a kind may hold, for those who write it down in another form: the tables by which
 * this room reads the spec of KEDA's resources. Each member says its shape, bounds and meaning; tables of
 * maps and items hang below.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "reader.h"

extern const member_table scaled_object_table, trigger_auth_table;

/* Table of the spec of a kind of keda.sh; NULL for others. */
const member_table *schema_of_kind(const char *kind);

/* MEMBER_AS_KIND resolved by kind: a value of any shape and a bool have no shape of their own. */
typedef enum schema_type {
    SCHEMA_ANY = 0,
    SCHEMA_BOOL,
    SCHEMA_TEXT,
    SCHEMA_INT32,
    SCHEMA_QUANTITY,
    SCHEMA_STRINGS, /* map of strings */
    SCHEMA_TEXTS,   /* list of strings */
    SCHEMA_MAP,     /* member's table; NULL: any map */
    SCHEMA_LIST     /* of maps by the member's table; NULL: of any maps */
} schema_type;

/* What KEDA's own schema says of a member: without the rules that only we have. */
typedef struct schema_facts {
    schema_type type;
    bool is_required, is_not_empty;
    bool has_min, has_max; /* integers; min of a list: items */
    int32_t min, max;
    const char *const *allowed;
} schema_facts;
schema_facts schema_facts_of(const member *m);

#endif
