/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was decided to conditions with KEDA's reasons and texts of our own (spec: scaledobject 12.2).
 * Texts name what is wrong and nothing that moves from poll to poll.
 */
#include "operator/conditions.h"

#include <string.h>

#include "base/buf.h"
#include "operator/copy.h"
#include "operator/message.h"
#include "operator/refs.h"

typedef struct condition {
    const char *type, *status, *reason, *message; /* reason and message "": absent */
} condition;

static void put(json_text *j, const condition *c)
{
    json_text_open(j, NULL, '{');
    json_text_string(j, "type", c->type);
    json_text_string(j, "status", c->status);
    if (c->reason[0] != '\0')
        json_text_string(j, "reason", c->reason);
    if (c->message[0] != '\0')
        json_text_string(j, "message", c->message);
    json_text_close(j, '}');
}

/* As the object has it; else with this status. */
static void put_kept(json_text *j, const status_facts *facts, const char *type,
                     const char *otherwise)
{
    const keda_json *old = message_condition(keda_json_get(facts->object, "status"), type);
    const char *status = refs_text(old, "status");
    const condition c = {type, status[0] == '\0' ? otherwise : status, refs_text(old, "reason"),
                         refs_text(old, "message")};
    put(j, &c);
}

static const char *status_name(int32_t status)
{
    if (status == KEDA_CONDITION_TRUE)
        return "True";
    return status == KEDA_CONDITION_FALSE ? "False" : "Unknown";
}

static void put_decided(json_text *j, const char *type, keda_condition decided,
                        keda_buf *message, keda_status rc)
{
    message_cut(message);
    if (rc != KEDA_OK && j->status == KEDA_OK)
        j->status = rc;
    const condition c = {type, status_name(decided.status), keda_cause_name(decided.cause),
                         message->size == 0 ? "" : message->data};
    put(j, &c);
    keda_buf_clear(message);
}

/* ---- Ready */

static bool is_failing(const keda_trigger_status *t)
{
    return t->failures > 0 && t->error != NULL && t->error[0] != '\0';
}

/* "s0-kafka-t (kafka): no answer from kafka:9092; s1-..."; a trigger's metrics share one error. */
static keda_status add_failing(keda_buf *out, const status_facts *facts)
{
    int32_t told = -1;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < facts->ntriggers; i++) {
        const keda_trigger_status *t = &facts->triggers[i];
        if (!is_failing(t) || t->index == told)
            continue;
        told = t->index;
        if (out->size > 0)
            rc = buf_puts(out, "; ");
        if (rc == KEDA_OK)
            rc = buf_printf(out, "%s (%s): ", t->metric, t->type);
        if (rc == KEDA_OK)
            rc = message_append(out, t->error);
    }
    return rc;
}

static bool is_of_triggers(int32_t cause)
{
    return cause == KEDA_CAUSE_TRIGGER_ERROR || cause == KEDA_CAUSE_PARTIAL_TRIGGER_ERROR;
}

static keda_status ready_message(keda_buf *out, const status_facts *facts)
{
    const keda_condition ready = facts->workload->ready;
    keda_status rc = KEDA_OK;

    if (ready.status == KEDA_CONDITION_TRUE)
        return message_is_fully_paused(facts->object)
                   ? message_of_pause(out, facts->object)
                   : buf_puts(out, "the triggers are asked and the target is scaled");
    if (is_of_triggers(ready.cause))
        rc = add_failing(out, facts);
    if (rc == KEDA_OK && out->size == 0)
        rc = message_append(out, facts->workload->message);
    return rc;
}

static void put_ready(json_text *j, const status_facts *facts)
{
    const keda_workload_status *s = facts->workload;
    keda_buf message = {0};

    if (facts->problem != NULL) {
        const keda_status rc = message_append(&message, facts->problem->text);
        message_cut(&message);
        if (rc != KEDA_OK && j->status == KEDA_OK)
            j->status = rc;
        const condition c = {"Ready", "False", "ScaledObjectCheckFailed",
                             message.size == 0 ? "" : message.data};
        put(j, &c);
        keda_buf_clear(&message);
    } else if (s == NULL || s->ready.status == KEDA_CONDITION_ABSENT) {
        put_kept(j, facts, "Ready", "Unknown");
    } else {
        const keda_status rc = ready_message(&message, facts);
        put_decided(j, "Ready", s->ready, &message, rc);
    }
}

/* ---- Active */

static keda_status active_names(keda_buf *out, const status_facts *facts)
{
    size_t n = 0;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < facts->ntriggers; i++) {
        if (facts->triggers[i].is_active > 0)
            rc = buf_printf(out, "%s%s", n++ == 0 ? "" : ", ", facts->triggers[i].metric);
    }
    if (rc == KEDA_OK && n > 0)
        rc = buf_puts(out, n == 1 ? " is active" : " are active");
    return rc;
}

static keda_status active_message(keda_buf *out, const status_facts *facts)
{
    const keda_condition active = facts->workload->active;

    if (message_is_flag_set(facts->object, "autoscaling.keda.sh/force-activation") &&
        active.status == KEDA_CONDITION_TRUE)
        return buf_puts(out, "activation is forced");
    if (active.status == KEDA_CONDITION_TRUE) {
        const keda_status rc = active_names(out, facts);
        return rc != KEDA_OK || out->size > 0 ? rc : buf_puts(out, "a trigger is active");
    }
    if (active.cause == KEDA_CAUSE_SCALER_COOLDOWN)
        return buf_puts(out, "no trigger is active; the cooldown is not over");
    return buf_puts(out, "no trigger is active");
}

static void put_active(json_text *j, const status_facts *facts)
{
    const keda_workload_status *s = facts->workload;
    keda_buf message = {0};

    if (facts->problem != NULL) {
        const condition c = {"Active", "Unknown", "UnknownState", "the triggers are not asked"};
        put(j, &c);
    } else if (s == NULL || s->active.status == KEDA_CONDITION_ABSENT) {
        put_kept(j, facts, "Active", "Unknown");
    } else {
        const keda_status rc = active_message(&message, facts);
        put_decided(j, "Active", s->active, &message, rc);
    }
}

/* ---- Fallback and Paused */

static keda_status fallback_message(keda_buf *out, const status_facts *facts)
{
    return facts->workload->fallback.status == KEDA_CONDITION_TRUE
               ? buf_puts(out, "a trigger fails: the fallback's replicas count for it")
               : buf_puts(out, "no trigger needs the fallback");
}

static void put_fallback(json_text *j, const status_facts *facts)
{
    const keda_json *fallback = keda_json_get(facts->object, "spec.fallback");
    const keda_workload_status *s = facts->workload;
    const condition unset = {"Fallback", "False", "NoFallbackFound",
                             "no fallback is configured"};
    keda_buf message = {0};

    if (keda_json_type_of(fallback) != KEDA_JSON_OBJECT) {
        put(j, &unset);
    } else if (s == NULL || s->fallback.status == KEDA_CONDITION_ABSENT) {
        put_kept(j, facts, "Fallback", "Unknown");
    } else {
        const keda_status rc = fallback_message(&message, facts);
        put_decided(j, "Fallback", s->fallback, &message, rc);
    }
}

/* Being unpaused is worth a reason only after a pause. */
static void put_unpaused(json_text *j, const status_facts *facts)
{
    const keda_json *old = message_condition(keda_json_get(facts->object, "status"), "Paused");
    const condition unpaused = {"Paused", "False", "ScaledObjectUnpaused",
                                "not paused any more"};

    if (strcmp(refs_text(old, "status"), "True") == 0)
        put(j, &unpaused);
    else
        put_kept(j, facts, "Paused", "False");
}

static void put_paused(json_text *j, const status_facts *facts)
{
    const keda_workload_status *s = facts->workload;
    keda_buf message = {0};

    if (s == NULL || s->paused.status == KEDA_CONDITION_ABSENT) {
        put_kept(j, facts, "Paused", "False");
    } else if (s->paused.status == KEDA_CONDITION_TRUE) {
        const keda_status rc = message_of_pause(&message, facts->object);
        put_decided(j, "Paused", s->paused, &message, rc);
    } else {
        put_unpaused(j, facts);
    }
}

void conditions_put(json_text *j, const status_facts *facts)
{
    json_text_open(j, "conditions", '[');
    put_ready(j, facts);
    put_active(j, facts);
    put_fallback(j, facts);
    put_paused(j, facts);
    json_text_close(j, ']');
}
