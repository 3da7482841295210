/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every value gets a type, and what a table does not know is kept where the table is open: what the API
 * server calls structural. What is in KEDA's schema and not in ours must not be pruned.
 */
#include "operator/crd_schema.h"

#include <string.h>

static void put_strings(crd_yaml *y)
{
    crd_text(y, "type", "object");
    crd_open(y, "additionalProperties");
    crd_text(y, "type", "string");
    crd_close(y);
}

static void put_quantity(crd_yaml *y)
{
    crd_open(y, "anyOf");
    crd_close(y);
    crd_open(y, NULL);
    crd_text(y, "type", "integer");
    crd_close(y);
    crd_open(y, NULL);
    crd_text(y, "type", "string");
    crd_close(y);
    crd_true(y, "x-kubernetes-int-or-string");
}

static void put_items(crd_yaml *y, const member *m)
{
    crd_text(y, "type", "array");
    crd_open(y, "items");
    if (m == NULL)
        crd_text(y, "type", "string");
    else
        crd_put_map(y, m->table, NULL);
    crd_close(y);
}

static void put_text(crd_yaml *y, const schema_facts *f)
{
    crd_text(y, "type", "string");
    if (f->is_not_empty)
        crd_int(y, "minLength", 1);
    if (f->allowed == NULL)
        return;
    crd_open(y, "enum");
    crd_close(y);
    for (const char *const *name = f->allowed; *name != NULL; name++)
        crd_text(y, NULL, *name);
}

static void put_int32(crd_yaml *y, const schema_facts *f)
{
    crd_text(y, "type", "integer");
    crd_text(y, "format", "int32");
    if (f->has_min)
        crd_int(y, "minimum", f->min);
    if (f->has_max)
        crd_int(y, "maximum", f->max);
}

static void put_value(crd_yaml *y, const member *m, const schema_facts *f)
{
    switch (f->type) {
    case SCHEMA_ANY:
        crd_true(y, "x-kubernetes-preserve-unknown-fields");
        break;
    case SCHEMA_BOOL:
        crd_text(y, "type", "boolean");
        break;
    case SCHEMA_TEXT:
        put_text(y, f);
        break;
    case SCHEMA_INT32:
        put_int32(y, f);
        break;
    case SCHEMA_QUANTITY:
        put_quantity(y);
        break;
    case SCHEMA_STRINGS:
        put_strings(y);
        break;
    case SCHEMA_TEXTS:
        put_items(y, NULL);
        break;
    case SCHEMA_MAP:
        crd_put_map(y, m->table, NULL);
        break;
    case SCHEMA_LIST:
        put_items(y, m);
        if (f->has_min)
            crd_int(y, "minItems", f->min);
        break;
    }
}

static void put_member(crd_yaml *y, const member *m)
{
    const schema_facts f = schema_facts_of(m);

    crd_open(y, m->name);
    if (m->help != NULL)
        crd_text(y, "description", m->help);
    put_value(y, m, &f);
    if (m->fallback != NULL)
        crd_text(y, "default", m->fallback);
    crd_close(y);
}

static void put_required(crd_yaml *y, const member_table *table)
{
    bool is_open = false;
    for (size_t i = 0; i < table->count; i++) {
        if (!schema_facts_of(&table->members[i]).is_required)
            continue;
        if (!is_open) {
            crd_open(y, "required");
            crd_close(y);
        }
        is_open = true;
        crd_text(y, NULL, table->members[i].name);
    }
}

static void put_rule(crd_yaml *y, const member_table *table)
{
    crd_open(y, "x-kubernetes-validations");
    crd_close(y);
    crd_open(y, NULL);
    crd_text(y, "rule", table->rule);
    crd_text(y, "message", table->rule_message);
    crd_close(y);
}

void crd_put_map(crd_yaml *y, const member_table *table, const char *help)
{
    if (help != NULL)
        crd_text(y, "description", help);
    crd_text(y, "type", "object");
    if (table == NULL || table->is_open)
        crd_true(y, "x-kubernetes-preserve-unknown-fields");
    if (table == NULL)
        return;
    put_required(y, table);
    crd_open(y, "properties");
    for (size_t i = 0; i < table->count; i++)
        put_member(y, &table->members[i]);
    crd_close(y);
    if (table->rule != NULL)
        put_rule(y, table);
}
