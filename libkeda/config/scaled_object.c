/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document to a ScaledObject with its defaults, and from there to a decision policy. Parts of it are
 * read by the files that draft.h names.
 */
#include "scaled_object.h"

#include <keda/formula.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "draft.h"
#include "schema.h"

/* At most one slash, with something on both sides. */
static void check_api_version(reader *r, const node *map)
{
    const node *value = reader_get(map, "apiVersion");
    if (value == NULL || value->type != NODE_STRING)
        return;
    const char *slash = strchr(value->text, '/');
    const bool is_good = slash == NULL || (slash > value->text && slash[1] != '\0' &&
                                           strchr(slash + 1, '/') == NULL);
    if (!is_good)
        reader_error_in(r, map, "apiVersion", "\"%.64s\" is not of the form group/version",
                        value->text);
}

/* An empty text counts as none. */
static bool set_default(char **text, const char *otherwise)
{
    if (*text != NULL && (*text)[0] != '\0')
        return true;
    mem_free(*text);
    return (*text = mem_strdup(otherwise)) != NULL;
}

static const member target_members[] = {
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED | MEMBER_NOT_EMPTY,
     .offset = offsetof(scaled_object, target_name),
     .help = "Name of what is scaled, in the same namespace."},
    {.name = "apiVersion",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, target_api_version),
     .help = "Its group and version; apps/v1 when unset."},
    {.name = "kind",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, target_kind),
     .help = "Its kind, any with a scale subresource; Deployment when unset."},
    {.name = "envSourceContainerName",
     .kind = MEMBER_STRING,
     .offset = offsetof(scaled_object, env_container),
     .help =
         "Container whose environment serves names ending in FromEnv; the first when unset."},
};
static const member_table target_table = {MEMBER_TABLE(target_members)};

static void read_target(reader *r, const node *map, void *out)
{
    scaled_object *object = out;
    reader_members(r, map, target_members, target_table.count, object);
    check_api_version(r, map);
    if (!set_default(&object->target_api_version, "apps/v1") ||
        !set_default(&object->target_kind, "Deployment"))
        reader_out_of_memory(r);
}

static void read_polling_interval(reader *r, const node *value, void *out)
{
    scaled_object *object = out;
    int32_t seconds = 0;
    if (reader_int32(r, value, 1, INT32_MAX, &seconds))
        object->polling_interval_ms = (int64_t)seconds * 1000;
}

static const member spec_members[] = {
    {.name = "scaleTargetRef",
     .kind = MEMBER_MAP,
     .flags = MEMBER_REQUIRED,
     .read = read_target,
     .table = &target_table,
     .help = "What is scaled."},
    {.name = "pollingInterval",
     .kind = MEMBER_OTHER,
     .min = 1,
     .read = read_polling_interval,
     .shape = MEMBER_AS_INT32,
     .help = "Seconds between two polls of the triggers; 30 when unset."},
    {.name = "cooldownPeriod",
     .kind = MEMBER_INT32,
     .offset = offsetof(scaled_object, cooldown_s),
     .max = INT32_MAX,
     .help = "Seconds without an active trigger before going to zero or idle; 300 when unset."},
    {.name = "initialCooldownPeriod",
     .kind = MEMBER_INT32,
     .offset = offsetof(scaled_object, initial_cooldown_s),
     .max = INT32_MAX,
     .help = "The same while no trigger has ever been active, from creation on."},
    {.name = "idleReplicaCount",
     .kind = MEMBER_INT32,
     .offset = offsetof(scaled_object, idle_replicas),
     .max = INT32_MAX,
     .help = "Replicas while no trigger is active; below minReplicaCount."},
    {.name = "minReplicaCount",
     .kind = MEMBER_INT32,
     .offset = offsetof(scaled_object, min_replicas),
     .max = INT32_MAX,
     .help = "Fewest replicas; 0 when unset."},
    {.name = "maxReplicaCount",
     .kind = MEMBER_INT32,
     .offset = offsetof(scaled_object, max_replicas),
     .min = 1,
     .max = INT32_MAX,
     .help = "Most replicas; 100 when unset."},
    {.name = "advanced",
     .kind = MEMBER_MAP,
     .read = advanced_read,
     .table = &advanced_table,
     .help = "Behaviour of scaling between the bounds."},
    {.name = "triggers",
     .kind = MEMBER_LIST,
     .flags = MEMBER_REQUIRED,
     .min = 1,
     .read = triggers_read,
     .table = &trigger_table,
     .help = "The event sources; the one that wants most replicas wins."},
    {.name = "fallback",
     .kind = MEMBER_MAP,
     .read = fallback_read,
     .table = &fallback_table,
     .help = "What counts while triggers fail."},
};

const member_table scaled_object_table = {
    MEMBER_TABLE(spec_members),
    .rule = "!has(self.minReplicaCount) || self.minReplicaCount <= "
            "(has(self.maxReplicaCount) ? self.maxReplicaCount : 100)",
    .rule_message =
        "minReplicaCount must not be greater than maxReplicaCount, which is 100 when unset"};

static void read_spec(reader *r, const node *map, void *out)
{
    reader_members(r, map, spec_members, sizeof spec_members / sizeof spec_members[0], out);
}

static const member top_members[] = {
    {.name = "apiVersion"},
    {.name = "kind"},
    {.name = "metadata"},
    {.name = "spec", .kind = MEMBER_MAP, .flags = MEMBER_REQUIRED, .read = read_spec},
    {.name = "status"},
};

static bool set_defaults(scaled_object *object, const document *doc)
{
    char id[512];
    (void)snprintf(id, sizeof id, "%s/%s", doc->space, doc->name);
    *object = (scaled_object){.polling_interval_ms = 30000,
                              .sync_interval_ms = 15000,
                              .cooldown_s = 300,
                              .min_replicas = -1,
                              .idle_replicas = -1,
                              .paused_replicas = -1};
    object->space = mem_strdup(doc->space);
    object->name = mem_strdup(doc->name);
    object->id = mem_strdup(id);
    return object->space != NULL && object->name != NULL && object->id != NULL;
}

static void read_all(reader *r, draft *d, uint32_t checks)
{
    const node *root = r->doc->root;
    reader_frame(r, "keda.sh/v1alpha1");
    annotations_read(r, node_get(node_get(root, "metadata"), "annotations"), d);
    reader_members(r, root, top_members, sizeof top_members / sizeof top_members[0],
                   &d->object);
    if (d->polling_interval_ms > 0)
        d->object.polling_interval_ms = d->polling_interval_ms;
    if (d->sync_interval_ms > 0)
        d->object.sync_interval_ms = d->sync_interval_ms;
    const node *spec = node_get(root, "spec");
    if (spec != NULL && spec->type == NODE_MAP)
        checks_run(r, spec, &d->object, checks);
}

/* ---- texts */

static const size_t text_offsets[] = {
    offsetof(scaled_object, space),
    offsetof(scaled_object, name),
    offsetof(scaled_object, id),
    offsetof(scaled_object, target_api_version),
    offsetof(scaled_object, target_kind),
    offsetof(scaled_object, target_name),
    offsetof(scaled_object, env_container),
    offsetof(scaled_object, hpa_name),
    offsetof(scaled_object, fallback_behavior),
    offsetof(scaled_object, formula),
    offsetof(scaled_object, modifiers_target),
    offsetof(scaled_object, modifiers_activation),
    offsetof(scaled_object, modifiers_metric_type),
};
enum { NTEXTS = sizeof text_offsets / sizeof text_offsets[0] };

static char **text_at(scaled_object *object, size_t i)
{
    return (char **)(void *)((char *)object + text_offsets[i]);
}

static void take_texts(scaled_object *object, text_block *all)
{
    for (size_t i = 0; i < NTEXTS; i++)
        text_block_take(all, text_at(object, i));
    for (size_t i = 0; i < object->ntriggers; i++)
        trigger_spec_take_texts(&object->triggers[i], all);
}

/* Nothing of it changes any more. */
static keda_status pack_texts(scaled_object *object, keda_error *err)
{
    text_block all = {0};
    take_texts(object, &all);
    if (!text_block_make(&all))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    take_texts(object, &all);
    object->texts = all;
    return KEDA_OK;
}

keda_status scaled_object_read(scaled_object *out, const document *doc, bool is_strict,
                               keda_findings *findings, keda_error *err)
{
    return scaled_object_read_checked(out, doc, CHECK_ALL, is_strict, findings, err);
}

keda_status scaled_object_read_checked(scaled_object *out, const document *doc, uint32_t checks,
                                       bool is_strict, keda_findings *findings, keda_error *err)
{
    reader r;
    draft d = {0};
    reader_init(&r, doc, is_strict, findings);
    if (set_defaults(&d.object, doc))
        read_all(&r, &d, checks);
    else
        reader_out_of_memory(&r);
    keda_status rc = reader_status(&r, err);
    if (rc == KEDA_OK)
        rc = pack_texts(&d.object, err);
    *out = (scaled_object){0};
    if (rc == KEDA_OK)
        *out = d.object;
    else
        scaled_object_clear(&d.object);
    return rc;
}

void scaled_object_clear(scaled_object *object)
{
    if (object == NULL)
        return;
    const bool is_packed = object->texts.memory != NULL;
    for (size_t i = 0; !is_packed && i < NTEXTS; i++)
        mem_free(*text_at(object, i));
    keda_formula_free(object->compiled_formula);
    behavior_free(object->behavior);
    for (size_t i = 0; i < object->ntriggers; i++) {
        if (is_packed)
            mem_free(object->triggers[i].metadata.items);
        else
            trigger_spec_clear(&object->triggers[i]);
    }
    mem_free(object->triggers);
    text_block_clear(&object->texts);
    *object = (scaled_object){0};
}

void scaled_object_policy(const scaled_object *object, keda_policy *out)
{
    *out = (keda_policy)KEDA_POLICY_INIT;
    out->min_replicas = object->min_replicas;
    out->max_replicas = object->max_replicas;
    out->idle_replicas = object->idle_replicas;
    out->cooldown_s = object->cooldown_s;
    out->initial_cooldown_s = object->initial_cooldown_s;
    out->pause = object->pause;
    out->paused_replicas = object->paused_replicas;
    out->force_activation = object->force_activation ? 1 : 0;
    out->has_fallback = object->has_fallback ? 1 : 0;
    out->fallback_replicas = object->fallback_replicas;
    out->fallback_threshold = object->fallback_threshold;
    out->fallback_behavior = fallback_behavior(object);
    modifiers_policy(object, out);
    const behavior_spec *behavior = object->behavior;
    out->has_behavior = behavior != NULL ? 1 : 0;
    out->scale_up = behavior != NULL && behavior->has_up ? &behavior->up : NULL;
    out->scale_down = behavior != NULL && behavior->has_down ? &behavior->down : NULL;
    out->sync_interval_ms = (int32_t)object->sync_interval_ms;
}
