/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators on values (spec: languages 1.4). Integers wrap; an integer beside a float is a float.
 */
#include "formula_machine.h"

#include <math.h>
#include <string.h>

#include "formula_optimize.h"

static const char *const signs[] = {
    [FORMULA_OP_LT] = "<",
    [FORMULA_OP_GT] = ">",
    [FORMULA_OP_GE] = ">=",
    [FORMULA_OP_LE] = "<=",
    [FORMULA_OP_IN] = "in",
    [FORMULA_OP_MATCHES] = "matches",
    [FORMULA_OP_RANGE] = "..",
    [FORMULA_OP_ADD] = "+",
    [FORMULA_OP_SUB] = "-",
    [FORMULA_OP_MUL] = "*",
    [FORMULA_OP_DIV] = "/",
    [FORMULA_OP_MOD] = "%",
    [FORMULA_OP_POW] = "**",
    [FORMULA_OP_ENDS] = "endsWith",
    [FORMULA_OP_STARTS] = "startsWith",
    [FORMULA_OP_CONTAINS] = "contains",
};

static formula_value mismatch(machine *m, uint8_t op, const formula_value *a,
                              const formula_value *b)
{
    machine_fail(m, "operator %s does not take %s and %s", signs[op], formula_kind_name(a),
                 formula_kind_name(b));
    return formula_nil();
}

/* --- unary --------------------------------------------------------------------------------------- */

formula_value machine_unary(machine *m, uint8_t op, const formula_value *a)
{
    if (op == FORMULA_OP_NOT && a->kind == FORMULA_VALUE_BOOL)
        return formula_bool(!a->as.flag);
    if (op == FORMULA_OP_MINUS && a->kind == FORMULA_VALUE_INT)
        return formula_int((int64_t)(0 - (uint64_t)a->as.integer));
    if (op == FORMULA_OP_MINUS && a->kind == FORMULA_VALUE_FLOAT)
        return formula_float(-a->as.real);
    machine_fail(m, "expected a %s, found %s", op == FORMULA_OP_NOT ? "bool" : "number",
                 formula_kind_name(a));
    return formula_nil();
}

int64_t machine_to_int(machine *m, const formula_value *v)
{
    static const double limit = 9223372036854775808.0;
    if (v->kind == FORMULA_VALUE_INT)
        return v->as.integer;
    if (v->kind != FORMULA_VALUE_FLOAT)
        machine_fail(m, "expected a number, found %s", formula_kind_name(v));
    else if (!(v->as.real >= -limit && v->as.real < limit))
        machine_fail(m, "the number does not fit into 64 bits");
    else
        return (int64_t)v->as.real;
    return 0;
}

/* --- arithmetic ----------------------------------------------------------------------------------- */

static formula_value of_ints(machine *m, uint8_t op, int64_t a, int64_t b)
{
    const uint64_t x = (uint64_t)a, y = (uint64_t)b;
    switch (op) {
    case FORMULA_OP_ADD:
        return formula_int((int64_t)(x + y));
    case FORMULA_OP_SUB:
        return formula_int((int64_t)(x - y));
    case FORMULA_OP_MUL:
        return formula_int((int64_t)(x * y));
    default:
        if (b != 0)
            return formula_int(formula_remainder(a, b));
        machine_fail(m, "remainder of a division by zero");
        return formula_nil();
    }
}

static formula_value of_floats(uint8_t op, double a, double b)
{
    switch (op) {
    case FORMULA_OP_ADD:
        return formula_float(a + b);
    case FORMULA_OP_SUB:
        return formula_float(a - b);
    case FORMULA_OP_MUL:
        return formula_float(a * b);
    case FORMULA_OP_DIV:
        return formula_float(a / b);
    default:
        return formula_float(pow(a, b));
    }
}

static formula_value join(machine *m, const formula_value *a, const formula_value *b)
{
    const uint64_t size = (uint64_t)a->size + b->size;
    char *text = machine_spend(m, size / sizeof *a) ? machine_bytes(m, size) : NULL;
    if (text == NULL)
        return formula_nil();
    if (a->size > 0)
        memcpy(text, a->as.text, a->size);
    if (b->size > 0)
        memcpy(text + a->size, b->as.text, b->size);
    return formula_string(text, size);
}

static formula_value arithmetic(machine *m, uint8_t op, const formula_value *a,
                                const formula_value *b)
{
    const bool are_ints = a->kind == FORMULA_VALUE_INT && b->kind == FORMULA_VALUE_INT;
    if (are_ints && op != FORMULA_OP_DIV && op != FORMULA_OP_POW)
        return of_ints(m, op, a->as.integer, b->as.integer);
    if (formula_is_number(a) && formula_is_number(b) && op != FORMULA_OP_MOD)
        return of_floats(op, formula_real(a), formula_real(b));
    if (op == FORMULA_OP_ADD && a->kind == FORMULA_VALUE_STRING &&
        b->kind == FORMULA_VALUE_STRING)
        return join(m, a, b);
    return mismatch(m, op, a, b);
}

/* --- comparison ------------------------------------------------------------------------------------ */

static bool equal_items(machine *m, const formula_value *a, const formula_value *b,
                        uint32_t depth)
{
    if (a->size != b->size)
        return false;
    for (uint32_t i = 0; i < a->size; i++) {
        const formula_value x = formula_item(a, i), y = formula_item(b, i);
        if (!machine_spend(m, 1) || !machine_equal(m, &x, &y, depth + 1))
            return false;
    }
    return true;
}

/* Upstream compares maps deeply, where 1 and 1.0 differ. */
static bool equal_maps(machine *m, const formula_value *a, const formula_value *b,
                       uint32_t depth)
{
    if (a->size != b->size)
        return false;
    for (uint32_t i = 0; i < a->size; i++) {
        const formula_value *value = machine_lookup(m, b, &a->as.items[2 * i]);
        if (value == NULL || value->kind != a->as.items[2 * i + 1].kind ||
            !machine_equal(m, &a->as.items[2 * i + 1], value, depth + 1))
            return false;
    }
    return true;
}

bool machine_equal(machine *m, const formula_value *a, const formula_value *b, uint32_t depth)
{
    if (depth > FORMULA_MAX_DEPTH) {
        machine_fail(m, "arrays are nested too deep to compare them");
        return false;
    }
    if (a->kind == FORMULA_VALUE_INT && b->kind == FORMULA_VALUE_INT)
        return a->as.integer == b->as.integer;
    if (formula_is_number(a) && formula_is_number(b))
        return formula_real(a) == formula_real(b);
    if (formula_is_nil(a) && formula_is_nil(b))
        return true;
    if (formula_is_array(a) && formula_is_array(b))
        return equal_items(m, a, b, depth);
    if (a->kind != b->kind)
        return false;
    if (a->kind == FORMULA_VALUE_STRING)
        return formula_compare_strings(a, b) == 0;
    if (a->kind == FORMULA_VALUE_MAP)
        return equal_maps(m, a, b, depth);
    return a->as.flag == b->as.flag;
}

static bool order(machine *m, uint8_t op, const formula_value *a, const formula_value *b)
{
    double x = 0.0, y = 0.0;
    if (a->kind == FORMULA_VALUE_INT && b->kind == FORMULA_VALUE_INT) {
        x = (double)((a->as.integer > b->as.integer) - (a->as.integer < b->as.integer));
    } else if (formula_is_number(a) && formula_is_number(b)) {
        x = formula_real(a);
        y = formula_real(b);
    } else if (a->kind == FORMULA_VALUE_STRING && b->kind == FORMULA_VALUE_STRING) {
        x = (double)formula_compare_strings(a, b);
    } else {
        (void)mismatch(m, op, a, b);
    }
    switch (op) {
    case FORMULA_OP_LT:
        return x < y;
    case FORMULA_OP_GT:
        return x > y;
    case FORMULA_OP_GE:
        return x >= y;
    default:
        return x <= y;
    }
}

bool machine_less(machine *m, const formula_value *a, const formula_value *b)
{
    return order(m, FORMULA_OP_LT, a, b);
}

/* --- in ----------------------------------------------------------------------------------------- */

static bool is_in(machine *m, const formula_value *a, const formula_value *b)
{
    if (b->kind == FORMULA_VALUE_NIL)
        return false;
    if (b->kind == FORMULA_VALUE_MAP)
        return machine_lookup(m, b, a) != NULL;
    if (b->kind == FORMULA_VALUE_RANGE && machine_spend(m, 1)) {
        const double n = formula_is_number(a) ? formula_real(a) : (double)NAN;
        const double first = (double)b->as.integer;
        return n >= first && n < first + (double)b->size && n == floor(n);
    }
    if (!formula_is_array(b)) {
        (void)mismatch(m, FORMULA_OP_IN, a, b);
        return false;
    }
    for (uint32_t i = 0; i < b->size && machine_spend(m, 1); i++)
        if (machine_equal(m, &b->as.items[i], a, 0))
            return true;
    return false;
}

/* A set has one kind of keys, nil is its zero, and anything else is an error. */
bool machine_in_set(machine *m, const formula_value *a, const formula_value *set)
{
    const bool has_strings = set->as.items[0].kind == FORMULA_VALUE_STRING;
    const formula_value zero = has_strings ? formula_string("", 0) : formula_int(0);
    const formula_value *key = a->kind == FORMULA_VALUE_NIL ? &zero : a;
    if (key->kind != zero.kind) {
        (void)mismatch(m, FORMULA_OP_IN, a, set);
        return false;
    }
    for (uint32_t i = 0; i < set->size && machine_spend(m, 1); i++)
        if (machine_equal(m, &set->as.items[i], key, 0))
            return true;
    return false;
}

/* --- strings --------------------------------------------------------------------------------------- */

static bool contains(machine *m, const formula_value *a, const formula_value *b)
{
    for (uint32_t i = 0; i + b->size <= a->size && machine_spend(m, 1 + b->size / 16); i++)
        if (b->size == 0 || memcmp(a->as.text + i, b->as.text, b->size) == 0)
            return true;
    return false;
}

static bool test_strings(machine *m, uint8_t op, const formula_value *a, const formula_value *b)
{
    if (a->kind == FORMULA_VALUE_NIL || b->kind == FORMULA_VALUE_NIL)
        return false;
    if (a->kind != FORMULA_VALUE_STRING || b->kind != FORMULA_VALUE_STRING) {
        (void)mismatch(m, op, a, b);
        return false;
    }
    if (op == FORMULA_OP_MATCHES)
        return machine_matches(m, a, b);
    if (op == FORMULA_OP_CONTAINS)
        return contains(m, a, b);
    if (b->size > a->size)
        return false;
    const char *part = a->as.text + (op == FORMULA_OP_STARTS ? 0 : a->size - b->size);
    return b->size == 0 || memcmp(part, b->as.text, b->size) == 0;
}

/* --- all ------------------------------------------------------------------------------------------ */

static formula_value range(machine *m, const formula_value *a, const formula_value *b)
{
    const int64_t from = machine_to_int(m, a), to = machine_to_int(m, b);
    const int64_t size = (int64_t)((uint64_t)to - (uint64_t)from + 1);
    if (m->rc != KEDA_OK || !machine_make(m, size > 0 ? (uint64_t)size : 0))
        return formula_nil();
    return (formula_value){
        .kind = FORMULA_VALUE_RANGE, .size = size > 0 ? (uint32_t)size : 0, .as.integer = from};
}

formula_value machine_binary(machine *m, uint8_t op, const formula_value *a,
                             const formula_value *b)
{
    switch (op) {
    case FORMULA_OP_EQ:
        return formula_bool(machine_equal(m, a, b, 0));
    case FORMULA_OP_NE:
        return formula_bool(!machine_equal(m, a, b, 0));
    case FORMULA_OP_LT:
    case FORMULA_OP_GT:
    case FORMULA_OP_GE:
    case FORMULA_OP_LE:
        return formula_bool(order(m, op, a, b));
    case FORMULA_OP_IN:
        return formula_bool(is_in(m, a, b));
    case FORMULA_OP_MATCHES:
    case FORMULA_OP_CONTAINS:
    case FORMULA_OP_STARTS:
    case FORMULA_OP_ENDS:
        return formula_bool(test_strings(m, op, a, b));
    case FORMULA_OP_RANGE:
        return range(m, a, b);
    default:
        return arithmetic(m, op, a, b);
    }
}
