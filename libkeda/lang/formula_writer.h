/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that grows at the end of the scratch area. Nothing else may take scratch until it has ended.
 */
#ifndef LANG_FORMULA_WRITER_H
#define LANG_FORMULA_WRITER_H

#include "formula_machine.h"

typedef struct writer {
    machine *m;
    char *text;
    size_t size, capacity;
} writer;

writer writer_begin(machine *m);
/* Fails the machine when the scratch area is full. */
void writer_put(writer *w, const char *bytes, size_t size);
void writer_puts(writer *w, const char *text);
void writer_put_character(writer *w, uint32_t c);
/* Shortest digits that read back as the number; an exponent from 10^most on, and below 10^least. */
void writer_put_float(writer *w, double value, int least, int most, bool short_exponent);
void writer_put_int(writer *w, int64_t value);
formula_value writer_end(writer *w);

#endif
