/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blanks, comments, words, numbers and signs. String literals are formula_literal.c's.
 */
#include "formula_lexer.h"

#include <string.h>

#include "formula_literal.h"
#include "gofloat.h"
#include "unicode.h"

enum { NO_CHARACTER = UNICODE_MAX + 1 };

/* The character at `at`, NO_CHARACTER at the end; *size its bytes. */
static uint32_t peek_at(const formula_lexer *l, uint32_t at, uint32_t *size)
{
    uint32_t c = NO_CHARACTER;
    *size = at < l->size ? (uint32_t)utf8_decode(l->text + at, l->size - at, &c) : 0;
    return c;
}

static char byte_at(const formula_lexer *l, uint32_t at)
{
    return at < l->size ? l->text[at] : '\0';
}

static bool is_word_character(uint32_t c)
{
    return c == '_' || c == '$' || unicode_is_letter(c) || unicode_is_digit(c);
}

/* Behind a comment that starts here, or where it was. */
static keda_status skip_comment(formula_lexer *l, keda_error *err)
{
    const uint32_t start = l->at;
    if (byte_at(l, start + 1) == '/') {
        const char *end = memchr(l->text + start, '\n', l->size - start);
        l->at = end != NULL ? (uint32_t)(end - l->text) + 1 : l->size;
        return KEDA_OK;
    }
    for (l->at += 2; l->at + 1 < l->size; l->at++)
        if (l->text[l->at] == '*' && l->text[l->at + 1] == '/') {
            l->at += 2;
            return KEDA_OK;
        }
    return formula_error_at(err, start, "a comment without its end: expected */");
}

static keda_status skip_blanks(formula_lexer *l, keda_error *err)
{
    keda_status rc = KEDA_OK;
    while (rc == KEDA_OK) {
        uint32_t size = 0;
        const uint32_t c = peek_at(l, l->at, &size);
        const char next = byte_at(l, l->at + 1);
        if (c < UNICODE_MAX && unicode_is_space(c)) {
            l->at += size;
            l->is_behind_hash = false;
        } else if (c == '/' && (next == '/' || next == '*')) {
            l->is_behind_hash = false;
            rc = skip_comment(l, err);
        } else {
            break;
        }
    }
    return rc;
}

/* --- words --------------------------------------------------------------------------------- */

static const struct word {
    const char *text;
    uint8_t sign, op;
} words[] = {
    {"not", 0, FORMULA_OP_NOT},
    {"in", 0, FORMULA_OP_IN},
    {"or", 0, FORMULA_OP_OR},
    {"and", 0, FORMULA_OP_AND},
    {"matches", 0, FORMULA_OP_MATCHES},
    {"contains", 0, FORMULA_OP_CONTAINS},
    {"startsWith", 0, FORMULA_OP_STARTS},
    {"endsWith", 0, FORMULA_OP_ENDS},
    {"let", FORMULA_SIGN_LET, 0},
    {"if", FORMULA_SIGN_IF, 0},
    {"else", FORMULA_SIGN_ELSE, 0},
};

static void lex_word(formula_lexer *l, formula_token *out)
{
    uint32_t size = 0;
    while (is_word_character(peek_at(l, l->at, &size)))
        l->at += size;
    out->size = l->at - out->at;
    out->kind = FORMULA_TOKEN_NAME;
    out->is_word = true;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !l->is_behind_hash; i++) {
        const struct word *w = &words[i];
        if (strlen(w->text) != out->size || memcmp(w->text, l->text + out->at, out->size) != 0)
            continue;
        out->kind = w->sign != 0 ? FORMULA_TOKEN_SIGN : FORMULA_TOKEN_OPERATOR;
        out->sign = w->sign;
        out->op = w->op;
    }
}

/* --- numbers ------------------------------------------------------------------------------- */

static bool is_digit_of(char c, uint32_t base)
{
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') < base;
    const char lower = (char)(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f';
}

/* Digits and "_" from here on. */
static void skip_digits(formula_lexer *l, uint32_t base)
{
    while (byte_at(l, l->at) == '_' || is_digit_of(byte_at(l, l->at), base))
        l->at++;
}

/* The base that the first two characters give, with l->at behind them; else 10. */
static uint32_t number_base(formula_lexer *l)
{
    static const char letters[] = "xob";
    static const uint32_t bases[] = {16, 8, 2};
    const char letter = (char)(byte_at(l, l->at + 1) | 0x20);
    const char *found = byte_at(l, l->at) == '0' ? strchr(letters, letter) : NULL;
    if (found == NULL || *found == '\0')
        return 10;
    l->at += 2;
    return bases[found - letters];
}

/* Moves behind the number; whether it has a point or an exponent goes to *is_float. */
static void skip_number(formula_lexer *l, uint32_t base, bool *is_float)
{
    skip_digits(l, base);
    if (byte_at(l, l->at) == '.') {
        if (byte_at(l, l->at + 1) == '.')
            return; /* 1..3 is a range */
        *is_float = true;
        l->at++;
        skip_digits(l, base);
    }
    if ((byte_at(l, l->at) | 0x20) == 'e') {
        *is_float = true;
        l->at++;
        if (byte_at(l, l->at) == '+' || byte_at(l, l->at) == '-')
            l->at++;
        skip_digits(l, base);
    }
}

static keda_status read_integer(const char *digits, size_t size, uint32_t base, int64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        const char c = digits[i];
        const uint64_t digit = (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        if (value > ((uint64_t)INT64_MAX - digit) / base)
            return KEDA_ELIMIT;
        value = value * base + digit;
    }
    *out = (int64_t)value;
    return size > 0 ? KEDA_OK : KEDA_EINVAL;
}

/* The number without its "_"; longer ones are no number anybody writes. */
enum { MAX_NUMBER = 1024 };

static keda_status lex_number(formula_lexer *l, formula_token *out, keda_error *err)
{
    char digits[MAX_NUMBER];
    size_t n = 0;
    bool is_float = false;
    uint32_t size = 0;
    const uint32_t base = number_base(l);
    const uint32_t first = l->at;
    skip_number(l, base, &is_float);
    out->size = l->at - out->at;
    if (is_word_character(peek_at(l, l->at, &size)))
        return formula_error_at(err, l->at, "a name right behind a number");
    for (uint32_t i = first; i < l->at; i++) {
        if (l->text[i] != '_' && n == sizeof digits)
            return formula_error_at(err, out->at, "a number of more than %d digits",
                                    MAX_NUMBER);
        if (l->text[i] != '_')
            digits[n++] = l->text[i];
    }
    out->kind = is_float ? FORMULA_TOKEN_FLOAT : FORMULA_TOKEN_INT;
    keda_status rc = KEDA_EINVAL;
    if (!is_float)
        rc = read_integer(digits, n, base, &out->value.integer);
    else if (base == 10)
        rc = gofloat_parse(digits, n, &out->value.real);
    if (rc == KEDA_ELIMIT)
        return formula_error_at(err, out->at, "the number is too large");
    return rc == KEDA_OK ? KEDA_OK
                         : formula_error_at(err, out->at, "a number without all its digits");
}

/* --- signs --------------------------------------------------------------------------------- */

static const struct sign {
    const char *text;
    uint8_t sign, op;
} signs[] = {
    /* longest first */
    {"&&", 0, FORMULA_OP_AND},      {"||", 0, FORMULA_OP_OR},
    {"==", 0, FORMULA_OP_EQ},       {"!=", 0, FORMULA_OP_NE},
    {"<=", 0, FORMULA_OP_LE},       {">=", 0, FORMULA_OP_GE},
    {"**", 0, FORMULA_OP_POW},      {"..", 0, FORMULA_OP_RANGE},
    {"??", 0, FORMULA_OP_COALESCE}, {"?.", FORMULA_SIGN_OPTIONAL, 0},
    {"::", FORMULA_SIGN_SCOPE, 0},  {"##", FORMULA_SIGN_NONE, 0},
    {"|", 0, FORMULA_OP_PIPE},      {"<", 0, FORMULA_OP_LT},
    {">", 0, FORMULA_OP_GT},        {"!", 0, FORMULA_OP_NOT},
    {"+", 0, FORMULA_OP_ADD},       {"-", 0, FORMULA_OP_SUB},
    {"*", 0, FORMULA_OP_MUL},       {"/", 0, FORMULA_OP_DIV},
    {"%", 0, FORMULA_OP_MOD},       {"^", 0, FORMULA_OP_POW},
    {"&", FORMULA_SIGN_NONE, 0},
};

static void set_sign(formula_token *out, uint8_t sign, uint8_t op, uint32_t size)
{
    out->kind = op != 0 ? FORMULA_TOKEN_OPERATOR : FORMULA_TOKEN_SIGN;
    out->sign = sign;
    out->op = op;
    out->size = size;
}

static bool lex_sign(formula_lexer *l, formula_token *out)
{
    const char c = byte_at(l, l->at);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const size_t size = strlen(signs[i].text);
        if (l->size - l->at >= size && memcmp(l->text + l->at, signs[i].text, size) == 0) {
            set_sign(out, signs[i].sign, signs[i].op, (uint32_t)size);
            break;
        }
    }
    if (out->size == 0 && c != '\0' && strchr("()[]{},;:?.#=", c) != NULL)
        set_sign(out, (uint8_t)c, 0, 1);
    /* "=*" or "<&" is one sign to upstream too, and nothing that the language has. */
    const bool may_grow = out->size == 1 && strchr("&!=*<>", c) != NULL;
    if (may_grow && byte_at(l, l->at + 1) != '\0' && strchr("&=*", byte_at(l, l->at + 1)))
        set_sign(out, FORMULA_SIGN_NONE, 0, 2);
    l->at += out->size;
    l->is_behind_hash = c == '#';
    return out->size > 0;
}

keda_status formula_lexer_next(formula_lexer *l, formula_token *out, keda_error *err)
{
    memset(out, 0, sizeof *out);
    const keda_status rc = skip_blanks(l, err);
    if (rc != KEDA_OK)
        return rc;
    out->at = l->at;
    uint32_t size = 0;
    const uint32_t c = peek_at(l, l->at, &size);
    const char next = byte_at(l, l->at + 1);
    if (c == NO_CHARACTER)
        return KEDA_OK;
    if (l->is_behind_hash && is_word_character(c)) {
        lex_word(l, out);
        l->is_behind_hash = false;
        return KEDA_OK;
    }
    l->is_behind_hash = false;
    if (c == '\'' || c == '"' || c == '`' ||
        ((c | 0x20) == 'b' && (next == '\'' || next == '"')))
        return formula_literal_string(l, out, err);
    if ((c >= '0' && c <= '9') || (c == '.' && next >= '0' && next <= '9'))
        return lex_number(l, out, err);
    if (is_word_character(c)) {
        lex_word(l, out);
        return KEDA_OK;
    }
    if (lex_sign(l, out))
        return KEDA_OK;
    return formula_error_at(err, l->at, "a character that no formula has: U+%04X", (unsigned)c);
}
