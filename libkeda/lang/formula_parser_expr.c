/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions: operators by precedence, chains of comparisons, conditions, let, if, sequences.
 */
#include "formula_parser_state.h"

#include <string.h>

#include "base/mem.h"

/* Of operators, loosest first (spec: languages 1.3). */
enum { LEVEL_ANY = 0, LEVEL_COMPARE = 20, LEVEL_POWER = 100 };

static const uint16_t levels[] = {
    [FORMULA_OP_OR] = 10,      [FORMULA_OP_AND] = 15,          [FORMULA_OP_EQ] = 20,
    [FORMULA_OP_NE] = 20,      [FORMULA_OP_LT] = 20,           [FORMULA_OP_GT] = 20,
    [FORMULA_OP_GE] = 20,      [FORMULA_OP_LE] = 20,           [FORMULA_OP_IN] = 20,
    [FORMULA_OP_MATCHES] = 20, [FORMULA_OP_CONTAINS] = 20,     [FORMULA_OP_STARTS] = 20,
    [FORMULA_OP_ENDS] = 20,    [FORMULA_OP_RANGE] = 25,        [FORMULA_OP_ADD] = 30,
    [FORMULA_OP_SUB] = 30,     [FORMULA_OP_MUL] = 60,          [FORMULA_OP_DIV] = 60,
    [FORMULA_OP_MOD] = 60,     [FORMULA_OP_POW] = LEVEL_POWER, [FORMULA_OP_COALESCE] = 500,
    [FORMULA_OP_PIPE] = 0,
};

static bool is_comparison(const formula_token *t)
{
    return t->kind == FORMULA_TOKEN_OPERATOR && t->op >= FORMULA_OP_LT &&
           t->op <= FORMULA_OP_LE;
}

static void operators(parser *p);

/* --- conditions ------------------------------------------------------------------------------ */

static void finish(parser *p);

static void on_else(parser *p)
{
    parser_frame *f = parser_top(p);
    formula_node node = formula_node_of(FORMULA_CONDITION, FORMULA_TYPE_UNKNOWN, f->at);
    node.a = f->left;
    node.b = f->then;
    node.c = p->result;
    f->left = parser_add(p, node);
    finish(p);
}

static void on_then(parser *p)
{
    parser_frame *f = parser_top(p);
    f->then = p->result;
    f->step = on_else;
    parser_expect(p, ':');
    parser_begin_expression(p, LEVEL_ANY);
}

/* Behind the operators of an expression. */
static void finish(parser *p)
{
    parser_frame *f = parser_top(p);
    if (f->level != LEVEL_ANY || !parser_is_sign(p, '?')) {
        parser_end(p, f->left);
        return;
    }
    f->at = p->current.at;
    parser_next(p);
    f->step = on_then;
    if (parser_is_sign(p, ':')) {
        parser_next(p);
        f->then = f->left;
        f->step = on_else;
    }
    parser_begin_expression(p, LEVEL_ANY);
}

/* --- operators ------------------------------------------------------------------------------- */

static uint32_t add_binary(parser *p, uint8_t op, uint32_t at, uint32_t left, uint32_t right)
{
    formula_node node = formula_node_of(FORMULA_BINARY, FORMULA_TYPE_UNKNOWN, at);
    node.op = op;
    node.a = left;
    node.b = right;
    return parser_add(p, node);
}

static void on_right(parser *p)
{
    parser_frame *f = parser_top(p);
    f->left = add_binary(p, f->op, f->at, f->left, p->result);
    if (f->negates) {
        formula_node node = formula_node_of(FORMULA_UNARY, FORMULA_TYPE_BOOL, f->at);
        node.op = FORMULA_OP_NOT;
        node.a = f->left;
        f->left = parser_add(p, node);
    }
    f->previous = f->op;
    operators(p);
}

/* a < b < c is (a < b) and (b < c): b is evaluated for each. */
static void on_compared(parser *p)
{
    parser_frame *f = parser_top(p);
    const uint32_t compared = add_binary(p, f->op, f->at, f->left, p->result);
    f->root = f->root == FORMULA_NONE ? compared
                                      : add_binary(p, FORMULA_OP_AND, f->at, f->root, compared);
    f->previous = f->op;
    f->left = p->result;
    if (is_comparison(&p->current)) {
        f->op = p->current.op;
        f->at = p->current.at;
        parser_next(p);
        parser_begin_expression(p, LEVEL_COMPARE + 1);
        return;
    }
    f->left = f->root;
    f->root = FORMULA_NONE;
    operators(p);
}

static void on_piped(parser *p)
{
    parser_frame *f = parser_top(p);
    f->left = p->result;
    f->previous = FORMULA_OP_PIPE;
    operators(p);
}

static void begin_pipe(parser *p)
{
    parser_frame *f = parser_top(p);
    const formula_token name = p->current;
    const uint32_t first = f->left;
    f->step = on_piped;
    if (name.kind != FORMULA_TOKEN_NAME) {
        parser_unexpected(p, "a function behind |");
        return;
    }
    parser_next(p);
    parser_begin_call(p, &name, first, true);
}

static void begin_right(parser *p, uint8_t op, bool negates)
{
    parser_frame *f = parser_top(p);
    f->op = op;
    f->negates = negates;
    f->at = p->current.at;
    const bool mixes = f->previous == FORMULA_OP_COALESCE && op != FORMULA_OP_COALESCE;
    const bool compares = is_comparison(&p->current);
    if (mixes && op != FORMULA_OP_PIPE) {
        parser_unexpected(p, "?? (other operators beside it need brackets)");
        return;
    }
    parser_next(p);
    if (op == FORMULA_OP_PIPE) {
        begin_pipe(p);
        return;
    }
    f->step = compares ? on_compared : on_right;
    parser_begin_expression(p, op == FORMULA_OP_POW ? LEVEL_POWER : (uint16_t)(levels[op] + 1));
}

/* "not" between operands: in, matches, contains, startsWith or endsWith must follow. True when it
 * is this expression's; else all is as it was, or failed. */
static bool take_not(parser *p)
{
    const formula_token before = p->current;
    parser_next(p);
    const formula_token *t = &p->current;
    if (t->kind != FORMULA_TOKEN_OPERATOR || t->op < FORMULA_OP_IN || t->op > FORMULA_OP_ENDS) {
        parser_unexpected(p, "in, matches, contains, startsWith or endsWith behind not");
        return false;
    }
    if (parser_top(p)->level <= LEVEL_COMPARE)
        return true;
    p->stashed = p->current;
    p->has_stashed = true;
    p->current = before;
    return false;
}

/* Goes on with the next operator of this level, or ends. */
static void operators(parser *p)
{
    if (p->rc != KEDA_OK)
        return;
    const bool is_not = p->current.kind == FORMULA_TOKEN_OPERATOR &&
                        p->current.op == FORMULA_OP_NOT && p->current.is_word;
    const bool negates = is_not && take_not(p);
    const formula_token *t = &p->current;
    if (p->rc != KEDA_OK)
        return;
    if (t->kind == FORMULA_TOKEN_OPERATOR && t->op != FORMULA_OP_NOT &&
        levels[t->op] >= parser_top(p)->level)
        begin_right(p, t->op, negates);
    else
        finish(p);
}

static void on_primary(parser *p)
{
    parser_top(p)->left = p->result;
    operators(p);
}

/* --- let --------------------------------------------------------------------------------------- */

static void on_let_body(parser *p)
{
    parser_frame *f = parser_top(p);
    const parser_local *local = &p->locals[--p->nlocals];
    formula_node node = formula_node_of(FORMULA_LET, FORMULA_TYPE_UNKNOWN, f->at);
    node.value.integer = local->slot;
    node.a = local->value;
    node.b = p->result;
    parser_end(p, parser_add(p, node));
}

static bool is_taken(const parser *p, const char *name, size_t size)
{
    for (size_t i = 0; i < p->names->count; i++)
        if (strlen(p->names->names[i]) == size && memcmp(p->names->names[i], name, size) == 0)
            return true;
    for (size_t i = 0; i < p->nlocals; i++)
        if (p->locals[i].size == size &&
            memcmp(p->lexer.text + p->locals[i].name, name, size) == 0)
            return true;
    return formula_function_find(name, size) != NULL;
}

static void on_let_value(parser *p)
{
    parser_frame *f = parser_top(p);
    const char *name = p->lexer.text + f->at;
    void *locals = p->locals;
    f->step = on_let_body;
    if (is_taken(p, name, f->then)) {
        parser_fail(p, formula_error_at(p->err, f->at, "let: the name is taken"));
        return;
    }
    parser_expect(p, ';');
    if (p->rc != KEDA_OK)
        return;
    parser_fail(p,
                mem_grow(&locals, &p->locals_capacity, p->nlocals, sizeof *p->locals, p->err));
    p->locals = locals;
    if (p->rc != KEDA_OK)
        return;
    p->locals[p->nlocals++] = (parser_local){.name = f->at,
                                             .size = f->then,
                                             .value = p->result,
                                             .slot = (uint32_t)p->tree->nlocals++};
    parser_begin_sequence(p);
}

static void begin_let(parser *p)
{
    parser_frame *f = parser_top(p);
    parser_next(p);
    f->at = p->current.at;
    f->then = p->current.size;
    f->step = on_let_value;
    if (p->current.kind != FORMULA_TOKEN_NAME) {
        parser_unexpected(p, "a name behind let");
        return;
    }
    parser_next(p);
    parser_expect(p, '=');
    parser_begin_expression(p, LEVEL_ANY);
}

/* --- if ---------------------------------------------------------------------------------------- */

static void on_if(parser *p);

static void on_if_end(parser *p)
{
    parser_frame *f = parser_top(p);
    if (f->flag)
        parser_expect(p, '}');
    formula_node node = formula_node_of(FORMULA_CONDITION, FORMULA_TYPE_UNKNOWN, f->at);
    node.a = f->left;
    node.b = f->then;
    node.c = p->result;
    parser_end(p, parser_add_uncounted(p, node));
}

static void on_if_then(parser *p)
{
    parser_frame *f = parser_top(p);
    f->then = p->result;
    f->step = on_if_end;
    parser_expect(p, '}');
    parser_expect(p, FORMULA_SIGN_ELSE);
    f->flag = !parser_is_sign(p, FORMULA_SIGN_IF);
    if (!f->flag) {
        (void)parser_begin(p, on_if);
        return;
    }
    parser_expect(p, '{');
    parser_begin_sequence(p);
}

static void on_if_condition(parser *p)
{
    parser_frame *f = parser_top(p);
    f->left = p->result;
    f->step = on_if_then;
    parser_expect(p, '{');
    parser_begin_sequence(p);
}

static void on_if(parser *p)
{
    parser_top(p)->step = on_if_condition;
    parser_next(p);
    parser_begin_expression(p, LEVEL_ANY);
}

/* --- begin ----------------------------------------------------------------------------------- */

static void on_expression(parser *p)
{
    parser_frame *f = parser_top(p);
    f->step = on_primary;
    if (f->level == LEVEL_ANY && parser_is_sign(p, FORMULA_SIGN_LET))
        begin_let(p);
    else if (f->level == LEVEL_ANY && parser_is_sign(p, FORMULA_SIGN_IF))
        on_if(p);
    else
        (void)parser_begin(p, parser_primary);
}

void parser_begin_expression(parser *p, uint16_t level)
{
    if (p->rc == KEDA_OK)
        parser_begin(p, on_expression)->level = level;
}

static void on_sequence_item(parser *p)
{
    parser_frame *f = parser_top(p);
    parser_push_item(p, p->result);
    const bool goes_on = parser_is_sign(p, ';');
    if (goes_on)
        parser_next(p);
    if (p->rc != KEDA_OK)
        return;
    if (goes_on && p->current.kind != FORMULA_TOKEN_END) {
        parser_begin_expression(p, LEVEL_ANY);
        return;
    }
    uint32_t result = p->result;
    if (p->nitems - f->base > 1)
        result = parser_add_list(
            p, f, formula_node_of(FORMULA_SEQUENCE, FORMULA_TYPE_UNKNOWN, f->at));
    p->nitems = f->base;
    parser_end(p, result);
}

void parser_begin_sequence(parser *p)
{
    if (p->rc != KEDA_OK)
        return;
    (void)parser_begin(p, on_sequence_item);
    parser_begin_expression(p, LEVEL_ANY);
}
