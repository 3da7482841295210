/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of texts. Indexes and sizes are bytes, as upstream has them; only len counts characters.
 */
#include "formula_writer.h"

#include <string.h>

#include "formula_function.h"
#include "unicode.h"

/* Arguments that static checks could not see. */
static bool are_strings(machine *m, uint8_t fn, const formula_value *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].kind != FORMULA_VALUE_STRING) {
            machine_fail(m, "%s does not take a value of type %s",
                         formula_function_of(fn)->name, formula_kind_name(&arguments[i]));
            return false;
        }
    return true;
}

static bool is_at(const formula_value *text, size_t at, const formula_value *part)
{
    return part->size <= text->size - at &&
           (part->size == 0 || memcmp(text->as.text + at, part->as.text, part->size) == 0);
}

/* The first place from `from` on, or -1. */
static int64_t find(machine *m, const formula_value *text, const formula_value *part,
                    size_t from)
{
    for (size_t at = from; at + part->size <= text->size; at++)
        if (!machine_spend(m, 1 + part->size / 16) || is_at(text, at, part))
            return (int64_t)at;
    return -1;
}

static int64_t find_last(machine *m, const formula_value *text, const formula_value *part)
{
    if (part->size > text->size)
        return -1;
    for (int64_t at = (int64_t)(text->size - part->size); at >= 0; at--)
        if (!machine_spend(m, 1 + part->size / 16) || is_at(text, (size_t)at, part))
            return at;
    return -1;
}

/* --- trimming ------------------------------------------------------------------------------------ */

static bool is_in_set(const formula_value *set, uint32_t c)
{
    uint32_t other = 0;
    if (set == NULL)
        return unicode_is_space(c);
    for (size_t i = 0; i < set->size;) {
        i += utf8_decode(set->as.text + i, set->size - i, &other);
        if (other == c)
            return true;
    }
    return false;
}

/* Start of the character that ends at `end`. */
static size_t character_before(const formula_value *text, size_t end)
{
    uint32_t c = 0;
    for (size_t back = 2; back <= UTF8_MAX && back <= end; back++)
        if (utf8_decode(text->as.text + end - back, back, &c) == back)
            return end - back;
    return end - 1;
}

/* Without the set's characters on both ends; NULL: blanks. */
static formula_value trim(machine *m, const formula_value *text, const formula_value *set)
{
    size_t start = 0, end = text->size;
    uint32_t c = 0;
    const uint32_t cost = set != NULL ? set->size : 1;
    while (start < end && machine_spend(m, cost)) {
        const size_t size = utf8_decode(text->as.text + start, end - start, &c);
        if (!is_in_set(set, c))
            break;
        start += size;
    }
    while (end > start && machine_spend(m, cost)) {
        const size_t before = character_before(text, end);
        (void)utf8_decode(text->as.text + before, end - before, &c);
        if (!is_in_set(set, c))
            break;
        end = before;
    }
    return formula_string(text->as.text + start, end - start);
}

static formula_value trim_end(uint8_t fn, const formula_value *text, const formula_value *part)
{
    formula_value result = *text;
    if (part->size > text->size)
        return result;
    const size_t at = fn == FORMULA_FN_TRIM_PREFIX ? 0 : text->size - part->size;
    if (!is_at(text, at, part))
        return result;
    result.size -= part->size;
    if (fn == FORMULA_FN_TRIM_PREFIX)
        result.as.text += part->size;
    return result;
}

static formula_value trimmed(machine *m, uint8_t fn, const formula_value *arguments,
                             uint32_t count)
{
    const formula_value blank = formula_string(" ", 1);
    if (!are_strings(m, fn, arguments, count))
        return formula_nil();
    if (fn == FORMULA_FN_TRIM)
        return trim(m, &arguments[0], count > 1 ? &arguments[1] : NULL);
    return trim_end(fn, &arguments[0], count > 1 ? &arguments[1] : &blank);
}

/* --- splitting and joining ------------------------------------------------------------------------- */

static bool append(machine *m, formula_value *array, formula_value item)
{
    formula_value *cell = machine_cells(m, 1);
    if (cell == NULL)
        return false;
    *cell = item;
    array->size++;
    return true;
}

/* Where the piece that starts here ends, its separator not included; -1: at the end of the text. */
static int64_t piece_end(machine *m, const formula_value *text, const formula_value *separator,
                         size_t start)
{
    uint32_t c = 0;
    if (separator->size > 0)
        return find(m, text, separator, start);
    const size_t size = utf8_decode(text->as.text + start, text->size - start, &c);
    return start + size < text->size ? (int64_t)(start + size) : -1;
}

/* most: pieces, negative: any number */
static formula_value split(machine *m, const formula_value *text,
                           const formula_value *separator, int64_t most, bool keeps_separator)
{
    formula_value pieces = formula_array(m->f->heap + m->heap_used, 0);
    size_t start = 0;
    if (most == 0 || (separator->size == 0 && text->size == 0))
        return pieces;
    while (m->rc == KEDA_OK && machine_spend(m, 1)) {
        const bool is_last = most > 0 && pieces.size + 1 == (uint64_t)most;
        const int64_t end = is_last ? -1 : piece_end(m, text, separator, start);
        const size_t size = end < 0 ? text->size - start : (size_t)end - start;
        const size_t shown = size + (keeps_separator && end >= 0 ? separator->size : 0);
        if (!append(m, &pieces, formula_string(text->as.text + start, shown)) || end < 0)
            break;
        start += size + separator->size;
    }
    return pieces;
}

static formula_value join(machine *m, const formula_value *arguments, uint32_t count)
{
    const formula_value *array = &arguments[0];
    if (!formula_is_array(array)) {
        machine_fail(m, "join does not take a value of type %s", formula_kind_name(array));
        return formula_nil();
    }
    if (count > 1 && !are_strings(m, FORMULA_FN_JOIN, &arguments[1], 1))
        return formula_nil();
    writer w = writer_begin(m);
    for (uint32_t i = 0; i < array->size && m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(array, i);
        if (i > 0 && count > 1)
            writer_put(&w, arguments[1].as.text, arguments[1].size);
        if (are_strings(m, FORMULA_FN_JOIN, &item, 1))
            writer_put(&w, item.as.text, item.size);
    }
    return writer_end(&w);
}

/* --- replacing ------------------------------------------------------------------------------------- */

/* An empty `old` is found before each character and at the end. */
static formula_value replace(machine *m, const formula_value *arguments, int64_t most)
{
    const formula_value *text = &arguments[0], *old = &arguments[1];
    size_t start = 0;
    uint32_t c = 0;
    writer w = writer_begin(m);
    for (int64_t done = 0; (most < 0 || done < most) && m->rc == KEDA_OK; done++) {
        size_t at = start;
        if (old->size == 0 && done > 0 && start < text->size)
            at = start + utf8_decode(text->as.text + start, text->size - start, &c);
        else if (old->size == 0 && done > 0)
            break;
        const int64_t found = old->size > 0 ? find(m, text, old, start) : (int64_t)at;
        if (found < 0)
            break;
        writer_put(&w, text->as.text + start, (size_t)found - start);
        writer_put(&w, arguments[2].as.text, arguments[2].size);
        start = (size_t)found + old->size;
    }
    writer_put(&w, text->as.text + start, text->size - start);
    return writer_end(&w);
}

static formula_value repeat(machine *m, const formula_value *text, const formula_value *times)
{
    const int64_t n = machine_to_int(m, times);
    if (n < 0)
        machine_fail(m, "repeat expects a number of times of at least 0");
    if (n > FORMULA_MAX_ITEMS || !machine_make(m, (uint64_t)(n > 0 ? n : 0) * text->size))
        (void)machine_make(m, FORMULA_MAX_ITEMS);
    writer w = writer_begin(m);
    for (int64_t i = 0; i < n && m->rc == KEDA_OK && text->size > 0; i++)
        writer_put(&w, text->as.text, text->size);
    return writer_end(&w);
}

static formula_value with_case(machine *m, uint8_t fn, const formula_value *text)
{
    uint32_t c = 0;
    writer w = writer_begin(m);
    for (size_t i = 0; i < text->size && m->rc == KEDA_OK;) {
        i += utf8_decode(text->as.text + i, text->size - i, &c);
        writer_put_character(&w, fn == FORMULA_FN_UPPER ? unicode_upper(c) : unicode_lower(c));
    }
    return writer_end(&w);
}

/* --- base64 ---------------------------------------------------------------------------------------- */

static const char digits64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static formula_value to_base64(machine *m, const formula_value *text)
{
    writer w = writer_begin(m);
    for (uint32_t i = 0; i < text->size && m->rc == KEDA_OK; i += 3) {
        const uint32_t n = text->size - i < 3 ? text->size - i : 3;
        uint32_t bits = 0;
        char out[4] = {'=', '=', '=', '='};
        for (uint32_t k = 0; k < 3; k++)
            bits = (bits << 8) | (k < n ? (unsigned char)text->as.text[i + k] : 0);
        for (uint32_t k = 0; k <= n; k++)
            out[k] = digits64[(bits >> (18 - 6 * k)) & 63];
        writer_put(&w, out, sizeof out);
    }
    return writer_end(&w);
}

/* Four digits a group, padded at the end; line ends are skipped. */
static formula_value from_base64(machine *m, const formula_value *text)
{
    writer w = writer_begin(m);
    uint32_t bits = 0, n = 0, padding = 0;
    bool is_good = true;
    for (uint32_t i = 0; i < text->size && is_good && m->rc == KEDA_OK; i++) {
        const char c = text->as.text[i];
        const char *digit = c != '\0' && c != '=' ? strchr(digits64, c) : NULL;
        if (c == '\n' || c == '\r')
            continue;
        padding += c == '=' ? 1 : 0;
        is_good = digit != NULL ? padding == 0 : c == '=' && n >= 2 && padding <= 2;
        bits = (bits << 6) | (digit != NULL ? (uint32_t)(digit - digits64) : 0);
        if (++n < 4)
            continue;
        const char out[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        writer_put(&w, out, 3 - padding);
        bits = n = 0;
    }
    if (!is_good || n != 0)
        machine_fail(m, "fromBase64 expects a text in base64");
    return writer_end(&w);
}

/* --- all ------------------------------------------------------------------------------------------ */

static formula_value of_one(machine *m, uint8_t fn, const formula_value *text)
{
    if (!are_strings(m, fn, text, 1))
        return formula_nil();
    switch (fn) {
    case FORMULA_FN_UPPER:
    case FORMULA_FN_LOWER:
        return with_case(m, fn, text);
    case FORMULA_FN_FROM_JSON:
        return machine_from_json(m, text);
    case FORMULA_FN_TO_BASE64:
        return to_base64(m, text);
    default:
        return from_base64(m, text);
    }
}

static formula_value of_several(machine *m, uint8_t fn, const formula_value *arguments,
                                uint32_t count)
{
    const uint32_t strings = fn == FORMULA_FN_REPEAT ? 1 : fn == FORMULA_FN_REPLACE ? 3 : 2;
    if (!are_strings(m, fn, arguments, strings))
        return formula_nil();
    const formula_value *text = &arguments[0], *part = &arguments[1];
    const int64_t most = count > strings && fn != FORMULA_FN_REPEAT
                             ? machine_to_int(m, &arguments[strings])
                             : -1;
    switch (fn) {
    case FORMULA_FN_SPLIT:
    case FORMULA_FN_SPLIT_AFTER:
        return split(m, text, part, most, fn == FORMULA_FN_SPLIT_AFTER);
    case FORMULA_FN_REPLACE:
        return replace(m, arguments, most);
    case FORMULA_FN_REPEAT:
        return repeat(m, text, part);
    case FORMULA_FN_INDEX_OF:
        return formula_int(find(m, text, part, 0));
    case FORMULA_FN_LAST_INDEX_OF:
        return formula_int(find_last(m, text, part));
    case FORMULA_FN_HAS_PREFIX:
        return formula_bool(part->size <= text->size && is_at(text, 0, part));
    default:
        return formula_bool(part->size <= text->size &&
                            is_at(text, text->size - part->size, part));
    }
}

formula_value machine_text_function(machine *m, uint8_t fn, const formula_value *arguments,
                                    uint32_t count)
{
    const char *kind = NULL;
    switch (fn) {
    case FORMULA_FN_TYPE:
        kind = formula_kind_name(&arguments[0]);
        return formula_string(kind, strlen(kind));
    case FORMULA_FN_STRING:
        return machine_print(m, &arguments[0]);
    case FORMULA_FN_TO_JSON:
        return machine_to_json(m, &arguments[0]);
    case FORMULA_FN_TRIM:
    case FORMULA_FN_TRIM_PREFIX:
    case FORMULA_FN_TRIM_SUFFIX:
        return trimmed(m, fn, arguments, count);
    case FORMULA_FN_JOIN:
        return join(m, arguments, count);
    case FORMULA_FN_UPPER:
    case FORMULA_FN_LOWER:
    case FORMULA_FN_FROM_JSON:
    case FORMULA_FN_TO_BASE64:
    case FORMULA_FN_FROM_BASE64:
        return of_one(m, fn, arguments);
    default:
        return of_several(m, fn, arguments, count);
    }
}
