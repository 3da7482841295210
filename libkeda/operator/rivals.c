/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ScaledObjects on one target: only one can be put to work, which the engine sees to. After a start it
 * must be the one that was at work before, or a restart would scale; else the older one.
 */
#include "operator/message.h"
#include "operator/operator.h"

#include <string.h>

/* Refused objects say so in their status. */
static bool was_at_work(const keda_json *object)
{
    const keda_json *ready = message_condition(keda_json_get(object, "status"), "Ready");
    return ready != NULL && strcmp(op_text(ready, "reason"), "ScaledObjectCheckFailed") != 0;
}

static bool goes_before(const op_object *rival, const op_object *o, const keda_json *object)
{
    keda_json *other = NULL;

    if (rival->text == NULL ||
        keda_json_parse(&other, rival->text, rival->size, NULL) != KEDA_OK)
        return false;
    const bool rival_worked = was_at_work(other), worked = was_at_work(object);
    int order = strcmp(op_text(other, "metadata.creationTimestamp"),
                       op_text(object, "metadata.creationTimestamp"));
    if (rival_worked != worked)
        order = rival_worked ? -1 : 1;
    keda_json_free(other);
    return order < 0 || (order == 0 && strcmp(rival->key, o->key) < 0);
}

/* One that is at work already is left to the engine's refusal, which names both. */
op_progress op_yield(op_object *o, const keda_json *object, keda_error *err)
{
    (void)err;
    if (o->is_at_work || o->slot == NULL)
        return OP_GOES_ON;
    for (const op_object *p = o->slot->objects; p != NULL; p = p->slot_next) {
        if (p != o && p->is_at_work)
            return OP_GOES_ON;
    }
    for (const op_object *p = o->slot->objects; p != NULL; p = p->slot_next) {
        if (p == o || p->is_finalizing || p->problem.code != KEDA_OK ||
            !goes_before(p, o, object))
            continue;
        op_object_retry(o);
        return OP_WAITS;
    }
    return OP_GOES_ON;
}
