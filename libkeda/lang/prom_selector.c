/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads `name{label="value", ...}` as the original's query language does: words of the language that
 * cannot name a metric are refused, quotes and escapes are Go's.
 */
#include "prom_selector.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "unicode.h"

/* A selector is a line of configuration. */
enum { MAX_SIZE = 1 << 16 };

typedef struct reader {
    prom_selector *out;
    const char *text, *at;
    keda_error *err;
} reader;

static keda_status fail(const reader *r, const char *expected)
{
    const keda_status rc =
        keda_error_set(r->err, KEDA_EINVAL, "metric selector, column %zu: expected %s",
                       (size_t)(r->at - r->text) + 1, expected);
    if (r->err != NULL)
        r->err->column = (int32_t)(r->at - r->text) + 1;
    return rc;
}

static void skip_blanks(reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

static bool take(reader *r, char c)
{
    const bool is_there = *r->at == c;
    r->at += is_there ? 1 : 0;
    return is_there;
}

static bool is_letter(char c, char also)
{
    const char lower = (char)(c | 0x20);
    return c != '\0' && ((lower >= 'a' && lower <= 'z') || c == '_' || c == also);
}

/* Letters, "_", `also`, and behind the first of them digits. */
static text_view take_word(reader *r, char also)
{
    const char *start = r->at;
    while (is_letter(*r->at, also) || (r->at > start && *r->at >= '0' && *r->at <= '9'))
        r->at++;
    return (text_view){start, (size_t)(r->at - start)};
}

/* Words of the query language that name no metric. */
static bool is_reserved(text_view word)
{
    static const char *const words[] = {"inf",        "nan",         "on",   "ignoring",
                                        "group_left", "group_right", "atan2"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == word.size && strncasecmp(words[i], word.data, word.size) == 0)
            return true;
    return false;
}

/* Values of digits in a base, -1 when there are fewer. */
static int64_t digits(const char *p, int n, int base)
{
    int64_t value = 0;
    for (int i = 0; i < n; i++) {
        static const char all[] = "0123456789abcdef";
        const char lower = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] + 32) : p[i];
        const char *found = lower != '\0' ? strchr(all, lower) : NULL;
        if (found == NULL || found - all >= base)
            return -1;
        value = value * base + (found - all);
    }
    return value;
}

static keda_status put_rune(keda_buf *out, int64_t rune)
{
    char bytes[UTF8_MAX];
    return buf_append(out, bytes, utf8_encode((uint32_t)rune, bytes));
}

static bool is_rune(int64_t value)
{
    return value <= 0x10ffff && (value < 0xd800 || value >= 0xe000);
}

/* \xHH, \ooo, \uHHHH, \UHHHHHHHH; behind the backslash. */
static keda_status take_numeric(reader *r)
{
    const char kind = *r->at;
    const bool is_octal = kind >= '0' && kind <= '7';
    const int size = is_octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    const int64_t value = size > 0 ? digits(r->at + !is_octal, size, is_octal ? 8 : 16) : -1;
    const bool is_wide = kind == 'u' || kind == 'U';
    if (value < 0 || (is_octal && value > 255) || (is_wide && !is_rune(value)))
        return fail(r, "an escape such as \\\" or \\n");
    r->at += size + !is_octal;
    return is_wide ? put_rune(&r->out->texts, value) : buf_putc(&r->out->texts, (char)value);
}

static keda_status take_escape(reader *r, char quote)
{
    static const char letters[] = "abfnrtv\\", meanings[] = "\a\b\f\n\r\t\v\\";
    const char *found = *r->at != '\0' ? strchr(letters, *r->at) : NULL;
    if (found == NULL && *r->at != quote)
        return take_numeric(r);
    const char c = found != NULL ? meanings[found - letters] : quote;
    r->at++;
    return buf_putc(&r->out->texts, c);
}

/* A quoted text; its place in `texts`. */
static keda_status take_string(reader *r, text_view *out)
{
    const char quote = *r->at;
    const size_t start = r->out->texts.size;
    keda_status rc = KEDA_OK;
    r->at++;
    while (rc == KEDA_OK && *r->at != quote) {
        if (*r->at == '\0' || (*r->at == '\n' && quote != '`'))
            return fail(r, "the closing quote");
        if (*r->at == '\\' && quote != '`') {
            r->at++;
            rc = take_escape(r, quote);
        } else {
            rc = buf_putc(&r->out->texts, *r->at++);
        }
    }
    if (rc != KEDA_OK)
        return rc;
    r->at++;
    *out = (text_view){r->out->texts.data + start, r->out->texts.size - start};
    return KEDA_OK;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static keda_status set_name(reader *r, text_view name, bool *has_name)
{
    if (*has_name)
        return fail(r, "one metric name");
    *has_name = true;
    r->out->name = name;
    return KEDA_OK;
}

/* Behind a label's name: operator and value. "__name__" is the metric's, the last one counts. */
static keda_status take_value(reader *r, text_view name, bool has_name)
{
    static const char *const operators[] = {"=~", "!~", "!=", "="};
    text_view value = {"", 0};
    size_t i = 0;
    while (i < 4 && strncmp(r->at, operators[i], strlen(operators[i])) != 0)
        i++;
    if (i == 4)
        return fail(r, "=, !=, =~ or !~");
    r->at += strlen(operators[i]);
    skip_blanks(r);
    if (!is_quote(*r->at))
        return fail(r, "a quoted value");
    const keda_status rc = take_string(r, &value);
    if (rc != KEDA_OK)
        return rc;
    if (name.size == 8 && memcmp(name.data, "__name__", 8) == 0) {
        if (has_name)
            return fail(r, "one metric name");
        r->out->name = value;
        return KEDA_OK;
    }
    if (r->out->nlabels == PROM_SELECTOR_MAX_LABELS)
        return keda_error_set(r->err, KEDA_ELIMIT, "metric selector: more than %d labels",
                              PROM_SELECTOR_MAX_LABELS);
    r->out->labels[r->out->nlabels++] = (prom_pair){name, value};
    return KEDA_OK;
}

/* One item in braces: a quoted metric name, or a label with its value. */
static keda_status take_item(reader *r, bool *has_name)
{
    text_view name = {"", 0};
    const bool is_quoted = is_quote(*r->at);
    keda_status rc = KEDA_OK;
    if (is_quoted)
        rc = take_string(r, &name);
    else
        name = take_word(r, '_');
    if (rc != KEDA_OK)
        return rc;
    if (!is_quoted && name.size == 0)
        return fail(r, "a label");
    skip_blanks(r);
    if (is_quoted && (*r->at == ',' || *r->at == '}'))
        return set_name(r, name, has_name);
    return take_value(r, name, *has_name);
}

static keda_status take_braces(reader *r, bool *has_name)
{
    skip_blanks(r);
    while (!take(r, '}')) {
        const keda_status rc = take_item(r, has_name);
        if (rc != KEDA_OK)
            return rc;
        skip_blanks(r);
        if (!take(r, ',') && *r->at != '}')
            return fail(r, "\",\" or \"}\"");
        skip_blanks(r);
    }
    return KEDA_OK;
}

keda_status prom_selector_parse(prom_selector *out, const char *text, keda_error *err)
{
    reader r = {out, text, text, err};
    bool has_name = false;
    keda_status rc = KEDA_OK;
    *out = (prom_selector){.name = {"", 0}};
    const size_t size = strlen(text);
    if (size > MAX_SIZE)
        return keda_error_set(err, KEDA_ELIMIT, "metric selector: too long");
    /* Unescaping never makes a text longer, so that views into `texts` stay where they are. */
    if (buf_append(&out->texts, text, size) != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    buf_truncate(&out->texts, 0);
    skip_blanks(&r);
    const text_view word = take_word(&r, ':');
    if (is_reserved(word) || (word.size == 0 && *r.at != '{'))
        return fail(&r, "a metric's name");
    if (word.size > 0)
        rc = set_name(&r, word, &has_name);
    skip_blanks(&r);
    if (rc == KEDA_OK && take(&r, '{'))
        rc = take_braces(&r, &has_name);
    if (rc != KEDA_OK)
        return rc;
    skip_blanks(&r);
    return *r.at == '\0' ? KEDA_OK : fail(&r, "the end");
}

void prom_selector_clear(prom_selector *selector)
{
    keda_buf_clear(&selector->texts);
    *selector = (prom_selector){.name = {"", 0}};
}
