/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The half of get.h about decisions.
 */
#include "record/get.h"

#include "base/mem.h"

#include <string.h>

/* ---- readings */

static keda_status get_items(const json_t *reading, recorded *out, size_t i, keda_error *err)
{
    const json_t *list = json_object_get(reading, "items_milli");
    const size_t n = json_array_size(list);

    if (list != NULL && !json_is_array(list))
        return keda_error_set(err, KEDA_EINVAL, "items_milli: expected a list");
    if (n == 0)
        return KEDA_OK;
    if ((out->items[i] = mem_zalloc(n, sizeof *out->items[i])) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    out->readings[i].items_milli = out->items[i];
    out->readings[i].nitems = n;
    return get_numbers(reading, "items_milli", out->items[i], n, err);
}

static keda_status get_pods(const json_t *reading, recorded *out, size_t i, keda_error *err)
{
    const json_t *list = NULL;
    size_t n = 0;
    keda_status rc = get_list(reading, "pods", JOURNAL_PODS_MAX, &list, &n, err);

    if (rc == KEDA_OK)
        rc = get_structs(list, n, "pods", &table_pod, sizeof *out->pods[i],
                         (void **)&out->pods[i], err);
    for (size_t pod = 0; pod < n && rc == KEDA_OK; pod++)
        out->pods[i][pod].struct_size = sizeof out->pods[i][pod];
    out->readings[i].pods = out->pods[i];
    out->readings[i].npods = rc == KEDA_OK ? n : 0;
    return rc;
}

static keda_status get_readings(const json_t *line, recorded *out, keda_error *err)
{
    const json_t *list = NULL;
    size_t n = 0;
    keda_status rc = get_list(line, "readings", JOURNAL_METRICS_MAX, &list, &n, err);

    if (rc != KEDA_OK)
        return rc;
    out->items = mem_zalloc(n + 1, sizeof *out->items);
    out->pods = mem_zalloc(n + 1, sizeof *out->pods);
    if (out->items == NULL || out->pods == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    rc = get_structs(list, n, "readings", &table_reading, sizeof *out->readings,
                     (void **)&out->readings, err);
    out->seen.nreadings = out->readings != NULL ? n : 0;
    out->seen.readings = out->readings;
    for (size_t i = 0; i < out->seen.nreadings && rc == KEDA_OK; i++) {
        keda_reading *reading = &out->readings[i];
        reading->struct_size = sizeof *reading;
        reading->pod_size = sizeof *out->pods[i];
        rc = get_items(json_array_get(list, i), out, i, err);
        if (rc == KEDA_OK)
            rc = get_pods(json_array_get(list, i), out, i, err);
        if (rc != KEDA_OK)
            (void)keda_error_wrap(err, rc, "readings[%zu]", i);
    }
    return rc;
}

/* ---- results */

static keda_status get_proposals(const json_t *result, size_t nmetrics, recorded *out,
                                 keda_error *err)
{
    const json_t *list = NULL;
    size_t n = 0;
    keda_status rc = get_list(result, "proposals", nmetrics, &list, &n, err);

    if (rc == KEDA_OK)
        rc = get_structs(list, n, "proposals", &table_proposal, sizeof *out->proposals,
                         (void **)&out->proposals, err);
    if (rc != KEDA_OK)
        return rc;
    if ((out->counted = mem_zalloc(n + 1, sizeof *out->counted)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        out->proposals[i].struct_size = sizeof out->proposals[i];
        out->counted[i] = out->proposals[i].failures;
    }
    out->has_proposals = list != NULL;
    out->result.proposals = out->proposals;
    out->result.nproposals = n;
    return KEDA_OK;
}

static keda_status get_composite(const json_t *result, recorded *out, keda_error *err)
{
    const json_t *map = NULL;
    keda_status rc;

    if (!out->result.has_composite)
        return KEDA_OK;
    if ((rc = get_map(result, "composite", &map, err)) != KEDA_OK)
        return rc;
    rc = members_get(map, &table_proposal, &out->result.composite, err);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "composite");
}

static keda_status get_result(const json_t *line, size_t nmetrics, recorded *out,
                              keda_error *err)
{
    const json_t *map = NULL;
    keda_status rc;

    out->result = (keda_decision)KEDA_DECISION_INIT;
    if ((rc = get_map(line, "result", &map, err)) != KEDA_OK)
        return rc;
    if ((rc = members_get(map, &table_decision, &out->result, err)) != KEDA_OK)
        goto out;
    if ((rc = get_conditions(map, out->result.conditions, err)) != KEDA_OK)
        goto out;
    if ((rc = get_proposals(map, nmetrics, out, err)) != KEDA_OK)
        goto out;
    rc = get_composite(map, out, err);
out:
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "result");
}

static keda_status get_outcome(const json_t *line, recorded *out, keda_error *err)
{
    const char *text = json_string_value(json_object_get(line, "outcome"));

    for (int32_t i = 0; text != NULL && table_outcome_name(i) != NULL; i++) {
        if (strcmp(table_outcome_name(i), text) == 0) {
            out->outcome = i;
            return KEDA_OK;
        }
    }
    return keda_error_set(err, KEDA_EINVAL,
                          "outcome: expected \"not written\", \"written\" or \"failed\"");
}

keda_status get_decision(const json_t *line, size_t nmetrics, recorded *out, keda_error *err)
{
    keda_status rc;

    out->seen = (keda_observation)KEDA_OBSERVATION_INIT;
    if ((rc = members_get(line, &table_observation, &out->seen, err)) == KEDA_OK &&
        (rc = get_readings(line, out, err)) == KEDA_OK &&
        (rc = get_outcome(line, out, err)) == KEDA_OK)
        rc = get_result(line, nmetrics, out, err);
    return rc;
}

void recorded_clear(recorded *r)
{
    const size_t n = r->items != NULL && r->pods != NULL ? r->seen.nreadings : 0;

    for (size_t i = 0; i < n; i++) {
        mem_free(r->items[i]);
        mem_free(r->pods[i]);
    }
    mem_free(r->items);
    mem_free(r->pods);
    mem_free(r->readings);
    mem_free(r->proposals);
    mem_free(r->counted);
    *r = (recorded){0};
}
