/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of numbers: rounding, casts, max, min, mean, median, bits.
 */
#include "formula_machine.h"

#include <math.h>

#include "formula_function.h"
#include "gofloat.h"

static formula_value wrong(machine *m, uint8_t fn, const formula_value *v)
{
    machine_fail(m, "%s does not take a value of type %s", formula_function_of(fn)->name,
                 formula_kind_name(v));
    return formula_nil();
}

/* --- one number ------------------------------------------------------------------------------------ */

static formula_value absolute(machine *m, const formula_value *v)
{
    if (v->kind == FORMULA_VALUE_INT && v->as.integer < 0)
        return machine_unary(m, FORMULA_OP_MINUS, v);
    if (v->kind == FORMULA_VALUE_FLOAT && v->as.real < 0)
        return formula_float(-v->as.real);
    return formula_is_number(v) ? *v : wrong(m, FORMULA_FN_ABS, v);
}

static formula_value rounded(machine *m, uint8_t fn, const formula_value *v)
{
    if (v->kind == FORMULA_VALUE_INT)
        return formula_float((double)v->as.integer);
    if (v->kind != FORMULA_VALUE_FLOAT)
        return wrong(m, fn, v);
    return formula_float(fn == FORMULA_FN_CEIL    ? ceil(v->as.real)
                         : fn == FORMULA_FN_FLOOR ? floor(v->as.real)
                                                  : round(v->as.real));
}

/* A sign and decimal digits, nothing else. */
static bool read_int(const formula_value *text, int64_t *out)
{
    const bool has_sign =
        text->size > 0 && (text->as.text[0] == '-' || text->as.text[0] == '+');
    const bool is_negative = has_sign && text->as.text[0] == '-';
    const uint64_t limit = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    uint64_t value = 0;
    if (text->size == (has_sign ? 1u : 0u))
        return false;
    for (uint32_t i = has_sign ? 1 : 0; i < text->size; i++) {
        const uint64_t digit = (uint64_t)(unsigned char)text->as.text[i] - '0';
        if (digit > 9 || value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = (int64_t)(is_negative ? 0 - value : value);
    return true;
}

static formula_value to_int(machine *m, const formula_value *v)
{
    int64_t value = 0;
    if (formula_is_number(v))
        return formula_int(machine_to_int(m, v));
    if (v->kind != FORMULA_VALUE_STRING)
        return wrong(m, FORMULA_FN_INT, v);
    if (!read_int(v, &value))
        machine_fail(m, "int expects a text of decimal digits");
    return formula_int(value);
}

static formula_value to_float(machine *m, const formula_value *v)
{
    double value = 0.0;
    if (formula_is_number(v))
        return formula_float(formula_real(v));
    if (v->kind != FORMULA_VALUE_STRING)
        return wrong(m, FORMULA_FN_FLOAT, v);
    if (!machine_spend(m, v->size / 16) ||
        gofloat_parse(v->as.text, v->size, &value) != KEDA_OK)
        machine_fail(m, "float expects a text that is a number");
    return formula_float(value);
}

/* --- max and min ----------------------------------------------------------------------------------- */

typedef struct extreme {
    uint8_t fn;
    bool has_value;
    formula_value value;
} extreme;

static void offer(machine *m, extreme *e, const formula_value *v)
{
    const bool is_better =
        !e->has_value || (e->fn == FORMULA_FN_MAX ? machine_less(m, &e->value, v)
                                                  : machine_less(m, v, &e->value));
    if (is_better)
        e->value = *v;
    e->has_value = true;
}

/* Numbers, or arrays of them, at any depth. */
static void offer_array(machine *m, extreme *e, const formula_value *v, uint32_t depth)
{
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(m, "arrays are nested too deep");
    for (uint32_t i = 0; i < v->size && machine_spend(m, 1) && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        if (formula_is_array(&item))
            offer_array(m, e, &item, depth + 1);
        else if (formula_is_number(&item))
            offer(m, e, &item);
        else
            (void)wrong(m, e->fn, &item);
    }
}

/* Upstream gives a single argument that it does not know back as it is. */
static formula_value find_extreme(machine *m, uint8_t fn, const formula_value *arguments,
                                  uint32_t count)
{
    extreme e = {.fn = fn, .value = formula_nil()};
    for (uint32_t i = 0; i < count && m->rc == KEDA_OK; i++) {
        const formula_value *v = &arguments[i];
        if (formula_is_array(v))
            offer_array(m, &e, v, 0);
        else if (formula_is_number(v))
            offer(m, &e, v);
        else if (count == 1)
            return *v;
        else
            (void)wrong(m, fn, v);
    }
    return e.value;
}

/* --- mean and median ------------------------------------------------------------------------------- */

typedef struct total {
    double sum;
    uint64_t count;
} total;

/* An array inside another is summed by itself first. */
static total sum_of(machine *m, const formula_value *v, uint32_t depth)
{
    total all = {.sum = 0.0};
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(m, "arrays are nested too deep");
    for (uint32_t i = 0; i < v->size && machine_spend(m, 1) && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        total part = {.sum = 0.0, .count = 1};
        if (formula_is_array(&item))
            part = sum_of(m, &item, depth + 1);
        else if (formula_is_number(&item))
            part.sum = formula_real(&item);
        else
            (void)wrong(m, FORMULA_FN_MEAN, &item);
        all.sum += part.sum;
        all.count += part.count;
    }
    return all;
}

/* Items of an array argument add to the sum one by one, as numbers do. */
static formula_value mean(machine *m, const formula_value *arguments, uint32_t count)
{
    total all = {.sum = 0.0};
    for (uint32_t i = 0; i < count && m->rc == KEDA_OK; i++) {
        const formula_value *v = &arguments[i];
        const formula_value single = formula_array(v, 1);
        const formula_value *items = formula_is_array(v) ? v : &single;
        for (uint32_t k = 0; k < items->size && m->rc == KEDA_OK; k++) {
            const formula_value item = formula_item(items, k);
            const formula_value one = formula_array(&item, 1);
            const total part = sum_of(m, &one, 0);
            all.sum += part.sum;
            all.count += part.count;
        }
    }
    return formula_float(all.count > 0 ? all.sum / (double)all.count : 0.0);
}

/* Appends the numbers behind those that are there already. */
static void collect(machine *m, const formula_value *v, uint32_t depth, uint32_t *count)
{
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(m, "arrays are nested too deep");
    for (uint32_t i = 0; i < v->size && machine_spend(m, 1) && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        if (formula_is_array(&item)) {
            collect(m, &item, depth + 1, count);
        } else if (!formula_is_number(&item)) {
            (void)wrong(m, FORMULA_FN_MEDIAN, &item);
        } else {
            formula_value *cell = machine_cells(m, 1);
            if (cell == NULL)
                return;
            *cell = formula_float(formula_real(&item));
            ++*count;
        }
    }
}

/* NaN sorts before everything. */
static bool sorts_before(double a, double b)
{
    return a < b || (isnan(a) && !isnan(b));
}

static void sift(formula_value *values, uint32_t root, uint32_t count)
{
    for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && sorts_before(values[child].as.real, values[child + 1].as.real))
            child++;
        if (!sorts_before(values[root].as.real, values[child].as.real))
            return;
        const formula_value v = values[root];
        values[root] = values[child];
        values[child] = v;
        root = child;
    }
}

static void insertion_sort(formula_value *values, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t k = i; k > 0 && sorts_before(values[k].as.real, values[k - 1].as.real);
             k--) {
            const formula_value v = values[k];
            values[k] = values[k - 1];
            values[k - 1] = v;
        }
}

/* In place. Few keep the order of 0 and -0, as upstream's do. */
static void sort_floats(machine *m, formula_value *values, uint32_t count)
{
    enum { FEW = 12 };
    if (count <= FEW) {
        insertion_sort(values, count);
        return;
    }
    for (uint32_t i = count / 2; i > 0; i--)
        sift(values, i - 1, count);
    for (uint32_t i = count; i > 1 && machine_spend(m, 4); i--) {
        const formula_value v = values[0];
        values[0] = values[i - 1];
        values[i - 1] = v;
        sift(values, 0, i - 1);
    }
}

static formula_value median(machine *m, const formula_value *arguments, uint32_t count)
{
    const formula_value all = formula_array(arguments, count);
    const uint32_t mark = m->heap_used;
    formula_value *values = m->f->heap + mark;
    uint32_t n = 0;
    collect(m, &all, 0, &n);
    if (m->rc != KEDA_OK)
        return formula_nil();
    sort_floats(m, values, n);
    m->heap_used = mark;
    if (n == 0)
        return formula_float(0.0);
    const double upper = values[n / 2].as.real;
    return formula_float(n % 2 == 1 ? upper : (values[n / 2 - 1].as.real + upper) / 2);
}

/* --- bits ------------------------------------------------------------------------------------------ */

static int64_t shift(machine *m, uint8_t fn, int64_t x, int64_t by)
{
    if (by < 0)
        machine_fail(m, "a shift by less than 0");
    if (fn == FORMULA_FN_BIT_SHR && x < 0) /* the sign comes in from the left */
        return by < 0 || by > 63 ? -1 : (int64_t) ~(~(uint64_t)x >> by);
    if (by < 0 || by > 63)
        return 0;
    return (int64_t)(fn == FORMULA_FN_BIT_SHL ? (uint64_t)x << by : (uint64_t)x >> by);
}

static formula_value bits(machine *m, uint8_t fn, const formula_value *arguments,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].kind != FORMULA_VALUE_INT)
            return wrong(m, fn, &arguments[i]);
    const uint64_t x = (uint64_t)arguments[0].as.integer;
    const uint64_t y = count > 1 ? (uint64_t)arguments[1].as.integer : 0;
    switch (fn) {
    case FORMULA_FN_BIT_AND:
        return formula_int((int64_t)(x & y));
    case FORMULA_FN_BIT_OR:
        return formula_int((int64_t)(x | y));
    case FORMULA_FN_BIT_XOR:
        return formula_int((int64_t)(x ^ y));
    case FORMULA_FN_BIT_NAND: /* and not, in spite of its name */
        return formula_int((int64_t)(x & ~y));
    case FORMULA_FN_BIT_NOT:
        return formula_int((int64_t)~x);
    default:
        return formula_int(shift(m, fn, (int64_t)x, (int64_t)y));
    }
}

formula_value machine_number_function(machine *m, uint8_t fn, const formula_value *arguments,
                                      uint32_t count)
{
    switch (fn) {
    case FORMULA_FN_ABS:
        return absolute(m, arguments);
    case FORMULA_FN_CEIL:
    case FORMULA_FN_FLOOR:
    case FORMULA_FN_ROUND:
        return rounded(m, fn, arguments);
    case FORMULA_FN_INT:
        return to_int(m, arguments);
    case FORMULA_FN_FLOAT:
        return to_float(m, arguments);
    case FORMULA_FN_MAX:
    case FORMULA_FN_MIN:
        return find_extreme(m, fn, arguments, count);
    case FORMULA_FN_MEAN:
        return mean(m, arguments, count);
    case FORMULA_FN_MEDIAN:
        return median(m, arguments, count);
    default:
        return bits(m, fn, arguments, count);
    }
}
