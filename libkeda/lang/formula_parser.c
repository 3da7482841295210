/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the steps, and what they all use: frames, tokens, nodes. Expressions, operands and calls are
 * in files of their own.
 */
#include "formula_parser_state.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "formula_bound.h"
#include "formula_check.h"

void parser_fail(parser *p, keda_status rc)
{
    if (p->rc == KEDA_OK)
        p->rc = rc;
}

/* --- frames -------------------------------------------------------------------------------- */

parser_frame *parser_top(parser *p)
{
    return &p->frames[p->nframes - 1];
}

parser_frame *parser_begin(parser *p, parser_step *step)
{
    void *frames = p->frames;
    if (p->nframes == FORMULA_MAX_OPEN)
        parser_fail(p, formula_error_at(p->err, p->current.at, "nested too deep"));
    else
        parser_fail(
            p, mem_grow(&frames, &p->frames_capacity, p->nframes, sizeof *p->frames, p->err));
    p->frames = frames;
    if (p->rc == KEDA_OK)
        p->nframes++;
    parser_frame *frame = parser_top(p); /* on failure nobody looks at it any more */
    memset(frame, 0, sizeof *frame);
    frame->step = step;
    frame->base = (uint32_t)p->nitems;
    frame->at = p->current.at;
    frame->left = frame->then = frame->root = FORMULA_NONE;
    return frame;
}

void parser_end(parser *p, uint32_t result)
{
    p->result = result;
    p->nframes--;
}

/* --- tokens -------------------------------------------------------------------------------- */

void parser_next(parser *p)
{
    if (p->rc != KEDA_OK)
        return;
    if (p->has_stashed)
        p->current = p->stashed;
    else
        parser_fail(p, formula_lexer_next(&p->lexer, &p->current, p->err));
    p->has_stashed = false;
    if (p->current.kind != FORMULA_TOKEN_END && p->current.at >= p->end)
        p->sees_outer = true;
}

bool parser_is_sign(const parser *p, uint8_t sign)
{
    return p->current.kind == FORMULA_TOKEN_SIGN && p->current.sign == sign;
}

void parser_unexpected(parser *p, const char *expected)
{
    const formula_token *t = &p->current;
    const int shown = t->size < 20 ? (int)t->size : 20;
    if (p->rc != KEDA_OK)
        return;
    if (t->kind == FORMULA_TOKEN_END || t->at >= p->end)
        parser_fail(p, formula_error_at(p->err, t->at, "expected %s, found the end", expected));
    else
        parser_fail(p, formula_error_at(p->err, t->at, "expected %s, found \"%.*s\"", expected,
                                        shown, p->lexer.text + t->at));
}

void parser_expect(parser *p, uint8_t sign)
{
    char expected[8] = {'"', (char)sign, '"', '\0'};
    if (parser_is_sign(p, sign))
        parser_next(p);
    else
        parser_unexpected(p, sign == FORMULA_SIGN_ELSE ? "\"else\"" : expected);
}

/* --- what KEDA puts around the text --------------------------------------------------------- */

bool parser_is_outer(const parser *p, const parser_frame *frame)
{
    return frame->at < p->begin;
}

void parser_close_outer(parser *p)
{
    if (parser_is_sign(p, ')'))
        p->closed_at = p->current.at;
    else if (p->current.kind != FORMULA_TOKEN_END)
        parser_unexpected(p, "an operator or the end");
    else
        parser_unexpected(p, p->sees_outer ? "\")\"" : "a new line behind the comment");
}

/* --- nodes --------------------------------------------------------------------------------- */

void parser_push_item(parser *p, uint32_t node)
{
    void *items = p->items;
    if (p->rc != KEDA_OK)
        return;
    parser_fail(p, mem_grow(&items, &p->items_capacity, p->nitems, sizeof *p->items, p->err));
    p->items = items;
    if (p->rc == KEDA_OK)
        p->items[p->nitems++] = node;
}

static uint32_t add_node(parser *p, formula_node *node, bool is_counted)
{
    uint32_t index = FORMULA_NONE;
    if (p->rc != KEDA_OK)
        return FORMULA_NONE;
    parser_fail(p, formula_check_node(p->tree, node, p->err));
    if (p->rc != KEDA_OK)
        return FORMULA_NONE;
    formula_bound_node(p->tree, node);
    parser_fail(p, is_counted ? formula_tree_add(p->tree, node, &index, p->err)
                              : formula_tree_make(p->tree, node, &index, p->err));
    return index;
}

uint32_t parser_add(parser *p, formula_node node)
{
    return add_node(p, &node, true);
}

uint32_t parser_add_uncounted(parser *p, formula_node node)
{
    return add_node(p, &node, false);
}

uint32_t parser_add_list(parser *p, const parser_frame *frame, formula_node node)
{
    if (p->rc != KEDA_OK)
        return FORMULA_NONE;
    node.count = (uint32_t)(p->nitems - frame->base);
    parser_fail(
        p, formula_tree_list(p->tree, p->items + frame->base, node.count, &node.list, p->err));
    p->nitems = frame->base;
    return parser_add(p, node);
}

/* --- all of it ----------------------------------------------------------------------------- */

/* The whole text is one sequence. */
static void run(parser *p)
{
    parser_next(p);
    if (p->rc == KEDA_OK)
        parser_begin_sequence(p);
    while (p->rc == KEDA_OK && p->nframes > 0)
        parser_top(p)->step(p);
    if (p->rc == KEDA_OK && p->current.kind != FORMULA_TOKEN_END && p->current.at >= p->end)
        parser_fail(p, formula_error_at(p->err, p->closed_at,
                                        "expected an operator or the end, found \")\""));
    if (p->rc == KEDA_OK && p->current.kind != FORMULA_TOKEN_END)
        parser_unexpected(p, "an operator or the end");
    p->tree->root = p->result;
}

/* Lists that stay empty have memory too, so that their start is a place. */
static void prepare(parser *p)
{
    formula_tree *tree = p->tree;
    void *frames = NULL, *items = NULL, *lists = NULL, *texts = NULL;
    parser_fail(p, mem_grow(&frames, &p->frames_capacity, 0, sizeof *p->frames, p->err));
    parser_fail(p, mem_grow(&items, &p->items_capacity, 0, sizeof *p->items, p->err));
    parser_fail(p, mem_grow(&lists, &tree->lists_capacity, 0, sizeof *tree->lists, p->err));
    parser_fail(p, mem_grow(&texts, &tree->texts_capacity, 0, 1, p->err));
    p->frames = frames;
    p->items = items;
    tree->lists = lists;
    tree->texts = texts;
}

keda_status formula_parse(formula_tree *tree, const formula_source *source,
                          const formula_names *names, keda_error *err)
{
    parser p = {.lexer = {.text = source->text, .size = source->size, .tree = tree},
                .tree = tree,
                .names = names,
                .begin = source->begin,
                .end = source->end,
                .err = err,
                .result = FORMULA_NONE};
    prepare(&p);
    if (p.rc == KEDA_OK)
        run(&p);
    mem_free(p.frames);
    mem_free(p.items);
    mem_free(p.scopes);
    mem_free(p.locals);
    return p.rc;
}
