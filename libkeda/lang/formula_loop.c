/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops of the functions with a closure: what begins one, what each item does to it, what it gives
 * (spec: languages 1.5). What an item's closure has put into the scratch area goes when the item is
 * done, unless its value points there.
 */
#include "formula_machine.h"

#include <string.h>

#include "formula_function.h"

static formula_value take(machine *m)
{
    return m->f->stack[--m->top];
}

static formula_scope *scope_of(machine *m)
{
    return &m->f->scopes[m->nscopes - 1];
}

/* --- begin --------------------------------------------------------------------------------------- */

static void begin_reduce(machine *m, formula_scope *s)
{
    if (s->left == 0) {
        machine_fail(m, "reduce of an empty array needs a first value");
    } else {
        s->acc = formula_item(&s->collection, 0);
        s->index = 1;
        s->left--;
    }
}

/* Room for what is kept of the items. */
static void begin_kept(machine *m, formula_scope *s, bool keeps_other)
{
    const uint32_t size = s->collection.size;
    const bool has_keys = s->fn == FORMULA_FN_SORT_BY || s->fn == FORMULA_FN_GROUP_BY;
    s->out = m->f->heap + m->heap_used;
    if (s->fn == FORMULA_FN_MAP || has_keys || (s->fn == FORMULA_FN_FILTER && keeps_other)) {
        s->out = machine_cells(m, size);
        s->capacity = size;
    }
    if (has_keys && m->rc == KEDA_OK)
        s->keys = machine_cells(m, size);
}

uint32_t machine_begin(machine *m, const formula_insn *insn, uint32_t next)
{
    const bool has_third = (insn->n & CODE_HAS_THIRD) != 0;
    const formula_value collection = take(m);
    formula_scope *s = &m->f->scopes[m->nscopes++];
    memset(s, 0, sizeof *s);
    s->fn = (uint8_t)(insn->n & ~(CODE_HAS_THIRD | CODE_KEEPS_OTHER));
    s->collection = collection;
    s->left = collection.size;
    s->acc = s->fn == FORMULA_FN_SUM ? formula_int(0) : formula_nil();
    if (!formula_is_array(&collection) && collection.kind != FORMULA_VALUE_STRING) {
        machine_fail(m, "expected an array, found %s", formula_kind_name(&collection));
        return next;
    }
    if (s->fn == FORMULA_FN_REDUCE && !has_third)
        begin_reduce(m, s);
    if (s->fn == FORMULA_FN_FIND_LAST || s->fn == FORMULA_FN_FIND_LAST_INDEX)
        s->index = s->left > 0 ? s->left - 1 : 0;
    if (m->rc == KEDA_OK)
        begin_kept(m, s, (insn->n & CODE_KEEPS_OTHER) != 0);
    s->mark = m->heap_used;
    return s->left == 0 && !has_third ? (uint32_t)insn->arg : next;
}

/* The third argument: upstream evaluates it inside the loop, so # in it is the first item. */
uint32_t machine_third(machine *m, const formula_insn *insn, uint32_t next)
{
    formula_scope *s = scope_of(m);
    const formula_value third = take(m);
    if (s->fn == FORMULA_FN_REDUCE)
        s->acc = third;
    else
        (void)machine_read_order(m, &third, &s->is_descending);
    s->mark = m->heap_used;
    return s->left == 0 ? (uint32_t)insn->arg : next;
}

/* --- one item -------------------------------------------------------------------------------------- */

/* Lets go of the item's memory, unless the value that stays may need it. */
static void release(machine *m, formula_scope *s, const formula_value *kept)
{
    if (kept == NULL || formula_is_scalar(kept))
        m->heap_used = s->mark;
    else
        s->mark = m->heap_used;
}

static void append(formula_scope *s, formula_value kept)
{
    s->out[s->count++] = kept;
}

/* The item itself, at the end of the scratch area, where nothing has been left. */
static void append_item(machine *m, formula_scope *s)
{
    m->heap_used = s->mark;
    if (machine_cells(m, 1) == NULL)
        return;
    append(s, formula_item(&s->collection, s->index));
    s->mark = m->heap_used;
}

static void found(formula_scope *s, formula_value what)
{
    s->acc = what;
    s->is_settled = true;
}

/* A closure's bool; may settle the loop. */
static void test_item(machine *m, formula_scope *s, bool flag)
{
    switch (s->fn) {
    case FORMULA_FN_ALL:
        s->is_settled = !flag;
        break;
    case FORMULA_FN_ANY:
    case FORMULA_FN_NO_ONE:
        s->is_settled = flag;
        break;
    case FORMULA_FN_FILTER:
        if (flag)
            append_item(m, s);
        break;
    case FORMULA_FN_FIND:
    case FORMULA_FN_FIND_LAST:
        if (flag)
            found(s, formula_item(&s->collection, s->index));
        break;
    case FORMULA_FN_FIND_INDEX:
    case FORMULA_FN_FIND_LAST_INDEX:
        if (flag)
            found(s, formula_int(s->index));
        break;
    default: /* count, one */
        s->count += flag ? 1 : 0;
        s->is_settled = s->enough > 0 && s->count >= s->enough;
        break;
    }
    release(m, s, NULL);
}

static void keep_item(machine *m, formula_scope *s, formula_value value)
{
    switch (s->fn) {
    case FORMULA_FN_SUM:
        s->acc = machine_binary(m, FORMULA_OP_ADD, &value, &s->acc);
        release(m, s, &s->acc);
        break;
    case FORMULA_FN_REDUCE:
        s->acc = value;
        release(m, s, &value);
        break;
    case FORMULA_FN_SORT_BY:
    case FORMULA_FN_GROUP_BY:
        s->keys[s->count] = value;
        append(s, formula_item(&s->collection, s->index));
        release(m, s, &value);
        break;
    default: /* map, and filter where it keeps something else */
        append(s, value);
        release(m, s, &value);
        break;
    }
}

static bool keeps(uint8_t fn)
{
    return fn == FORMULA_FN_SUM || fn == FORMULA_FN_REDUCE || fn == FORMULA_FN_SORT_BY ||
           fn == FORMULA_FN_GROUP_BY || fn == FORMULA_FN_MAP;
}

static uint32_t advance(formula_scope *s, uint32_t body, uint32_t next)
{
    const bool is_backward =
        s->fn == FORMULA_FN_FIND_LAST || s->fn == FORMULA_FN_FIND_LAST_INDEX;
    if (s->is_settled || --s->left == 0)
        return next;
    s->index += is_backward ? UINT32_MAX : 1;
    return body;
}

uint32_t machine_step(machine *m, const formula_insn *insn, uint32_t next)
{
    formula_scope *s = scope_of(m);
    const uint32_t target = (uint32_t)insn->arg;
    bool flag = false;
    switch (insn->op) {
    case CODE_SKIP:
        return machine_pop_bool(m, &flag) && !flag ? target : next;
    case CODE_FOUND:
        found(s, take(m));
        return target;
    case CODE_APPEND:
        keep_item(m, s, take(m));
        break;
    case CODE_STEP:
        if (keeps(s->fn))
            keep_item(m, s, take(m));
        else if (machine_pop_bool(m, &flag))
            test_item(m, s, flag);
        break;
    default: /* the item is left out */
        release(m, s, NULL);
        break;
    }
    return advance(s, target, next);
}

/* --- end ------------------------------------------------------------------------------------------- */

/* The group of a key among the first n, or n. */
static uint32_t find_group(machine *m, const formula_value *pairs, uint32_t n,
                           const formula_value *key)
{
    const formula_value map = formula_map(pairs, n);
    const formula_value *value = machine_lookup(m, &map, key);
    return value != NULL ? (uint32_t)((value - pairs) / 2) : n;
}

/* Counts the groups' sizes into pairs; how many groups there are. */
static uint32_t count_groups(machine *m, const formula_scope *s, formula_value *pairs)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count && m->rc == KEDA_OK; i++) {
        const formula_value *key = &s->keys[i];
        if (formula_is_array(key) || key->kind == FORMULA_VALUE_MAP)
            machine_fail(m, "groupBy cannot group by a value of type %s",
                         formula_kind_name(key));
        const uint32_t at = find_group(m, pairs, n, key);
        if (at == n) {
            pairs[2 * n] = *key;
            pairs[2 * n + 1] = formula_array(NULL, 0);
            n++;
        }
        pairs[2 * at + 1].size++;
    }
    return n;
}

static formula_value groups(machine *m, const formula_scope *s)
{
    formula_value *pairs = machine_cells(m, 2 * (uint64_t)s->count);
    formula_value *items = m->rc == KEDA_OK ? machine_cells(m, s->count) : NULL;
    if (items == NULL)
        return formula_nil();
    const uint32_t n = count_groups(m, s, pairs);
    uint32_t start = 0;
    for (uint32_t i = 0; i < n; i++) {
        formula_value *group = &pairs[2 * i + 1];
        group->as.items = items + start;
        start += group->size;
        group->size = 0;
    }
    for (uint32_t i = 0; i < s->count && m->rc == KEDA_OK; i++) {
        const uint32_t at = find_group(m, pairs, n, &s->keys[i]);
        if (at == n)
            continue; /* NaN, which is equal to nothing */
        formula_value *group = &pairs[2 * at + 1];
        items[(group->as.items - items) + group->size++] = s->out[i];
    }
    formula_value map = formula_map(pairs, n);
    map.has_groups = true;
    return map;
}

static formula_value kept_array(machine *m, const formula_scope *s)
{
    (void)machine_make(m, s->count);
    return formula_array(s->out, s->count);
}

static formula_value sorted(machine *m, formula_scope *s)
{
    machine_sort(m, s->keys, s->out, s->count, s->is_descending);
    return kept_array(m, s);
}

formula_value machine_end(machine *m, const formula_insn *insn)
{
    formula_scope *s = scope_of(m);
    m->nscopes--;
    switch (s->fn) {
    case FORMULA_FN_ALL:
    case FORMULA_FN_NO_ONE:
        return formula_bool(!s->is_settled);
    case FORMULA_FN_ANY:
        return formula_bool(s->is_settled);
    case FORMULA_FN_ONE:
        return formula_bool(s->count == 1);
    case FORMULA_FN_COUNT:
        return formula_int(s->count);
    case FORMULA_FN_FILTER:
    case FORMULA_FN_MAP:
        return kept_array(m, s);
    case FORMULA_FN_SORT_BY:
        return sorted(m, s);
    case FORMULA_FN_GROUP_BY:
        return groups(m, s);
    case FORMULA_FN_SUM:
    case FORMULA_FN_REDUCE:
        return s->acc;
    default: /* find and its kin */
        if (!s->is_settled && insn->arg != 0)
            machine_fail(m, "nothing was found");
        return s->is_settled ? s->acc : formula_nil();
    }
}
