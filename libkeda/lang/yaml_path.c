/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads one YAML document by libyaml and walks down it. Scalars are resolved as Go's yaml.v3 does it:
 * 0x1F, 010 and 1_000 are integers, "yes" is a text (KEDA: metrics-api, format yaml).
 */
#include "yaml_path.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/num.h"
#include "base/text.h"
#include "gofloat.h"
#include "quantity.h"

/* Names are compared in pairs to find doubled ones; merges may nest. */
enum { MAX_PAIRS = 20000000, MAX_MERGES = 16, MAX_NUMBER = 400 };

typedef enum scalar_kind {
    SCALAR_TEXT = 0,
    SCALAR_INTEGER,
    SCALAR_UNSIGNED, /* beyond int64_t, within uint64_t: no number for KEDA */
    SCALAR_FLOAT,
    SCALAR_NULL,
    SCALAR_TRUE,
    SCALAR_FALSE
} scalar_kind;

typedef struct scalar {
    scalar_kind kind;
    int64_t integer;
    double number;
} scalar;

/* --- scalars ------------------------------------------------------------------------------------- */

/* The text without "_", terminated; false when it is too long for a number. */
static bool without_underscores(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '_')
            continue;
        if (n + 1 == size)
            return false;
        out[n++] = *text;
    }
    out[n] = '\0';
    return true;
}

static int digit_of(char c)
{
    const char lower = (char)(c | 0x20);
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

/* The base by its prefix; moves behind it. */
static int take_base(const char **digits)
{
    const char *p = *digits;
    const char kind = p[0] == '0' ? (char)(p[1] | 0x20) : '\0';
    const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (base != 0)
        *digits += 2;
    else if (p[0] == '0' && p[1] != '\0')
        *digits += 1;
    return base != 0 ? base : *digits != p ? 8 : 10;
}

static bool read_integer(const char *text, scalar *out)
{
    const bool is_negative = *text == '-';
    const char *p = text + (*text == '-' || *text == '+' ? 1 : 0);
    const int base = take_base(&p);
    uint64_t value = 0;
    if (*p == '\0')
        return false;
    for (; *p != '\0'; p++) {
        const int digit = digit_of(*p);
        if (digit >= base || value > (UINT64_MAX - (uint64_t)digit) / (uint64_t)base)
            return false;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (value > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) {
        out->kind = SCALAR_UNSIGNED;
        return !is_negative && *text != '+';
    }
    out->kind = SCALAR_INTEGER;
    out->integer = (int64_t)(is_negative ? UINT64_C(0) - value : value);
    out->number = (double)out->integer;
    return true;
}

/* [-+]? ( .digits | digits [. digits] ) [ e [-+] digits ], with an exponent marked by e or E. */
static bool is_decimal(const char *p)
{
    static const char digits[] = "0123456789";
    p += *p == '-' || *p == '+' ? 1 : 0;
    const size_t whole = strspn(p, digits);
    p += whole;
    size_t fraction = 0;
    if (*p == '.') {
        fraction = strspn(++p, digits);
        p += fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+' ? 1 : 0;
        if (strspn(p, digits) == 0)
            return false;
        p += strspn(p, digits);
    }
    return *p == '\0';
}

/* ".inf" and ".nan" as YAML spells them. */
static bool read_word(const char *text, double *out)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF"};
    static const char *const nans[] = {".nan", ".NaN", ".NAN"};
    const char *rest = text + (*text == '-' || *text == '+' ? 1 : 0);
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(rest, infinities[i]) == 0) {
            *out = *text == '-' ? -(double)INFINITY : (double)INFINITY;
            return true;
        }
        if (strcmp(text, nans[i]) == 0) {
            *out = (double)NAN;
            return true;
        }
    }
    return false;
}

static scalar_kind read_constant(const char *text)
{
    static const struct {
        const char *text;
        scalar_kind kind;
    } words[] = {
        {"", SCALAR_NULL},       {"~", SCALAR_NULL},      {"null", SCALAR_NULL},
        {"Null", SCALAR_NULL},   {"NULL", SCALAR_NULL},   {"true", SCALAR_TRUE},
        {"True", SCALAR_TRUE},   {"TRUE", SCALAR_TRUE},   {"false", SCALAR_FALSE},
        {"False", SCALAR_FALSE}, {"FALSE", SCALAR_FALSE},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].text) == 0)
            return words[i].kind;
    return SCALAR_TEXT;
}

static scalar resolve_plain(const char *text)
{
    scalar out = {.kind = read_constant(text)};
    char plain[MAX_NUMBER];
    const bool is_number = *text == '+' || *text == '-' || (*text >= '0' && *text <= '9');
    if (read_word(text, &out.number)) {
        out.kind = SCALAR_FLOAT;
    } else if (*text == '.') {
        if (gofloat_parse(text, strlen(text), &out.number) == KEDA_OK)
            out.kind = SCALAR_FLOAT;
    } else if (is_number && without_underscores(text, plain, sizeof plain) &&
               !read_integer(plain, &out)) {
        out = (scalar){.kind = SCALAR_TEXT};
        if (is_decimal(plain) && gofloat_parse(plain, strlen(plain), &out.number) == KEDA_OK)
            out.kind = SCALAR_FLOAT;
    }
    return out;
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

/* Quoted texts are texts, unless a tag says they are numbers. */
static scalar resolve(const yaml_node_t *node)
{
    const char *tag = (const char *)node->tag;
    const bool is_tagged = text_equal(tag, YAML_INT_TAG) || text_equal(tag, YAML_FLOAT_TAG);
    const bool is_plain =
        node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && text_equal(tag, YAML_STR_TAG);
    if ((is_plain || is_tagged) && strlen(text_of(node)) == node->data.scalar.length)
        return resolve_plain(text_of(node));
    return (scalar){.kind = SCALAR_TEXT};
}

/* --- maps ---------------------------------------------------------------------------------------- */

/* One document and the bounds of the walk. */
typedef struct walk {
    yaml_document_t document;
    const yaml_node_t *root;
    keda_error *err;
} walk;

static const yaml_node_t *node_at(walk *w, int index)
{
    return yaml_document_get_node(&w->document, index);
}

static bool is_scalar(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE;
}

static bool is_merge(const yaml_node_t *key)
{
    return is_scalar(key) && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp(text_of(key), "<<") == 0;
}

/* Whether all names of a map are texts: then they are taken as written, as at the top. */
static bool has_plain_names(walk *w, const yaml_node_t *map)
{
    if (map == w->root)
        return true;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++)
        if (resolve(node_at(w, p->key)).kind != SCALAR_TEXT)
            return false;
    return true;
}

/* A name as Go prints its value: 0x10 is 16. */
static text_view printed_name(const yaml_node_t *key, char *number, size_t size)
{
    const scalar s = resolve(key);
    switch (s.kind) {
    case SCALAR_INTEGER:
        return (text_view){number,
                           (size_t)snprintf(number, size, "%lld", (long long)s.integer)};
    case SCALAR_FLOAT:
        return (text_view){number, num_format_double(s.number, number, size)};
    case SCALAR_NULL:
        return (text_view){"<nil>", 5};
    case SCALAR_TRUE:
        return (text_view){"true", 4};
    case SCALAR_FALSE:
        return (text_view){"false", 5};
    case SCALAR_TEXT:
    case SCALAR_UNSIGNED:
        break;
    }
    return (text_view){text_of(key), key->data.scalar.length};
}

/* What is looked for in a map; is_written: names count as written, not as printed. */
typedef struct wanted {
    const char *name;
    size_t size;
    bool is_written;
} wanted;

static bool name_is(const yaml_node_t *key, const wanted *name)
{
    char number[32];
    if (name->is_written && resolve(key).kind == SCALAR_NULL)
        return false; /* the original leaves such members out */
    const text_view text = name->is_written ? (text_view){text_of(key), key->data.scalar.length}
                                            : printed_name(key, number, sizeof number);
    return text.size == name->size && memcmp(text.data, name->name, text.size) == 0;
}

static const yaml_node_t *find_in_map(walk *w, const yaml_node_t *map, const wanted *name,
                                      int depth);

/* What "<<" brings: a map, or a list of maps of which the first one counts. */
static const yaml_node_t *find_merged(walk *w, const yaml_node_t *from, const wanted *name,
                                      int depth)
{
    const yaml_node_t *found = NULL;
    if (from == NULL || depth == MAX_MERGES)
        return NULL;
    if (from->type == YAML_MAPPING_NODE)
        return find_in_map(w, from, name, depth + 1);
    if (from->type != YAML_SEQUENCE_NODE)
        return NULL;
    for (const yaml_node_item_t *i = from->data.sequence.items.start;
         found == NULL && i < from->data.sequence.items.top; i++) {
        const yaml_node_t *item = node_at(w, *i);
        if (item != NULL && item->type == YAML_MAPPING_NODE)
            found = find_in_map(w, item, name, depth + 1);
    }
    return found;
}

static const yaml_node_t *find_in_map(walk *w, const yaml_node_t *map, const wanted *name,
                                      int depth)
{
    const yaml_node_t *merged = NULL;
    for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = node_at(w, p->key);
        if (is_merge(key))
            merged = node_at(w, p->value);
        else if (name_is(key, name))
            return node_at(w, p->value);
    }
    return find_merged(w, merged, name, depth);
}

static const yaml_node_t *find_named(walk *w, const yaml_node_t *map, const char *name,
                                     size_t size)
{
    const wanted what = {name, size, has_plain_names(w, map)};
    return find_in_map(w, map, &what, 0);
}

static const yaml_node_t *find_in_list(walk *w, const yaml_node_t *list, const char *name,
                                       size_t size)
{
    const int64_t count = list->data.sequence.items.top - list->data.sequence.items.start;
    char text[24];
    int64_t index = 0;
    if (size >= sizeof text || size == 0)
        return NULL;
    memcpy(text, name, size);
    text[size] = '\0';
    if (!num_parse_json_i64(text, &index) || text[0] == '-' || index >= count)
        return NULL;
    return node_at(w, list->data.sequence.items.start[index]);
}

/* --- the document -------------------------------------------------------------------------------- */

static keda_status fail(const walk *w, const char *what)
{
    return keda_error_set(w->err, KEDA_EPROTOCOL, "%s", what);
}

static bool is_same_key(const yaml_node_t *a, const yaml_node_t *b)
{
    return a->data.scalar.length == b->data.scalar.length &&
           memcmp(text_of(a), text_of(b), a->data.scalar.length) == 0;
}

/* "<<" takes a map, or a list of maps. */
static bool can_merge(walk *w, const yaml_node_t *from)
{
    if (from == NULL || from->type != YAML_SEQUENCE_NODE)
        return from != NULL && from->type == YAML_MAPPING_NODE;
    for (const yaml_node_item_t *i = from->data.sequence.items.start;
         i < from->data.sequence.items.top; i++) {
        const yaml_node_t *item = node_at(w, *i);
        if (item == NULL || item->type != YAML_MAPPING_NODE)
            return false;
    }
    return true;
}

/* Names are scalars, and each occurs once. */
static keda_status check_map(walk *w, const yaml_node_t *map, int64_t *pairs)
{
    const yaml_node_pair_t *start = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *p = start; p < map->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = node_at(w, p->key);
        if (!is_scalar(key))
            return fail(w, "YAML: a name that is a list or a map");
        if (is_merge(key) && !can_merge(w, node_at(w, p->value)))
            return fail(w, "YAML: a merge of what is not a map");
        *pairs += p - start;
        if (*pairs > MAX_PAIRS)
            return keda_error_set(w->err, KEDA_ELIMIT, "YAML: too many names");
        for (const yaml_node_pair_t *q = start; q < p; q++)
            if (is_same_key(node_at(w, q->key), key))
                return fail(w, "YAML: the same name twice in one map");
    }
    return KEDA_OK;
}

static keda_status check_all(walk *w)
{
    int64_t pairs = 0;
    keda_status rc = KEDA_OK;
    for (const yaml_node_t *n = w->document.nodes.start;
         rc == KEDA_OK && n < w->document.nodes.top; n++)
        if (n->type == YAML_MAPPING_NODE)
            rc = check_map(w, n, &pairs);
    return rc;
}

static keda_status number_of(const walk *w, const yaml_node_t *node, double *out)
{
    const scalar s = resolve(node);
    const char *text = text_of(node);
    quantity q;
    if (s.kind == SCALAR_INTEGER || s.kind == SCALAR_FLOAT) {
        *out = s.number;
        return KEDA_OK;
    }
    if (s.kind != SCALAR_TEXT || strlen(text) != node->data.scalar.length ||
        !quantity_parse(text, &q))
        return fail(w, "the value found is neither a number nor a quantity");
    *out = q.approx;
    return KEDA_OK;
}

static keda_status follow(walk *w, const char *path, double *out)
{
    const yaml_node_t *node = w->root;
    if (node == NULL)
        return fail(w, "the answer is empty");
    if (node->type != YAML_MAPPING_NODE)
        return fail(w, "the answer is not a map");
    for (;;) {
        const size_t size = strcspn(path, ".");
        node = node->type == YAML_MAPPING_NODE ? find_named(w, node, path, size)
                                               : find_in_list(w, node, path, size);
        if (node == NULL)
            return fail(w, "the answer has nothing at valueLocation");
        if (node->type == YAML_SCALAR_NODE)
            return number_of(w, node, out);
        if (path[size] == '\0')
            return fail(w, "found a list or a map, expected a number or a quantity");
        path += size + 1;
    }
}

static keda_status not_loaded(const yaml_parser_t *parser, keda_error *err)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc =
        keda_error_set(err, KEDA_EPROTOCOL, "YAML, line %zu: %s", parser->problem_mark.line + 1,
                       parser->problem != NULL ? parser->problem : "cannot be read");
    if (err != NULL)
        err->line = (int32_t)parser->problem_mark.line + 1;
    return rc;
}

keda_status yaml_path_number(const char *text, size_t size, const char *path, double *out,
                             keda_error *err)
{
    yaml_parser_t parser;
    walk w = {.err = err};
    keda_status rc = KEDA_OK;
    if (yaml_parser_initialize(&parser) == 0)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &w.document) == 0) {
        rc = not_loaded(&parser, err);
    } else {
        w.root = yaml_document_get_root_node(&w.document);
        if ((rc = check_all(&w)) == KEDA_OK)
            rc = follow(&w, path, out);
        yaml_document_delete(&w.document);
    }
    yaml_parser_delete(&parser);
    return rc;
}
