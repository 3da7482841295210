/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_error: setting, wrapping, clearing. Texts that do not fit are cut between two characters.
 * Lists of findings are in findings.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <keda/error.h>

#include "text.h"

/* Formats aside first: an argument may be the text that is being replaced. */
KEDA_PRINTF(3, 0)
static void store(keda_error *err, const char *tail, const char *format, va_list args)
{
    char text[sizeof err->text];
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    if (tail != NULL) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, ": %s", tail);
    }
    (void)text_copy(err->text, sizeof err->text, text);
    text_cut_broken_end(err->text);
}

keda_status keda_error_set(keda_error *err, keda_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    store(err, NULL, format, args);
    va_end(args);
    err->code = (int32_t)code;
    err->http_status = 0;
    err->line = 0;
    err->column = 0;
    err->retry_after_ms = -1;
    memset(err->reserved, 0, sizeof err->reserved);
    return code;
}

keda_status keda_error_set_text(keda_error *err, keda_status code, const char *text)
{
    return keda_error_set(err, code, "%s", text);
}

keda_status keda_error_wrap(keda_error *err, keda_status code, const char *format, ...)
{
    if (err == NULL)
        return code;
    const bool is_empty = err->code == KEDA_OK;
    if (is_empty)
        keda_error_clear(err);
    va_list args;
    va_start(args, format);
    store(err, is_empty ? NULL : err->text, format, args);
    va_end(args);
    if (is_empty)
        err->code = (int32_t)code;
    return code;
}

void keda_error_clear(keda_error *err)
{
    if (err != NULL)
        *err = (keda_error)KEDA_ERROR_INIT;
}
