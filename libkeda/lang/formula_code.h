/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled formula: instructions for a stack machine, constants and scratch, all in one block.
 * formula_emit.c writes it, formula_machine.c runs it.
 */
#ifndef LANG_FORMULA_CODE_H
#define LANG_FORMULA_CODE_H

#include "formula.h"
#include "formula_value.h"

typedef enum formula_code_op {
    CODE_CONST = 0, /* arg: constant */
    CODE_INT,       /* arg: the value */
    CODE_NIL,
    CODE_BOOL,  /* n */
    CODE_NAME,  /* arg: trigger */
    CODE_LOCAL, /* arg: variable */
    CODE_STORE, /* arg: variable; takes one */
    CODE_ENV,
    CODE_POP,
    CODE_UNARY,        /* n: operator */
    CODE_BINARY,       /* n: operator */
    CODE_SAME_INTS,    /* n: negated; == of what must be integers */
    CODE_SAME_STRINGS, /* n: negated */
    CODE_IN_INTS,      /* the set is on the stack */
    CODE_IN_STRINGS,
    CODE_JUMP,      /* arg: target, here and below */
    CODE_BRANCH,    /* takes a bool; jumps when false */
    CODE_JUMP_TRUE, /* these look at the top and leave it */
    CODE_JUMP_FALSE,
    CODE_JUMP_NIL,
    CODE_JUMP_SET,
    CODE_ARRAY, /* arg: count */
    CODE_MAP,   /* arg: count of keys and values */
    CODE_MEMBER,
    CODE_SLICE,   /* n: 1 has from, 2 has to */
    CODE_BUILTIN, /* n: function, arg: count */
    CODE_CALL,    /* arg: count; fails */
    CODE_RESULT,
    /* loops of functions with a closure; n: function */
    CODE_BEGIN, /* n: with the flags below; takes the collection; arg: CODE_END's place */
    CODE_THIRD, /* takes the third argument; arg as CODE_BEGIN */
    CODE_SKIP,  /* takes a bool; false: next item; arg: CODE_NEXT's place */
    CODE_STEP, /* takes what the closure gave; arg: the closure's place, when more items come */
    CODE_APPEND, /* the same for what is kept of an item; arg as CODE_STEP */
    CODE_FOUND,  /* takes what find gives */
    CODE_NEXT,   /* arg as CODE_STEP */
    CODE_END,    /* gives the result; arg: 1 when nothing found is an error */
    CODE_LIMIT,  /* arg: how many are enough for count */
    CODE_ITEM,
    CODE_INDEX,
    CODE_ACC
} formula_code_op;

enum {
    CODE_HAS_THIRD = 0x40,  /* order of sortBy, first value of reduce */
    CODE_KEEPS_OTHER = 0x80 /* what filter and find give is an expression of its own */
};

typedef struct formula_insn {
    uint8_t op; /* a formula_code_op */
    uint8_t n;
    uint16_t at; /* offset in the user's text */
    int32_t arg;
} formula_insn;

/* A loop that is running. */
typedef struct formula_scope {
    formula_value collection;
    formula_value acc;  /* of sum and reduce; what find found */
    formula_value *out; /* what filter and map keep; keys of sortBy and groupBy */
    formula_value *keys;
    uint32_t index, left; /* item, and how many come with it */
    uint32_t count;       /* kept, or that were true */
    uint32_t enough;      /* for count; 0: no limit */
    uint32_t capacity;    /* of out; 0: it grows at the end of the heap */
    uint32_t mark;        /* heap in use before the item */
    uint8_t fn;
    bool is_settled; /* found, or decided before the end */
    bool is_descending;
} formula_scope;

struct formula {
    size_t size_bytes;
    const formula_insn *code;
    const formula_value *constants;
    const char *text;         /* the user's, terminated */
    const char *const *names; /* only when $env is used as a map; else NULL */
    const bool *is_used;
    size_t ncode, nnames;
    uint32_t text_size;
    /* scratch; one evaluation at a time */
    formula_value *stack, *locals, *heap;
    formula_scope *scopes;
    uint32_t stack_size, heap_size, scopes_size;
};

#endif
