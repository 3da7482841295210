/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda/json.h on jansson: a keda_json is a json_t, nothing is copied. Size and depth are checked
 * before jansson sees a byte. Parsing and reading only: writing is json_write.c, and the other rooms
 * that walk JSON of their own use jansson themselves.
 */
#include <keda/json.h>

#include "base/mem.h"
#include "base/num.h"
#include "net/json_scan.h"
#include "net/json_value.h"

#include <jansson.h>

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum { MAX_BYTES = 16 * 1024 * 1024, MAX_DEPTH = 200 };

/* Counts freed roots, so that a remembered place in an object is never used after its memory. */
static atomic_uint_fast64_t frees;

/* jansson's members are a list: walking them by number is linear only with the last place kept. */
static _Thread_local struct {
    const json_t *object;
    void *iter;
    size_t i;
    uint_fast64_t frees;
} last;

static const keda_json *json_of(const json_t *value)
{
    return (const keda_json *)(const void *)value;
}

/* jansson quotes the text it stumbled over; it may be a secret, so that part is cut off. */
static keda_status refuse(keda_error *err, const json_error_t *why)
{
    const char *near = strstr(why->text, " near '");
    size_t n = near != NULL ? (size_t)(near - why->text) : strlen(why->text);

    if (json_error_code(why) == json_error_out_of_memory || why->text[0] == '\0')
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    (void)keda_error_set(err, KEDA_EINVAL, "line %d column %d: %.*s", why->line, why->column,
                         (int)n, why->text);
    if (err != NULL) {
        err->line = why->line > 0 ? why->line : 0;
        err->column = why->column > 0 ? why->column : 0;
    }
    return KEDA_EINVAL;
}

/* jansson calls a token invalid that it had no memory for: what is wrong is wrong the second time too. */
static json_t *load(const char *text, size_t size, size_t flags, json_error_t *why)
{
    const size_t all = JSON_DECODE_ANY | JSON_ALLOW_NUL | flags;
    json_t *root = json_loadb(text, size, all, why);

    if (root == NULL && json_error_code(why) == json_error_invalid_syntax)
        root = json_loadb(text, size, all, why);
    return root;
}

/* Some integer does not fit 64 bits: that one becomes a real, the others stay exact. */
static keda_status load_with_big_integers(json_t **out, const char *text, size_t size,
                                          keda_error *err)
{
    json_error_t why;
    keda_buf patched = {0};
    json_t *root;
    keda_status rc;

    /* All of them as reals first: what is still wrong then is reported at its true place. */
    root = load(text, size, JSON_DECODE_INT_AS_REAL, &why);
    if (root == NULL)
        return refuse(err, &why);
    json_decref(root);

    rc = json_scan_big_integers_to_reals(text, size, &patched);
    if (rc != KEDA_OK) {
        (void)keda_error_set(err, rc, "out of memory");
        goto out;
    }
    *out = load(patched.data, patched.size, 0, &why);
    rc = *out != NULL ? KEDA_OK : refuse(err, &why);
out:
    keda_buf_clear(&patched);
    return rc;
}

keda_status keda_json_parse(keda_json **out, const char *text, size_t size, keda_error *err)
{
    json_error_t why;
    json_scan_place deep;
    json_t *root = NULL;
    keda_status rc;

    assert(out != NULL && (text != NULL || size == 0));
    if (size > MAX_BYTES)
        return keda_error_set(err, KEDA_ELIMIT, "JSON text of %zu bytes: at most %d are read",
                              size, (int)MAX_BYTES);
    if (!json_scan_is_shallow(text, size, MAX_DEPTH, &deep)) {
        (void)keda_error_set(err, KEDA_ELIMIT, "line %d column %d: nested more than %d levels",
                             deep.line, deep.column, (int)MAX_DEPTH);
        if (err != NULL) {
            err->line = deep.line;
            err->column = deep.column;
        }
        return KEDA_ELIMIT;
    }
    root = load(size > 0 ? text : "", size, 0, &why);
    if (root == NULL && json_error_code(&why) == json_error_numeric_overflow) {
        if ((rc = load_with_big_integers(&root, text, size, err)) != KEDA_OK)
            return rc;
    }
    if (root == NULL)
        return refuse(err, &why);
    *out = (keda_json *)(void *)root;
    return KEDA_OK;
}

void keda_json_free(keda_json *root)
{
    if (root == NULL)
        return;
    atomic_fetch_add(&frees, 1);
    json_decref(json_value_of(root));
}

int32_t keda_json_type_of(const keda_json *value)
{
    if (value == NULL)
        return KEDA_JSON_NULL;
    switch (json_typeof(json_value_of(value))) {
    case JSON_TRUE:
    case JSON_FALSE:
        return KEDA_JSON_BOOL;
    case JSON_INTEGER:
        return KEDA_JSON_INTEGER;
    case JSON_REAL:
        return KEDA_JSON_REAL;
    case JSON_STRING:
        return KEDA_JSON_STRING;
    case JSON_ARRAY:
        return KEDA_JSON_ARRAY;
    case JSON_OBJECT:
        return KEDA_JSON_OBJECT;
    case JSON_NULL:
        break;
    }
    return KEDA_JSON_NULL;
}

/* ---- paths ---------------------------------------------------------------------------------- */

/* Length of the first segment as written, escapes included. */
static size_t segment_size(const char *path)
{
    size_t n = 0;

    while (path[n] != '\0' && path[n] != '.')
        n += path[n] == '\\' && path[n + 1] != '\0' ? 2 : 1;
    return n;
}

static json_t *member_unescaped(json_t *object, const char *segment, size_t size)
{
    char *key = mem_strndup(segment, size);
    json_t *member = NULL;
    size_t n = 0;

    if (key == NULL)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        if (segment[i] == '\\' && i + 1 < size)
            i++;
        key[n++] = segment[i];
    }
    member = json_object_getn(object, key, n);
    mem_free(key);
    return member;
}

static json_t *element(json_t *array, const char *segment, size_t size)
{
    size_t i = 0;

    if (size == 0 || size > 9) /* nine digits are more elements than 16 MiB hold */
        return NULL;
    for (size_t at = 0; at < size; at++) {
        if (segment[at] < '0' || segment[at] > '9')
            return NULL;
        i = i * 10 + (size_t)(segment[at] - '0');
    }
    return json_array_get(array, i);
}

static json_t *child(json_t *value, const char *segment, size_t size)
{
    if (json_is_array(value))
        return element(value, segment, size);
    if (!json_is_object(value))
        return NULL;
    if (memchr(segment, '\\', size) != NULL)
        return member_unescaped(value, segment, size);
    return json_object_getn(value, segment, size);
}

const keda_json *keda_json_get(const keda_json *value, const char *path)
{
    json_t *at = json_value_of(value);

    assert(path != NULL);
    if (*path == '\0')
        return value;
    while (at != NULL) {
        size_t n = segment_size(path);

        at = child(at, path, n);
        if (path[n] == '\0')
            break;
        path += n + 1;
    }
    return json_of(at);
}

/* ---- members -------------------------------------------------------------------------------- */

size_t keda_json_count(const keda_json *value)
{
    const json_t *v = json_value_of(value);

    return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

static void *object_iter(json_t *object, size_t i)
{
    const uint_fast64_t now = atomic_load(&frees);

    if (last.object != object || last.frees != now || i < last.i) {
        last.object = object;
        last.frees = now;
        last.iter = json_object_iter(object);
        last.i = 0;
    }
    for (; last.i < i; last.i++)
        last.iter = json_object_iter_next(object, last.iter);
    return last.iter;
}

const keda_json *keda_json_at(const keda_json *value, size_t i, const char **key)
{
    json_t *v = json_value_of(value);

    if (key != NULL)
        *key = NULL;
    if (i >= keda_json_count(value))
        return NULL;
    if (json_is_array(v))
        return json_of(json_array_get(v, i));

    void *iter = object_iter(v, i);
    if (key != NULL)
        *key = json_object_iter_key(iter);
    return json_of(json_object_iter_value(iter));
}

/* ---- scalars -------------------------------------------------------------------------------- */

const char *keda_json_string(const keda_json *value)
{
    const json_t *v = json_value_of(value);
    const char *text = json_string_value(v);

    /* A NUL inside would make a C string that says something else than the peer did. */
    return text != NULL && strlen(text) == json_string_length(v) ? text : NULL;
}

bool keda_json_double(const keda_json *value, double *out)
{
    const json_t *v = json_value_of(value);
    const char *text = keda_json_string(value);

    if (text != NULL)
        return num_parse_json_double(text, out);
    if (!json_is_number(v))
        return false;
    *out = json_number_value(v);
    return true;
}

bool keda_json_int64(const keda_json *value, int64_t *out)
{
    const json_t *v = json_value_of(value);

    if (!json_is_integer(v))
        return false;
    *out = json_integer_value(v);
    return true;
}

bool keda_json_bool(const keda_json *value, bool *out)
{
    const json_t *v = json_value_of(value);

    if (!json_is_boolean(v))
        return false;
    *out = json_is_true(v);
    return true;
}

/* ---- one number in one step ----------------------------------------------------------------- */

static const char *what_stands(const keda_json *value)
{
    static const char *const names[] = {
        [KEDA_JSON_NULL] = "null",        [KEDA_JSON_BOOL] = "a boolean",
        [KEDA_JSON_INTEGER] = "a number", [KEDA_JSON_REAL] = "a number",
        [KEDA_JSON_STRING] = "a text",    [KEDA_JSON_ARRAY] = "an array",
        [KEDA_JSON_OBJECT] = "an object"};

    return value == NULL ? "nothing" : names[keda_json_type_of(value)];
}

keda_status keda_json_get_double(const char *text, size_t size, const char *path, double *out,
                                 keda_error *err)
{
    keda_json *root = NULL;
    const keda_json *at;
    keda_status rc = keda_json_parse(&root, text, size, err);

    if (rc == KEDA_EINVAL) { /* the peer's text, not the user's: nothing to fix here */
        rc = KEDA_EPROTOCOL;
        if (err != NULL)
            err->code = KEDA_EPROTOCOL;
        return keda_error_wrap(err, rc, "not JSON");
    }
    if (rc != KEDA_OK)
        return rc;
    at = keda_json_get(root, path);
    if (!keda_json_double(at, out))
        rc = keda_error_set(err, KEDA_EPROTOCOL, "%s: expected a number, found %s",
                            *path != '\0' ? path : "the answer", what_stands(at));
    keda_json_free(root);
    return rc;
}
