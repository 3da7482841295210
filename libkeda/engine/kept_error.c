/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To and from keda_error; without memory the code stays and its name stands for the text.
 */
#include "engine/kept_error.h"

#include "base/mem.h"

void kept_error_clear(kept_error *kept)
{
    mem_free(kept->text);
    *kept = (kept_error){0};
}

void kept_error_set(kept_error *kept, const keda_error *err)
{
    const int64_t hint_ms = err->retry_after_ms < 0 ? -1 : err->retry_after_ms;

    mem_free(kept->text);
    *kept = (kept_error){.code = err->code,
                         .retry_after_ms = hint_ms < INT32_MAX ? (int32_t)hint_ms : INT32_MAX,
                         .text = mem_strdup(err->text)};
}

const char *kept_error_text(const kept_error *kept)
{
    if (kept->text != NULL)
        return kept->text;
    return kept->code == KEDA_OK ? "" : keda_status_name(kept->code);
}

void kept_error_get(const kept_error *kept, keda_error *err)
{
    (void)keda_error_set(err, (keda_status)kept->code, "%s", kept_error_text(kept));
    if (err != NULL)
        err->retry_after_ms = kept->retry_after_ms;
}
