/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser of one token ahead for label selectors, with upstream's rules for keys and values (KEDA:
 * labels.Parse). Keywords are ordinary words where no operator can stand.
 */
#include "label_selector.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"

enum { MAX_NAME = 63, MAX_PREFIX = 253 };

typedef enum token {
    TOKEN_END = 0,
    TOKEN_WORD,
    TOKEN_COMMA,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_NOT,
    /* operators with values */
    TOKEN_EQUAL,
    TOKEN_EQUAL_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_GREATER,
    TOKEN_LESS,
    TOKEN_IN,
    TOKEN_NOT_IN
} token;

typedef struct requirement {
    text_view key;
    token operator;        /* TOKEN_WORD: the key is there; TOKEN_NOT: it is not */
    size_t first, nvalues; /* in parser.values */
} requirement;

typedef struct parser {
    const char *text, *at; /* at: behind the token ahead */
    token ahead;
    text_view word; /* of the token ahead */
    requirement *requirements;
    size_t nrequirements, requirements_capacity;
    text_view *values;
    size_t nvalues, values_capacity;
    keda_error *err;
} parser;

/* ---- tokens */

static const struct {
    const char *text;
    token token;
} symbols[] = {{"==", TOKEN_EQUAL_EQUAL}, {"!=", TOKEN_NOT_EQUAL}, {"=", TOKEN_EQUAL},
               {"!", TOKEN_NOT},          {"(", TOKEN_OPEN},       {")", TOKEN_CLOSE},
               {",", TOKEN_COMMA},        {">", TOKEN_GREATER},    {"<", TOKEN_LESS}};

static bool is_word(text_view word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.data, text, word.size) == 0;
}

static token word_token(text_view word)
{
    if (is_word(word, "in"))
        return TOKEN_IN;
    return is_word(word, "notin") ? TOKEN_NOT_IN : TOKEN_WORD;
}

static void next(parser *p)
{
    p->at += strspn(p->at, " \t\r\n");
    p->word = (text_view){.data = p->at, .size = strcspn(p->at, " \t\r\n=!(),<>")};
    if (p->word.size > 0) {
        p->ahead = word_token(p->word);
    } else {
        p->ahead = TOKEN_END;
        for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
            if (!text_has_prefix(p->at, symbols[i].text))
                continue;
            p->ahead = symbols[i].token;
            p->word.size = strlen(symbols[i].text);
            break;
        }
    }
    p->at += p->word.size;
}

/* in and notin are words where no operator can stand. */
static bool is_word_ahead(const parser *p)
{
    return p->ahead == TOKEN_WORD || p->ahead == TOKEN_IN || p->ahead == TOKEN_NOT_IN;
}

static int column_of(const parser *p)
{
    return (int)(p->word.data - p->text) + 1;
}

static keda_status expected(const parser *p, const char *what)
{
    if (p->ahead == TOKEN_END)
        return keda_error_set(p->err, KEDA_EINVAL, "column %d: expected %s, not the end",
                              column_of(p), what);
    return keda_error_set(p->err, KEDA_EINVAL, "column %d: expected %s, not \"%.*s\"",
                          column_of(p), what, p->word.size > 64 ? 64 : (int)p->word.size,
                          p->word.data);
}

/* ---- keys and values */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(const char *data, size_t size)
{
    if (size == 0 || size > MAX_NAME || !is_alphanumeric(data[0]) ||
        !is_alphanumeric(data[size - 1]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_alphanumeric(data[i]) && strchr("-_.", data[i]) == NULL)
            return false;
    return true;
}

static bool is_lower(char c)
{
    return is_alphanumeric(c) && !(c >= 'A' && c <= 'Z');
}

/* Labels of a DNS name: lower case, dashes inside. */
static bool is_domain(const char *data, size_t size)
{
    if (size == 0 || size > MAX_PREFIX)
        return false;
    for (size_t i = 0; i < size; i++) {
        const bool is_edge =
            i == 0 || i == size - 1 || data[i - 1] == '.' || data[i + 1] == '.';
        if (data[i] == '.' ? is_edge : !is_lower(data[i]) && (data[i] != '-' || is_edge))
            return false;
    }
    return true;
}

static bool is_key(text_view key)
{
    const char *slash = memchr(key.data, '/', key.size);

    if (slash == NULL)
        return is_name(key.data, key.size);
    const size_t prefix = (size_t)(slash - key.data);
    return is_domain(key.data, prefix) && is_name(slash + 1, key.size - prefix - 1);
}

static bool is_integer(text_view value)
{
    char text[32];
    int64_t number = 0;

    if (value.size >= sizeof text)
        return false;
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    return num_parse_i64(text, &number);
}

/* ---- requirements */

static keda_status add_value(parser *p, text_view value)
{
    void *values = p->values;
    const keda_status rc =
        mem_grow(&values, &p->values_capacity, p->nvalues, sizeof *p->values, p->err);

    p->values = values;
    if (rc == KEDA_OK)
        p->values[p->nvalues++] = value;
    return rc;
}

static keda_status take_value(parser *p)
{
    if (p->word.size > 0 && !is_name(p->word.data, p->word.size))
        return expected(p, "a label value: at most 63 letters, digits, dashes, underscores and "
                           "dots, with a letter or digit at both ends");
    const keda_status rc = add_value(p, p->word);
    next(p);
    return rc;
}

/* KEDA: where a value is missing it is the empty one. */
static keda_status read_exact(parser *p, token operator)
{
    if (p->ahead == TOKEN_END || p->ahead == TOKEN_COMMA) {
        if (operator== TOKEN_GREATER || operator== TOKEN_LESS)
            return expected(p, "a whole number");
        return add_value(p, (text_view){.data = p->word.data});
    }
    if (!is_word_ahead(p))
        return expected(p, "a value");
    if ((operator== TOKEN_GREATER || operator== TOKEN_LESS) && !is_integer(p->word))
        return expected(p, "a whole number");
    return take_value(p);
}

/* Upstream's way with commas: "(a,)" and "(a,,b)" have the empty value, "(a,,)" is an error. */
static keda_status read_comma(parser *p, bool is_first)
{
    const text_view empty = {.data = p->word.data};
    keda_status rc = is_first ? add_value(p, empty) : KEDA_OK;

    next(p);
    if (rc != KEDA_OK || (p->ahead != TOKEN_COMMA && p->ahead != TOKEN_CLOSE))
        return rc;
    rc = add_value(p, empty);
    if (rc != KEDA_OK || p->ahead == TOKEN_CLOSE)
        return rc;
    next(p);
    return is_word_ahead(p) || p->ahead == TOKEN_COMMA ? rc : expected(p, "a value or \",\"");
}

static keda_status read_list(parser *p)
{
    const size_t first = p->nvalues;
    keda_status rc = KEDA_OK;

    if (p->ahead != TOKEN_OPEN)
        return expected(p, "\"(\"");
    next(p);
    do {
        if (p->ahead == TOKEN_COMMA)
            rc = read_comma(p, p->nvalues == first);
        else if (!is_word_ahead(p))
            return expected(p, "a value");
        else if ((rc = take_value(p)) == KEDA_OK && p->ahead != TOKEN_COMMA &&
                 p->ahead != TOKEN_CLOSE)
            return expected(p, "\",\" or \")\"");
    } while (rc == KEDA_OK && p->ahead != TOKEN_CLOSE);
    if (rc == KEDA_OK)
        next(p);
    return rc;
}

static keda_status read_operator(parser *p, requirement *r)
{
    if (p->ahead < TOKEN_EQUAL)
        return expected(p, "an operator, \",\" or the end");
    r->operator= p->ahead;
    r->first = p->nvalues;
    next(p);
    const bool is_list = r->operator== TOKEN_IN || r->operator== TOKEN_NOT_IN;
    const keda_status rc = is_list ? read_list(p) : read_exact(p, r->operator);
    r->nvalues = p->nvalues - r->first;
    return rc;
}

static keda_status read_requirement(parser *p, requirement *r)
{
    const bool is_absence = p->ahead == TOKEN_NOT;

    *r = (requirement){.operator= is_absence ? TOKEN_NOT : TOKEN_WORD };
    if (is_absence)
        next(p);
    if (!is_word_ahead(p))
        return expected(p, "a label key");
    if (!is_key(p->word))
        return expected(p, "a label key: a name of at most 63 letters, digits, dashes, "
                           "underscores and dots, perhaps behind a domain and \"/\"");
    r->key = p->word;
    next(p);
    if (is_absence || p->ahead == TOKEN_END || p->ahead == TOKEN_COMMA)
        return KEDA_OK;
    return read_operator(p, r);
}

static keda_status add_requirement(parser *p)
{
    requirement r;
    keda_status rc = read_requirement(p, &r);

    if (rc != KEDA_OK)
        return rc;
    void *items = p->requirements;
    rc = mem_grow(&items, &p->requirements_capacity, p->nrequirements, sizeof r, p->err);
    p->requirements = items;
    if (rc == KEDA_OK)
        p->requirements[p->nrequirements++] = r;
    return rc;
}

static keda_status read_all(parser *p)
{
    keda_status rc = KEDA_OK;

    next(p);
    while (rc == KEDA_OK && p->ahead != TOKEN_END) {
        rc = add_requirement(p);
        if (rc != KEDA_OK || p->ahead == TOKEN_END)
            return rc;
        if (p->ahead != TOKEN_COMMA)
            return expected(p, "\",\" or the end");
        next(p);
        if (!is_word_ahead(p) && p->ahead != TOKEN_NOT)
            return expected(p, "a label key");
    }
    return rc;
}

/* ---- canonical text */

static int compare_views(const text_view *a, const text_view *b)
{
    const size_t size = a->size < b->size ? a->size : b->size;
    const int order = size == 0 ? 0 : memcmp(a->data, b->data, size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static int by_text(const void *a, const void *b)
{
    return compare_views(a, b);
}

/* Those of one key stay in the order written. */
static int by_key(const void *a, const void *b)
{
    const requirement *left = a, *right = b;
    const int order = compare_views(&left->key, &right->key);
    return order != 0 ? order
                      : (left->key.data > right->key.data) - (left->key.data < right->key.data);
}

static keda_status put_values(keda_buf *out, text_view *values, size_t n)
{
    keda_status rc = KEDA_OK;

    qsort(values, n, sizeof *values, by_text);
    for (size_t i = 0; rc == KEDA_OK && i < n; i++) {
        if (i > 0 && compare_views(&values[i - 1], &values[i]) == 0)
            continue;
        if (i > 0)
            rc = buf_putc(out, ',');
        if (rc == KEDA_OK)
            rc = buf_append(out, values[i].data, values[i].size);
    }
    return rc;
}

static keda_status put_requirement(keda_buf *out, const parser *p, const requirement *r)
{
    static const char *const before[] = {
        [TOKEN_EQUAL] = "=",        [TOKEN_EQUAL_EQUAL] = "==", [TOKEN_NOT_EQUAL] = "!=",
        [TOKEN_GREATER] = ">",      [TOKEN_LESS] = "<",         [TOKEN_IN] = " in (",
        [TOKEN_NOT_IN] = " notin ("};
    keda_status rc = buf_puts(out, r->operator== TOKEN_NOT ? "!" : "");

    if (rc == KEDA_OK)
        rc = buf_append(out, r->key.data, r->key.size);
    if (rc != KEDA_OK || r->operator<TOKEN_EQUAL)
        return rc;
    if ((rc = buf_puts(out, before[r->operator])) == KEDA_OK)
        rc = put_values(out, p->values + r->first, r->nvalues);
    if (rc == KEDA_OK && r->operator>= TOKEN_IN)
        rc = buf_putc(out, ')');
    return rc;
}

static keda_status put_all(keda_buf *out, parser *p)
{
    keda_status rc = buf_puts(out, "");

    if (p->nrequirements > 1)
        qsort(p->requirements, p->nrequirements, sizeof *p->requirements, by_key);
    for (size_t i = 0; rc == KEDA_OK && i < p->nrequirements; i++) {
        rc = buf_puts(out, i > 0 ? "," : "");
        if (rc == KEDA_OK)
            rc = put_requirement(out, p, &p->requirements[i]);
    }
    return rc == KEDA_OK ? rc : keda_error_set(p->err, rc, "out of memory");
}

keda_status label_selector_parse(const char *text, keda_buf *canonical, keda_error *err)
{
    parser p = {.text = text, .at = text, .err = err};

    if (strlen(text) > LABEL_SELECTOR_MAX_BYTES)
        return keda_error_set(err, KEDA_ELIMIT, "a selector has at most %d bytes",
                              (int)LABEL_SELECTOR_MAX_BYTES);
    keda_status rc = read_all(&p);
    if (rc == KEDA_OK)
        rc = put_all(canonical, &p);
    mem_free(p.requirements);
    mem_free(p.values);
    return rc;
}
