/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads an exposition line by line. Families are remembered by name: their type decides what their
 * samples are, and saying it twice, or too late, is an error (KEDA: expfmt's text parser).
 */
#include "prom_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gofloat.h"
#include "unicode.h"

/* Answers of HTTP are bounded; this bounds the families in one. */
enum { MAX_FAMILIES = 100000, MAX_LABELS = 256, BUCKETS = 1024 };

typedef enum family_type {
    TYPE_UNSET = 0,
    TYPE_PLAIN, /* untyped, counter, gauge */
    TYPE_SUMMARY,
    TYPE_HISTOGRAM
} family_type;

typedef struct family {
    struct family *next; /* in its bucket */
    family_type type;
    bool has_help;
    size_t size;
    char name[];
} family;

typedef struct reader {
    const char *at, *end; /* of the line being read */
    int32_t line;
    family *buckets[BUCKETS];
    size_t nfamilies;
    const prom_selector *selector;
    bool is_found;
    double value;
    keda_buf texts; /* of one sample's labels */
    size_t nlabels;
    struct {
        size_t name, name_size, value, value_size; /* places in `texts` */
    } labels[MAX_LABELS];
    keda_error *err;
} reader;

static keda_status fail(reader *r, const char *expected)
{
    const keda_status rc = keda_error_set(
        r->err, KEDA_EPROTOCOL, "metrics, line %d: expected %s", (int)r->line, expected);
    if (r->err != NULL)
        r->err->line = r->line;
    return rc;
}

static keda_status out_of_memory(reader *r)
{
    return keda_error_set(r->err, KEDA_ENOMEM, "out of memory");
}

/* --- pieces of a line ---------------------------------------------------------------------------- */

static char peek(const reader *r)
{
    return r->at < r->end ? *r->at : '\n';
}

static void skip_blanks(reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

static bool take(reader *r, char c)
{
    const bool is_there = r->at < r->end && *r->at == c;
    r->at += is_there ? 1 : 0;
    return is_there;
}

static text_view take_until_blank(reader *r)
{
    const char *start = r->at;
    while (peek(r) != ' ' && peek(r) != '\t' && peek(r) != '\n')
        r->at++;
    return (text_view){start, (size_t)(r->at - start)};
}

static text_view take_name(reader *r, bool is_metric)
{
    const char *start = r->at;
    for (;; r->at++) {
        const char lower = (char)(peek(r) | 0x20);
        const bool is_digit = peek(r) >= '0' && peek(r) <= '9';
        if (!(lower >= 'a' && lower <= 'z') && peek(r) != '_' &&
            !(is_metric && peek(r) == ':') && !(is_digit && r->at > start))
            break;
    }
    return (text_view){start, (size_t)(r->at - start)};
}

static bool is_text(text_view t, const char *text)
{
    return t.size == strlen(text) && memcmp(t.data, text, t.size) == 0;
}

/* A float as this format writes it; too large is none. */
static bool read_float(text_view t, double *out)
{
    for (size_t i = 0; i < t.size; i++)
        if (t.data[i] == 'p' || t.data[i] == 'P' || t.data[i] == '_')
            return false;
    return gofloat_parse(t.data, t.size, out) == KEDA_OK;
}

static bool is_utf8(const char *text, size_t size)
{
    uint32_t c = 0;
    for (size_t i = 0, n = 0; i < size; i += n) {
        n = utf8_decode(text + i, size - i, &c);
        if (n == 1 && c == UNICODE_REPLACEMENT)
            return false;
    }
    return true;
}

/* A quoted text, unescaped onto the end of `texts`. */
static keda_status take_quoted(reader *r, size_t *place, size_t *size)
{
    *place = r->texts.size;
    r->at++;
    while (!take(r, '"')) {
        char c = peek(r);
        if (r->at == r->end)
            return fail(r, "a closing quote");
        r->at++;
        if (c == '\\') {
            c = peek(r);
            r->at++;
            if (c != '\\' && c != '"' && c != 'n')
                return fail(r, "\\\\, \\\" or \\n");
            c = c == 'n' ? '\n' : c;
            if (r->at > r->end)
                return fail(r, "a closing quote");
        }
        if (buf_putc(&r->texts, c) != KEDA_OK)
            return out_of_memory(r);
    }
    *size = r->texts.size - *place;
    return is_utf8(r->texts.data + *place, *size) ? KEDA_OK : fail(r, "a text in UTF-8");
}

/* --- families ------------------------------------------------------------------------------------ */

static family **bucket_of(reader *r, text_view name)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 16777619U;
    return &r->buckets[hash % BUCKETS];
}

static family *find(reader *r, text_view name)
{
    for (family *f = *bucket_of(r, name); f != NULL; f = f->next)
        if (f->size == name.size && memcmp(f->name, name.data, name.size) == 0)
            return f;
    return NULL;
}

/* The family whose samples have this suffix; NULL unless it is of that type. */
static family *find_owner(reader *r, text_view name, const char *suffix, family_type type)
{
    const size_t size = strlen(suffix);
    if (name.size <= size || memcmp(name.data + name.size - size, suffix, size) != 0)
        return NULL;
    family *owner = find(r, (text_view){name.data, name.size - size});
    return owner != NULL && owner->type == type ? owner : NULL;
}

static keda_status add(reader *r, text_view name, family **out)
{
    if (r->nfamilies == MAX_FAMILIES)
        return keda_error_set(r->err, KEDA_ELIMIT, "more than %d metrics", MAX_FAMILIES);
    family *made = mem_zalloc(1, sizeof *made + name.size + 1);
    if (made == NULL)
        return out_of_memory(r);
    memcpy(made->name, name.data, name.size);
    made->size = name.size;
    family **bucket = bucket_of(r, name);
    made->next = *bucket;
    *bucket = made;
    r->nfamilies++;
    *out = made;
    return KEDA_OK;
}

/* The family a name belongs to: its own, a summary's or histogram's, or a new one. */
static keda_status family_of(reader *r, text_view name, family **out)
{
    static const struct {
        const char *suffix;
        family_type type;
    } owned[] = {{"_count", TYPE_SUMMARY},
                 {"_sum", TYPE_SUMMARY},
                 {"_bucket", TYPE_HISTOGRAM},
                 {"_count", TYPE_HISTOGRAM},
                 {"_sum", TYPE_HISTOGRAM}};
    *out = find(r, name);
    for (size_t i = 0; *out == NULL && i < sizeof owned / sizeof owned[0]; i++)
        *out = find_owner(r, name, owned[i].suffix, owned[i].type);
    return *out != NULL ? KEDA_OK : add(r, name, out);
}

/* --- comments ------------------------------------------------------------------------------------ */

static keda_status read_help(reader *r, family *f)
{
    if (f->has_help)
        return fail(r, "one HELP for each metric");
    f->has_help = true;
    for (; r->at < r->end; r->at++)
        if (*r->at == '\\' && (++r->at >= r->end || (*r->at != '\\' && *r->at != 'n')))
            return fail(r, "\\\\ or \\n");
    return KEDA_OK;
}

static keda_status read_type(reader *r, family *f)
{
    static const struct {
        const char *name;
        family_type type;
    } types[] = {{"counter", TYPE_PLAIN},       {"gauge", TYPE_PLAIN},
                 {"untyped", TYPE_PLAIN},       {"summary", TYPE_SUMMARY},
                 {"histogram", TYPE_HISTOGRAM}, {"gauge_histogram", TYPE_HISTOGRAM}};
    const text_view name = {r->at, (size_t)(r->end - r->at)};
    if (f->type != TYPE_UNSET)
        return fail(r, "one TYPE for each metric, before its samples");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (name.size == strlen(types[i].name) &&
            strncasecmp(name.data, types[i].name, name.size) == 0)
            f->type = types[i].type;
    return f->type != TYPE_UNSET ? KEDA_OK : fail(r, "a metric type");
}

static keda_status read_comment(reader *r)
{
    family *f = NULL;
    text_view name = {"", 0};
    size_t place = 0;
    keda_status rc = KEDA_OK;
    skip_blanks(r);
    const text_view keyword = take_until_blank(r);
    const bool is_help = is_text(keyword, "HELP");
    if (!is_help && !is_text(keyword, "TYPE"))
        return KEDA_OK;
    skip_blanks(r);
    if (peek(r) == '"') {
        r->texts.size = 0;
        rc = take_quoted(r, &place, &name.size);
        name.data = r->texts.data + place;
    } else {
        name = take_name(r, true);
    }
    if (rc != KEDA_OK || r->at == r->end)
        return rc;
    if (name.size == 0 || (peek(r) != ' ' && peek(r) != '\t'))
        return fail(r, "a metric's name");
    if ((rc = family_of(r, name, &f)) != KEDA_OK)
        return rc;
    skip_blanks(r);
    if (r->at == r->end)
        return KEDA_OK;
    return is_help ? read_help(r, f) : read_type(r, f);
}

/* --- samples ------------------------------------------------------------------------------------- */

static bool label_is(const reader *r, size_t i, text_view name)
{
    return r->labels[i].name_size == name.size &&
           memcmp(r->texts.data + r->labels[i].name, name.data, name.size) == 0;
}

/* Behind a label's name, which is the last of `labels`. */
static keda_status take_label_value(reader *r)
{
    const size_t n = r->nlabels;
    const text_view name = {r->texts.data + r->labels[n].name, r->labels[n].name_size};
    if (is_text(name, "__name__"))
        return fail(r, "a label other than __name__");
    for (size_t i = 0; i < n; i++)
        if (label_is(r, i, name))
            return fail(r, "each label once");
    skip_blanks(r);
    if (peek(r) != '"')
        return fail(r, "a quoted value");
    const keda_status rc = take_quoted(r, &r->labels[n].value, &r->labels[n].value_size);
    r->nlabels += rc == KEDA_OK ? 1 : 0;
    return rc;
}

/* One item in braces. A quoted text alone is the metric's name. */
static keda_status take_item(reader *r, family **f)
{
    const size_t n = r->nlabels;
    keda_status rc = KEDA_OK;
    const bool is_quoted = peek(r) == '"';
    if (n == MAX_LABELS)
        return keda_error_set(r->err, KEDA_ELIMIT, "more than %d labels", MAX_LABELS);
    if (is_quoted) {
        rc = take_quoted(r, &r->labels[n].name, &r->labels[n].name_size);
    } else {
        const text_view name = take_name(r, false);
        r->labels[n].name = r->texts.size;
        r->labels[n].name_size = name.size;
        if (buf_append(&r->texts, name.data, name.size) != KEDA_OK)
            rc = out_of_memory(r);
    }
    if (rc != KEDA_OK)
        return rc;
    if (r->labels[n].name_size == 0)
        return fail(r, "a label");
    skip_blanks(r);
    if (take(r, '='))
        return take_label_value(r);
    if (!is_quoted || *f != NULL)
        return fail(r, "\"=\" behind a label");
    return family_of(r, (text_view){r->texts.data + r->labels[n].name, r->labels[n].name_size},
                     f);
}

static keda_status take_labels(reader *r, family **f)
{
    skip_blanks(r);
    while (!take(r, '}')) {
        const keda_status rc = take_item(r, f);
        if (rc != KEDA_OK)
            return rc;
        skip_blanks(r);
        if (!take(r, ',') && peek(r) != '}')
            return fail(r, "\",\" or \"}\"");
        skip_blanks(r);
    }
    return KEDA_OK;
}

/* Quantiles and bucket bounds must be numbers. */
static bool labels_are_good(const reader *r, const family *f)
{
    const char *bound = f->type == TYPE_SUMMARY     ? "quantile"
                        : f->type == TYPE_HISTOGRAM ? "le"
                                                    : NULL;
    double value = 0.0;
    for (size_t i = 0; bound != NULL && i < r->nlabels; i++)
        if (label_is(r, i, (text_view){bound, strlen(bound)}) &&
            !read_float(
                (text_view){r->texts.data + r->labels[i].value, r->labels[i].value_size},
                &value))
            return false;
    return true;
}

static bool has_pair(const reader *r, const prom_pair *pair)
{
    for (size_t i = 0; i < r->nlabels; i++)
        if (label_is(r, i, pair->name))
            return r->labels[i].value_size == pair->value.size &&
                   memcmp(r->texts.data + r->labels[i].value, pair->value.data,
                          pair->value.size) == 0;
    return false;
}

static bool is_wanted(const reader *r, const family *f)
{
    const prom_selector *s = r->selector;
    if (r->is_found || f->type != TYPE_PLAIN || f->size != s->name.size ||
        memcmp(f->name, s->name.data, f->size) != 0)
        return false;
    for (size_t i = 0; i < s->nlabels; i++)
        if (!has_pair(r, &s->labels[i]))
            return false;
    return true;
}

/* Decimal digits with a sign, in 64 bits. */
static bool is_timestamp(text_view t)
{
    char digits[24];
    double value = 0.0;
    const size_t sign = t.size > 0 && (t.data[0] == '-' || t.data[0] == '+') ? 1 : 0;
    if (t.size == sign || t.size >= sizeof digits)
        return false;
    memcpy(digits, t.data, t.size);
    digits[t.size] = '\0';
    if (strspn(digits + sign, "0123456789") != t.size - sign)
        return false;
    return gofloat_parse(digits, t.size, &value) == KEDA_OK && value < 9223372036854775808.0 &&
           value >= -9223372036854775808.0;
}

/* Behind name and labels: the value, and a timestamp or none. */
static keda_status read_value(reader *r, const family *f)
{
    double value = 0.0;
    skip_blanks(r);
    if (!read_float(take_until_blank(r), &value))
        return fail(r, "a number");
    if (is_wanted(r, f)) {
        r->is_found = true;
        r->value = value;
    }
    if (r->at == r->end)
        return KEDA_OK;
    skip_blanks(r);
    if (!is_timestamp(take_until_blank(r)))
        return fail(r, "a timestamp");
    skip_blanks(r);
    return r->at == r->end ? KEDA_OK : fail(r, "the line's end");
}

static keda_status read_sample(reader *r)
{
    family *f = NULL;
    keda_status rc = KEDA_OK;
    r->texts.size = 0;
    r->nlabels = 0;
    const text_view name = take_name(r, true);
    if (name.size > 0)
        rc = family_of(r, name, &f);
    if (rc == KEDA_OK && name.size > 0)
        skip_blanks(r);
    if (rc == KEDA_OK && take(r, '{'))
        rc = take_labels(r, &f);
    if (rc != KEDA_OK)
        return rc;
    if (f == NULL)
        return fail(r, "a metric's name");
    if (f->type == TYPE_UNSET)
        f->type = TYPE_PLAIN;
    return labels_are_good(r, f) ? read_value(r, f) : fail(r, "a number as quantile or le");
}

/* --- the text ------------------------------------------------------------------------------------ */

static keda_status read_line(reader *r)
{
    skip_blanks(r);
    if (r->at == r->end)
        return KEDA_OK;
    return take(r, '#') ? read_comment(r) : read_sample(r);
}

static keda_status read_all(reader *r, const char *text, size_t size)
{
    const char *end = text + size;
    keda_status rc = buf_append(&r->texts, "", 0); /* never NULL from here on */
    if (rc != KEDA_OK)
        return out_of_memory(r);
    for (const char *line = text; rc == KEDA_OK && line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *next = stop != NULL ? stop + 1 : end;
        if (stop == NULL)
            stop = end;
        else if (stop > line && stop[-1] == '\r')
            stop--;
        r->line++;
        r->at = line;
        r->end = stop;
        rc = read_line(r);
        line = next;
    }
    return rc;
}

static void free_families(reader *r)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (r->buckets[i] != NULL) {
            family *next = r->buckets[i]->next;
            mem_free(r->buckets[i]);
            r->buckets[i] = next;
        }
}

keda_status prom_text_find(const char *text, size_t size, const prom_selector *selector,
                           double *out, keda_error *err)
{
    reader *r = mem_zalloc(1, sizeof *r);
    if (r == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    r->selector = selector;
    r->err = err;
    keda_status rc = read_all(r, text, size);
    if (rc == KEDA_OK && !r->is_found)
        rc = keda_error_set(err, KEDA_EPROTOCOL, "the answer has no such metric");
    if (rc == KEDA_OK)
        *out = r->value;
    free_families(r);
    keda_buf_clear(&r->texts);
    mem_free(r);
    return rc;
}
