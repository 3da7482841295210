/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field table is laid out over scratch memory of slots, so that the ordinary parser checks
 * types, ranges and what is required; the texts it read are then looked up once more.
 */
#include "engine/by_name.h"

#include "base/mem.h"
#include "config/fields.h"
#include "config/lookup.h"

typedef union slot { /* room for one member of any kind */
    keda_map map;
    int64_t integer;
    double real;
    char *text;
} slot;

typedef struct layout {
    keda_field *fields;
    size_t count;
} layout;

static size_t count_fields(const keda_field *fields, size_t nfields, size_t field_size)
{
    size_t n = 0;
    for (size_t i = 0; i < nfields; i++) {
        const keda_field field = field_at(fields, field_size, i);
        n += field.kind == KEDA_KIND_GROUP ? count_fields(field.group, field.ngroup, field_size)
                                           : 1;
    }
    return n;
}

static void lay_out(layout *l, const keda_field *fields, size_t nfields, size_t field_size)
{
    for (size_t i = 0; i < nfields; i++) {
        keda_field field = field_at(fields, field_size, i);
        if (field.kind == KEDA_KIND_GROUP) {
            lay_out(l, field.group, field.ngroup, field_size);
            continue;
        }
        field.offset = l->count * sizeof(slot);
        l->fields[l->count++] = field;
    }
}

static keda_status add(keda_map *map, size_t *capacity, const char *name, const char *value,
                       keda_error *err)
{
    void *items = map->items;
    const keda_status rc = mem_grow(&items, capacity, map->count, sizeof *map->items, err);
    map->items = items;
    if (rc != KEDA_OK)
        return rc;
    const keda_param param = {.name = mem_strdup(name), .value = mem_strdup(value)};
    map->items[map->count++] = param;
    if (param.name == NULL || param.value == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

/* A type without a table gets everything that was written. */
static keda_status keep_all(keda_map *out, const params_sources *sources, keda_error *err)
{
    const keda_map *maps[] = {sources->auth, sources->metadata};
    keda_status rc = KEDA_OK;
    size_t capacity = 0;

    for (size_t m = 0; m < 2; m++) {
        for (size_t i = 0; rc == KEDA_OK && maps[m] != NULL && i < maps[m]->count; i++)
            rc = add(out, &capacity, maps[m]->items[i].name, maps[m]->items[i].value, err);
    }
    return rc;
}

static keda_status keep_known(keda_map *out, const layout *l, const params_sources *sources,
                              keda_error *err)
{
    keda_status rc = KEDA_OK;
    size_t capacity = 0;

    for (size_t i = 0; rc == KEDA_OK && i < l->count; i++) {
        lookup_value found = {0};
        if (!lookup_find(&l->fields[i], sources, &found) ||
            (found.text == NULL && !lookup_default(&l->fields[i], &found)))
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
        if (found.text != NULL)
            rc = add(out, &capacity, l->fields[i].name, found.text, err);
        mem_free_secret(found.text);
    }
    return rc;
}

keda_status by_name_resolve(keda_map *out, const keda_scaler_desc *desc,
                            const params_sources *sources, params_report_fn report, void *user,
                            size_t *nproblems, keda_error *err)
{
    if (desc->nfields == 0)
        return keep_all(out, sources, err);
    const size_t n = count_fields(desc->fields, desc->nfields, desc->field_size);
    layout l = {.fields = mem_zalloc(n, sizeof(keda_field))};
    slot *scratch = mem_zalloc(n, sizeof *scratch);
    keda_status rc = KEDA_OK;

    if (l.fields == NULL || scratch == NULL) {
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
        goto out;
    }
    lay_out(&l, desc->fields, desc->nfields, desc->field_size);
    *nproblems =
        params_parse(l.fields, l.count, sizeof(keda_field), sources, scratch, report, user);
    params_clear(l.fields, l.count, sizeof(keda_field), scratch);
    rc = *nproblems == PARAMS_NO_MEMORY ? keda_error_set(err, KEDA_ENOMEM, "out of memory")
                                        : keep_known(out, &l, sources, err);
out:
    mem_free(scratch);
    mem_free(l.fields);
    return rc;
}

void by_name_clear(keda_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        mem_free((char *)(uintptr_t)map->items[i].name);
        mem_free_secret((char *)(uintptr_t)map->items[i].value);
    }
    mem_free(map->items);
    *map = (keda_map){0};
}
