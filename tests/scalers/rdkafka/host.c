/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of keda/scaler.h, as small as the kafka module's tests need it.
 */
#include "scalers/rdkafka/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

keda_poll host_poll(const void *meta, void *state, keda_scaler *scaler, int64_t timeout_ms)
{
    return (keda_poll){
        .meta = meta,
        .state = state,
        .scaler = scaler,
        .deadline_ms = clock_now_ms(clock_system()) + timeout_ms,
        .due = KEDA_POLL_ACTIVATION,
        .err = KEDA_ERROR_INIT,
    };
}

void keda_poll_value(keda_poll *poll, size_t spec_index, double raw)
{
    poll->has_value = spec_index == 0;
    poll->value = raw;
}

void keda_poll_active(keda_poll *poll, bool is_active)
{
    poll->has_active = true;
    poll->active = is_active;
}

void keda_poll_done(keda_poll *poll)
{
    poll->ended++;
}

void keda_poll_fail(keda_poll *poll, const keda_error *err)
{
    poll->ended++;
    poll->err = *err;
}

int64_t keda_poll_deadline_ms(const keda_poll *poll)
{
    int64_t left_ms = poll->deadline_ms - clock_now_ms(clock_system());

    return left_ms < 0 ? 0 : left_ms;
}

uint32_t keda_poll_due_bits(const keda_poll *poll)
{
    return poll->due;
}

const void *keda_poll_meta(const keda_poll *poll)
{
    return poll->meta;
}

void *keda_poll_state(const keda_poll *poll)
{
    return poll->state;
}

keda_scaler *keda_poll_scaler(const keda_poll *poll)
{
    return poll->scaler;
}

void keda_poll_via(keda_poll *poll, keda_endpoint *endpoint)
{
    poll->via = endpoint;
}

keda_status keda_endpoint_acquire(keda_scaler *self, const char *kind, const keda_param *params,
                                  size_t nparams, keda_endpoint **out, keda_error *err)
{
    size_t used = 0;

    if (strcmp(kind, "kafka") != 0)
        return keda_error_set(err, KEDA_EUNSUPPORTED, "kind %s", kind);
    self->params[0] = '\0';
    for (size_t i = 0; i < nparams && used < sizeof(self->params); i++)
        used += (size_t)snprintf(self->params + used, sizeof(self->params) - used, "%s=%s\n",
                                 params[i].name, params[i].value);
    *out = self->endpoint;
    return KEDA_OK;
}

void keda_endpoint_log(const keda_endpoint *self, int32_t level, const char *format, ...)
{
    (void)self;
    (void)level;
    (void)format;
}

void keda_scaler_log(const keda_scaler *self, int32_t level, const char *format, ...)
{
    keda_scaler *scaler = (keda_scaler *)(uintptr_t)self;
    va_list args;

    (void)level;
    va_start(args, format);
    vsnprintf(scaler->log, sizeof(scaler->log), format, args);
    va_end(args);
}

keda_status keda_spec_add_integer(keda_spec_list *out, int64_t target, double activation,
                                  keda_error *err, const char *format, ...)
{
    va_list args;

    (void)err;
    va_start(args, format);
    vsnprintf(out->name, sizeof(out->name), format, args);
    va_end(args);
    out->target = target;
    out->activation = activation;
    out->count++;
    return KEDA_OK;
}
