/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Escapes and quotes. An escape names a character, in a byte literal a byte.
 */
#include "formula_literal.h"

#include <string.h>

#include "unicode.h"

typedef struct literal {
    formula_lexer *l;
    char quote;
    bool is_bytes;
} literal;

static char at(const literal *s)
{
    return s->l->at < s->l->size ? s->l->text[s->l->at] : '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Exactly n digits of the base (8 or 16), from here on. */
static bool read_digits(literal *s, int n, int base, uint32_t *out)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++, s->l->at++) {
        const int digit = hex_digit(at(s));
        if (digit < 0 || digit >= base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    *out = value > UNICODE_MAX ? UNICODE_MAX + 1 : (uint32_t)value;
    return value <= UNICODE_MAX;
}

/* \u{...}: one to six digits; s is behind the brace. */
static bool read_braced(literal *s, uint32_t *out)
{
    int n = 0;
    while (n <= 6 && s->l->at + (uint32_t)n < s->l->size &&
           hex_digit(s->l->text[s->l->at + (uint32_t)n]) >= 0)
        n++;
    if (n == 0 || n > 6 || !read_digits(s, n, 16, out) || at(s) != '}')
        return false;
    s->l->at++;
    return true;
}

/* The character an escape stands for; s is behind the backslash. */
static bool read_escape(literal *s, uint32_t *out)
{
    static const char plain[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char c = at(s);
    const char *found = c != '\0' ? strchr(plain, c) : NULL;
    if (c >= '0' && c <= '3')
        return read_digits(s, 3, 8, out) && (!s->is_bytes || *out <= 0xff);
    s->l->at++;
    if (found != NULL || c == s->quote) {
        *out = found != NULL ? (uint32_t)(unsigned char)values[found - plain] : (uint32_t)c;
        return true;
    }
    if (c == 'x')
        return read_digits(s, 2, 16, out);
    if (s->is_bytes)
        return false;
    if (c == 'u' && at(s) == '{') {
        s->l->at++;
        return read_braced(s, out);
    }
    return c == 'u' ? read_digits(s, 4, 16, out) : c == 'U' && read_digits(s, 8, 16, out);
}

static keda_status put(literal *s, uint32_t c, bool is_byte, keda_error *err)
{
    char bytes[UTF8_MAX];
    size_t size = 1;
    if (is_byte)
        bytes[0] = (char)c;
    else
        size = utf8_encode(c, bytes);
    return formula_tree_text(s->l->tree, bytes, size, err);
}

/* One character or escape of a quoted literal. */
static keda_status read_quoted(literal *s, keda_error *err)
{
    formula_lexer *l = s->l;
    const uint32_t start = l->at;
    uint32_t c = 0;
    if (at(s) == '\\') {
        l->at++;
        if (!read_escape(s, &c))
            return formula_error_at(err, start, "an escape that strings do not have");
        return put(s, c, s->is_bytes, err);
    }
    l->at += (uint32_t)utf8_decode(l->text + l->at, l->size - l->at, &c);
    return put(s, c == '\r' ? '\n' : c, false, err);
}

static keda_status read_raw(literal *s, bool *is_done, keda_error *err)
{
    formula_lexer *l = s->l;
    const bool is_quote = at(s) == '`';
    if (is_quote && (l->at + 1 >= l->size || l->text[l->at + 1] != '`')) {
        *is_done = true;
        return KEDA_OK;
    }
    const keda_status rc = formula_tree_text(l->tree, l->text + l->at, 1, err);
    l->at += is_quote ? 2 : 1;
    return rc;
}

static keda_status read_text(literal *s, uint32_t start, keda_error *err)
{
    keda_status rc = KEDA_OK;
    bool is_done = false;
    while (rc == KEDA_OK && !is_done) {
        if (s->l->at >= s->l->size || (s->quote != '`' && at(s) == '\n'))
            return formula_error_at(err, start, "a string without its end: expected %c",
                                    s->quote);
        if (s->quote == '`')
            rc = read_raw(s, &is_done, err);
        else if (at(s) == s->quote)
            is_done = true;
        else
            rc = read_quoted(s, err);
    }
    s->l->at++;
    return rc;
}

keda_status formula_literal_string(formula_lexer *l, formula_token *out, keda_error *err)
{
    literal s = {.l = l, .is_bytes = (l->text[l->at] | 0x20) == 'b'};
    if (s.is_bytes)
        l->at++;
    s.quote = l->text[l->at++];
    out->kind = s.is_bytes ? FORMULA_TOKEN_BYTES : FORMULA_TOKEN_STRING;
    out->value.text.at = (uint32_t)l->tree->ntexts;
    const keda_status rc = read_text(&s, out->at, err);
    out->size = l->at - out->at;
    out->value.text.size = (uint32_t)l->tree->ntexts - out->value.text.at;
    return rc;
}
