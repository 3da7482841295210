/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output for people and programs: aligned tables, JSON texts and numbers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void cli_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(out, "\\%c", *p);
        else if (*p < 0x20)
            fprintf(out, "\\u%04x", *p);
        else
            fputc(*p, out);
    }
    fputc('"', out);
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
            fprintf(out, "%s%*s", cell, is_last ? 0 : (int)(widths[c] - width(cell) + 2), "");
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
