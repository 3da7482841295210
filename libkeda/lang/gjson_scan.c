/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading values the lax way: brackets are counted, never matched, words are not spelt out, and what
 * begins no value is skipped. Which bytes are skipped where is the original's and part of the
 * contract.
 */
#include "gjson_inside.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/num.h"
#include "gofloat.h"

/* --- items --------------------------------------------------------------------------------------- */

bool gjson_exists(const gjson_item *item)
{
    return item->type != GJSON_NULL || item->raw.size > 0;
}

bool gjson_is_array(const gjson_item *item)
{
    return item->type == GJSON_JSON && gjson_starts(item->raw, '[');
}

bool gjson_is_object(const gjson_item *item)
{
    return item->type == GJSON_JSON && gjson_starts(item->raw, '{');
}

/* A plain integer, "-" allowed; saturates. */
static bool plain_integer(text_view raw, int64_t *out)
{
    const bool is_negative = gjson_starts(raw, '-');
    const text_view digits = is_negative ? gjson_rest(raw, 1) : raw;
    int64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        const int digit = digits.data[i] - '0';
        value = num_add_sat(num_mul_sat(value, 10), is_negative ? -digit : digit);
    }
    *out = value;
    return digits.size > 0;
}

int64_t gjson_integer(const gjson_item *item)
{
    static const double exact = 9007199254740991.0, top = 9223372036854775808.0;
    int64_t value = 0;
    if (item->type == GJSON_TRUE)
        return 1;
    if (item->type == GJSON_STRING)
        return plain_integer(item->str, &value) ? value : 0;
    if (item->type != GJSON_NUMBER || isnan(item->number))
        return 0;
    if (fabs(item->number) <= exact)
        return (int64_t)item->number;
    if (plain_integer(item->raw, &value))
        return value;
    if (item->number >= top)
        return INT64_MAX;
    return item->number < -top ? INT64_MIN : (int64_t)item->number;
}

bool gjson_truth(const gjson_item *item)
{
    static const char *const words[] = {"1", "t", "true"};
    for (size_t i = 0; item->type == GJSON_STRING && i < 3; i++)
        if (item->str.size == strlen(words[i]) &&
            strncasecmp(item->str.data, words[i], item->str.size) == 0)
            return true;
    return item->type == GJSON_TRUE ||
           (item->type == GJSON_NUMBER &&
            (item->number < 0.0 || item->number > 0.0 || isnan(item->number)));
}

/* The shortest digits of a double, written without an exponent. */
static text_view plain_number(gjson_run *run, double value)
{
    char text[32], digits[32];
    size_t ndigits = 0;
    int64_t exponent = 0, point = 0;
    keda_buf out = {0};
    (void)num_format_double(fabs(value), text, sizeof text);
    const size_t mantissa = strcspn(text, "e");
    if (text[mantissa] == 'e')
        (void)num_parse_i64(text + mantissa + 1, &exponent);
    point = (int64_t)(memchr(text, '.', mantissa) != NULL ? strcspn(text, ".") : mantissa);
    for (size_t i = 0; i < mantissa; i++)
        if (text[i] != '.')
            digits[ndigits++] = text[i];
    point += exponent;
    if (signbit(value))
        gjson_put_char(run, &out, '-');
    for (int64_t i = point < 1 ? point - 1 : 0; i < (int64_t)ndigits || i < point; i++) {
        if (i == point)
            gjson_put_char(run, &out, '.');
        gjson_put_char(run, &out, i >= 0 && i < (int64_t)ndigits ? digits[i] : '0');
    }
    return gjson_keep(run, &out);
}

static text_view number_text(gjson_run *run, const gjson_item *item)
{
    const text_view digits =
        gjson_starts(item->raw, '-') ? gjson_rest(item->raw, 1) : item->raw;
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            if (isnan(item->number))
                return gjson_literal("NaN");
            if (isinf(item->number))
                return gjson_literal(item->number > 0.0 ? "+Inf" : "-Inf");
            return plain_number(run, item->number);
        }
    return item->raw;
}

text_view gjson_text_of(gjson_run *run, const gjson_item *item)
{
    switch (item->type) {
    case GJSON_NULL:
        break;
    case GJSON_FALSE:
        return gjson_literal("false");
    case GJSON_TRUE:
        return gjson_literal("true");
    case GJSON_STRING:
        return item->str;
    case GJSON_JSON:
        return item->raw;
    case GJSON_NUMBER:
        return number_text(run, item);
    }
    return gjson_literal("");
}

/* --- bytes --------------------------------------------------------------------------------------- */

bool gjson_skip_string(text_view json, size_t *at, bool *has_escape)
{
    *has_escape = false;
    size_t i = *at;
    for (; i < json.size; i++) {
        if (json.data[i] == '"') {
            *at = i + 1;
            return true;
        }
        if (json.data[i] == '\\') {
            *has_escape = true;
            i++;
        }
    }
    *at = json.size;
    return false;
}

size_t gjson_squash(text_view json, size_t at, size_t depth)
{
    bool has_escape = false;
    while (at < json.size) {
        const char c = json.data[at++];
        if (c == '"') {
            if (!gjson_skip_string(json, &at, &has_escape))
                return json.size + 1;
        } else if (c == '{' || c == '[' || c == '(') {
            depth++;
        } else if (c == '}' || c == ']' || c == ')') {
            if (--depth == 0)
                return at;
        }
    }
    return json.size;
}

size_t gjson_squash_size(text_view text)
{
    bool has_escape = false;
    size_t end = 1;
    if (gjson_starts(text, '"'))
        (void)gjson_skip_string(text, &end, &has_escape);
    else
        end = gjson_squash(text, 1, 1);
    return end < text.size ? end : text.size;
}

/* Whether a word beginning with n is a number's name and not null. */
static bool is_nan(text_view json, size_t at)
{
    return at + 1 < json.size && json.data[at + 1] != 'u';
}

gjson_token gjson_token_at(text_view json, size_t at)
{
    const char c = json.data[at];
    switch (c) {
    case '"':
        return GJSON_QUOTE;
    case '{':
        return GJSON_OBJECT;
    case '[':
        return GJSON_ARRAY;
    case ']':
        return GJSON_CLOSE;
    case 't':
    case 'f':
        return GJSON_WORD;
    case 'n':
        return is_nan(json, at) ? GJSON_DIGITS : GJSON_WORD;
    case '+':
    case '-':
    case 'i':
    case 'I':
    case 'N':
        return GJSON_DIGITS;
    default:
        return c >= '0' && c <= '9' ? GJSON_DIGITS : GJSON_END;
    }
}

static bool ends_number(char c)
{
    return (unsigned char)c <= ' ' || c == ',' || c == ']' || c == '}';
}

static void read_number(text_view json, size_t *at, gjson_item *out)
{
    const size_t start = (*at)++;
    while (*at < json.size && !ends_number(json.data[*at]))
        ++*at;
    out->type = GJSON_NUMBER;
    out->raw = gjson_cut(json, start, *at);
    /* Unreadable is 0, too large is infinite; neither is an error here. */
    if (gofloat_parse(out->raw.data, out->raw.size, &out->number) == KEDA_EINVAL)
        out->number = 0.0;
}

static void read_word(text_view json, size_t *at, gjson_item *out)
{
    const size_t start = (*at)++;
    while (*at < json.size && json.data[*at] >= 'a' && json.data[*at] <= 'z')
        ++*at;
    const char first = json.data[start];
    out->type = first == 't' ? GJSON_TRUE : first == 'f' ? GJSON_FALSE : GJSON_NULL;
    out->raw = gjson_cut(json, start, *at);
}

static bool read_string(gjson_run *run, text_view json, size_t *at, gjson_item *out)
{
    const size_t start = (*at)++;
    bool has_escape = false;
    if (!gjson_skip_string(json, at, &has_escape))
        return false;
    const text_view inside = gjson_cut(json, start + 1, *at - 1);
    out->type = GJSON_STRING;
    out->raw = gjson_cut(json, start, *at);
    out->str = has_escape ? gjson_unescape(run, inside) : inside;
    return true;
}

bool gjson_read(gjson_run *run, text_view json, gjson_token token, size_t *at, gjson_item *out)
{
    const size_t start = *at;
    bool is_whole = true;
    *out = (gjson_item){.str = {"", 0}};
    if (token == GJSON_QUOTE) {
        is_whole = read_string(run, json, at, out);
    } else if (token == GJSON_OBJECT || token == GJSON_ARRAY) {
        *at = gjson_squash(json, *at + 1, 1);
        out->type = GJSON_JSON;
        out->raw = gjson_cut(json, start, *at);
    } else if (token == GJSON_WORD) {
        read_word(json, at, out);
    } else {
        read_number(json, at, out);
    }
    return gjson_work(run, *at - start) && is_whole;
}

bool gjson_next(gjson_run *run, text_view json, size_t *at, gjson_item *out)
{
    *out = (gjson_item){.str = {"", 0}};
    for (; *at < json.size && gjson_work(run, 1); ++*at) {
        const gjson_token token = gjson_token_at(json, *at);
        if (token != GJSON_END && token != GJSON_CLOSE)
            return gjson_read(run, json, token, at, out);
    }
    return false;
}

/* A string that may lack its end. */
static void parse_string(gjson_run *run, text_view json, gjson_item *out)
{
    size_t end = 1;
    bool has_escape = false;
    const bool is_closed = gjson_skip_string(json, &end, &has_escape);
    const text_view inside = gjson_cut(json, 1, is_closed ? end - 1 : end);
    out->type = GJSON_STRING;
    out->raw = gjson_cut(json, 0, end);
    out->str = has_escape ? gjson_unescape(run, inside) : inside;
}

gjson_item gjson_parse(gjson_run *run, text_view json)
{
    gjson_item item = {.raw = {"", 0}, .str = {"", 0}};
    size_t at = 0;
    while (at < json.size && (unsigned char)json.data[at] <= ' ')
        at++;
    if (at == json.size || !gjson_work(run, json.size))
        return item;
    const gjson_token token = gjson_token_at(json, at);
    if (token == GJSON_OBJECT || token == GJSON_ARRAY) {
        item.type = GJSON_JSON;
        item.raw = gjson_rest(json, at);
    } else if (token == GJSON_QUOTE) {
        parse_string(run, gjson_rest(json, at), &item);
    } else if (token == GJSON_WORD) {
        read_word(json, &at, &item);
    } else if (token == GJSON_DIGITS) {
        read_number(json, &at, &item);
    }
    return item;
}

/* --- members ------------------------------------------------------------------------------------- */

gjson_members gjson_members_of(gjson_run *run, const gjson_item *item)
{
    gjson_members m = {.run = run, .json = item->raw, .at = 1};
    m.is_object = gjson_is_object(item);
    m.is_lone = item->type != GJSON_JSON;
    m.is_done = !gjson_exists(item);
    if (m.is_lone)
        m.value = *item;
    return m;
}

static bool next_key(gjson_members *m)
{
    while (m->at < m->json.size && m->json.data[m->at] != '"')
        m->at++;
    return m->at < m->json.size && read_string(m->run, m->json, &m->at, &m->key);
}

bool gjson_members_next(gjson_members *m)
{
    if (m->is_done || m->run->rc != KEDA_OK)
        return false;
    if (m->is_lone) {
        m->is_done = true;
        return true;
    }
    const size_t start = m->at;
    m->is_done = (m->is_object && !next_key(m)) ||
                 !gjson_next(m->run, m->json, &m->at, &m->value) ||
                 !gjson_work(m->run, m->at > start ? m->at - start : 1);
    m->at++; /* the original passes over the byte behind each value */
    return !m->is_done;
}
