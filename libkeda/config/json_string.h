/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON's strings both ways: for json.c, and for whatever this room writes as JSON.
 */
#ifndef CONFIG_JSON_STRING_H
#define CONFIG_JSON_STRING_H

#include "base/buf.h"

/* Appends the string whose opening quote is at *p, terminated, and moves *p behind its closing quote.
 * Errors: KEDA_EINVAL when it is not a string in UTF-8 without NUL; KEDA_ENOMEM. */
KEDA_MUST_USE keda_status json_string_read(const char **p, const char *end, keda_buf *out);

/* Appends the text with its quotes. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status json_string_write(keda_buf *out, const char *text);

#endif
