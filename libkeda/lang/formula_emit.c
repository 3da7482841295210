/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions, parents behind their children. A tree may be as deep as it has nodes, so what is still
 * to be written waits in a list of work and not on the stack.
 */
#include "formula_emit.h"

#include <string.h>

#include "base/mem.h"
#include "formula_function.h"

typedef enum work_kind {
    WORK_NODE = 0, /* arg: node */
    WORK_INSN,     /* op, n, arg */
    WORK_JUMP,     /* op, n; arg: label */
    WORK_LABEL,    /* arg: label: here it is */
    WORK_CHAIN,    /* arg: label: where ?. goes from now on */
    WORK_CHAIN_END,
    WORK_LOOP /* arg: 1 one more loop is running, 0 one less */
} work_kind;

typedef struct work {
    uint8_t kind, op, n;
    uint32_t arg;
    uint32_t at;
} work;

enum { UNPLACED = -1 };

typedef struct label {
    int32_t place;
    int32_t depth; /* of the stack when jumped to; UNPLACED: not known yet */
} label;

typedef struct emitter {
    const formula_tree *tree;
    formula_draft *out;
    keda_error *err;
    keda_status rc;
    uint32_t shift, last;
    work *works;
    size_t nworks, works_capacity;
    label *labels;
    size_t nlabels, labels_capacity;
    uint32_t *chains;
    size_t nchains, chains_capacity;
    int32_t depth;
    uint32_t scopes;
} emitter;

/* --- what waits ------------------------------------------------------------------------------ */

static bool grow(emitter *e, void **items, size_t *capacity, size_t count, size_t size)
{
    if (e->rc == KEDA_OK)
        e->rc = mem_grow(items, capacity, count, size, e->err);
    return e->rc == KEDA_OK;
}

static void later(emitter *e, work w)
{
    void *works = e->works;
    const bool is_good = grow(e, &works, &e->works_capacity, e->nworks, sizeof *e->works);
    e->works = works;
    if (is_good)
        e->works[e->nworks++] = w;
}

static void node(emitter *e, uint32_t index)
{
    later(e, (work){.kind = WORK_NODE, .arg = index});
}

static void insn(emitter *e, const formula_node *n, formula_code_op op, uint8_t sub,
                 uint32_t arg)
{
    later(e, (work){.kind = WORK_INSN, .op = (uint8_t)op, .n = sub, .arg = arg, .at = n->at});
}

static void jump(emitter *e, const formula_node *n, formula_code_op op, uint8_t sub,
                 uint32_t to)
{
    later(e, (work){.kind = WORK_JUMP, .op = (uint8_t)op, .n = sub, .arg = to, .at = n->at});
}

static void place(emitter *e, uint32_t where)
{
    later(e, (work){.kind = WORK_LABEL, .arg = where});
}

static void note(emitter *e, work_kind kind, uint32_t arg)
{
    later(e, (work){.kind = (uint8_t)kind, .arg = arg});
}

static uint32_t new_label(emitter *e)
{
    void *labels = e->labels;
    const bool is_good = grow(e, &labels, &e->labels_capacity, e->nlabels, sizeof *e->labels);
    e->labels = labels;
    if (!is_good)
        return 0;
    e->labels[e->nlabels] = (label){.place = UNPLACED, .depth = UNPLACED};
    return (uint32_t)e->nlabels++;
}

/* What has been put off since `start` comes in the order it was named. */
static void turn(emitter *e, size_t start)
{
    for (size_t i = start, k = e->nworks; i + 1 < k; i++) {
        const work w = e->works[i];
        e->works[i] = e->works[--k];
        e->works[k] = w;
    }
}

/* --- nodes ------------------------------------------------------------------------------------ */

static void visit_constant(emitter *e, const formula_node *n, uint32_t index)
{
    void *constants = e->out->constants;
    const bool is_good = grow(e, &constants, &e->out->constants_capacity, e->out->nconstants,
                              sizeof *e->out->constants);
    e->out->constants = constants;
    if (!is_good)
        return;
    insn(e, n, CODE_CONST, 0, (uint32_t)e->out->nconstants);
    e->out->constants[e->out->nconstants++] = index;
}

static void visit_int(emitter *e, const formula_node *n, uint32_t index)
{
    if (n->value.integer >= INT32_MIN && n->value.integer <= INT32_MAX)
        insn(e, n, CODE_INT, 0, (uint32_t)(int32_t)n->value.integer);
    else
        visit_constant(e, n, index);
}

static formula_type type_of(const emitter *e, uint32_t index)
{
    return e->tree->nodes[index].type;
}

/* Upstream compares without looking where it thinks it knows both kinds. */
static formula_code_op equality(const emitter *e, const formula_node *n)
{
    const formula_type a = type_of(e, n->a), b = type_of(e, n->b);
    if (a == b && a == FORMULA_TYPE_INT)
        return CODE_SAME_INTS;
    return a == b && a == FORMULA_TYPE_STRING ? CODE_SAME_STRINGS : CODE_BINARY;
}

static void visit_binary(emitter *e, const formula_node *n)
{
    const uint8_t op = n->op;
    const bool is_equality = op == FORMULA_OP_EQ || op == FORMULA_OP_NE;
    const uint8_t right = e->tree->nodes[n->b].kind;
    node(e, n->a);
    if (op == FORMULA_OP_AND || op == FORMULA_OP_OR || op == FORMULA_OP_COALESCE) {
        const uint32_t end = new_label(e);
        jump(e, n,
             op == FORMULA_OP_AND  ? CODE_JUMP_FALSE
             : op == FORMULA_OP_OR ? CODE_JUMP_TRUE
                                   : CODE_JUMP_SET,
             0, end);
        insn(e, n, CODE_POP, 0, 0);
        node(e, n->b);
        place(e, end);
        return;
    }
    node(e, n->b);
    if (is_equality && equality(e, n) != CODE_BINARY)
        insn(e, n, equality(e, n), op == FORMULA_OP_NE, 0);
    else if (op == FORMULA_OP_IN && right == FORMULA_INT_SET)
        insn(e, n, CODE_IN_INTS, 0, 0);
    else if (op == FORMULA_OP_IN && right == FORMULA_STRING_SET)
        insn(e, n, CODE_IN_STRINGS, 0, 0);
    else
        insn(e, n, CODE_BINARY, op, 0);
}

static void visit_condition(emitter *e, const formula_node *n)
{
    const uint32_t otherwise = new_label(e), end = new_label(e);
    node(e, n->a);
    jump(e, n, CODE_BRANCH, 0, otherwise);
    node(e, n->b);
    jump(e, n, CODE_JUMP, 0, end);
    place(e, otherwise);
    node(e, n->c);
    place(e, end);
}

static void visit_member(emitter *e, const formula_node *n)
{
    node(e, n->a);
    if ((n->flags & FORMULA_OPTIONAL) && e->nchains > 0)
        jump(e, n, CODE_JUMP_NIL, 0, e->chains[e->nchains - 1]);
    node(e, n->b);
    insn(e, n, CODE_MEMBER, 0, 0);
}

static void visit_slice(emitter *e, const formula_node *n)
{
    const bool has_from = n->b != FORMULA_NONE, has_to = n->c != FORMULA_NONE;
    node(e, n->a);
    if (has_from)
        node(e, n->b);
    if (has_to)
        node(e, n->c);
    insn(e, n, CODE_SLICE, (uint8_t)((has_from ? 1 : 0) | (has_to ? 2 : 0)), 0);
}

static void visit_list(emitter *e, const formula_node *n)
{
    for (uint32_t i = 0; i < n->count; i++) {
        node(e, e->tree->lists[n->list + i]);
        if (n->kind == FORMULA_SEQUENCE && i + 1 < n->count)
            insn(e, n, CODE_POP, 0, 0);
    }
}

/* --- functions with a closure ------------------------------------------------------------------ */

static void visit_closure(emitter *e, const formula_node *n)
{
    if (n->count > 1)
        node(e, e->tree->nodes[e->tree->lists[n->list + 1]].a);
    else
        insn(e, n, CODE_ITEM, 0, 0);
}

/* What is kept of an item is another expression: filter's and find's. */
static void visit_kept(emitter *e, const formula_node *n, uint32_t body, uint32_t end)
{
    const bool finds = n->op != FORMULA_FN_FILTER;
    const uint32_t next = new_label(e);
    jump(e, n, CODE_SKIP, n->op, next);
    node(e, n->a);
    jump(e, n, finds ? CODE_FOUND : CODE_APPEND, n->op, finds ? end : body);
    if (!finds)
        jump(e, n, CODE_JUMP, 0, end);
    place(e, next);
    jump(e, n, CODE_NEXT, n->op, body);
}

static void visit_loop(emitter *e, const formula_node *n)
{
    const uint32_t body = new_label(e), end = new_label(e);
    node(e, e->tree->lists[n->list]);
    note(e, WORK_LOOP, 1);
    jump(e, n, CODE_BEGIN,
         (uint8_t)(n->op | (n->count > 2 ? CODE_HAS_THIRD : 0) |
                   (n->a != FORMULA_NONE ? CODE_KEEPS_OTHER : 0)),
         end);
    if (n->count > 2) {
        node(e, e->tree->lists[n->list + 2]);
        jump(e, n, CODE_THIRD, n->op, end);
    }
    if (n->op == FORMULA_FN_COUNT && n->value.integer > 0 && n->value.integer <= INT32_MAX)
        insn(e, n, CODE_LIMIT, 0, (uint32_t)n->value.integer);
    place(e, body);
    visit_closure(e, n);
    if (n->a != FORMULA_NONE)
        visit_kept(e, n, body, end);
    else
        jump(e, n, CODE_STEP, n->op, body);
    place(e, end);
    insn(e, n, CODE_END, n->op, (n->flags & FORMULA_THROWS) ? 1 : 0);
    note(e, WORK_LOOP, 0);
}

/* --- all kinds --------------------------------------------------------------------------------- */

static void visit_collection(emitter *e, const formula_node *n)
{
    if (n->kind == FORMULA_CALL)
        node(e, n->a);
    visit_list(e, n);
    if (n->kind == FORMULA_ARRAY)
        insn(e, n, CODE_ARRAY, 0, n->count);
    else if (n->kind == FORMULA_MAP)
        insn(e, n, CODE_MAP, 0, n->count);
    else if (n->kind == FORMULA_CALL)
        insn(e, n, CODE_CALL, 0, n->count);
    else if (n->kind == FORMULA_BUILTIN)
        insn(e, n, CODE_BUILTIN, n->op, n->count);
}

static void visit_pointer(emitter *e, const formula_node *n)
{
    insn(e, n,
         n->op == FORMULA_POINTER_INDEX ? CODE_INDEX
         : n->op == FORMULA_POINTER_ACC ? CODE_ACC
                                        : CODE_ITEM,
         0, 0);
}

static void visit_wrapped(emitter *e, const formula_node *n)
{
    uint32_t end = 0;
    switch (n->kind) {
    case FORMULA_CHAIN:
        end = new_label(e);
        note(e, WORK_CHAIN, end);
        node(e, n->a);
        note(e, WORK_CHAIN_END, 0);
        place(e, end);
        break;
    case FORMULA_LET:
        node(e, n->a);
        insn(e, n, CODE_STORE, 0, (uint32_t)n->value.integer);
        node(e, n->b);
        break;
    case FORMULA_UNARY:
        node(e, n->a);
        if (n->op != FORMULA_OP_PLUS)
            insn(e, n, CODE_UNARY, n->op, 0);
        break;
    case FORMULA_RESULT:
        node(e, n->a);
        insn(e, n, CODE_RESULT, 0, 0);
        break;
    default:
        node(e, n->a);
        break;
    }
}

static void visit(emitter *e, uint32_t index)
{
    const formula_node *n = &e->tree->nodes[index];
    switch ((formula_node_kind)n->kind) {
    case FORMULA_NIL:
    case FORMULA_FUNCTION:
        insn(e, n, CODE_NIL, 0, 0);
        break;
    case FORMULA_BOOL:
        insn(e, n, CODE_BOOL, n->value.flag, 0);
        break;
    case FORMULA_INT:
        visit_int(e, n, index);
        break;
    case FORMULA_FLOAT:
    case FORMULA_STRING:
    case FORMULA_BYTES:
    case FORMULA_LITERALS:
    case FORMULA_INT_SET:
    case FORMULA_STRING_SET:
        visit_constant(e, n, index);
        break;
    case FORMULA_NAME:
        insn(e, n, CODE_NAME, 0, (uint32_t)n->value.integer);
        break;
    case FORMULA_LOCAL:
        insn(e, n, CODE_LOCAL, 0, (uint32_t)n->value.integer);
        break;
    case FORMULA_ENV:
        e->out->needs_env = true;
        insn(e, n, CODE_ENV, 0, 0);
        break;
    case FORMULA_BINARY:
        visit_binary(e, n);
        break;
    case FORMULA_MEMBER:
        visit_member(e, n);
        break;
    case FORMULA_SLICE:
        visit_slice(e, n);
        break;
    case FORMULA_BUILTIN:
        if (n->op <= FORMULA_FN_REDUCE)
            visit_loop(e, n);
        else
            visit_collection(e, n);
        break;
    case FORMULA_CALL:
    case FORMULA_SEQUENCE:
    case FORMULA_ARRAY:
    case FORMULA_MAP:
        visit_collection(e, n);
        break;
    case FORMULA_POINTER:
        visit_pointer(e, n);
        break;
    case FORMULA_CONDITION:
        visit_condition(e, n);
        break;
    case FORMULA_CHAIN:
    case FORMULA_CLOSURE:
    case FORMULA_LET:
    case FORMULA_UNARY:
    case FORMULA_RESULT:
        visit_wrapped(e, n);
        break;
    }
}

/* --- writing ------------------------------------------------------------------------------------ */

/* How the stack changes when the instruction does not jump. */
static int32_t effect(const work *w)
{
    switch ((formula_code_op)w->op) {
    case CODE_CONST:
    case CODE_INT:
    case CODE_NIL:
    case CODE_BOOL:
    case CODE_NAME:
    case CODE_LOCAL:
    case CODE_ENV:
    case CODE_ITEM:
    case CODE_INDEX:
    case CODE_ACC:
    case CODE_END:
        return 1;
    case CODE_STORE:
    case CODE_POP:
    case CODE_BINARY:
    case CODE_SAME_INTS:
    case CODE_SAME_STRINGS:
    case CODE_IN_INTS:
    case CODE_IN_STRINGS:
    case CODE_BRANCH:
    case CODE_MEMBER:
    case CODE_BEGIN:
    case CODE_THIRD:
    case CODE_SKIP:
    case CODE_STEP:
    case CODE_APPEND:
    case CODE_FOUND:
        return -1;
    case CODE_ARRAY:
    case CODE_MAP:
    case CODE_BUILTIN:
        return 1 - (int32_t)w->arg;
    case CODE_CALL:
        return -(int32_t)w->arg;
    case CODE_SLICE:
        return -((w->n & 1) + (w->n >> 1));
    case CODE_UNARY:
    case CODE_JUMP:
    case CODE_JUMP_TRUE:
    case CODE_JUMP_FALSE:
    case CODE_JUMP_NIL:
    case CODE_JUMP_SET:
    case CODE_NEXT:
    case CODE_LIMIT:
    case CODE_RESULT:
        return 0;
    }
    return 0;
}

static void write_insn(emitter *e, const work *w)
{
    void *code = e->out->code;
    const bool is_good = grow(e, &code, &e->out->capacity, e->out->ncode, sizeof *e->out->code);
    e->out->code = code;
    if (!is_good)
        return;
    const uint32_t at = w->at > e->shift ? w->at - e->shift : 0;
    e->out->code[e->out->ncode++] =
        (formula_insn){.op = w->op,
                       .n = w->n,
                       .at = (uint16_t)(at < e->last ? at : e->last),
                       .arg = (int32_t)w->arg};
    e->depth += effect(w);
    if (e->depth > (int32_t)e->out->stack_size)
        e->out->stack_size = (uint32_t)e->depth;
}

static void write_label(emitter *e, uint32_t index)
{
    label *l = &e->labels[index];
    l->place = (int32_t)e->out->ncode;
    if (l->depth != UNPLACED)
        e->depth = l->depth;
}

static void write_work(emitter *e, const work *w)
{
    void *chains = e->chains;
    const size_t start = e->nworks;
    switch ((work_kind)w->kind) {
    case WORK_NODE:
        visit(e, w->arg);
        turn(e, start);
        break;
    case WORK_INSN:
        write_insn(e, w);
        break;
    case WORK_JUMP:
        write_insn(e, w);
        if (e->rc == KEDA_OK && e->labels[w->arg].place == UNPLACED)
            e->labels[w->arg].depth = e->depth;
        break;
    case WORK_LABEL:
        write_label(e, w->arg);
        break;
    case WORK_CHAIN:
        if (grow(e, &chains, &e->chains_capacity, e->nchains, sizeof *e->chains)) {
            e->chains = chains;
            e->chains[e->nchains++] = w->arg;
        }
        break;
    case WORK_CHAIN_END:
        e->nchains--;
        break;
    case WORK_LOOP:
        e->scopes += w->arg == 1 ? 1 : UINT32_MAX;
        if (e->scopes > e->out->scopes_size)
            e->out->scopes_size = e->scopes;
        break;
    }
}

static bool jumps(const formula_insn *i)
{
    return (i->op >= CODE_JUMP && i->op <= CODE_JUMP_SET) ||
           (i->op >= CODE_BEGIN && i->op <= CODE_NEXT);
}

keda_status formula_emit(const formula_tree *tree, uint32_t shift, uint32_t last,
                         formula_draft *out, keda_error *err)
{
    emitter e = {.tree = tree, .out = out, .err = err, .shift = shift, .last = last};
    node(&e, tree->root);
    while (e.rc == KEDA_OK && e.nworks > 0) {
        const work w = e.works[--e.nworks];
        write_work(&e, &w);
    }
    for (size_t i = 0; i < out->ncode && e.rc == KEDA_OK; i++)
        if (jumps(&out->code[i]))
            out->code[i].arg = e.labels[out->code[i].arg].place;
    mem_free(e.works);
    mem_free(e.labels);
    mem_free(e.chains);
    return e.rc;
}

void formula_draft_clear(formula_draft *draft)
{
    mem_free(draft->code);
    mem_free(draft->constants);
    memset(draft, 0, sizeof *draft);
}
