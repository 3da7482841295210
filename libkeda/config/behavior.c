/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advanced.horizontalPodAutoscalerConfig.behavior, with the limits the API server has for it (spec: HPA
 * 2). Defaults are the core's business: what is unset stays unset here.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "draft.h"
#include "lang/quantity.h"

/* One direction while it is read. */
typedef struct direction {
    keda_scaling_rules rules;
    keda_rate_policy *policies;
    char *select;
} direction;

/* A policy while it is read. */
typedef struct policy {
    char *type;
    int32_t value, period_s;
} policy;

static const char *const policy_types[] = {"Pods", "Percent", NULL};

static const member policy_members[] = {
    {.name = "type",
     .kind = MEMBER_STRING,
     .flags = MEMBER_REQUIRED | MEMBER_OWN_RULES,
     .offset = offsetof(policy, type),
     .allowed = policy_types,
     .help = "Pods or Percent."},
    {.name = "value",
     .kind = MEMBER_INT32,
     .flags = MEMBER_REQUIRED | MEMBER_OWN_RULES,
     .offset = offsetof(policy, value),
     .min = 1,
     .max = INT32_MAX,
     .help = "Replicas, or percent of them, that may come or go in a period."},
    {.name = "periodSeconds",
     .kind = MEMBER_INT32,
     .flags = MEMBER_REQUIRED | MEMBER_OWN_RULES,
     .offset = offsetof(policy, period_s),
     .min = 1,
     .max = 1800,
     .help = "Length of the period, at most 1800."},
};
static const member_table policy_table = {MEMBER_TABLE(policy_members)};

static void read_policy(reader *r, const node *map, void *out)
{
    direction *d = out;
    policy p = {0};
    if (!reader_is(r, map, NODE_MAP))
        return;
    reader_members(r, map, policy_members, policy_table.count, &p);
    const bool is_percent = p.type != NULL && strcmp(p.type, policy_types[1]) == 0;
    d->policies[d->rules.npolicies++] =
        (keda_rate_policy){.type = is_percent ? KEDA_RATE_PERCENT : KEDA_RATE_PODS,
                           .value = p.value,
                           .period_s = p.period_s};
    mem_free(p.type);
}

static void read_policies(reader *r, const node *list, void *out)
{
    direction *d = out;
    if (list->nitems == 0) {
        reader_error(r, list,
                     "must have at least one policy; leave it out for the default ones");
        return;
    }
    d->policies = mem_zalloc(list->nitems, sizeof *d->policies);
    if (d->policies == NULL)
        reader_out_of_memory(r);
    else
        reader_items(r, list, read_policy, d);
}

static void read_tolerance(reader *r, const node *value, void *out)
{
    direction *d = out;
    quantity tolerance;
    const bool is_number =
        value->type == NODE_STRING || value->type == NODE_INTEGER || value->type == NODE_REAL;
    if (!is_number || !quantity_parse(value->text, &tolerance))
        reader_error(r, value, "must be a quantity such as \"0.05\" or \"50m\"");
    else if (quantity_sign(&tolerance) < 0)
        reader_error(r, value, "must not be negative");
    else
        d->rules.tolerance = quantity_canonical_double(&tolerance);
}

static const char *const select_names[] = {"", "Max", "Min", "Disabled", NULL};

static const member direction_members[] = {
    {.name = "stabilizationWindowSeconds",
     .kind = MEMBER_INT32,
     .offset = offsetof(direction, rules.stabilization_s),
     .min = 0,
     .max = 3600,
     .help = "Seconds over which the steadiest proposal counts; 0 up and 300 down when unset."},
    {.name = "selectPolicy",
     .kind = MEMBER_STRING,
     .flags = MEMBER_OWN_RULES,
     .offset = offsetof(direction, select),
     .allowed = select_names + 1,
     .help = "Max (when unset), Min, or Disabled: which of the policies holds."},
    {.name = "policies",
     .kind = MEMBER_LIST,
     .read = read_policies,
     .table = &policy_table,
     .help = "Limits of how much may change in how long."},
    {.name = "tolerance",
     .kind = MEMBER_OTHER,
     .read = read_tolerance,
     .shape = MEMBER_AS_QUANTITY,
     .help = "Deviation from the target within which nothing changes; 0.1 when unset."},
};
static const member_table direction_table = {MEMBER_TABLE(direction_members)};

static int32_t select_of(const char *name)
{
    int32_t i = KEDA_SELECT_UNSET;
    while (name != NULL && select_names[i] != NULL && strcmp(select_names[i], name) != 0)
        i++;
    return i;
}

static direction read_direction(reader *r, const node *map)
{
    direction d = {.rules = KEDA_SCALING_RULES_INIT};
    reader_members(r, map, direction_members, direction_table.count, &d);
    d.rules.select_policy = select_of(d.select);
    d.rules.policies = d.policies;
    mem_free(d.select);
    return d;
}

static void read_up(reader *r, const node *map, void *out)
{
    behavior_spec *behavior = out;
    const direction d = read_direction(r, map);
    behavior->has_up = true;
    behavior->up = d.rules;
    behavior->up_policies = d.policies;
}

static void read_down(reader *r, const node *map, void *out)
{
    behavior_spec *behavior = out;
    const direction d = read_direction(r, map);
    behavior->has_down = true;
    behavior->down = d.rules;
    behavior->down_policies = d.policies;
}

static const member behavior_members[] = {
    {.name = "scaleUp",
     .kind = MEMBER_MAP,
     .read = read_up,
     .table = &direction_table,
     .help = "Of going up."},
    {.name = "scaleDown",
     .kind = MEMBER_MAP,
     .read = read_down,
     .table = &direction_table,
     .help = "Of going down."},
};
const member_table behavior_table = {MEMBER_TABLE(behavior_members)};

void behavior_read(reader *r, const node *map, void *out)
{
    scaled_object *object = out;
    behavior_spec *behavior = mem_zalloc(1, sizeof *behavior);
    if (behavior == NULL) {
        reader_out_of_memory(r);
        return;
    }
    object->behavior = behavior;
    reader_members(r, map, behavior_members, behavior_table.count, behavior);
}

void behavior_free(behavior_spec *behavior)
{
    if (behavior == NULL)
        return;
    mem_free(behavior->up_policies);
    mem_free(behavior->down_policies);
    mem_free(behavior);
}
