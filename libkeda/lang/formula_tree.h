/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree of a formula while it is compiled: nodes, lists of nodes and texts in one place, named by
 * index. Children come before their parents. Nothing of it outlives formula_compile.
 */
#ifndef LANG_FORMULA_TREE_H
#define LANG_FORMULA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <keda/error.h>

#include "formula_operator.h"
#include "formula_type.h"

/* Upstream's limits, and ours where it has none. */
enum {
    FORMULA_MAX_NODES = 10000,
    FORMULA_MAX_TEXT = 64 * 1024,
    FORMULA_MAX_OPEN = 32768 /* rules begun and not ended at one place; a bracket takes three */
};

/* No node; also "any number" of a bound. */
#define FORMULA_NONE UINT32_MAX

typedef enum formula_node_kind {
    FORMULA_NIL = 0,
    FORMULA_BOOL,
    FORMULA_INT,
    FORMULA_FLOAT,
    FORMULA_STRING,
    FORMULA_BYTES,      /* text: a list of small integers */
    FORMULA_LITERALS,   /* list: an array of literals, made once */
    FORMULA_INT_SET,    /* list: the right side of `in`, as a set of integers */
    FORMULA_STRING_SET, /* list: the same with strings */
    FORMULA_NAME,       /* index: a trigger's value */
    FORMULA_LOCAL,      /* index: a variable of let */
    FORMULA_ENV,        /* $env */
    FORMULA_FUNCTION,   /* a function's name used as a value, which is nil */
    FORMULA_UNARY,      /* a */
    FORMULA_BINARY,     /* a, b */
    FORMULA_CHAIN,      /* a: where ?. stops */
    FORMULA_MEMBER,     /* a, b: key */
    FORMULA_SLICE,      /* a, b: from, c: to; either may be NONE */
    FORMULA_CALL,       /* a: what is called, list; fails when it runs */
    FORMULA_BUILTIN,  /* op: function, list; a: closure of what filter and find give, or NONE */
    FORMULA_CLOSURE,  /* a */
    FORMULA_POINTER,  /* op: a formula_pointer */
    FORMULA_LET,      /* index, a: value, b: body */
    FORMULA_SEQUENCE, /* list */
    FORMULA_CONDITION, /* a, b: then, c: else */
    FORMULA_ARRAY,     /* list */
    FORMULA_MAP,       /* list: key, value, key, value ... */
    FORMULA_RESULT     /* a: as a float unless nil */
} formula_node_kind;

typedef enum formula_pointer {
    FORMULA_POINTER_ITEM = 0,
    FORMULA_POINTER_INDEX,
    FORMULA_POINTER_ACC
} formula_pointer;

enum {
    FORMULA_OPTIONAL = 1, /* member: ?. */
    FORMULA_THROWS = 2    /* find: nothing found is an error */
};

typedef struct formula_node {
    uint8_t kind; /* a formula_node_kind */
    uint8_t op;
    uint8_t flags;
    bool has_index; /* #index is used in it */
    formula_type type;
    uint32_t at; /* offset in the text */
    uint32_t a, b, c;
    uint32_t list, count; /* of formula_tree.lists */
    /* Bounds for the scratch area; FORMULA_NONE: none known. */
    uint32_t length;      /* items, or bytes of a string */
    uint32_t item_length; /* the same of each item */
    uint32_t heap;        /* cells that evaluating takes, the result's included */
    union {
        int64_t integer; /* also: index, threshold of count (0: none) */
        double real;
        bool flag;
        struct {
            uint32_t at, size; /* of formula_tree.texts */
        } text;
    } value;
} formula_node;

typedef struct formula_tree {
    formula_node *nodes;
    size_t count, capacity;
    uint32_t *lists;
    size_t nlists, lists_capacity;
    char *texts;
    size_t ntexts, texts_capacity;
    formula_types types;
    size_t counted; /* nodes as upstream counts them */
    uint32_t root;  /* FORMULA_NONE until known */
    size_t nlocals; /* variables of let, each its own */
} formula_tree;

void formula_tree_clear(formula_tree *tree);

/* A node without children. */
formula_node formula_node_of(formula_node_kind kind, formula_type type, uint32_t at);

/* Adds a node and counts it. Errors: KEDA_ENOMEM, KEDA_EINVAL beyond the limit. */
KEDA_MUST_USE keda_status formula_tree_add(formula_tree *tree, const formula_node *node,
                                           uint32_t *out, keda_error *err);
/* The same without counting, for what is made of counted nodes. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_tree_make(formula_tree *tree, const formula_node *node,
                                            uint32_t *out, keda_error *err);
/* Appends a list, its place in *at. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_tree_list(formula_tree *tree, const uint32_t *items,
                                            size_t count, uint32_t *at, keda_error *err);
/* Appends bytes to the texts. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status formula_tree_text(formula_tree *tree, const char *bytes, size_t size,
                                            keda_error *err);

/* Whether both are written alike. */
bool formula_tree_equal(const formula_tree *tree, uint32_t a, uint32_t b);

/* KEDA_EINVAL at a place of the text; compile turns the offset into line and column. */
KEDA_MUST_USE keda_status formula_error_at(keda_error *err, uint32_t at, const char *format,
                                           ...) KEDA_PRINTF(3, 4);

#endif
