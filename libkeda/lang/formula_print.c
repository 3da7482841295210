/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as texts: as string() prints them, and as JSON.
 */
#include "formula_writer.h"

#include <math.h>
#include <stdio.h>

#include "unicode.h"

/* Places of Go's exponents: printing, JSON. */
enum { PRINT_LEAST = -4, PRINT_MOST = 6, JSON_LEAST = -6, JSON_MOST = 21 };

/* --- order of a map's keys ------------------------------------------------------------------------- */

static bool key_precedes(const formula_value *a, const formula_value *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind;
    switch (a->kind) {
    case FORMULA_VALUE_STRING:
        return formula_compare_strings(a, b) < 0;
    case FORMULA_VALUE_INT:
        return a->as.integer < b->as.integer;
    case FORMULA_VALUE_FLOAT:
        return a->as.real < b->as.real;
    default:
        return !a->as.flag && b->as.flag;
    }
}

/* The pair with the smallest key behind that of pair `last`; last = size: the very smallest. */
static uint32_t next_pair(machine *m, const formula_value *map, uint32_t last)
{
    uint32_t best = map->size;
    for (uint32_t i = 0; i < map->size && machine_spend(m, 1); i++) {
        const formula_value *key = &map->as.items[2 * i];
        const bool comes = last == map->size || key_precedes(&map->as.items[2 * last], key);
        if (comes && (best == map->size || key_precedes(key, &map->as.items[2 * best])))
            best = i;
    }
    return best;
}

/* --- string() ------------------------------------------------------------------------------------- */

static void print(writer *w, const formula_value *v, uint32_t depth);

static void print_map(writer *w, const formula_value *v, uint32_t depth)
{
    writer_puts(w, "map[");
    uint32_t last = next_pair(w->m, v, v->size);
    for (uint32_t n = 0; last < v->size && w->m->rc == KEDA_OK; n++) {
        if (n > 0)
            writer_puts(w, " ");
        print(w, &v->as.items[2 * last], depth + 1);
        writer_puts(w, ":");
        print(w, &v->as.items[2 * last + 1], depth + 1);
        last = next_pair(w->m, v, last);
    }
    writer_puts(w, "]");
}

static void print_array(writer *w, const formula_value *v, uint32_t depth)
{
    writer_puts(w, "[");
    for (uint32_t i = 0; i < v->size && w->m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        if (i > 0)
            writer_puts(w, " ");
        print(w, &item, depth + 1);
    }
    writer_puts(w, "]");
}

static void print(writer *w, const formula_value *v, uint32_t depth)
{
    if (depth > FORMULA_MAX_DEPTH) {
        machine_fail(w->m, "arrays are nested too deep to print them");
        return;
    }
    switch ((formula_kind)v->kind) {
    case FORMULA_VALUE_NIL:
        writer_puts(w, "<nil>");
        break;
    case FORMULA_VALUE_BOOL:
        writer_puts(w, v->as.flag ? "true" : "false");
        break;
    case FORMULA_VALUE_INT:
        writer_put_int(w, v->as.integer);
        break;
    case FORMULA_VALUE_FLOAT:
        writer_put_float(w, v->as.real, PRINT_LEAST, PRINT_MOST, false);
        break;
    case FORMULA_VALUE_STRING:
        writer_put(w, v->as.text, v->size);
        break;
    case FORMULA_VALUE_ARRAY:
    case FORMULA_VALUE_RANGE:
        print_array(w, v, depth);
        break;
    case FORMULA_VALUE_MAP:
        print_map(w, v, depth);
        break;
    }
}

formula_value machine_print(machine *m, const formula_value *v)
{
    if (v->kind == FORMULA_VALUE_STRING)
        return *v;
    writer w = writer_begin(m);
    print(&w, v, 0);
    return writer_end(&w);
}

/* --- JSON ------------------------------------------------------------------------------------------ */

static void json(writer *w, const formula_value *v, uint32_t depth);

static void json_escape(writer *w, uint32_t c)
{
    char text[16];
    (void)snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    writer_puts(w, text);
}

static void json_character(writer *w, uint32_t c, bool is_broken)
{
    static const char plain[] = "\b\f\n\r\t\"\\", escaped[] = "bfnrt\"\\";
    for (size_t i = 0; plain[i] != '\0'; i++)
        if (c == (unsigned char)plain[i]) {
            writer_puts(w, "\\");
            writer_put(w, &escaped[i], 1);
            return;
        }
    if (is_broken || c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029)
        json_escape(w, c);
    else
        writer_put_character(w, c);
}

static void json_string(writer *w, const formula_value *v)
{
    uint32_t c = 0;
    writer_puts(w, "\"");
    for (size_t i = 0; i < v->size && w->m->rc == KEDA_OK;) {
        const size_t size = utf8_decode(v->as.text + i, v->size - i, &c);
        json_character(w, c, size == 1 && c == UNICODE_REPLACEMENT);
        i += size;
    }
    writer_puts(w, "\"");
}

static void json_line(writer *w, uint32_t depth)
{
    writer_puts(w, "\n");
    for (uint32_t i = 0; i < depth; i++)
        writer_puts(w, "  ");
}

static void json_array(writer *w, const formula_value *v, uint32_t depth)
{
    writer_puts(w, "[");
    for (uint32_t i = 0; i < v->size && w->m->rc == KEDA_OK; i++) {
        const formula_value item = formula_item(v, i);
        if (i > 0)
            writer_puts(w, ",");
        json_line(w, depth + 1);
        json(w, &item, depth + 1);
    }
    if (v->size > 0)
        json_line(w, depth);
    writer_puts(w, "]");
}

static void json_map(writer *w, const formula_value *v, uint32_t depth)
{
    writer_puts(w, "{");
    uint32_t last = next_pair(w->m, v, v->size);
    for (uint32_t n = 0; last < v->size && w->m->rc == KEDA_OK; n++) {
        if (v->as.items[2 * last].kind != FORMULA_VALUE_STRING)
            machine_fail(w->m, "toJSON expects strings as keys");
        if (n > 0)
            writer_puts(w, ",");
        json_line(w, depth + 1);
        json_string(w, &v->as.items[2 * last]);
        writer_puts(w, ": ");
        json(w, &v->as.items[2 * last + 1], depth + 1);
        last = next_pair(w->m, v, last);
    }
    if (v->size > 0)
        json_line(w, depth);
    writer_puts(w, "}");
}

static void json(writer *w, const formula_value *v, uint32_t depth)
{
    if (depth > FORMULA_MAX_DEPTH)
        machine_fail(w->m, "arrays are nested too deep to print them");
    if (w->m->rc != KEDA_OK)
        return;
    switch ((formula_kind)v->kind) {
    case FORMULA_VALUE_NIL:
        writer_puts(w, "null");
        break;
    case FORMULA_VALUE_FLOAT:
        if (!isfinite(v->as.real))
            machine_fail(w->m, "toJSON: a number that is not finite");
        writer_put_float(w, v->as.real, JSON_LEAST, JSON_MOST, true);
        break;
    case FORMULA_VALUE_STRING:
        json_string(w, v);
        break;
    case FORMULA_VALUE_ARRAY:
    case FORMULA_VALUE_RANGE:
        json_array(w, v, depth);
        break;
    case FORMULA_VALUE_MAP:
        json_map(w, v, depth);
        break;
    case FORMULA_VALUE_BOOL:
    case FORMULA_VALUE_INT:
        print(w, v, depth);
        break;
    }
}

formula_value machine_to_json(machine *m, const formula_value *v)
{
    writer w = writer_begin(m);
    json(&w, v, 0);
    return writer_end(&w);
}
