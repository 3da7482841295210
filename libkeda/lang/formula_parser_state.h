/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser's files share: its state, and the steps each offers the others. The grammar is
 * recursive, the parser is not: a rule that has begun waits as a frame, so that nesting costs heap
 * and never stack. A step reads the result of the rule that ended before it, then begins another
 * (parser_begin) or ends its own (parser_end).
 */
#ifndef LANG_FORMULA_PARSER_STATE_H
#define LANG_FORMULA_PARSER_STATE_H

#include "formula_function.h"
#include "formula_lexer.h"
#include "formula_parser.h"

typedef struct parser parser;
typedef void parser_step(parser *p);

typedef struct parser_frame {
    parser_step *step; /* what is next */
    const formula_function_desc *fn;
    uint32_t at;   /* place of the operator, bracket or name */
    uint32_t base; /* its first item in parser.items */
    uint32_t left, then, root;
    uint16_t level; /* of operators an expression takes */
    uint8_t op;
    uint8_t previous; /* operator before */
    uint8_t close;    /* sign that ends a list */
    uint8_t kind;     /* node that a list becomes */
    bool negates;
    bool flag;     /* braces; an optional member; a chain */
    uint8_t index; /* argument */
} parser_frame;

/* A closure that is open: what # is. */
typedef struct parser_scope {
    uint32_t collection;
    bool has_index, has_acc;
} parser_scope;

typedef struct parser_local {
    uint32_t name, size; /* in the text */
    uint32_t value;
    uint32_t slot;
} parser_local;

struct parser {
    formula_lexer lexer;
    formula_tree *tree;
    const formula_names *names;
    keda_error *err;
    keda_status rc;      /* nothing more is done once it is not KEDA_OK */
    uint32_t begin, end; /* the user's part of the text */
    uint32_t closed_at;  /* where a bracket of the user's closes the one around that part */
    bool sees_outer;     /* the bracket around it has been read: no comment hides it */
    formula_token current, stashed;
    bool has_stashed;
    uint32_t result; /* node of the rule that ended last */
    parser_frame *frames;
    size_t nframes, frames_capacity;
    uint32_t *items;
    size_t nitems, items_capacity;
    parser_scope *scopes;
    size_t nscopes, scopes_capacity;
    parser_local *locals;
    size_t nlocals, locals_capacity;
};

/* --- formula_parser.c: frames, tokens, nodes ---------------------------------------------------- */

parser_frame *parser_top(parser *p); /* until the next parser_begin */
/* Begins a rule; the new frame, zeroed, for its arguments, or a spare one after a failure. */
parser_frame *parser_begin(parser *p, parser_step *step);
void parser_end(parser *p, uint32_t result);
void parser_next(parser *p);
bool parser_is_sign(const parser *p, uint8_t sign);
void parser_expect(parser *p, uint8_t sign);
/* "expected ..., found ..." at the current token; what lies behind the user's part is its end. */
void parser_unexpected(parser *p, const char *expected);
/* Whether the frame is that of the bracket around the user's part. */
bool parser_is_outer(const parser *p, const parser_frame *frame);
/* At the ) of that bracket, or an error that says what the user's part lacks. */
void parser_close_outer(parser *p);
void parser_push_item(parser *p, uint32_t node);
/* Checks, bounds, counts and adds; FORMULA_NONE after a failure. */
uint32_t parser_add(parser *p, formula_node node);
uint32_t parser_add_uncounted(parser *p, formula_node node);
/* A node of the items from frame->base on, which are taken away. */
uint32_t parser_add_list(parser *p, const parser_frame *frame, formula_node node);
void parser_fail(parser *p, keda_status rc);

/* --- formula_parser_expr.c ---------------------------------------------------------------------- */

void parser_begin_expression(parser *p, uint16_t level);
void parser_begin_sequence(parser *p);

/* --- formula_parser_primary.c ------------------------------------------------------------------- */

void parser_primary(parser *p); /* a step */
/* What a name stands for; `expected` tells what it should have been when it stands for nothing. */
uint32_t parser_name(parser *p, const formula_token *name, const char *expected);
uint32_t parser_string(parser *p, const formula_token *word);

/* --- formula_parser_call.c ---------------------------------------------------------------------- */

/* A call of what `name` names; first: what a pipe gives it, or FORMULA_NONE. */
void parser_begin_call(parser *p, const formula_token *name, uint32_t first,
                       bool may_be_overridden);
/* The arguments of a value that is called. */
void parser_begin_method(parser *p, uint32_t callee, uint32_t at);
void parser_begin_array(parser *p);
void parser_begin_map(parser *p);

#endif
