/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands: literals, names, brackets, signs before an operand, and what may stand behind one:
 * members, indexes, slices.
 */
#include "formula_parser_state.h"

#include <string.h>

#include "base/text.h"

/* Operators before an operand take what binds tighter than these. */
enum { LEVEL_NOT = 50, LEVEL_SIGN = 90 };

static void postfix(parser *p);

/* --- names ----------------------------------------------------------------------------------- */

static bool is_text(const parser *p, const formula_token *t, const char *text)
{
    return strlen(text) == t->size && memcmp(text, p->lexer.text + t->at, t->size) == 0;
}

/* The trigger of that name, FORMULA_NONE when there is none. */
static uint32_t find_name(const parser *p, const char *name, size_t size)
{
    for (size_t i = 0; i < p->names->count; i++)
        if (strlen(p->names->names[i]) == size && memcmp(p->names->names[i], name, size) == 0)
            return (uint32_t)i;
    return FORMULA_NONE;
}

static uint32_t add_trigger(parser *p, uint32_t index, uint32_t at)
{
    formula_node node = formula_node_of(FORMULA_NAME, FORMULA_TYPE_FLOAT, at);
    node.value.integer = index;
    p->names->is_used[index] = true;
    return parser_add(p, node);
}

static uint32_t add_local(parser *p, const parser_local *local, uint32_t at)
{
    const formula_node *value = &p->tree->nodes[local->value];
    formula_node node = formula_node_of(FORMULA_LOCAL, value->type, at);
    node.value.integer = local->slot;
    node.length = value->length;
    node.item_length = value->item_length;
    return parser_add(p, node);
}

static void unknown_name(parser *p, const char *name, size_t size, uint32_t at,
                         const char *expected)
{
    char text[64];
    const int shown = size < sizeof text ? (int)size : (int)sizeof text - 1;
    memcpy(text, name, (size_t)shown);
    text[shown] = '\0';
    const char *near = text_nearest(text, p->names->names, p->names->count);
    if (p->rc != KEDA_OK)
        return;
    parser_fail(p, formula_error_at(p->err, at, "expected %s, found \"%s\"%s%.64s%s", expected,
                                    text, near != NULL ? "; did you mean \"" : "",
                                    near != NULL ? near : "", near != NULL ? "\"?" : ""));
}

uint32_t parser_name(parser *p, const formula_token *name, const char *expected)
{
    const char *text = p->lexer.text + name->at;
    for (size_t i = p->nlocals; i > 0; i--) {
        const parser_local *local = &p->locals[i - 1];
        if (local->size == name->size &&
            memcmp(p->lexer.text + local->name, text, name->size) == 0)
            return add_local(p, local, name->at);
    }
    if (is_text(p, name, "$env"))
        return parser_add(p, formula_node_of(FORMULA_ENV, FORMULA_TYPE_UNKNOWN, name->at));
    const uint32_t index = find_name(p, text, name->size);
    if (index != FORMULA_NONE)
        return add_trigger(p, index, name->at);
    if (formula_function_find(text, name->size) != NULL)
        return parser_add(p,
                          formula_node_of(FORMULA_FUNCTION, FORMULA_TYPE_FUNCTION, name->at));
    unknown_name(p, text, name->size, name->at, expected);
    return FORMULA_NONE;
}

uint32_t parser_string(parser *p, const formula_token *word)
{
    formula_node node = formula_node_of(FORMULA_STRING, FORMULA_TYPE_STRING, word->at);
    if (p->rc != KEDA_OK)
        return FORMULA_NONE;
    node.value.text.at = (uint32_t)p->tree->ntexts;
    node.value.text.size = word->size;
    parser_fail(p, formula_tree_text(p->tree, p->lexer.text + word->at, word->size, p->err));
    return parser_add(p, node);
}

/* --- behind an operand ------------------------------------------------------------------------- */

/* $env.name, $env["name"]: the trigger itself, for upstream knows it before it runs. */
static uint32_t add_env_member(parser *p, uint32_t key, uint32_t at, bool is_optional)
{
    const formula_node *node = &p->tree->nodes[key];
    const char *name = p->tree->texts + node->value.text.at;
    const uint32_t index = find_name(p, name, node->value.text.size);
    if (index != FORMULA_NONE)
        return add_trigger(p, index, at);
    if (!is_optional) {
        unknown_name(p, name, node->value.text.size, at, "a trigger's name");
        return FORMULA_NONE;
    }
    return parser_add(p, formula_node_of(FORMULA_NIL, FORMULA_TYPE_UNKNOWN, at));
}

static uint32_t add_member(parser *p, uint32_t of, uint32_t key, uint32_t at, bool is_optional)
{
    if (p->rc != KEDA_OK)
        return FORMULA_NONE;
    if (p->tree->nodes[of].kind == FORMULA_ENV && p->tree->nodes[key].kind == FORMULA_STRING)
        return add_env_member(p, key, at, is_optional);
    formula_node node = formula_node_of(FORMULA_MEMBER, FORMULA_TYPE_UNKNOWN, at);
    node.a = of;
    node.b = key;
    node.flags = is_optional ? FORMULA_OPTIONAL : 0;
    return parser_add(p, node);
}

static uint32_t add_chain(parser *p, uint32_t of, uint32_t at)
{
    formula_node node = formula_node_of(FORMULA_CHAIN, FORMULA_TYPE_UNKNOWN, at);
    node.a = of;
    return parser_add(p, node);
}

static void on_method(parser *p)
{
    parser_frame *f = parser_top(p);
    f->left = f->flag ? add_chain(p, p->result, f->at) : p->result;
    postfix(p);
}

/* x.name and x?.name, at the name. */
static void take_member(parser *p, bool is_optional)
{
    parser_frame *f = parser_top(p);
    const formula_token name = p->current;
    if (!name.is_word) {
        parser_unexpected(p, "a name");
        return;
    }
    parser_next(p);
    const uint32_t key = parser_string(p, &name);
    if (p->rc != KEDA_OK)
        return;
    const formula_node *of = &p->tree->nodes[f->left];
    const bool is_chain = of->kind == FORMULA_CHAIN;
    f->left = add_member(p, is_chain ? of->a : f->left, key, name.at, is_optional);
    f->flag = is_chain || is_optional;
    f->at = name.at;
    f->step = on_method;
    if (parser_is_sign(p, '('))
        parser_begin_method(p, f->left, name.at);
    else
        p->result = f->left; /* the step runs at once */
}

static void add_slice(parser *p, uint32_t from, uint32_t to)
{
    parser_frame *f = parser_top(p);
    formula_node node = formula_node_of(FORMULA_SLICE, FORMULA_TYPE_UNKNOWN, f->at);
    node.a = f->left;
    node.b = from;
    node.c = to;
    f->left = parser_add(p, node);
    parser_expect(p, ']');
    postfix(p);
}

static void on_slice_end(parser *p)
{
    add_slice(p, parser_top(p)->then, p->result);
}

/* Behind the ":" of a slice. */
static void take_slice_end(parser *p, uint32_t from)
{
    parser_frame *f = parser_top(p);
    parser_next(p);
    if (parser_is_sign(p, ']')) {
        add_slice(p, from, FORMULA_NONE);
        return;
    }
    f->then = from;
    f->step = on_slice_end;
    parser_begin_expression(p, 0);
}

static void on_index(parser *p)
{
    parser_frame *f = parser_top(p);
    if (parser_is_sign(p, ':')) {
        take_slice_end(p, p->result);
        return;
    }
    f->left = add_member(p, f->left, p->result, f->at, f->flag);
    if (f->flag)
        f->left = add_chain(p, f->left, f->at);
    parser_expect(p, ']');
    postfix(p);
}

static void take_index(parser *p, bool is_optional)
{
    parser_frame *f = parser_top(p);
    f->at = p->current.at;
    f->flag = is_optional;
    f->step = on_index;
    parser_next(p);
    if (parser_is_sign(p, ':'))
        take_slice_end(p, FORMULA_NONE);
    else
        parser_begin_expression(p, 0);
}

/* Goes on with what stands behind frame->left, or ends the operand. */
static void postfix(parser *p)
{
    if (p->rc != KEDA_OK)
        return;
    const bool is_optional = parser_is_sign(p, FORMULA_SIGN_OPTIONAL);
    if (is_optional || parser_is_sign(p, '.')) {
        parser_next(p);
        if (is_optional && parser_is_sign(p, '['))
            take_index(p, true);
        else
            take_member(p, is_optional);
    } else if (parser_is_sign(p, '[')) {
        take_index(p, false);
    } else {
        parser_end(p, parser_top(p)->left);
    }
}

static void on_value(parser *p)
{
    parser_top(p)->left = p->result;
    postfix(p);
}

/* --- operands -------------------------------------------------------------------------------- */

static void on_unary(parser *p)
{
    parser_frame *f = parser_top(p);
    formula_node node = formula_node_of(FORMULA_UNARY, FORMULA_TYPE_UNKNOWN, f->at);
    node.op = f->op;
    node.a = p->result;
    f->left = parser_add(p, node);
    postfix(p);
}

static void on_bracket(parser *p)
{
    parser_top(p)->left = p->result;
    if (parser_is_outer(p, parser_top(p)))
        parser_close_outer(p);
    parser_expect(p, ')');
    postfix(p);
}

static void begin_unary(parser *p)
{
    parser_frame *f = parser_top(p);
    const uint8_t op = p->current.op;
    f->op = op == FORMULA_OP_SUB   ? FORMULA_OP_MINUS
            : op == FORMULA_OP_ADD ? FORMULA_OP_PLUS
                                   : op;
    f->step = on_unary;
    parser_next(p);
    parser_begin_expression(p, op == FORMULA_OP_NOT ? LEVEL_NOT : LEVEL_SIGN);
}

static bool is_unary(const formula_token *t)
{
    return t->kind == FORMULA_TOKEN_OPERATOR &&
           (t->op == FORMULA_OP_NOT || t->op == FORMULA_OP_ADD || t->op == FORMULA_OP_SUB);
}

/* "#", "#index", "#acc", and "." for "#." */
static void take_pointer(parser *p)
{
    parser_frame *f = parser_top(p);
    const parser_scope *scope = &p->scopes[p->nscopes - 1];
    const formula_node *of = &p->tree->nodes[scope->collection];
    formula_node node = formula_node_of(FORMULA_POINTER, FORMULA_TYPE_UNKNOWN, p->current.at);
    node.type = formula_type_item(&p->tree->types, of->type);
    node.length = of->item_length;
    node.item_length = of->item_length > 0 ? FORMULA_NONE : 0;
    if (parser_is_sign(p, '#')) {
        parser_next(p);
        if (p->current.kind == FORMULA_TOKEN_NAME) {
            const bool is_index = is_text(p, &p->current, "index");
            const bool is_acc = is_text(p, &p->current, "acc");
            if (!(is_index && scope->has_index) && !(is_acc && scope->has_acc)) {
                parser_unexpected(p, "#, #index in map and reduce, or #acc in reduce");
                return;
            }
            node.op = is_index ? FORMULA_POINTER_INDEX : FORMULA_POINTER_ACC;
            node.type = is_index ? FORMULA_TYPE_INT : FORMULA_TYPE_UNKNOWN;
            node.length = node.item_length = is_index ? 0 : FORMULA_NONE;
            parser_next(p);
        }
    }
    f->left = parser_add(p, node);
    postfix(p);
}

static void take_scoped(parser *p)
{
    parser_top(p)->step = on_value;
    parser_next(p);
    const formula_token name = p->current;
    if (name.kind != FORMULA_TOKEN_NAME) {
        parser_unexpected(p, "a function's name behind ::");
        return;
    }
    parser_next(p);
    parser_begin_call(p, &name, FORMULA_NONE, false);
}

static void take_name(parser *p)
{
    const formula_token name = p->current;
    const bool is_true = is_text(p, &name, "true");
    parser_next(p);
    if (is_true || is_text(p, &name, "false")) {
        formula_node node = formula_node_of(FORMULA_BOOL, FORMULA_TYPE_BOOL, name.at);
        node.value.flag = is_true;
        parser_end(p, parser_add(p, node));
    } else if (is_text(p, &name, "nil")) {
        parser_end(p, parser_add(p, formula_node_of(FORMULA_NIL, FORMULA_TYPE_NIL, name.at)));
    } else if (parser_is_sign(p, '(')) {
        parser_top(p)->step = on_value;
        parser_begin_call(p, &name, FORMULA_NONE, true);
    } else {
        parser_top(p)->left = parser_name(p, &name, "a trigger's name");
        postfix(p);
    }
}

static void take_number(parser *p)
{
    const formula_token t = p->current;
    const bool is_int = t.kind == FORMULA_TOKEN_INT;
    formula_node node = formula_node_of(is_int ? FORMULA_INT : FORMULA_FLOAT,
                                        is_int ? FORMULA_TYPE_INT : FORMULA_TYPE_FLOAT, t.at);
    if (is_int)
        node.value.integer = t.value.integer;
    else
        node.value.real = t.value.real;
    parser_next(p);
    parser_end(p, parser_add(p, node));
}

static void take_string(parser *p)
{
    const formula_token t = p->current;
    const bool is_bytes = t.kind == FORMULA_TOKEN_BYTES;
    formula_node node =
        formula_node_of(is_bytes ? FORMULA_BYTES : FORMULA_STRING, FORMULA_TYPE_STRING, t.at);
    node.value.text.at = t.value.text.at;
    node.value.text.size = t.value.text.size;
    parser_next(p);
    parser_top(p)->left = parser_add(p, node);
    postfix(p);
}

static void take_sign(parser *p)
{
    parser_frame *f = parser_top(p);
    if (parser_is_sign(p, '(')) {
        f->step = on_bracket;
        parser_next(p);
        parser_begin_sequence(p);
    } else if (p->nscopes > 0 && (parser_is_sign(p, '#') || parser_is_sign(p, '.'))) {
        take_pointer(p);
    } else if (parser_is_sign(p, FORMULA_SIGN_SCOPE)) {
        take_scoped(p);
    } else if (parser_is_sign(p, '[')) {
        f->step = on_value;
        parser_begin_array(p);
    } else if (parser_is_sign(p, '{')) {
        f->step = on_value;
        parser_begin_map(p);
    } else {
        parser_unexpected(p, "a number, a name or a bracket");
    }
}

void parser_primary(parser *p)
{
    switch (p->current.kind) {
    case FORMULA_TOKEN_NAME:
        take_name(p);
        break;
    case FORMULA_TOKEN_INT:
    case FORMULA_TOKEN_FLOAT:
        take_number(p);
        break;
    case FORMULA_TOKEN_STRING:
    case FORMULA_TOKEN_BYTES:
        take_string(p);
        break;
    case FORMULA_TOKEN_SIGN:
        take_sign(p);
        break;
    default:
        if (is_unary(&p->current))
            begin_unary(p);
        else
            parser_unexpected(p, "a number, a name or a bracket");
        break;
    }
}
