/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "a=1,b=2" and "a=1&b=2" to maps. The second is a URL's query and is decoded.
 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "convert.h"
#include "map.h"

/* A map that was given but holds nothing is told from one that was not by its items. */
static const char *give(keda_map *map, keda_map *out)
{
    if (map->items == NULL && (map->items = mem_zalloc(1, sizeof *map->items)) == NULL)
        return convert_no_memory;
    *out = *map;
    return NULL;
}

static const char *add_pair(keda_map *map, text_view item)
{
    const char *equals = memchr(item.data, '=', item.size);
    const char *end = item.data + item.size;
    if (equals == NULL || memchr(equals + 1, '=', (size_t)(end - equals - 1)) != NULL)
        return "is not a list of name=value";
    const text_view name = text_trim(item.data, (size_t)(equals - item.data));
    const text_view value = text_trim(equals + 1, (size_t)(end - equals - 1));
    char *own_name = mem_strndup(name.data, name.size);
    char *own_value = mem_strndup(value.data, value.size);
    const bool is_set =
        own_name != NULL && own_value != NULL && map_set(map, own_name, own_value) == KEDA_OK;
    mem_free(own_name);
    mem_free_secret(own_value);
    return is_set ? NULL : convert_no_memory;
}

const char *convert_map(const char *text, char separator, keda_map *out)
{
    keda_map map = {0};
    const char *problem = NULL;
    for (bool is_last = false; !is_last && problem == NULL;) {
        const char *end = strchr(text, separator);
        const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
        problem = add_pair(&map, text_trim(text, size));
        text += size + 1;
        is_last = end == NULL;
    }
    if (problem == NULL)
        problem = give(&map, out);
    if (problem != NULL)
        map_clear(&map);
    return problem;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent signs and plus signs decoded; a NUL is refused, since texts end there. */
static const char *decode(const char *data, size_t size, keda_buf *out)
{
    buf_truncate(out, 0);
    keda_status rc = buf_append(out, "", 0);
    for (size_t i = 0; i < size && rc == KEDA_OK; i++) {
        char c = data[i] == '+' ? ' ' : data[i];
        if (data[i] == '%') {
            const int high = i + 2 < size ? hex_value(data[i + 1]) : -1;
            const int low = i + 2 < size ? hex_value(data[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0)
                return "is not a URL query: a % is not followed by two hexadecimal digits";
            c = (char)(high << 4 | low);
            i += 2;
        }
        rc = buf_putc(out, c);
    }
    return rc == KEDA_OK ? NULL : convert_no_memory;
}

static const char *add_query(keda_map *map, const char *data, size_t size, keda_buf *name,
                             keda_buf *value)
{
    if (size == 0)
        return NULL;
    const char *equals = memchr(data, '=', size);
    const size_t name_size = equals == NULL ? size : (size_t)(equals - data);
    const size_t rest = equals == NULL ? 0 : size - name_size - 1;
    const char *problem = decode(data, name_size, name);
    if (problem == NULL)
        problem = decode(data + size - rest, rest, value);
    if (problem == NULL && map_add(map, name->data, value->data) != KEDA_OK)
        problem = convert_no_memory;
    return problem;
}

const char *convert_url_values(const char *text, keda_map *out)
{
    keda_map map = {0};
    keda_buf name = {0}, value = {0};
    const char *problem =
        strchr(text, ';') == NULL ? NULL : "is not a URL query: separate with &, not with ;";
    for (bool is_last = false; !is_last && problem == NULL;) {
        const size_t size = strcspn(text, "&");
        problem = add_query(&map, text, size, &name, &value);
        is_last = text[size] == '\0';
        text += size + 1;
    }
    if (problem == NULL)
        problem = give(&map, out);
    if (problem != NULL)
        map_clear(&map);
    mem_wipe(value.data, value.capacity);
    keda_buf_clear(&name);
    keda_buf_clear(&value);
    return problem;
}
