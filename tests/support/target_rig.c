/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completions of target calls as plain notes. Weak: in a program that has the engine, its own win.
 */
#include "target_rig.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define WEAK __attribute__((weak))

WEAK void keda_target_observed(keda_target_call *call, const keda_replicas *replicas)
{
    call->replicas = *replicas;
    call->ncompletions++;
}

WEAK void keda_target_done(keda_target_call *call)
{
    call->ncompletions++;
}

WEAK void keda_target_fail(keda_target_call *call, const keda_error *err)
{
    call->err = *err;
    call->ncompletions++;
}

WEAK void keda_target_changed(keda_target *self)
{
    self->nchanged++;
}

WEAK void keda_target_trouble(keda_target *self, const char *text)
{
    const bool is_over = text == NULL || text[0] == '\0';
    keda_buf_clear(&self->trouble);
    if (!is_over && buf_puts(&self->trouble, text) != KEDA_OK)
        abort();
    self->ntroubles++;
}

/* The engine hands out a const target; ours is written to. */
static keda_target *own(const keda_target *self)
{
    union {
        const keda_target *in;
        keda_target *out;
    } cast = {.in = self};
    return cast.out;
}

WEAK void keda_target_log(const keda_target *self, int32_t level, const char *format, ...)
{
    char text[8192];
    keda_target *target = own(self);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (buf_printf(&target->log, "%d %s\n", (int)level, text) != KEDA_OK)
        abort();
    if (target->on_log != NULL)
        target->on_log(text, target->user);
}

void target_rig_clear(keda_target *target)
{
    keda_buf_clear(&target->log);
    keda_buf_clear(&target->trouble);
}
