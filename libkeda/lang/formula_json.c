/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fromJSON: a JSON text as values. Strict, as encoding/json is; all numbers are floats.
 */
#include "formula_machine.h"

#include <string.h>

#include "formula_writer.h"
#include "gofloat.h"
#include "unicode.h"

typedef struct reader {
    machine *m;
    const char *text;
    size_t size, at;
} reader;

static formula_value read_value(reader *r, uint32_t depth);

static void fail(reader *r)
{
    machine_fail(r->m, "fromJSON: no JSON at byte %zu", r->at + 1);
}

static char peek(const reader *r)
{
    return r->at < r->size ? r->text[r->at] : '\0';
}

static void skip_blanks(reader *r)
{
    while (r->at < r->size && strchr(" \t\r\n", peek(r)) != NULL && peek(r) != '\0')
        r->at++;
}

static bool accept(reader *r, const char *word)
{
    const size_t size = strlen(word);
    if (r->size - r->at < size || memcmp(r->text + r->at, word, size) != 0)
        return false;
    r->at += size;
    return true;
}

/* --- strings ----------------------------------------------------------------------------------- */

static bool read_hex(reader *r, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        const char c = peek(r);
        const char lower = (char)(c | 0x20);
        const int digit = c >= '0' && c <= '9'           ? c - '0'
                          : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                         : -1;
        if (digit < 0)
            return false;
        *out = *out * 16 + (uint32_t)digit;
    }
    return true;
}

/* Behind \u: one character, maybe of two halves; a half alone is no character. */
static bool read_unicode(reader *r, uint32_t *out)
{
    uint32_t low = 0;
    if (!read_hex(r, out))
        return false;
    if (*out < 0xd800 || *out > 0xdfff)
        return true;
    const size_t before = r->at;
    if (*out <= 0xdbff && accept(r, "\\u")) {
        if (!read_hex(r, &low))
            return false;
        if (low >= 0xdc00 && low <= 0xdfff) {
            *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
            return true;
        }
        r->at = before;
    }
    *out = UNICODE_REPLACEMENT;
    return true;
}

static bool read_escape(reader *r, uint32_t *out)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char c = peek(r);
    const char *found = c != '\0' ? strchr(letters, c) : NULL;
    r->at++;
    if (c == 'u')
        return read_unicode(r, out);
    if (found == NULL)
        return false;
    *out = (uint32_t)(unsigned char)values[found - letters];
    return true;
}

static formula_value read_string(reader *r)
{
    writer w = writer_begin(r->m);
    uint32_t c = 0;
    r->at++;
    while (r->m->rc == KEDA_OK && peek(r) != '"') {
        bool is_good = r->at < r->size && (unsigned char)peek(r) >= 0x20;
        if (is_good && peek(r) == '\\') {
            r->at++;
            is_good = read_escape(r, &c);
        } else if (is_good) {
            r->at += utf8_decode(r->text + r->at, r->size - r->at, &c);
        }
        if (!is_good)
            fail(r);
        writer_put_character(&w, c);
    }
    r->at++;
    return writer_end(&w);
}

/* --- numbers ----------------------------------------------------------------------------------- */

static size_t skip_digits(reader *r)
{
    const size_t start = r->at;
    while (peek(r) >= '0' && peek(r) <= '9')
        r->at++;
    return r->at - start;
}

static formula_value read_number(reader *r)
{
    const size_t start = r->at;
    double value = 0.0;
    if (peek(r) == '-')
        r->at++;
    bool is_good = peek(r) == '0' ? (r->at++, true) : skip_digits(r) > 0;
    if (is_good && peek(r) == '.') {
        r->at++;
        is_good = skip_digits(r) > 0;
    }
    if (is_good && (peek(r) | 0x20) == 'e') {
        r->at++;
        if (peek(r) == '+' || peek(r) == '-')
            r->at++;
        is_good = skip_digits(r) > 0;
    }
    if (!is_good || gofloat_parse(r->text + start, r->at - start, &value) != KEDA_OK)
        fail(r);
    return formula_float(value);
}

/* --- arrays and objects ------------------------------------------------------------------------ */

/* Items, or keys and values, of what opens here: one more than its commas and colons. */
static uint32_t count_items(reader *r)
{
    uint32_t depth = 0, commas = 0;
    bool is_string = false;
    for (size_t i = r->at; i < r->size && machine_spend(r->m, 1); i++) {
        const char c = r->text[i];
        if (is_string) {
            i += c == '\\' ? 1 : 0;
            is_string = c != '"';
        } else if (c == '"') {
            is_string = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            break;
        }
        commas += !is_string && depth == 1 && (c == ',' || c == ':') ? 1 : 0;
    }
    return commas + 1;
}

static formula_value read_array(reader *r, uint32_t depth)
{
    const uint32_t most = count_items(r);
    formula_value *cells = machine_cells(r->m, most);
    uint32_t size = 0;
    r->at++;
    skip_blanks(r);
    bool goes_on = cells != NULL && !accept(r, "]");
    while (goes_on && r->m->rc == KEDA_OK && size < most) {
        cells[size++] = read_value(r, depth + 1);
        goes_on = accept(r, ",");
        if (!goes_on && !accept(r, "]"))
            fail(r);
    }
    if (goes_on)
        fail(r);
    return formula_array(cells, size);
}

static bool read_pair(reader *r, formula_value *pair, uint32_t depth)
{
    skip_blanks(r);
    if (peek(r) != '"') {
        fail(r);
        return false;
    }
    pair[0] = read_string(r);
    skip_blanks(r);
    if (!accept(r, ":"))
        fail(r);
    pair[1] = read_value(r, depth + 1);
    return r->m->rc == KEDA_OK;
}

static formula_value read_object(reader *r, uint32_t depth)
{
    const uint32_t most = count_items(r);
    formula_value *cells = machine_cells(r->m, (uint64_t)most + 1);
    uint32_t size = 0;
    r->at++;
    skip_blanks(r);
    bool goes_on = cells != NULL && !accept(r, "}");
    while (goes_on && r->m->rc == KEDA_OK && size + 2 <= most + 1) {
        if (!read_pair(r, cells + size, depth))
            break;
        size += 2;
        goes_on = accept(r, ",");
        if (!goes_on && !accept(r, "}"))
            fail(r);
    }
    if (goes_on)
        fail(r);
    return r->m->rc == KEDA_OK ? machine_map(r->m, cells, size) : formula_nil();
}

static formula_value read_value(reader *r, uint32_t depth)
{
    formula_value v = formula_nil();
    skip_blanks(r);
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(r->m, "fromJSON: nested too deep");
    if (r->m->rc != KEDA_OK || !machine_spend(r->m, 1))
        return v;
    const char c = peek(r);
    if (c == '"')
        v = read_string(r);
    else if (c == '[')
        v = read_array(r, depth);
    else if (c == '{')
        v = read_object(r, depth);
    else if (c == '-' || (c >= '0' && c <= '9'))
        v = read_number(r);
    else if (accept(r, "true"))
        v = formula_bool(true);
    else if (accept(r, "false"))
        v = formula_bool(false);
    else if (!accept(r, "null"))
        fail(r);
    skip_blanks(r);
    return v;
}

formula_value machine_from_json(machine *m, const formula_value *text)
{
    reader r = {.m = m, .text = text->as.text, .size = text->size};
    const formula_value v = read_value(&r, 0);
    if (m->rc == KEDA_OK && r.at != r.size)
        fail(&r);
    return v;
}
