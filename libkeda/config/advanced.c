/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.advanced and spec.fallback of a ScaledObject.
 */
#include <string.h>

#include "base/mem.h"
#include "draft.h"

static const member hpa_members[] = {
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = MEMBER_UNHONOURED,
     .offset = offsetof(scaled_object, hpa_name),
     .help = "Name of the HorizontalPodAutoscaler that KEDA would make."},
    {.name = "behavior",
     .kind = MEMBER_MAP,
     .read = behavior_read,
     .table = &behavior_table,
     .help = "Limits of scaling up and down, as of a HorizontalPodAutoscaler."},
};
static const member_table hpa_table = {MEMBER_TABLE(hpa_members)};

static void read_hpa_config(reader *r, const node *map, void *out)
{
    reader_members(r, map, hpa_members, hpa_table.count, out);
}

static bool is_filled(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static const char *const metric_types[] = {"AverageValue", "Value", NULL};

static const member modifiers_members[] = {
    {.name = "formula",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, formula),
     .help = "Expression over the names of the triggers."},
    {.name = "target",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, modifiers_target),
     .help = "What the result should be, a number above 0."},
    {.name = "activationTarget",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, modifiers_activation),
     .help = "Active while the result is greater; 0 when unset."},
    {.name = "metricType",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, modifiers_metric_type),
     .allowed = metric_types,
     .help = "AverageValue (per replica) when unset."},
};
static const member_table modifiers_table = {MEMBER_TABLE(modifiers_members)};

static void read_modifiers(reader *r, const node *map, void *out)
{
    scaled_object *object = out;
    reader_members(r, map, modifiers_members, modifiers_table.count, object);
    object->has_modifiers = is_filled(object->formula) || is_filled(object->modifiers_target) ||
                            is_filled(object->modifiers_activation) ||
                            is_filled(object->modifiers_metric_type);
}

static const member advanced_members[] = {
    {.name = "restoreToOriginalReplicaCount",
     .kind = MEMBER_BOOL,
     .offset = offsetof(scaled_object, restore_original),
     .help = "On deletion the target gets back the count it had before."},
    {.name = "horizontalPodAutoscalerConfig",
     .kind = MEMBER_MAP,
     .read = read_hpa_config,
     .table = &hpa_table,
     .help = "How fast, and how steadily, it is scaled between the bounds."},
    {.name = "scalingModifiers",
     .kind = MEMBER_MAP,
     .read = read_modifiers,
     .table = &modifiers_table,
     .help = "One metric made from those of all triggers."},
};
const member_table advanced_table = {MEMBER_TABLE(advanced_members)};

void advanced_read(reader *r, const node *map, void *out)
{
    reader_members(r, map, advanced_members, advanced_table.count, out);
}

static const char *const fallback_behaviors[] = {"static",
                                                 "currentReplicas",
                                                 "currentReplicasIfHigher",
                                                 "currentReplicasIfLower",
                                                 "scalingModifiers",
                                                 NULL};

static const member fallback_members[] = {
    {.name = "failureThreshold",
     .kind = MEMBER_INT32,
     .flags = MEMBER_REQUIRED,
     .offset = offsetof(scaled_object, fallback_threshold),
     .min = 0,
     .max = INT32_MAX,
     .help = "Failures in a row up to which nothing happens."},
    {.name = "replicas",
     .kind = MEMBER_INT32,
     .flags = MEMBER_REQUIRED,
     .offset = offsetof(scaled_object, fallback_replicas),
     .min = 0,
     .max = INT32_MAX,
     .help = "Replicas a failing trigger asks for."},
    {.name = "behavior",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, fallback_behavior),
     .allowed = fallback_behaviors,
     .fallback = "static",
     .help = "Whether the present count takes the place of replicas."},
};
const member_table fallback_table = {MEMBER_TABLE(fallback_members)};

void fallback_read(reader *r, const node *map, void *out)
{
    scaled_object *object = out;
    object->has_fallback = true;
    if ((object->fallback_behavior = mem_strdup(fallback_behaviors[0])) == NULL)
        reader_out_of_memory(r);
    reader_members(r, map, fallback_members, fallback_table.count, object);
}

/* The names stand in the order of the values. */
int32_t fallback_behavior(const scaled_object *object)
{
    int32_t i = 0;
    if (object->fallback_behavior == NULL)
        return KEDA_FALLBACK_STATIC;
    while (fallback_behaviors[i] != NULL &&
           strcmp(fallback_behaviors[i], object->fallback_behavior) != 0)
        i++;
    return fallback_behaviors[i] == NULL ? KEDA_FALLBACK_STATIC : i;
}
