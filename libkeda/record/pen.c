/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending with one check at the end.
 */
#include "record/pen.h"

#include "config/json_string.h"

void pen_puts(pen *p, const char *text)
{
    if (p->rc == KEDA_OK)
        p->rc = buf_puts(p->out, text);
}

void pen_putc(pen *p, char c)
{
    if (p->rc == KEDA_OK)
        p->rc = buf_putc(p->out, c);
}

void pen_printf(pen *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (p->rc == KEDA_OK)
        p->rc = buf_vprintf(p->out, format, args);
    va_end(args);
}

void pen_int(pen *p, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;

    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    if (p->rc == KEDA_OK)
        p->rc = buf_append(p->out, digits + at, sizeof digits - at);
}

void pen_append(pen *p, const keda_buf *text)
{
    if (p->rc == KEDA_OK)
        p->rc = buf_append(p->out, text->data, text->size);
}

void pen_string(pen *p, const char *text)
{
    if (p->rc == KEDA_OK)
        p->rc = json_string_write(p->out, text);
}

void pen_comma(pen *p)
{
    const char last = p->out->size > 0 ? p->out->data[p->out->size - 1] : '\0';
    if (last != '{' && last != '[')
        pen_putc(p, ',');
}
