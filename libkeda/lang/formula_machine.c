/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's loop and its scratch area. No recursion, no allocation; every instruction costs a step,
 * and what works through items costs one for each.
 */
#include "formula_machine.h"

#include <stdarg.h>
#include <stdio.h>

#include "formula_function.h"

/* --- what may fail ------------------------------------------------------------------------------ */

static void fail(machine *m, keda_status rc, const char *text)
{
    if (m->rc != KEDA_OK)
        return;
    m->rc = keda_error_set(m->err, rc, "%s", text);
    if (m->err != NULL)
        m->err->column = (int32_t)m->at;
}

void machine_fail(machine *m, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail(m, KEDA_EINVAL, text);
}

bool machine_spend(machine *m, uint64_t steps)
{
    if (steps <= m->steps) {
        m->steps -= (uint32_t)steps;
        return true;
    }
    m->steps = 0;
    fail(m, KEDA_ELIMIT, "the formula takes too many steps");
    return false;
}

bool machine_make(machine *m, uint64_t items)
{
    if (items < FORMULA_MAX_ITEMS - m->items) {
        m->items += (uint32_t)items;
        return true;
    }
    fail(m, KEDA_ELIMIT, "the formula makes 1000000 items or more");
    return false;
}

formula_value *machine_cells(machine *m, uint64_t count)
{
    if (count > m->f->heap_size - m->heap_used) {
        fail(m, KEDA_ELIMIT, "the formula needs more memory than it may have");
        return NULL;
    }
    formula_value *cells = m->f->heap + m->heap_used;
    m->heap_used += (uint32_t)count;
    return cells;
}

char *machine_bytes(machine *m, uint64_t size)
{
    if (size >= UINT32_MAX) {
        fail(m, KEDA_ELIMIT, "the formula needs more memory than it may have");
        return NULL;
    }
    return (char *)machine_cells(m, (size + sizeof(formula_value) - 1) / sizeof(formula_value));
}

double machine_name(const machine *m, size_t name)
{
    return m->values != NULL ? m->values[name] : -1.0;
}

/* --- stack ------------------------------------------------------------------------------------- */

static void push(machine *m, formula_value v)
{
    m->f->stack[m->top++] = v;
}

static formula_value *peek(machine *m)
{
    return &m->f->stack[m->top - 1];
}

static formula_value pop(machine *m)
{
    return m->f->stack[--m->top];
}

bool machine_pop_bool(machine *m, bool *out)
{
    const formula_value v = pop(m);
    *out = v.kind == FORMULA_VALUE_BOOL && v.as.flag;
    if (v.kind != FORMULA_VALUE_BOOL)
        machine_fail(m, "expected a bool, found %s", formula_kind_name(&v));
    return v.kind == FORMULA_VALUE_BOOL;
}

/* --- instructions -------------------------------------------------------------------------------- */

static void load(machine *m, const formula_insn *i)
{
    switch (i->op) {
    case CODE_CONST:
        push(m, m->f->constants[i->arg]);
        break;
    case CODE_INT:
        push(m, formula_int(i->arg));
        break;
    case CODE_BOOL:
        push(m, formula_bool(i->n != 0));
        break;
    case CODE_NAME:
        push(m, m->is_set == NULL || m->is_set[i->arg]
                    ? formula_float(machine_name(m, (size_t)i->arg))
                    : formula_nil());
        break;
    case CODE_LOCAL:
        push(m, m->f->locals[i->arg]);
        break;
    case CODE_ENV:
        push(m, machine_env(m));
        break;
    default:
        push(m, formula_nil());
        break;
    }
}

/* == of values that must be of one kind, which the text promised. */
static void same(machine *m, const formula_insn *i, formula_kind kind)
{
    const formula_value b = pop(m), a = pop(m);
    if (a.kind != kind || b.kind != kind)
        machine_fail(m, "expected two %ss to compare, found %s and %s",
                     kind == FORMULA_VALUE_INT ? "int" : "string", formula_kind_name(&a),
                     formula_kind_name(&b));
    const bool are_equal = kind == FORMULA_VALUE_INT
                               ? a.as.integer == b.as.integer
                               : m->rc == KEDA_OK && formula_compare_strings(&a, &b) == 0;
    push(m, formula_bool(are_equal != (i->n != 0)));
}

static void operate(machine *m, const formula_insn *i)
{
    if (i->op == CODE_UNARY) {
        *peek(m) = machine_unary(m, i->n, peek(m));
        return;
    }
    if (i->op == CODE_SAME_INTS || i->op == CODE_SAME_STRINGS) {
        same(m, i, i->op == CODE_SAME_INTS ? FORMULA_VALUE_INT : FORMULA_VALUE_STRING);
        return;
    }
    const formula_value b = pop(m), a = pop(m);
    if (i->op == CODE_MEMBER)
        push(m, machine_member(m, &a, &b));
    else if (i->op == CODE_BINARY)
        push(m, machine_binary(m, i->n, &a, &b));
    else
        push(m, formula_bool(machine_in_set(m, &a, &b)));
}

/* Whether to jump. */
static bool decide(machine *m, const formula_insn *i)
{
    bool flag = false;
    switch (i->op) {
    case CODE_BRANCH:
        return machine_pop_bool(m, &flag) && !flag;
    case CODE_JUMP_TRUE:
    case CODE_JUMP_FALSE:
        if (machine_pop_bool(m, &flag))
            m->top++;
        return flag == (i->op == CODE_JUMP_TRUE);
    case CODE_JUMP_NIL:
        return formula_is_nil(peek(m));
    case CODE_JUMP_SET:
        return !formula_is_nil(peek(m));
    default:
        return true;
    }
}

static void make_array(machine *m, uint32_t count)
{
    formula_value *cells = machine_make(m, count) ? machine_cells(m, count) : NULL;
    m->top -= count;
    for (uint32_t i = 0; i < count && cells != NULL; i++)
        cells[i] = m->f->stack[m->top + i];
    push(m, formula_array(cells, count));
}

static void slice(machine *m, const formula_insn *i)
{
    const formula_value to = (i->n & 2) ? pop(m) : formula_nil();
    const formula_value from = (i->n & 1) ? pop(m) : formula_nil();
    const formula_value of = pop(m);
    push(m, machine_slice(m, &of, (i->n & 1) ? &from : NULL, (i->n & 2) ? &to : NULL));
}

static formula_value call(machine *m, uint8_t fn, const formula_value *arguments,
                          uint32_t count)
{
    if (fn <= FORMULA_FN_BIT_NOT)
        return machine_number_function(m, fn, arguments, count);
    if (fn <= FORMULA_FN_SORT)
        return machine_array_function(m, fn, arguments, count);
    return machine_text_function(m, fn, arguments, count);
}

static void build(machine *m, const formula_insn *i)
{
    const uint32_t count = (uint32_t)i->arg;
    formula_value result = formula_nil();
    switch (i->op) {
    case CODE_ARRAY:
        make_array(m, count);
        return;
    case CODE_SLICE:
        slice(m, i);
        return;
    case CODE_MAP:
        m->top -= count;
        result = machine_map(m, m->f->stack + m->top, count);
        break;
    case CODE_BUILTIN:
        m->top -= count;
        result = call(m, i->n, m->f->stack + m->top, count);
        break;
    default:
        m->top -= count + 1;
        machine_fail(m, "only functions can be called");
        break;
    }
    push(m, result);
}

static void as_result(machine *m)
{
    if (!formula_is_nil(peek(m)))
        *peek(m) = machine_number_function(m, FORMULA_FN_FLOAT, peek(m), 1);
}

static void inside_loop(machine *m, const formula_insn *i)
{
    formula_scope *scope = &m->f->scopes[m->nscopes - 1];
    switch (i->op) {
    case CODE_ITEM:
        if (scope->index >= scope->collection.size)
            machine_fail(m, "an item of an empty array");
        else
            push(m, formula_item(&scope->collection, scope->index));
        break;
    case CODE_INDEX:
        push(m, formula_int(scope->index));
        break;
    case CODE_ACC:
        push(m, scope->acc);
        break;
    case CODE_LIMIT:
        scope->enough = (uint32_t)i->arg;
        break;
    default:
        push(m, machine_end(m, i));
        break;
    }
}

/* Runs one instruction; gives the place of the next one. */
static uint32_t execute(machine *m, const formula_insn *i, uint32_t next)
{
    switch ((formula_code_op)i->op) {
    case CODE_CONST:
    case CODE_INT:
    case CODE_NIL:
    case CODE_BOOL:
    case CODE_NAME:
    case CODE_LOCAL:
    case CODE_ENV:
        load(m, i);
        return next;
    case CODE_STORE:
        m->f->locals[i->arg] = pop(m);
        return next;
    case CODE_POP:
        m->top--;
        return next;
    case CODE_UNARY:
    case CODE_BINARY:
    case CODE_SAME_INTS:
    case CODE_SAME_STRINGS:
    case CODE_IN_INTS:
    case CODE_IN_STRINGS:
    case CODE_MEMBER:
        operate(m, i);
        return next;
    case CODE_JUMP:
    case CODE_BRANCH:
    case CODE_JUMP_TRUE:
    case CODE_JUMP_FALSE:
    case CODE_JUMP_NIL:
    case CODE_JUMP_SET:
        return decide(m, i) ? (uint32_t)i->arg : next;
    case CODE_ARRAY:
    case CODE_MAP:
    case CODE_SLICE:
    case CODE_BUILTIN:
    case CODE_CALL:
        build(m, i);
        return next;
    case CODE_RESULT:
        as_result(m);
        return next;
    case CODE_BEGIN:
        return machine_begin(m, i, next);
    case CODE_THIRD:
        return machine_third(m, i, next);
    case CODE_SKIP:
    case CODE_STEP:
    case CODE_APPEND:
    case CODE_FOUND:
    case CODE_NEXT:
        return machine_step(m, i, next);
    case CODE_END:
    case CODE_ITEM:
    case CODE_INDEX:
    case CODE_ACC:
    case CODE_LIMIT:
        inside_loop(m, i);
        return next;
    }
    return next;
}

formula_value machine_run(machine *m)
{
    const formula *f = m->f;
    uint32_t place = 0;
    while (m->rc == KEDA_OK && place < f->ncode) {
        const formula_insn *i = &f->code[place];
        m->at = i->at;
        if (!machine_spend(m, 1))
            break;
        place = execute(m, i, place + 1);
    }
    return m->rc == KEDA_OK ? pop(m) : formula_nil();
}
