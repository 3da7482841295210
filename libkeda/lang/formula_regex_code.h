/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions of a regular expression; for formula_regex.c, which writes them, and
 * formula_regex_match.c, which runs them.
 */
#ifndef LANG_FORMULA_REGEX_CODE_H
#define LANG_FORMULA_REGEX_CODE_H

typedef enum regex_op {
    REGEX_MATCH = 0,
    REGEX_CLASS, /* low ranges follow; high: 1 all but these; a: behind them */
    REGEX_RANGE,
    REGEX_ANY,
    REGEX_JUMP,  /* a */
    REGEX_SPLIT, /* a and b */
    REGEX_BEGIN,
    REGEX_END,
    REGEX_LINE_BEGIN,
    REGEX_LINE_END,
    REGEX_WORD, /* where a word begins or ends */
    REGEX_NO_WORD
} regex_op;

enum { REGEX_FOLD = 1, REGEX_DOT_ALL = 2, REGEX_LINES = 4 };

#endif
