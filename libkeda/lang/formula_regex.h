/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions for `matches`: RE2's syntax without \p, \C and flags beyond i, s, m, U. Linear
 * time, no memory of its own.
 */
#ifndef LANG_FORMULA_REGEX_H
#define LANG_FORMULA_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGEX_MAX = 1024 /* instructions */ };

/* Places are relative, so that a part can be moved and repeated as it is. */
typedef struct regex_insn {
    uint8_t op;
    uint8_t flags;
    int16_t a, b;       /* where to go on */
    uint32_t low, high; /* characters; of a class: how many ranges follow */
} regex_insn;

typedef struct regex {
    regex_insn code[REGEX_MAX];
    uint32_t size;
} regex;

/* Scratch of a match. */
typedef struct regex_state {
    uint16_t current[REGEX_MAX], next[REGEX_MAX], pending[REGEX_MAX];
    uint32_t mark[REGEX_MAX]; /* of the position an instruction was reached at */
    uint64_t steps;           /* left; 0 when the match was given up */
} regex_state;

/* NULL, or what is wrong with the pattern, with its place. */
const char *regex_compile(regex *out, const char *pattern, size_t size, size_t *at);
bool regex_matches(const regex *r, regex_state *state, const char *text, size_t size);

#endif
