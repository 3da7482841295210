/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plain scalar means: YAML 1.1 as the YAML library of Kubernetes' tools resolves it (no base 60,
 * times stay texts). kubectl turns documents into JSON with it before anything else sees them.
 */
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "tree.h"

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(text, words) is_one_of(text, words, sizeof(words) / sizeof(words)[0])

static bool resolve_word(node *n)
{
    static const char *const yes[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                      "True", "TRUE", "on",  "On",  "ON"};
    static const char *const no[] = {"n",     "N",     "no",  "No",  "NO", "false",
                                     "False", "FALSE", "off", "Off", "OFF"};
    static const char *const nothing[] = {"", "~", "null", "Null", "NULL"};
    static const char *const not_a_number[] = {".nan", ".NaN", ".NAN"};
    static const char *const infinite[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                           "+.INF", "-.inf", "-.Inf", "-.INF"};
    const char *text = n->text;
    if (IS_ONE_OF(text, yes) || IS_ONE_OF(text, no)) {
        n->type = NODE_BOOL;
        n->boolean = IS_ONE_OF(text, yes);
    } else if (IS_ONE_OF(text, nothing)) {
        n->type = NODE_NULL;
    } else if (IS_ONE_OF(text, not_a_number)) {
        n->type = NODE_REAL;
        n->real = (double)NAN;
    } else if (IS_ONE_OF(text, infinite)) {
        n->type = NODE_REAL;
        n->real = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    } else {
        return false;
    }
    return true;
}

/* 0x1f, 0b11, 0o17, 017; -1 for another digit. */
static int digit_of(char c, int base)
{
    int digit = -1;
    if (c >= '0' && c <= '9')
        digit = c - '0';
    else if (c >= 'a' && c <= 'f')
        digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
        digit = c - 'A' + 10;
    return digit < base ? digit : -1;
}

static const char *skip_base(const char *digits, int *base)
{
    *base = 10;
    if (digits[0] != '0' || digits[1] == '\0')
        return digits;
    const char mark = (char)(digits[1] | 0x20);
    *base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    return digits + (mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
}

typedef enum integer_result { INTEGER_OK, INTEGER_TOO_LARGE, INTEGER_NONE } integer_result;

static integer_result parse_integer(const char *text, int64_t *out)
{
    const bool is_negative = *text == '-';
    int base = 10;
    const char *p = skip_base(text + (*text == '-' || *text == '+'), &base);
    integer_result result = *p == '\0' ? INTEGER_NONE : INTEGER_OK;
    int64_t value = 0; /* below zero, where there is one more */
    for (; *p != '\0'; p++) {
        const int digit = digit_of(*p, base);
        if (digit < 0)
            return INTEGER_NONE;
        if (__builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            result = INTEGER_TOO_LARGE;
    }
    if (result == INTEGER_OK && !is_negative && value == INT64_MIN)
        result = INTEGER_TOO_LARGE;
    if (result == INTEGER_OK)
        *out = is_negative ? value : -value;
    return result;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool is_float(const char *p)
{
    static const char digits[] = "0123456789";
    if (*p == '-' || *p == '+')
        p++;
    const size_t whole = strspn(p, digits);
    size_t fraction = 0;
    p += whole;
    if (*p == '.') {
        fraction = strspn(p + 1, digits);
        p += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '-' || *p == '+')
            p++;
        const size_t exponent = strspn(p, digits);
        if (exponent == 0)
            return false;
        p += exponent;
    }
    return *p == '\0';
}

/* Underscores between digits are dropped; longer texts are no numbers to anybody. */
static bool without_underscores(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (; *text != '\0' && n + 1 < size; text++)
        if (*text != '_')
            out[n++] = *text;
    out[n] = '\0';
    return *text == '\0';
}

static void resolve_number(node *n)
{
    char text[512];
    double real = 0.0;
    if (!without_underscores(n->text, text, sizeof text))
        return;
    switch (parse_integer(text, &n->integer)) {
    case INTEGER_OK:
        n->type = NODE_INTEGER;
        n->real = (double)n->integer;
        return;
    case INTEGER_TOO_LARGE:
        n->type = NODE_REAL;
        n->real = text[0] == '-' ? -HUGE_VAL : HUGE_VAL;
        break;
    case INTEGER_NONE:
        break;
    }
    if (is_float(text) && num_parse_double(text, &real)) {
        n->type = NODE_REAL;
        n->real = real;
    }
}

void tree_resolve(node *scalar)
{
    const char first = scalar->text[0];
    scalar->type = NODE_STRING;
    /* Most texts begin like nothing else does; strchr also finds the end of an empty one. */
    if (strchr("yYnNtTfFoO~.+-", first) != NULL && resolve_word(scalar))
        return;
    if (strchr("0123456789+-.", first) != NULL)
        resolve_number(scalar);
}
