/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members, indexes, slices and maps.
 */
#include "formula_machine.h"

#include <string.h>

/* --- maps ---------------------------------------------------------------------------------------- */

/* Keys are equal when kind and value are: 1 and 1.0 are two keys. */
static bool is_key(const formula_value *a, const formula_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case FORMULA_VALUE_STRING:
        return formula_compare_strings(a, b) == 0;
    case FORMULA_VALUE_INT:
        return a->as.integer == b->as.integer;
    case FORMULA_VALUE_FLOAT:
        return a->as.real == b->as.real;
    case FORMULA_VALUE_BOOL:
        return a->as.flag == b->as.flag;
    default:
        return a->kind == FORMULA_VALUE_NIL;
    }
}

const formula_value *machine_lookup(machine *m, const formula_value *map,
                                    const formula_value *key)
{
    for (uint32_t i = 0; i < map->size && machine_spend(m, 1); i++)
        if (is_key(&map->as.items[2 * i], key))
            return &map->as.items[2 * i + 1];
    return NULL;
}

/* The last of equal keys stays. */
formula_value machine_map(machine *m, const formula_value *pairs, uint32_t count)
{
    formula_value *cells = machine_make(m, count / 2) ? machine_cells(m, count) : NULL;
    uint32_t size = 0;
    if (cells == NULL)
        return formula_nil();
    for (uint32_t i = 0; i < count && machine_spend(m, size + 1); i += 2) {
        if (pairs[i].kind != FORMULA_VALUE_STRING) {
            machine_fail(m, "expected a string as a key, found %s",
                         formula_kind_name(&pairs[i]));
            break;
        }
        uint32_t at = 0;
        while (at < size && !is_key(&cells[2 * at], &pairs[i]))
            at++;
        cells[2 * at] = pairs[i];
        cells[2 * at + 1] = pairs[i + 1];
        size += at == size ? 1 : 0;
    }
    return formula_map(cells, size);
}

formula_value machine_env(machine *m)
{
    const formula *f = m->f;
    formula_value *cells = machine_cells(m, 2 * f->nnames);
    if (cells == NULL)
        return formula_nil();
    for (size_t i = 0; i < f->nnames; i++) {
        const bool is_set = m->is_set == NULL || m->is_set[i];
        cells[2 * i] = formula_string(f->names[i], strlen(f->names[i]));
        cells[2 * i + 1] = is_set ? formula_float(machine_name(m, i)) : formula_nil();
    }
    return formula_map(cells, f->nnames);
}

/* --- items ----------------------------------------------------------------------------------------- */

static bool has_items(const formula_value *v)
{
    return formula_is_array(v) || v->kind == FORMULA_VALUE_STRING;
}

/* From the end where negative; false when there is no such item. */
static bool find_item(const formula_value *of, int64_t index, uint32_t *out)
{
    if (index < 0)
        index += of->size;
    *out = (uint32_t)index;
    return index >= 0 && index < of->size;
}

formula_value machine_member(machine *m, const formula_value *of, const formula_value *key)
{
    uint32_t i = 0;
    if (of->kind == FORMULA_VALUE_MAP) {
        const formula_value *value = machine_lookup(m, of, key);
        if (value != NULL)
            return *value;
        return of->has_groups ? formula_array(NULL, 0) : formula_nil();
    }
    if (!has_items(of)) {
        machine_fail(m, "a value of type %s has no members", formula_kind_name(of));
        return formula_nil();
    }
    const int64_t index = machine_to_int(m, key);
    if (m->rc == KEDA_OK && find_item(of, index, &i))
        return formula_item(of, i);
    machine_fail(m, "index %lld is outside of an array of %u", (long long)index,
                 (unsigned)of->size);
    return formula_nil();
}

/* The same, but nil where there is none. */
formula_value machine_get(machine *m, const formula_value *of, const formula_value *key)
{
    uint32_t i = 0;
    if (of->kind == FORMULA_VALUE_MAP) {
        const formula_value *value = machine_lookup(m, of, key);
        return value != NULL ? *value : formula_nil();
    }
    if (!has_items(of))
        return formula_nil();
    const int64_t index = machine_to_int(m, key);
    return m->rc == KEDA_OK && find_item(of, index, &i) ? formula_item(of, i) : formula_nil();
}

/* --- slices ---------------------------------------------------------------------------------------- */

static int64_t clamp(int64_t end, int64_t size)
{
    if (end < 0)
        end += size;
    return end < 0 ? 0 : end > size ? size : end;
}

formula_value machine_slice(machine *m, const formula_value *of, const formula_value *from,
                            const formula_value *to)
{
    if (!has_items(of)) {
        machine_fail(m, "a value of type %s cannot be sliced", formula_kind_name(of));
        return formula_nil();
    }
    const int64_t size = of->size;
    const int64_t end = to != NULL ? clamp(machine_to_int(m, to), size) : size;
    int64_t start = from != NULL ? clamp(machine_to_int(m, from), size) : 0;
    if (start > end)
        start = end;
    formula_value part = *of;
    part.size = (uint32_t)(end - start);
    if (of->kind == FORMULA_VALUE_RANGE)
        part.as.integer = (int64_t)((uint64_t)of->as.integer + (uint64_t)start);
    else if (of->kind == FORMULA_VALUE_STRING)
        part.as.text = of->size > 0 ? of->as.text + start : of->as.text;
    else
        part.as.items = of->size > 0 ? of->as.items + start : of->as.items;
    return part;
}
