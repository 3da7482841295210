/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.behavior of a HorizontalPodAutoscaler: the user's as written, and Disabled for the one-way
 * pauses. Its limits have been checked where the ScaledObject was read.
 */
#include "hpa_inside.h"

#include "lang/quantity.h"
#include "reader.h"

static void copy_integer(hpa_draft *d, json_t *to, const node *from, const char *name)
{
    const node *value = reader_get(from, name);
    if (value != NULL)
        hpa_set(d, to, name, json_integer(value->integer));
}

static void copy_text(hpa_draft *d, json_t *to, const node *from, const char *name)
{
    const node *value = reader_get(from, name);
    if (value != NULL)
        hpa_set_text(d, to, name, value->text);
}

/* As the API server gives it back. */
static void copy_tolerance(hpa_draft *d, json_t *to, const node *from)
{
    const node *value = reader_get(from, "tolerance");
    char text[QUANTITY_TEXT_SIZE];
    quantity tolerance;

    if (value == NULL || !quantity_parse(value->text, &tolerance))
        return;
    (void)quantity_text(&tolerance, text, sizeof text);
    hpa_set_text(d, to, "tolerance", text);
}

static void copy_policies(hpa_draft *d, json_t *to, const node *from)
{
    const node *list = reader_get(from, "policies");
    json_t *policies = NULL;

    if (list == NULL)
        return;
    policies = json_array();
    for (size_t i = 0; i < list->nitems; i++) {
        json_t *policy = json_object();
        copy_text(d, policy, list->items[i], "type");
        copy_integer(d, policy, list->items[i], "value");
        copy_integer(d, policy, list->items[i], "periodSeconds");
        hpa_add(d, policies, policy);
    }
    hpa_set(d, to, "policies", policies);
}

static void put_direction(hpa_draft *d, json_t *behavior, const node *from, const char *name,
                          int32_t pause)
{
    const node *written = reader_get(from, name);
    const bool is_paused = (d->in->object->pause & pause) != 0;

    if (written == NULL && !is_paused)
        return;
    json_t *direction = json_object();
    copy_integer(d, direction, written, "stabilizationWindowSeconds");
    if (is_paused)
        hpa_set_text(d, direction, "selectPolicy", "Disabled");
    else
        copy_text(d, direction, written, "selectPolicy");
    copy_policies(d, direction, written);
    copy_tolerance(d, direction, written);
    hpa_set(d, behavior, name, direction);
}

json_t *hpa_behavior(hpa_draft *d)
{
    const node *advanced = node_get(node_get(d->in->doc->root, "spec"), "advanced");
    const node *from =
        node_get(node_get(advanced, "horizontalPodAutoscalerConfig"), "behavior");
    json_t *behavior = json_object();

    put_direction(d, behavior, from, "scaleUp", KEDA_PAUSE_SCALE_OUT);
    put_direction(d, behavior, from, "scaleDown", KEDA_PAUSE_SCALE_IN);
    if (behavior != NULL && json_object_size(behavior) == 0) {
        json_decref(behavior);
        return NULL;
    }
    d->is_short_of_memory = d->is_short_of_memory || behavior == NULL;
    return behavior;
}
