/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From JSON values to policies, histories, observations and results. Sizes are bounded before
 * anything is allocated.
 */
#include "record/get.h"

#include <keda/formula.h>

#include "base/mem.h"

#include <string.h>

/* ---- pieces */

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

keda_status get_list(const json_t *object, const char *name, size_t max, const json_t **list,
                     size_t *n, keda_error *err)
{
    *list = json_object_get(object, name);
    *n = json_array_size(*list);
    if (*list != NULL && !json_is_array(*list))
        return keda_error_set(err, KEDA_EINVAL, "%s: expected a list", name);
    if (*n > max)
        return keda_error_set(err, KEDA_ELIMIT, "%s: expected at most %zu, not %zu", name, max,
                              *n);
    return KEDA_OK;
}

keda_status get_map(const json_t *object, const char *name, const json_t **map, keda_error *err)
{
    *map = json_object_get(object, name);
    if (!json_is_object(*map))
        return keda_error_set(err, KEDA_EINVAL, "%s: expected an object", name);
    return KEDA_OK;
}

keda_status get_structs(const json_t *list, size_t n, const char *name, const members *table,
                        size_t size, void **out, keda_error *err)
{
    if (n == 0)
        return KEDA_OK;
    char *made = mem_zalloc(n, size);
    if (made == NULL)
        return no_memory(err);
    *out = made;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(list, i);
        keda_status rc = KEDA_EINVAL;
        if (!json_is_object(item))
            (void)keda_error_set(err, rc, "expected an object");
        else
            rc = members_get(item, table, made + i * size, err);
        if (rc != KEDA_OK)
            return keda_error_wrap(err, rc, "%s[%zu]", name, i);
    }
    return KEDA_OK;
}

keda_status get_numbers(const json_t *line, const char *name, int64_t *out, size_t n,
                        keda_error *err)
{
    const json_t *list = NULL;
    size_t count = 0;
    keda_status rc = get_list(line, name, n, &list, &count, err);

    if (rc == KEDA_OK && list != NULL && count != n)
        return keda_error_set(err, KEDA_EINVAL, "%s: expected %zu numbers, not %zu", name, n,
                              count);
    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        out[i] = 0;
        if (list != NULL)
            rc = value_get_i64(json_array_get(list, i), name, &out[i], err);
    }
    return rc;
}

/* ---- conditions */

static int32_t status_of(const char *text, size_t size)
{
    static const char *const words[] = {"", "True", "False", "Unknown"};

    for (int32_t i = KEDA_CONDITION_TRUE; i <= KEDA_CONDITION_UNKNOWN; i++)
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
            return i;
    return KEDA_CONDITION_ABSENT;
}

static int32_t cause_of(const char *name)
{
    for (int32_t i = 0; i < KEDA_CAUSE_COUNT; i++)
        if (strcmp(keda_cause_name(i), name) == 0)
            return i;
    return -1;
}

keda_status get_conditions(const json_t *object, keda_condition *out, keda_error *err)
{
    const json_t *map = NULL;
    const keda_status rc = get_map(object, "conditions", &map, err);

    for (int type = 0; rc == KEDA_OK && type < KEDA_COND_COUNT; type++) {
        const json_t *value = json_object_get(map, table_conditions[type]);
        const char *text = json_string_value(value);
        const char *slash = text != NULL ? strchr(text, '/') : NULL;
        out[type] = (keda_condition){0};
        if (value == NULL)
            continue;
        if (slash != NULL)
            out[type] =
                (keda_condition){status_of(text, (size_t)(slash - text)), cause_of(slash + 1)};
        if (out[type].status == KEDA_CONDITION_ABSENT || out[type].cause < 0)
            return keda_error_set(err, KEDA_EINVAL,
                                  "conditions.%s: expected such as \"True/ValidMetricFound\"",
                                  table_conditions[type]);
    }
    return rc;
}

/* ---- a policy */

static keda_status get_rules(const json_t *policy, const char *name, keda_scaling_rules *out,
                             keda_rate_policy **policies, const keda_scaling_rules **used,
                             keda_error *err)
{
    const json_t *map = NULL, *list = NULL;
    size_t n = 0;
    keda_status rc;

    *out = (keda_scaling_rules)KEDA_SCALING_RULES_INIT;
    if (json_object_get(policy, name) == NULL)
        return KEDA_OK;
    if ((rc = get_map(policy, name, &map, err)) != KEDA_OK)
        return rc;
    if ((rc = members_get(map, &table_rules, out, err)) == KEDA_OK &&
        (rc = get_list(map, "policies", JOURNAL_METRICS_MAX, &list, &n, err)) == KEDA_OK)
        rc = get_structs(list, n, "policies", &table_rate, sizeof **policies, (void **)policies,
                         err);
    out->policies = *policies;
    out->npolicies = *policies != NULL ? n : 0;
    *used = out;
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "%s", name);
}

static keda_status get_formula(const json_t *policy, keda_policy *out, keda_error *err)
{
    const json_t *map = NULL, *list = NULL;
    const char **names = NULL;
    size_t n = 0;
    keda_status rc;

    if (json_object_get(policy, "formula") == NULL)
        return KEDA_OK;
    if ((rc = get_map(policy, "formula", &map, err)) != KEDA_OK ||
        (rc = get_list(map, "names", JOURNAL_METRICS_MAX, &list, &n, err)) != KEDA_OK)
        return rc;
    const char *text = json_string_value(json_object_get(map, "text"));
    if ((names = mem_zalloc(n + 1, sizeof *names)) == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        if ((names[i] = json_string_value(json_array_get(list, i))) == NULL)
            text = NULL;
    if (text == NULL)
        rc = keda_error_set(err, KEDA_EINVAL, "expected its text, and names");
    else
        rc = keda_formula_new(&out->formula, text, names, n, err);
    mem_free(names);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "formula");
}

static keda_status get_metrics(const json_t *policy, subject *out, keda_error *err)
{
    const json_t *list = NULL;
    size_t n = 0;
    keda_status rc = get_list(policy, "metrics", JOURNAL_METRICS_MAX, &list, &n, err);

    if (rc == KEDA_OK)
        rc = get_structs(list, n, "metrics", &table_metric, sizeof *out->metrics,
                         (void **)&out->metrics, err);
    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        out->metrics[i].struct_size = sizeof out->metrics[i];
        if (out->metrics[i].target_milli < 1)
            rc = keda_error_set(err, KEDA_EINVAL,
                                "metrics[%zu]: target_milli: expected 1 or more", i);
    }
    out->policy.metrics = out->metrics;
    out->policy.nmetrics = rc == KEDA_OK ? n : 0;
    return rc;
}

static keda_status get_policy(const json_t *line, subject *out, keda_error *err)
{
    const json_t *map = NULL;
    keda_policy *policy = &out->policy;
    keda_status rc;

    *policy = (keda_policy)KEDA_POLICY_INIT;
    if ((rc = get_map(line, "policy", &map, err)) != KEDA_OK)
        return rc;
    if ((rc = members_get(map, &table_policy, policy, err)) != KEDA_OK)
        goto out;
    if ((rc = get_metrics(map, out, err)) != KEDA_OK)
        goto out;
    if ((rc = get_rules(map, "scale_up", &out->up, &out->up_policies, &policy->scale_up,
                        err)) != KEDA_OK)
        goto out;
    if ((rc = get_rules(map, "scale_down", &out->down, &out->down_policies, &policy->scale_down,
                        err)) != KEDA_OK)
        goto out;
    rc = get_formula(map, policy, err);
out:
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "policy");
}

static keda_status get_names(const json_t *line, subject *out, keda_error *err)
{
    const json_t *list = NULL;
    size_t n = 0;
    keda_status rc = get_list(line, "names", JOURNAL_METRICS_MAX, &list, &n, err);

    if (rc != KEDA_OK)
        return rc;
    if (n != out->policy.nmetrics)
        return keda_error_set(err, KEDA_EINVAL, "names: expected one a metric");
    if ((out->names = mem_zalloc(n + 1, sizeof *out->names)) == NULL)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL)
            return keda_error_set(err, KEDA_EINVAL, "names: expected texts");
        if ((out->names[i] = mem_strdup(name)) == NULL)
            return no_memory(err);
    }
    return KEDA_OK;
}

/* ---- a history */

static keda_status get_cells(const json_t *list, const char *name, int64_t *times,
                             int32_t *values, size_t n, keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; i < n && rc == KEDA_OK; i++) {
        rc = value_get_i64(json_array_get(list, 2 * i), name, &times[i], err);
        if (rc == KEDA_OK)
            rc = value_get_i32(json_array_get(list, 2 * i + 1), name, &values[i], err);
    }
    return rc;
}

/* Times and values lie in `cells`, which is as long as all lists together. */
static keda_status get_lists(const json_t *history, history_state *state, int64_t *times,
                             int32_t *values, size_t room, keda_error *err)
{
    keda_status rc = KEDA_OK;
    size_t at = 0;

    for (int kind = 0; kind < HISTORY_KINDS && rc == KEDA_OK; kind++) {
        const json_t *list = NULL;
        size_t n = 0;
        rc = get_list(history, table_lists[kind], 2 * (room - at), &list, &n, err);
        if (rc == KEDA_OK && n % 2 != 0)
            rc = keda_error_set(err, KEDA_EINVAL, "%s: expected times and values in pairs",
                                table_lists[kind]);
        if (rc == KEDA_OK)
            rc = get_cells(list, table_lists[kind], times + at, values + at, n / 2, err);
        state->lists[kind] = (struct history_list){times + at, values + at, n / 2};
        at += n / 2;
    }
    return rc;
}

static size_t count_cells(const json_t *history)
{
    size_t n = 0;
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        n += json_array_size(json_object_get(history, table_lists[kind])) / 2;
    return n;
}

static keda_status get_history_map(const json_t *map, subject *out, keda_error *err)
{
    const size_t cells = count_cells(map);
    history_state state = {0};
    int64_t *times = mem_zalloc(cells + 1, sizeof *times);
    int32_t *values = mem_zalloc(cells + 1, sizeof *values);
    keda_status rc = KEDA_OK;

    if (times == NULL || values == NULL) {
        rc = no_memory(err);
        goto out;
    }
    if ((rc = members_get(map, &table_history, &state, err)) != KEDA_OK)
        goto out;
    if ((rc = get_conditions(map, state.conditions, err)) != KEDA_OK)
        goto out;
    if ((rc = get_lists(map, &state, times, values, cells, err)) != KEDA_OK)
        goto out;
    if (state.capacity < (int64_t)cells || state.capacity > JOURNAL_CELLS_MAX) {
        rc = keda_error_set(err, KEDA_EINVAL, "capacity: expected %zu to %d", cells,
                            (int)JOURNAL_CELLS_MAX);
        goto out;
    }
    /* Not zeroed: of a large one only what is used ever becomes memory. */
    if ((out->history = mem_alloc(history_bytes_of(state.capacity))) == NULL)
        rc = no_memory(err);
    else
        (void)history_import(out->history, &state);
out:
    mem_free(times);
    mem_free(values);
    return rc;
}

static keda_status get_history(const json_t *line, subject *out, keda_error *err)
{
    const json_t *map = NULL;
    keda_status rc = get_map(line, "history", &map, err);

    if (rc != KEDA_OK)
        return rc;
    rc = get_history_map(map, out, err);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "history");
}

keda_status get_snapshot(const json_t *line, subject *out, keda_error *err)
{
    keda_status rc = get_policy(line, out, err);

    if (rc == KEDA_OK)
        rc = get_names(line, out, err);
    if (rc == KEDA_OK)
        rc = get_history(line, out, err);
    return rc;
}

void subject_clear(subject *s)
{
    for (size_t i = 0; s->names != NULL && i < s->policy.nmetrics; i++)
        mem_free(s->names[i]);
    mem_free(s->names);
    keda_formula_free(s->policy.formula);
    mem_free(s->metrics);
    mem_free(s->up_policies);
    mem_free(s->down_policies);
    mem_free(s->history);
    *s = (subject){0};
}
