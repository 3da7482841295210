/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output for people and programs: aligned tables, JSON texts and numbers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Bytes of the UTF-8 character at p, 0 when there is none (also for surrogates and overlong forms). */
static size_t utf8_size(const unsigned char *p)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {
        {0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

    for (size_t n = 0; n < sizeof forms / sizeof forms[0]; n++) {
        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t value = p[0] & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xC0u) != 0x80u)
                return 0;
            value = value << 6 | (p[i] & 0x3Fu);
        }
        const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
        return value < forms[n].least || value > 0x10FFFF || is_surrogate ? 0 : n + 1;
    }
    return 0;
}

void cli_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t size = utf8_size(p);
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7F)
            fprintf(out, "\\u%04x", *p);
        else if (size == 0)
            fputs("\\ufffd", out);
        else
            fwrite(p, 1, size, out);
        p += size > 0 ? size : 1;
    }
    fputc('"', out);
}

/* C1 controls are two bytes in UTF-8; terminals obey them too. */
static bool is_obeyed(const unsigned char *p, size_t size)
{
    return size == 0 || (*p < 0x20 && *p != '\t') || *p == 0x7F ||
           (size == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

void cli_plain_text(FILE *out, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t size = utf8_size(p);
        const size_t step = size > 0 ? size : 1;
        if (!is_obeyed(p, size))
            fwrite(p, 1, size, out);
        else
            for (size_t i = 0; i < step; i++)
                fprintf(out, "\\x%02x", p[i]);
        p += step;
    }
}

bool cli_is_plain(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t size = utf8_size(p);
        if (is_obeyed(p, size))
            return false;
        p += size;
    }
    return true;
}

void cli_json_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "%.17g", value);
    else
        fputs("null", out);
}

bool cli_table_row(cli_table *table, size_t ncells, const char *const *cells)
{
    if (table->nrows == table->capacity) {
        const size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
        void *more = realloc(table->rows, capacity * sizeof *table->rows);
        if (more == NULL)
            return false;
        table->rows = more;
        table->capacity = capacity;
    }
    char **row = table->rows[table->nrows++];
    for (size_t i = 0; i < CLI_COLUMNS; i++)
        row[i] = i < ncells ? strdup(cells[i]) : NULL;
    if (ncells > table->ncolumns)
        table->ncolumns = ncells;
    return true;
}

/* Cells on a terminal: UTF-8 continuation bytes take no room. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; text != NULL && *text != '\0'; text++)
        n += ((unsigned char)*text & 0xC0u) != 0x80u;
    return n;
}

static size_t column_width(const cli_table *table, size_t column)
{
    size_t widest = 0;
    for (size_t i = 0; i < table->nrows; i++) {
        const size_t n = width(table->rows[i][column]);
        widest = n > widest ? n : widest;
    }
    return widest;
}

void cli_table_print(const cli_table *table, FILE *out)
{
    size_t widths[CLI_COLUMNS];

    for (size_t c = 0; c < table->ncolumns; c++)
        widths[c] = column_width(table, c);
    for (size_t r = 0; r < table->nrows; r++) {
        for (size_t c = 0; c < table->ncolumns; c++) {
            const char *cell = table->rows[r][c] != NULL ? table->rows[r][c] : "";
            const bool is_last = c + 1 == table->ncolumns;
            cli_plain_text(out, cell);
            fprintf(out, "%*s", is_last ? 0 : (int)(widths[c] - width(cell) + 2), "");
        }
        fputc('\n', out);
    }
}

void cli_table_clear(cli_table *table)
{
    for (size_t r = 0; r < table->nrows; r++)
        for (size_t c = 0; c < CLI_COLUMNS; c++)
            free(table->rows[r][c]);
    free(table->rows);
    memset(table, 0, sizeof *table);
}
