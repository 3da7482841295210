/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of arrays and maps.
 */
#include "formula_machine.h"

#include <string.h>

#include "formula_function.h"
#include "unicode.h"

static formula_value wrong(machine *m, uint8_t fn, const formula_value *v)
{
    machine_fail(m, "%s does not take a value of type %s", formula_function_of(fn)->name,
                 formula_kind_name(v));
    return formula_nil();
}

static formula_value length(machine *m, const formula_value *v)
{
    if (v->kind == FORMULA_VALUE_STRING)
        return formula_int(
            machine_spend(m, v->size / 16) ? (int64_t)utf8_count(v->as.text, v->size) : 0);
    if (formula_is_array(v) || v->kind == FORMULA_VALUE_MAP)
        return formula_int(v->size);
    return wrong(m, FORMULA_FN_LEN, v);
}

/* nil where there is no such item, whatever it is of. */
static formula_value edge(const formula_value *v, bool is_last)
{
    if ((!formula_is_array(v) && v->kind != FORMULA_VALUE_STRING) || v->size == 0)
        return formula_nil();
    return formula_item(v, is_last ? v->size - 1 : 0);
}

static formula_value first_items(machine *m, const formula_value *of, const formula_value *n)
{
    formula_value part = *of;
    if (!formula_is_array(of))
        return wrong(m, FORMULA_FN_TAKE, of);
    if (n->kind != FORMULA_VALUE_INT || n->as.integer < 0)
        machine_fail(m, "take expects a number of items, an int of at least 0");
    else if (n->as.integer < of->size)
        part.size = (uint32_t)n->as.integer;
    return part;
}

/* --- maps ---------------------------------------------------------------------------------------- */

static formula_value of_map(machine *m, uint8_t fn, const formula_value *v)
{
    if (v->kind != FORMULA_VALUE_MAP)
        return wrong(m, fn, v);
    const bool makes_pairs = fn == FORMULA_FN_TO_PAIRS;
    formula_value *cells = machine_cells(m, v->size);
    if (cells == NULL || !machine_spend(m, v->size))
        return formula_nil();
    for (uint32_t i = 0; i < v->size; i++)
        cells[i] = makes_pairs ? formula_array(&v->as.items[2 * i], 2)
                               : v->as.items[2 * i + (fn == FORMULA_FN_VALUES ? 1 : 0)];
    return formula_array(cells, v->size);
}

static formula_value from_pairs(machine *m, const formula_value *v)
{
    if (!formula_is_array(v))
        return wrong(m, FORMULA_FN_FROM_PAIRS, v);
    formula_value *cells = machine_cells(m, 2 * (uint64_t)v->size);
    formula_value map = formula_map(cells, 0);
    for (uint32_t i = 0; i < v->size && m->rc == KEDA_OK; i++) {
        const formula_value pair = formula_item(v, i);
        if (!formula_is_array(&pair) || pair.size != 2) {
            machine_fail(m, "fromPairs expects arrays of two items");
            break;
        }
        const formula_value key = formula_item(&pair, 0);
        const formula_value *old = machine_lookup(m, &map, &key);
        const size_t at = old != NULL ? (size_t)(old - cells) - 1 : 2 * (size_t)map.size;
        cells[at] = key;
        cells[at + 1] = formula_item(&pair, 1);
        map.size += old == NULL ? 1 : 0;
    }
    return map;
}

/* --- new arrays ---------------------------------------------------------------------------------- */

static formula_value reverse(machine *m, const formula_value *v)
{
    if (!formula_is_array(v))
        return wrong(m, FORMULA_FN_REVERSE, v);
    formula_value *cells = machine_make(m, v->size) && machine_spend(m, v->size)
                               ? machine_cells(m, v->size)
                               : NULL;
    for (uint32_t i = 0; i < v->size && cells != NULL; i++)
        cells[i] = formula_item(v, v->size - 1 - i);
    return formula_array(cells, v->size);
}

static formula_value uniq(machine *m, const formula_value *v)
{
    if (!formula_is_array(v))
        return wrong(m, FORMULA_FN_UNIQ, v);
    formula_value *cells = machine_cells(m, v->size);
    uint32_t size = 0;
    for (uint32_t i = 0; i < v->size && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        uint32_t at = 0;
        while (at < size && machine_spend(m, 1) && !machine_equal(m, &item, &cells[at], 0))
            at++;
        if (at == size)
            cells[size++] = item;
    }
    return formula_array(cells, size);
}

static formula_value concat(machine *m, const formula_value *arguments, uint32_t count)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!formula_is_array(&arguments[i]))
            return wrong(m, FORMULA_FN_CONCAT, &arguments[i]);
        size += arguments[i].size;
    }
    formula_value *cells =
        machine_make(m, size) && machine_spend(m, size) ? machine_cells(m, size) : NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count && cells != NULL; i++)
        for (uint32_t k = 0; k < arguments[i].size; k++)
            cells[at++] = formula_item(&arguments[i], k);
    return formula_array(cells, at);
}

static void flatten_into(machine *m, const formula_value *v, uint32_t depth, uint32_t *count)
{
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(m, "arrays are nested too deep");
    for (uint32_t i = 0; i < v->size && machine_spend(m, 1) && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        if (formula_is_array(&item)) {
            flatten_into(m, &item, depth + 1, count);
            continue;
        }
        formula_value *cell = machine_cells(m, 1);
        if (cell == NULL)
            return;
        *cell = item;
        ++*count;
    }
}

static formula_value flatten(machine *m, const formula_value *v)
{
    if (!formula_is_array(v))
        return wrong(m, FORMULA_FN_FLATTEN, v);
    formula_value *cells = m->f->heap + m->heap_used;
    uint32_t count = 0;
    flatten_into(m, v, 0, &count);
    (void)machine_make(m, count);
    return formula_array(cells, count);
}

/* --- sorting --------------------------------------------------------------------------------------- */

typedef struct sorting {
    formula_value *values, *others; /* others move along; NULL: there are none */
    formula_value *spare, *spare_others;
    bool is_descending;
} sorting;

static bool precedes(machine *m, const sorting *s, const formula_value *a,
                     const formula_value *b)
{
    return machine_spend(m, 1) &&
           (s->is_descending ? machine_less(m, b, a) : machine_less(m, a, b));
}

static void swap(formula_value *values, uint32_t i, uint32_t k)
{
    const formula_value v = values[i];
    values[i] = values[k];
    values[k] = v;
}

/* As upstream sorts short arrays: also where NaN makes the order no order. */
static void insertion_sort(machine *m, const sorting *s, uint32_t from, uint32_t to)
{
    for (uint32_t i = from + 1; i < to && m->rc == KEDA_OK; i++)
        for (uint32_t k = i; k > from && precedes(m, s, &s->values[k], &s->values[k - 1]);
             k--) {
            swap(s->values, k, k - 1);
            if (s->others != NULL)
                swap(s->others, k, k - 1);
        }
}

static void merge(machine *m, sorting *s, uint32_t from, uint32_t middle, uint32_t to)
{
    uint32_t a = from, b = middle;
    for (uint32_t i = from; i < to; i++) {
        const bool takes_right =
            b < to && (a == middle || precedes(m, s, &s->values[b], &s->values[a]));
        const uint32_t source = takes_right ? b++ : a++;
        s->spare[i] = s->values[source];
        if (s->others != NULL)
            s->spare_others[i] = s->others[source];
    }
}

static void copy_back(sorting *s, uint32_t count)
{
    memcpy(s->values, s->spare, count * sizeof *s->values);
    if (s->others != NULL)
        memcpy(s->others, s->spare_others, count * sizeof *s->others);
}

void machine_sort(machine *m, formula_value *values, formula_value *others, uint32_t count,
                  bool is_descending)
{
    enum { SHORT = 12 };
    sorting s = {.values = values, .others = others, .is_descending = is_descending};
    const uint32_t mark = m->heap_used;
    for (uint32_t from = 0; from < count && m->rc == KEDA_OK; from += SHORT)
        insertion_sort(m, &s, from, count - from < SHORT ? count : from + SHORT);
    if (count <= SHORT || m->rc != KEDA_OK)
        return;
    s.spare = machine_cells(m, count);
    s.spare_others = others != NULL && m->rc == KEDA_OK ? machine_cells(m, count) : NULL;
    for (uint32_t width = SHORT; width < count && m->rc == KEDA_OK; width *= 2) {
        for (uint32_t from = 0; from < count; from += 2 * width) {
            const uint32_t middle = count - from < width ? count : from + width;
            const uint32_t to = count - from < 2 * width ? count : from + 2 * width;
            merge(m, &s, from, middle, to);
        }
        copy_back(&s, count);
    }
    m->heap_used = mark;
}

bool machine_read_order(machine *m, const formula_value *order, bool *is_descending)
{
    const bool is_string = order->kind == FORMULA_VALUE_STRING;
    *is_descending = is_string && order->size == 4 && memcmp(order->as.text, "desc", 4) == 0;
    if (*is_descending ||
        (is_string && order->size == 3 && memcmp(order->as.text, "asc", 3) == 0))
        return true;
    machine_fail(m, "expected \"asc\" or \"desc\" as the order");
    return false;
}

static formula_value sort(machine *m, formula_value array, bool is_descending)
{
    if (!formula_is_array(&array))
        return wrong(m, FORMULA_FN_SORT, &array);
    formula_value *cells = NULL;
    if (machine_make(m, array.size) && machine_spend(m, array.size))
        cells = machine_cells(m, array.size);
    if (cells == NULL)
        return formula_nil();
    for (uint32_t i = 0; i < array.size; i++)
        cells[i] = formula_item(&array, i);
    machine_sort(m, cells, NULL, array.size, is_descending);
    return formula_array(cells, array.size);
}

formula_value machine_array_function(machine *m, uint8_t fn, const formula_value *arguments,
                                     uint32_t count)
{
    bool is_descending = false;
    switch (fn) {
    case FORMULA_FN_LEN:
        return length(m, arguments);
    case FORMULA_FN_FIRST:
    case FORMULA_FN_LAST:
        return edge(arguments, fn == FORMULA_FN_LAST);
    case FORMULA_FN_GET:
        return machine_get(m, &arguments[0], &arguments[1]);
    case FORMULA_FN_TAKE:
        return first_items(m, &arguments[0], &arguments[1]);
    case FORMULA_FN_KEYS:
    case FORMULA_FN_VALUES:
    case FORMULA_FN_TO_PAIRS:
        return of_map(m, fn, arguments);
    case FORMULA_FN_FROM_PAIRS:
        return from_pairs(m, arguments);
    case FORMULA_FN_REVERSE:
        return reverse(m, arguments);
    case FORMULA_FN_UNIQ:
        return uniq(m, arguments);
    case FORMULA_FN_CONCAT:
        return concat(m, arguments, count);
    case FORMULA_FN_FLATTEN:
        return flatten(m, arguments);
    default:
        if (count > 1 && !machine_read_order(m, &arguments[1], &is_descending))
            return formula_nil();
        return sort(m, arguments[0], is_descending);
    }
}
