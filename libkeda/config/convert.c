/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars and lists from texts. Maps and queries are convert_map.c's; looking a parameter up and
 * reporting are params.c's.
 */
#include "convert.h"

#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "lang/duration.h"

enum { MAX_LIST = 100000 }; /* numbers a list may name: "1-999999999" is a slip, or worse */

const char convert_no_memory[] = "needs more memory than there is";

const char *convert_bool(const char *text, bool *out)
{
    return num_parse_bool(text, out) ? NULL : "is not a boolean such as true or false";
}

const char *convert_integer(const char *text, int64_t min, int64_t max, int64_t *out)
{
    int64_t value = 0;
    if (!num_parse_json_i64(text, &value)) {
        double number = 0.0;
        return num_parse_json_double(text, &number) && strpbrk(text, ".eE") == NULL
                   ? "is out of range"
                   : "is not a whole number";
    }
    if (value < min || value > max)
        return "is out of range";
    *out = value;
    return NULL;
}

const char *convert_double(const char *text, double *out)
{
    return num_parse_json_double(text, out) ? NULL : "is not a number";
}

const char *convert_duration(const char *text, int64_t *ns)
{
    switch (duration_parse_parameter(text, ns)) {
    case DURATION_OK:
        return NULL;
    case DURATION_NEGATIVE:
        return "is negative";
    case DURATION_BAD:
        break;
    }
    return "is not a duration such as 30s, 1m30s or milliseconds as a plain number";
}

static size_t count_of(const char *text, char separator)
{
    size_t n = 1;
    for (; *text != '\0'; text++)
        n += *text == separator;
    return n;
}

/* The part in front of the separator, trimmed; moves *text behind it. */
static text_view next_part(const char **text, char separator)
{
    const char *end = strchr(*text, separator);
    const size_t size = end == NULL ? strlen(*text) : (size_t)(end - *text);
    const text_view part = text_trim(*text, size);
    *text += end == NULL ? size : size + 1;
    return part;
}

const char *convert_string_list(const char *text, char separator, keda_string_list *out)
{
    const size_t count = count_of(text, separator);
    keda_string_list list = {.items = mem_zalloc(count, sizeof(char *))};
    if (list.items == NULL)
        return convert_no_memory;
    for (; list.count < count; list.count++) {
        const text_view part = next_part(&text, separator);
        if ((list.items[list.count] = mem_strndup(part.data, part.size)) == NULL) {
            convert_string_list_clear(&list);
            return convert_no_memory;
        }
    }
    *out = list;
    return NULL;
}

void convert_string_list_clear(keda_string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free_secret(list->items[i]);
    mem_free(list->items);
    *list = (keda_string_list){0};
}

/* A list that grows, and the room it has. */
typedef struct int_list {
    int64_t *items;
    size_t count, capacity;
} int_list;

static const char *add_range(int_list *list, int64_t first, int64_t last)
{
    if (first > last)
        return NULL;
    const uint64_t more = (uint64_t)last - (uint64_t)first; /* one less than there are */
    if (more >= MAX_LIST - list->count)
        return "names too many numbers";
    for (int64_t value = first;; value++) {
        void *items = list->items;
        if (mem_grow(&items, &list->capacity, list->count, sizeof *list->items, NULL) !=
            KEDA_OK)
            return convert_no_memory;
        list->items = items;
        list->items[list->count++] = value;
        if (value == last)
            return NULL;
    }
}

/* An integer among blanks as JSON has them, of a text that is not terminated. */
static bool read_integer(const char *data, size_t size, int64_t *out)
{
    char text[24];
    for (; size > 0 && strchr(" \t\r\n", data[0]) != NULL; size--)
        data++;
    while (size > 0 && strchr(" \t\r\n", data[size - 1]) != NULL)
        size--;
    if (size == 0 || size >= sizeof text)
        return false;
    memcpy(text, data, size);
    text[size] = '\0';
    return num_parse_json_i64(text, out);
}

static const char *find(const char *data, size_t size, const char *mark)
{
    return memmem(data, size, mark, strlen(mark));
}

static const char *add_part(int_list *list, text_view part, const char *range)
{
    const char *mark = range[0] == '\0' ? NULL : find(part.data, part.size, range);
    int64_t first = 0, last = 0;
    if (mark == NULL) {
        if (!read_integer(part.data, part.size, &first))
            return "is not a list of whole numbers";
        return add_range(list, first, first);
    }
    const char *rest = mark + strlen(range);
    const size_t rest_size = (size_t)(part.data + part.size - rest);
    if (!read_integer(part.data, (size_t)(mark - part.data), &first) ||
        find(rest, rest_size, range) != NULL || !read_integer(rest, rest_size, &last))
        return "is not a list of whole numbers and ranges such as 1-3";
    return add_range(list, first, last);
}

const char *convert_int_list(const char *text, char separator, const char *range,
                             keda_int_list *out)
{
    int_list list = {0};
    for (size_t left = count_of(text, separator); left > 0; left--) {
        const char *problem = add_part(&list, next_part(&text, separator), range);
        if (problem != NULL) {
            mem_free(list.items);
            return problem;
        }
    }
    *out = (keda_int_list){.items = list.items, .count = list.count};
    return NULL;
}

void convert_int_list_clear(keda_int_list *list)
{
    mem_free(list->items);
    *list = (keda_int_list){0};
}
