/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status as plain structs, copied up to the size the caller knows.
 */
#include "engine/status.h"

#include "base/buf.h"
#include "engine/order.h"
#include "engine/records.h"
#include "engine/trigger.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 512, FAILING_SIZE = 1024, DEFAULT_MAX = 100 };

const char *status_scaler_label(const trigger *t)
{
    const keda_scaler_desc *desc = &t->type->desc;
    if (t->spec->name != NULL && t->spec->name[0] != '\0')
        return t->spec->name;
    return desc->metrics_name != NULL ? desc->metrics_name : desc->type;
}

void status_of_metric(const workload *w, size_t at, keda_trigger_status *out)
{
    const metric *m = &w->metrics[at];
    const trigger *t = &w->triggers[m->trigger];

    *out = (keda_trigger_status){
        .struct_size = sizeof *out,
        .type = t->spec->type,
        .name = t->spec->name == NULL ? "" : t->spec->name,
        .metric = m->spec->name,
        .index = m->trigger,
        .state = m->reading.state,
        .is_active = m->was_active,
        .failures = t->failures,
        .value = m->value,
        .target_milli = m->spec->target_milli,
        .age_ms = m->has_value ? engine_now_ms(w->engine) - m->read_at_ms : -1,
        .failing_since_ms = t->failures > 0 ? t->failing_since_ms : -1,
        .latency_ms = t->latency_ms,
        .errors_total = t->errors_total,
        .error = kept_error_text(&t->error),
        .fallback_failures = w->object.has_fallback ? m->reading.failures : -1,
        .is_fallback = m->is_fallback ? 1 : 0,
    };
}

/* ---- workloads */

static int32_t effective_min(const workload *w)
{
    return w->object.min_replicas < 0 ? 0 : w->object.min_replicas;
}

static int32_t effective_max(const workload *w)
{
    return w->object.max_replicas <= 0 ? DEFAULT_MAX : w->object.max_replicas;
}

static bool is_ailing(const workload *w)
{
    return w->target != NULL && w->target->ailment.code != KEDA_OK;
}

/* Decisions know nothing of a target's own trouble: it is laid over what they said. */
static keda_condition ready_of(const workload *w)
{
    const keda_condition ailing = {KEDA_CONDITION_FALSE, KEDA_CAUSE_TARGET_TROUBLE};
    return is_ailing(w) ? ailing : keda_history_condition(w->history, KEDA_COND_READY);
}

/* Decisions set it only at a change; what was never paused is not. */
static keda_condition paused_of(const workload *w)
{
    const keda_condition unpaused = {KEDA_CONDITION_FALSE, KEDA_CAUSE_SCALED_OBJECT_UNPAUSED};
    const keda_condition paused = keda_history_condition(w->history, KEDA_COND_PAUSED);
    return paused.status == KEDA_CONDITION_ABSENT && w->object.pause == 0 ? unpaused : paused;
}

/* "s0-kafka-t (kafka): no answer; s1-..."; a trigger's metrics share one error. */
static void write_failing(const workload *w, keda_buf *text)
{
    const size_t begin = text->size;
    size_t nleft = 0;

    for (size_t i = 0; i < w->object.ntriggers; i++) {
        const trigger *t = &w->triggers[i];
        const size_t before = text->size;
        if (t->failures == 0)
            continue;
        if (nleft == 0)
            (void)buf_printf(text, "%s%s (%s): %s", before > begin ? "; " : "",
                             w->metric_names[t->first_metric], t->spec->type,
                             kept_error_text(&t->error));
        if (nleft > 0 || (before > begin && text->size - begin > FAILING_SIZE)) {
            buf_truncate(text, before);
            nleft++;
        }
    }
    if (nleft > 0)
        (void)buf_printf(text, "; and %zu more", nleft);
}

static void write_message(const workload *w, keda_buf *text)
{
    const keda_condition ready = ready_of(w);
    const size_t begin = text->size;

    if (ready.status == KEDA_CONDITION_TRUE || ready.status == KEDA_CONDITION_ABSENT)
        return;
    if (w->target != NULL && w->is_unreadable && w->target->trouble.code != KEDA_OK)
        (void)buf_puts(text, kept_error_text(&w->target->trouble));
    else if (is_ailing(w))
        (void)buf_puts(text, kept_error_text(&w->target->ailment));
    else
        write_failing(w, text);
    if (text->size == begin)
        (void)buf_puts(text, keda_cause_name(ready.cause));
}

/* Texts made for the status; they lie one behind the other. */
typedef struct made_texts {
    size_t target, decision, message;
} made_texts;

static void write_texts(const workload *w, keda_buf *text, made_texts *at)
{
    char line[TEXT_SIZE] = "";

    buf_truncate(text, 0);
    (void)buf_printf(text, "%s/%s", w->object.target_kind, w->object.target_name);
    (void)buf_putc(text, '\0');
    at->decision = text->size;
    records_line(w, line, sizeof line);
    (void)buf_puts(text, line);
    (void)buf_putc(text, '\0');
    at->message = text->size;
    write_message(w, text);
    (void)buf_putc(text, '\0');
}

/* "" when there was no memory for it. */
static const char *made_text(const keda_buf *text, size_t at)
{
    return text != NULL && at < text->size ? text->data + at : "";
}

void status_of_workload(const workload *w, keda_buf *text, keda_workload_status *out)
{
    const last_decision *d = &w->last;
    int64_t last_active_ms = 0;
    made_texts at = {0};

    if (text != NULL)
        write_texts(w, text, &at);
    *out = (keda_workload_status){
        .struct_size = sizeof *out,
        .id = w->object.id,
        .target = made_text(text, at.target),
        .spec_replicas = -1,
        .status_replicas = -1,
        .ready_replicas = -1,
        .min_replicas = effective_min(w),
        .max_replicas = effective_max(w),
        .desired_replicas = w->decisions_total > 0 ? d->to : -1,
        .reason = w->decisions_total > 0 ? d->reason : KEDA_REASON_UNSET,
        .last_active_wall_ms = -1,
        .last_scale_wall_ms = w->last_scale_wall_ms,
        .ready = ready_of(w),
        .active = keda_history_condition(w->history, KEDA_COND_ACTIVE),
        .paused = paused_of(w),
        .message = made_text(text, at.message),
        .text = made_text(text, at.decision),
        .decisions_total = w->decisions_total,
        .writes_total = w->writes_total,
        .errors_total = w->errors_total,
        .ntriggers = w->nmetrics,
        .fallback = keda_history_condition(w->history, KEDA_COND_FALLBACK),
        .has_composite = d->has_composite,
        .composite_milli = d->composite_milli,
    };
    if (keda_history_last_active(w->history, &last_active_ms))
        out->last_active_wall_ms =
            engine_wall_ms(w->engine) - (engine_now_ms(w->engine) - last_active_ms);
    if (w->target != NULL && !w->is_unreadable) {
        out->spec_replicas = w->target->seen.spec;
        out->status_replicas = w->target->seen.status;
        out->ready_replicas = w->target->seen.ready;
    }
}

/* ---- public */

keda_status status_copy_out(void *out, const void *all, size_t all_size, keda_error *err)
{
    size_t size = *(size_t *)out;

    if (size < sizeof size)
        return keda_error_set(err, KEDA_EINVAL, "a struct of a wrong size");
    const size_t known = size < all_size ? size : all_size;
    memcpy(out, all, known);
    memcpy(out, &size, sizeof size); /* the caller's own */
    return KEDA_OK;
}

size_t keda_engine_workload_count(const keda_engine *e)
{
    return e->workloads.count;
}

/* Texts are lent to the host until it enters the engine again, so they lie in the engine's buffer. */
static keda_status lend(const workload *w, keda_workload_status *out, keda_error *err)
{
    keda_workload_status all;

    status_of_workload(w, &w->engine->text, &all);
    return status_copy_out(out, &all, sizeof all, err);
}

keda_status keda_engine_workload(const keda_engine *e, size_t i, keda_workload_status *out,
                                 keda_error *err)
{
    const workload *w = order_at(e->order, &e->workloads, i);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload number %zu", i);
    return lend(w, out, err);
}

keda_status keda_engine_find(const keda_engine *e, const char *id, keda_workload_status *out,
                             keda_error *err)
{
    const workload *w = table_find(&e->workloads, id);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    return lend(w, out, err);
}

keda_status keda_engine_trigger(const keda_engine *e, const char *id, size_t i,
                                keda_trigger_status *out, keda_error *err)
{
    keda_trigger_status all;
    const workload *w = table_find(&e->workloads, id);

    if (w == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no workload %s", id);
    if (i >= w->nmetrics)
        return keda_error_set(err, KEDA_ENOTFOUND, "%s has no metric number %zu", id, i);
    status_of_metric(w, i, &all);
    return status_copy_out(out, &all, sizeof all, err);
}
