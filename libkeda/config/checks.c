/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the members of a ScaledObject mean together: upstream's admission rules for a single object (spec:
 * admission 3), all of them, in their order. Rules about other objects are the engine's.
 */
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "draft.h"

enum { MAX_NAME = 63, DEFAULT_MAX = 100 };

static bool all_resources(const scaled_object *object)
{
    for (size_t i = 0; i < object->ntriggers; i++)
        if (!trigger_spec_is_resource(&object->triggers[i]))
            return false;
    return object->ntriggers > 0;
}

static void warn_at(reader *r, const node *spec, const char *name, const char *message)
{
    const node *value = reader_get(spec, name);
    const size_t mark = reader_enter(r, name);
    if (value != NULL)
        reader_warning(r, value, "%s", message);
    reader_leave(r, mark);
}

/* S1, S2. KEDA: an explicit 0 counts as 1 here, one that is not given as 0. */
static void check_replicas(reader *r, const node *spec, const scaled_object *object)
{
    const int32_t max = object->max_replicas == 0 ? DEFAULT_MAX : object->max_replicas;
    const int32_t min = object->min_replicas < 0    ? 0
                        : object->min_replicas == 0 ? 1
                                                    : object->min_replicas;
    if (min > max)
        reader_error_in(r, spec, "minReplicaCount", "%d is more than maxReplicaCount %d%s",
                        (int)min, (int)max, object->max_replicas == 0 ? " (the default)" : "");
    if (object->idle_replicas < 0)
        return;
    if (object->idle_replicas >= min)
        reader_error_in(r, spec, "idleReplicaCount", "%d is not less than minReplicaCount %d%s",
                        (int)object->idle_replicas, (int)min,
                        object->min_replicas < 0 ? " (the default)" : "");
    else if (object->min_replicas == 0)
        warn_at(r, spec, "idleReplicaCount", "has no effect with minReplicaCount 0");
}

static const node *trigger_node(const node *spec, size_t i)
{
    const node *triggers = node_get(spec, "triggers");
    return triggers != NULL && triggers->type == NODE_LIST && i < triggers->nitems
               ? triggers->items[i]
               : NULL;
}

static bool is_named_before(const scaled_object *object, size_t i)
{
    const char *name = object->triggers[i].name;
    for (size_t j = 0; j < i; j++)
        if (text_equal(object->triggers[j].name, name))
            return true;
    return false;
}

/* S4, S5; S3 is the list's own rule. */
static void check_triggers(reader *r, const node *spec, const scaled_object *object)
{
    const size_t before = reader_enter(r, "triggers");
    for (size_t i = 0; i < object->ntriggers; i++) {
        const trigger_spec *trigger = &object->triggers[i];
        const size_t mark = reader_enter_index(r, i);
        if (trigger->name != NULL && trigger->name[0] != '\0' && is_named_before(object, i))
            reader_error_in(r, trigger_node(spec, i), "name",
                            "\"%.64s\" names another trigger already", trigger->name);
        if (trigger->use_cached_metrics &&
            (trigger_spec_is_resource(trigger) || text_equal(trigger->type, "cron")))
            reader_error_in(r, trigger_node(spec, i), "useCachedMetrics",
                            "is not allowed for a %s trigger", trigger->type);
        reader_leave(r, mark);
    }
    reader_leave(r, before);
}

/* S7, S16; S6 is a matter of bounds. */
static void check_fallback(reader *r, const node *spec, const scaled_object *object)
{
    if (!object->has_fallback)
        return;
    if (!object->has_modifiers && all_resources(object))
        reader_error_in(r, spec, "fallback",
                        "does not work with cpu and memory triggers alone");
    if (!text_equal(object->fallback_behavior, "scalingModifiers") ||
        (object->formula != NULL && object->formula[0] != '\0'))
        return;
    const size_t mark = reader_enter(r, "fallback");
    reader_error_in(r, node_get(spec, "fallback"), "behavior",
                    "scalingModifiers needs advanced.scalingModifiers.formula");
    reader_leave(r, mark);
}

/* S8. */
static void check_name(reader *r, const scaled_object *object)
{
    const node *metadata = node_get(r->doc->root, "metadata");
    const size_t mark = reader_enter(r, "metadata");
    if (strlen(object->name) > MAX_NAME)
        reader_error_in(r, metadata, "name", "has %zu characters, more than %d",
                        strlen(object->name), MAX_NAME);
    reader_leave(r, mark);
}

/* S9: the HPA's name, given or made of the object's. */
static void check_hpa_name(reader *r, const node *spec, const scaled_object *object)
{
    static const char prefix[] = "keda-hpa-", config[] = "horizontalPodAutoscalerConfig";
    const bool is_given = object->hpa_name != NULL && object->hpa_name[0] != '\0';
    const size_t size =
        is_given ? strlen(object->hpa_name) : sizeof prefix - 1 + strlen(object->name);
    if (size <= MAX_NAME)
        return;
    const size_t mark = r->path_size;
    if (is_given) {
        (void)reader_enter(r, "spec");
        (void)reader_enter(r, "advanced");
        (void)reader_enter(r, config);
        reader_error_in(r, node_get(node_get(spec, "advanced"), config), "name",
                        "has %zu characters, more than %d", size, MAX_NAME);
    } else {
        (void)reader_enter(r, "metadata");
        reader_error_in(
            r, node_get(r->doc->root, "metadata"), "name",
            "makes the HPA's name \"%s%s\", which has %zu characters, more than %d: set a "
            "shorter one in spec.advanced.%s.name",
            prefix, object->name, size, MAX_NAME, config);
    }
    reader_leave(r, mark);
}

/* S14: only these two kinds are looked at. */
static void check_scale_to_zero(reader *r, const node *spec, const scaled_object *object)
{
    const bool is_looked_at = text_equal(object->target_api_version, "apps/v1") &&
                              (text_equal(object->target_kind, "Deployment") ||
                               text_equal(object->target_kind, "StatefulSet"));
    if (is_looked_at && all_resources(object) && object->min_replicas <= 0)
        reader_error_in(
            r, spec, "minReplicaCount",
            "must be at least 1: cpu and memory triggers alone cannot scale from zero");
}

static bool has_cached_trigger(const scaled_object *object)
{
    for (size_t i = 0; i < object->ntriggers; i++)
        if (object->triggers[i].use_cached_metrics)
            return true;
    return false;
}

/* W1, W2. */
static void warn(reader *r, const node *spec, const scaled_object *object)
{
    if (object->min_replicas <= 0 || object->idle_replicas >= 0)
        return;
    static const char message[] = "is not relevant: minReplicaCount is above 0";
    if (!has_cached_trigger(object))
        warn_at(r, spec, "pollingInterval", message);
    warn_at(r, spec, "cooldownPeriod", message);
}

void checks_run(reader *r, const node *spec, scaled_object *object, uint32_t checks)
{
    const size_t mark = reader_enter(r, "spec");
    if ((checks & CHECK_REPLICAS) != 0)
        check_replicas(r, spec, object);
    if ((checks & CHECK_TRIGGERS) != 0)
        check_triggers(r, spec, object);
    if ((checks & CHECK_FALLBACK) != 0)
        check_fallback(r, spec, object);
    reader_leave(r, mark);
    if ((checks & CHECK_NAMES) != 0) {
        check_name(r, object);
        check_hpa_name(r, spec, object);
    }
    (void)reader_enter(r, "spec");
    if ((checks & CHECK_ZERO) != 0)
        check_scale_to_zero(r, spec, object);
    if ((checks & CHECK_MODIFIERS) != 0)
        modifiers_check(r, spec, object);
    warn(r, spec, object);
    reader_leave(r, mark);
}
