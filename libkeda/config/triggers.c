/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.triggers of a ScaledObject. What a trigger's metadata means is its type's field table's business
 * (params.h); here every value of it is a string.
 */
#include "base/mem.h"
#include "draft.h"
#include "map.h"
#include "metrics.h"

static const char *const auth_kinds[] = {"TriggerAuthentication",
                                         "ClusterTriggerAuthentication", NULL};

static const member auth_members[] = {
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED | MEMBER_NOT_EMPTY | MEMBER_OWN_RULES,
     .offset = offsetof(trigger_spec, auth_name),
     .help = "Its name; a TriggerAuthentication lies in the same namespace."},
    {.name = "kind",
     .kind = MEMBER_STRING,
     .offset = offsetof(trigger_spec, auth_kind),
     .allowed = auth_kinds,
     .help = "TriggerAuthentication when unset."},
};
static const member_table auth_table = {MEMBER_TABLE(auth_members)};

static void read_authentication(reader *r, const node *map, void *out)
{
    trigger_spec *trigger = out;
    if ((trigger->auth_kind = mem_strdup(auth_kinds[0])) == NULL)
        reader_out_of_memory(r);
    reader_members(r, map, auth_members, auth_table.count, trigger);
}

static void read_metadata(reader *r, const node *map, void *out)
{
    trigger_spec *trigger = out;
    trigger->metadata_node = map;
    reader_strings(r, map, &trigger->metadata);
}

static const member trigger_members[] = {
    {.name = "type",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED | MEMBER_NOT_EMPTY,
     .offset = offsetof(trigger_spec, type),
     .help = "Kind of event source, such as kafka."},
    {.name = "name",
     .kind = MEMBER_STRING,
     .offset = offsetof(trigger_spec, name),
     .help = "Name in formulas and metrics; unique among the triggers."},
    {.name = "metadata",
     .kind = MEMBER_MAP,
     .flags = MEMBER_REQUIRED,
     .read = read_metadata,
     .shape = MEMBER_AS_STRINGS,
     .help = "Parameters of the type; every value is a string."},
    {.name = "authenticationRef",
     .kind = MEMBER_MAP,
     .read = read_authentication,
     .table = &auth_table,
     .help = "Where credentials come from."},
    {.name = "metricType",
     .kind = MEMBER_STRING,
     .offset = offsetof(trigger_spec, metric_type),
     .help = "AverageValue (per replica) or Value; of cpu and memory Utilization or "
             "AverageValue."},
    {.name = "useCachedMetrics",
     .kind = MEMBER_BOOL,
     .offset = offsetof(trigger_spec, use_cached_metrics),
     .help = "Scale between the bounds by what the last poll has read."},
};
const member_table trigger_table = {MEMBER_TABLE(trigger_members)};

/* cpu and memory have types of their own, and no default: that there is none their `specs` say. */
static void check_metric_type(reader *r, const node *map, trigger_spec *trigger)
{
    keda_error err = KEDA_ERROR_INIT;
    const char *text = trigger->metric_type;
    keda_status rc = KEDA_OK;

    if (!trigger_spec_is_resource(trigger))
        rc = metric_type_parse(text, &trigger->target_type, &err);
    else if (text != NULL && text[0] != '\0')
        rc = metric_type_parse_resource(text, &trigger->target_type, &err);
    if (rc != KEDA_OK)
        reader_error_in(r, map, "metricType", "%s", err.text);
}

static void read_trigger(reader *r, const node *map, void *out)
{
    scaled_object *object = out;
    trigger_spec *trigger = &object->triggers[object->ntriggers];
    object->ntriggers++;
    if (!reader_is(r, map, NODE_MAP))
        return;
    trigger->line = map->line;
    trigger->column = map->column;
    trigger->name = mem_strdup("");
    trigger->metric_type = mem_strdup("");
    if (trigger->name == NULL || trigger->metric_type == NULL) {
        reader_out_of_memory(r);
        return;
    }
    reader_members(r, map, trigger_members, sizeof trigger_members / sizeof trigger_members[0],
                   trigger);
    check_metric_type(r, map, trigger);
}

void triggers_read(reader *r, const node *list, void *out)
{
    scaled_object *object = out;
    if (list->nitems == 0) {
        reader_error(r, list, "must have at least one trigger");
        return;
    }
    object->triggers = mem_zalloc(list->nitems, sizeof *object->triggers);
    if (object->triggers == NULL) {
        reader_out_of_memory(r);
        return;
    }
    reader_items(r, list, read_trigger, object);
}

void trigger_spec_take_texts(trigger_spec *trigger, text_block *all)
{
    text_block_take(all, &trigger->type);
    text_block_take(all, &trigger->name);
    text_block_take(all, &trigger->auth_name);
    text_block_take(all, &trigger->auth_kind);
    text_block_take(all, &trigger->metric_type);
    map_take_texts(&trigger->metadata, all);
}

void trigger_spec_clear(trigger_spec *trigger)
{
    mem_free(trigger->type);
    mem_free(trigger->name);
    mem_free(trigger->auth_name);
    mem_free(trigger->auth_kind);
    mem_free(trigger->metric_type);
    map_clear(&trigger->metadata);
    *trigger = (trigger_spec){0};
}
