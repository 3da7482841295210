/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as each kind of parameter, and as a quantity, a duration and base64. The first byte chooses
 * the separator and the range mark.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/params.h"
#include "lang/base64.h"
#include "lang/duration.h"
#include "lang/quantity.h"

typedef struct meta {
    char *text;
    bool flag;
    int32_t int32, choice;
    int64_t int64, ns;
    double real;
    keda_string_list strings;
    keda_int_list integers;
    keda_map map, query;
} meta;

static const char *const words[] = {"a", "b", "none", NULL};

enum { NFIELDS = 11 };
static const keda_field table[NFIELDS] = {
    KEDA_FIELD_STRING(meta, text, .name = "x", .allowed = words, .exclusive = words),
    KEDA_FIELD_BOOL(meta, flag, .name = "x"),
    KEDA_FIELD_INT32(meta, int32, .name = "x"),
    KEDA_FIELD_CHOICE(meta, choice, .name = "x", .allowed = words),
    KEDA_FIELD_INT64(meta, int64, .name = "x"),
    KEDA_FIELD_DURATION(meta, ns, .name = "x"),
    KEDA_FIELD_DOUBLE(meta, real, .name = "x"),
    KEDA_FIELD_STRING_LIST(meta, strings, .name = "x"),
    KEDA_FIELD_INT_LIST(meta, integers, .name = "x"),
    KEDA_FIELD_MAP(meta, map, .name = "x"),
    KEDA_FIELD_URL_VALUES(meta, query, .name = "x"),
};

static void ignore(const char *name, keda_severity severity, const char *message, void *user)
{
    size_t *n = user;
    (void)severity;
    *n += strlen(name) + strlen(message);
}

static void parse(const char *text, char separator, char range)
{
    keda_field fields[NFIELDS];
    keda_param item = {"x", text};
    keda_param unknown = {text, "x"};
    const keda_map metadata = {&item, 1}, names = {&unknown, 1};
    const params_sources sources = {.metadata = &metadata};
    meta m = {0};
    size_t said = 0;
    memcpy(fields, table, sizeof fields);
    for (size_t i = 0; i < NFIELDS; i++) {
        fields[i].separator = separator;
        fields[i].range = range;
    }
    (void)params_parse(fields, NFIELDS, sizeof fields[0], &sources, &m, ignore, &said);
    params_unknown(fields, NFIELDS, sizeof fields[0], &names, ignore, &said);
    params_clear(fields, NFIELDS, sizeof fields[0], &m);
}

/* A canonical text means the same quantity. */
static void check_quantity(const char *text)
{
    quantity q, again;
    char canonical[QUANTITY_TEXT_SIZE];
    if (!quantity_parse(text, &q))
        return;
    (void)quantity_text(&q, canonical, sizeof canonical);
    if (strlen(canonical) < 350 &&
        (!quantity_parse(canonical, &again) || quantity_compare(&q, &again) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t ns = 0;
    keda_buf bytes = {0};
    if (size == 0)
        return 0;
    char *text = mem_strndup((const char *)data + 1, size - 1);
    if (text == NULL)
        return 0;
    parse(text, (data[0] & 1) != 0 ? ';' : '\0', (data[0] & 2) != 0 ? '-' : '\0');
    check_quantity(text);
    (void)duration_parse(text, &ns);
    if (duration_parse_parameter(text, &ns) == DURATION_OK && ns < 0)
        abort();
    if (base64_decode(&bytes, text, strlen(text)) == KEDA_OK && bytes.size > size)
        abort();
    keda_buf_clear(&bytes);
    mem_free(text);
    return 0;
}
