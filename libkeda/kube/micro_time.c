/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock gives milliseconds; the last three digits are noughts. For lease_body.c and event.c.
 */
#include "kube/micro_time.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

void kube_micro_time(int64_t wall_ms, char *out, size_t size)
{
    char text[40];

    clock_format_utc(wall_ms, 1, text, sizeof text);
    text[strcspn(text, "Z")] = '\0';
    const size_t n = text_copy(out, size, text);
    (void)text_copy(out + n, size - n, "000Z");
}
