/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 with the standard alphabet and padding, as the data of a Secret has it.
 */
#ifndef LANG_BASE64_H
#define LANG_BASE64_H

#include <keda/base.h>

/* Appends the decoded bytes; line ends are skipped, as Kubernetes does. Errors: KEDA_EINVAL for
 * anything else outside the alphabet or wrong padding, KEDA_ENOMEM; out is then as before. */
KEDA_MUST_USE keda_status base64_decode(keda_buf *out, const char *text, size_t size);

/* Appends the text, padded, on one line. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status base64_encode(keda_buf *out, const void *bytes, size_t size);

#endif
