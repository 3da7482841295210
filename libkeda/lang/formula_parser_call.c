/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists: arguments of calls, closures, arrays, maps.
 */
#include "formula_parser_state.h"

#include <string.h>

#include "base/mem.h"

/* --- plain lists ------------------------------------------------------------------------------- */

static void on_list_item(parser *p);

static void end_list(parser *p)
{
    parser_frame *f = parser_top(p);
    formula_node node =
        formula_node_of((formula_node_kind)f->kind, FORMULA_TYPE_UNKNOWN, f->at);
    parser_next(p);
    if (f->kind == FORMULA_BUILTIN)
        node.op = f->fn->id;
    if (f->kind == FORMULA_CALL)
        node.a = f->left;
    const uint32_t result = parser_add_list(p, f, node);
    if (p->rc == KEDA_OK)
        parser_end(p, result);
}

static void expect_comma(parser *p, uint8_t close)
{
    char expected[] = "\",\" or \")\"";
    expected[sizeof expected - 3] = (char)close;
    if (parser_is_sign(p, ','))
        parser_next(p);
    else
        parser_unexpected(p, expected);
}

/* At an item of the list around the user's part, which has one. */
static void outer_item(parser *p)
{
    const parser_frame *f = parser_top(p);
    if (f->index == 0 && parser_is_sign(p, ')'))
        parser_unexpected(p, "a formula");
    if (f->index == 0)
        return;
    const bool has_comma = parser_is_sign(p, ',');
    if (has_comma)
        parser_next(p);
    if (has_comma && p->rc == KEDA_OK && !parser_is_sign(p, ')'))
        parser_unexpected(p, "the end");
    else if (p->rc == KEDA_OK)
        parser_close_outer(p);
}

/* At an item, a comma or the end. A comma may stand before the end. */
static void list_item(parser *p)
{
    parser_frame *f = parser_top(p);
    if (parser_is_outer(p, f))
        outer_item(p);
    else if (!parser_is_sign(p, f->close) && f->index > 0)
        expect_comma(p, f->close);
    if (p->rc != KEDA_OK)
        return;
    f->index = 1; /* from now on a comma comes first */
    f->step = on_list_item;
    if (parser_is_sign(p, f->close))
        end_list(p);
    else
        parser_begin_expression(p, 0);
}

static void on_list_item(parser *p)
{
    parser_push_item(p, p->result);
    list_item(p);
}

static void on_list(parser *p)
{
    parser_expect(p, parser_top(p)->close == ')' ? '(' : '[');
    list_item(p);
}

static parser_frame *begin_list(parser *p, formula_node_kind kind, uint8_t close, uint32_t at)
{
    parser_frame *f = parser_begin(p, on_list);
    f->kind = (uint8_t)kind;
    f->close = close;
    f->at = at;
    return f;
}

void parser_begin_array(parser *p)
{
    (void)begin_list(p, FORMULA_ARRAY, ']', p->current.at);
}

void parser_begin_method(parser *p, uint32_t callee, uint32_t at)
{
    begin_list(p, FORMULA_CALL, ')', at)->left = callee;
}

/* --- closures ---------------------------------------------------------------------------------- */

static void on_closure_end(parser *p)
{
    parser_frame *f = parser_top(p);
    if (!f->flag && parser_is_sign(p, ';')) {
        parser_unexpected(p, "{ } around several expressions");
        return;
    }
    if (f->flag)
        parser_expect(p, '}');
    p->nscopes--;
    formula_node node = formula_node_of(FORMULA_CLOSURE, FORMULA_TYPE_UNKNOWN, f->at);
    node.a = p->result;
    parser_end(p, parser_add(p, node));
}

static void on_closure(parser *p)
{
    parser_frame *f = parser_top(p);
    f->step = on_closure_end;
    f->flag = parser_is_sign(p, '{');
    if (!f->flag) {
        parser_begin_expression(p, 0);
        return;
    }
    parser_next(p);
    parser_begin_sequence(p);
}

static void begin_closure(parser *p, const formula_function_desc *fn, uint32_t collection)
{
    void *scopes = p->scopes;
    parser_fail(p,
                mem_grow(&scopes, &p->scopes_capacity, p->nscopes, sizeof *p->scopes, p->err));
    p->scopes = scopes;
    if (p->rc != KEDA_OK)
        return;
    p->scopes[p->nscopes++] =
        (parser_scope){.collection = collection,
                       .has_index = fn->id == FORMULA_FN_MAP || fn->id == FORMULA_FN_REDUCE,
                       .has_acc = fn->id == FORMULA_FN_REDUCE};
    (void)parser_begin(p, on_closure);
}

static void on_argument(parser *p);

static void end_arguments(parser *p)
{
    parser_frame *f = parser_top(p);
    formula_node node = formula_node_of(FORMULA_BUILTIN, FORMULA_TYPE_UNKNOWN, f->at);
    node.op = f->fn->id;
    if (parser_is_sign(p, ','))
        parser_next(p);
    parser_expect(p, ')');
    const uint32_t result = parser_add_list(p, f, node);
    if (p->rc == KEDA_OK)
        parser_end(p, result);
}

/* The next argument of a function with a closure. A collection of the wrong type is refused before
 * the closure looks at its items. */
static void argument(parser *p)
{
    parser_frame *f = parser_top(p);
    const char kind = f->fn->arguments[f->index];
    const bool is_optional = kind == 'E' || kind == 'C';
    if (p->rc != KEDA_OK)
        return;
    if (kind == '\0' || (is_optional && parser_is_sign(p, ')'))) {
        end_arguments(p);
        return;
    }
    if (f->index > (f->flag ? 1 : 0))
        parser_expect(p, ',');
    f->step = on_argument;
    if (kind == 'e' || kind == 'E')
        parser_begin_expression(p, 0);
    else if (p->rc == KEDA_OK)
        begin_closure(p, f->fn, p->items[f->base]);
}

static void on_argument(parser *p)
{
    parser_push_item(p, p->result);
    parser_top(p)->index++;
    argument(p);
}

static void on_arguments(parser *p)
{
    parser_expect(p, '(');
    argument(p);
}

/* --- calls ------------------------------------------------------------------------------------- */

static bool is_overridden(const parser *p, const char *name, size_t size)
{
    for (size_t i = 0; i < p->names->count; i++)
        if (strlen(p->names->names[i]) == size && memcmp(p->names->names[i], name, size) == 0)
            return true;
    return false;
}

void parser_begin_call(parser *p, const formula_token *name, uint32_t first,
                       bool may_be_overridden)
{
    const char *text = p->lexer.text + name->at;
    const formula_function_desc *fn = formula_function_find(text, name->size);
    parser_frame *f = NULL;
    uint32_t callee = FORMULA_NONE;
    if (may_be_overridden && is_overridden(p, text, name->size))
        fn = NULL;
    if (fn == NULL)
        callee = parser_name(p, name, "a function's name");
    if (p->rc != KEDA_OK)
        return;
    if (fn != NULL && fn->id <= FORMULA_FN_REDUCE) {
        f = parser_begin(p, on_arguments);
        f->at = name->at;
        f->flag = first != FORMULA_NONE; /* piped: the first argument is there */
        f->index = f->flag ? 1 : 0;
    } else {
        f = begin_list(p, fn != NULL ? FORMULA_BUILTIN : FORMULA_CALL, ')', name->at);
        f->left = callee;
    }
    f->fn = fn;
    if (first != FORMULA_NONE)
        parser_push_item(p, first);
}

/* --- maps -------------------------------------------------------------------------------------- */

static void map_pair(parser *p);

static void on_map_value(parser *p)
{
    parser_push_item(p, p->result);
    parser_top(p)->index = 1;
    p->tree->counted++; /* the pair */
    map_pair(p);
}

static void take_map_value(parser *p)
{
    parser_expect(p, ':');
    parser_top(p)->step = on_map_value;
    parser_begin_expression(p, 0);
}

static void on_map_key(parser *p)
{
    parser_push_item(p, p->result);
    take_map_value(p);
}

static void take_map_key(parser *p)
{
    const formula_token t = p->current;
    if (parser_is_sign(p, '(')) {
        parser_top(p)->step = on_map_key;
        parser_begin_expression(p, 0);
        return;
    }
    uint32_t key = FORMULA_NONE;
    if (t.kind == FORMULA_TOKEN_STRING) {
        formula_node node = formula_node_of(FORMULA_STRING, FORMULA_TYPE_STRING, t.at);
        node.value.text.at = t.value.text.at;
        node.value.text.size = t.value.text.size;
        key = parser_add(p, node);
    } else if (t.kind == FORMULA_TOKEN_NAME || t.kind == FORMULA_TOKEN_INT ||
               t.kind == FORMULA_TOKEN_FLOAT) {
        key = parser_string(p, &t);
    } else {
        parser_unexpected(p, "a key: a string, a name, a number or ( )");
    }
    parser_next(p);
    parser_push_item(p, key);
    take_map_value(p);
}

/* At a pair, a comma or the end. */
static void map_pair(parser *p)
{
    parser_frame *f = parser_top(p);
    if (!parser_is_sign(p, '}') && f->index > 0)
        expect_comma(p, '}');
    if (p->rc != KEDA_OK)
        return;
    if (parser_is_sign(p, '}'))
        end_list(p);
    else
        take_map_key(p);
}

static void on_map(parser *p)
{
    parser_expect(p, '{');
    map_pair(p);
}

void parser_begin_map(parser *p)
{
    parser_begin(p, on_map)->kind = FORMULA_MAP;
}
