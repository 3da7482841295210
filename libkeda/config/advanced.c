/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.advanced and spec.fallback of a ScaledObject.
 */
#include <string.h>

#include "base/mem.h"
#include "draft.h"

static void read_hpa_behavior(reader *r, const node *map, void *out)
{
    behavior_read(r, map, &((scaled_object *)out)->behavior);
}

static void read_hpa_config(reader *r, const node *map, void *out)
{
    static const member members[] = {
        {.name = "name",
         .kind = MEMBER_STRING,
         .flags = MEMBER_UNHONOURED,
         .offset = offsetof(scaled_object, hpa_name)},
        {.name = "behavior", .kind = MEMBER_MAP, .read = read_hpa_behavior},
    };
    reader_members(r, map, members, sizeof members / sizeof members[0], out);
}

static bool is_filled(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void read_modifiers(reader *r, const node *map, void *out)
{
    static const char *const metric_types[] = {"AverageValue", "Value", NULL};
    static const member members[] = {
        {.name = "formula", .kind = MEMBER_STRING, .offset = offsetof(scaled_object, formula)},
        {.name = "target",
         .kind = MEMBER_STRING,
         .offset = offsetof(scaled_object, modifiers_target)},
        {.name = "activationTarget",
         .kind = MEMBER_STRING,
         .offset = offsetof(scaled_object, modifiers_activation)},
        {.name = "metricType",
         .kind = MEMBER_STRING,
         .offset = offsetof(scaled_object, modifiers_metric_type),
         .allowed = metric_types},
    };
    scaled_object *object = out;
    reader_members(r, map, members, sizeof members / sizeof members[0], object);
    object->has_modifiers = is_filled(object->formula) || is_filled(object->modifiers_target) ||
                            is_filled(object->modifiers_activation) ||
                            is_filled(object->modifiers_metric_type);
    if (object->has_modifiers)
        reader_warning(r, map, "is read but not honoured yet: each trigger counts on its own");
}

void advanced_read(reader *r, const node *map, void *out)
{
    static const member members[] = {
        {.name = "restoreToOriginalReplicaCount",
         .kind = MEMBER_BOOL,
         .offset = offsetof(scaled_object, restore_original)},
        {.name = "horizontalPodAutoscalerConfig", .kind = MEMBER_MAP, .read = read_hpa_config},
        {.name = "scalingModifiers", .kind = MEMBER_MAP, .read = read_modifiers},
    };
    reader_members(r, map, members, sizeof members / sizeof members[0], out);
}

void fallback_read(reader *r, const node *map, void *out)
{
    static const char *const behaviors[] = {"static",
                                            "currentReplicas",
                                            "currentReplicasIfHigher",
                                            "currentReplicasIfLower",
                                            "scalingModifiers",
                                            NULL};
    static const member members[] = {
        {.name = "failureThreshold",
         .kind = MEMBER_INT32,
         .flags = MEMBER_REQUIRED,
         .offset = offsetof(scaled_object, fallback_threshold),
         .min = 0,
         .max = INT32_MAX},
        {.name = "replicas",
         .kind = MEMBER_INT32,
         .flags = MEMBER_REQUIRED,
         .offset = offsetof(scaled_object, fallback_replicas),
         .min = 0,
         .max = INT32_MAX},
        {.name = "behavior",
         .kind = MEMBER_STRING,
         .offset = offsetof(scaled_object, fallback_behavior),
         .allowed = behaviors},
    };
    scaled_object *object = out;
    object->has_fallback = true;
    if ((object->fallback_behavior = mem_strdup(behaviors[0])) == NULL)
        reader_out_of_memory(r);
    reader_members(r, map, members, sizeof members / sizeof members[0], object);
    reader_warning(r, map,
                   "is read but not honoured yet: failing triggers leave the replicas alone");
}
