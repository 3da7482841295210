/* SPDX-License-Identifier: Apache-2.0 */
/* Structs as JSON and back, by their tables (libkeda/record/members.c, tables.c). */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "record/tables.h"

typedef union any { /* room for every struct that has a table */
    keda_policy policy;
    keda_metric_policy metric;
    keda_scaling_rules rules;
    keda_rate_policy rate;
    history_state history;
    keda_observation observation;
    keda_reading reading;
    keda_pod_sample pod;
    keda_decision decision;
    keda_proposal proposal;
} any;

static const struct {
    const char *name;
    const members *table;
} tables[] = {{"policy", &table_policy},     {"metric", &table_metric},
              {"rules", &table_rules},       {"rate", &table_rate},
              {"history", &table_history},   {"observation", &table_observation},
              {"reading", &table_reading},   {"pod", &table_pod},
              {"decision", &table_decision}, {"proposal", &table_proposal}};
#define NTABLES (sizeof tables / sizeof tables[0])

static void set(const member *row, any *into, int64_t number, double real)
{
    void *at = (char *)into + row->offset;
    if (row->type == MEMBER_DOUBLE)
        *(double *)at = real;
    else if (row->type == MEMBER_I64)
        *(int64_t *)at = number;
    else if (row->type == MEMBER_U32)
        *(uint32_t *)at = (uint32_t)number;
    else if (row->type == MEMBER_I32)
        *(int32_t *)at = (int32_t)number;
    else
        *(int32_t *)at = (int32_t)((uint64_t)number % 5 + 1); /* a name */
}

static json_t *written(const members *table, const any *from, keda_buf *text)
{
    pen p = {.out = text};
    json_error_t why;

    buf_truncate(text, 0);
    pen_putc(&p, '{');
    members_put(&p, table, from);
    pen_putc(&p, '}');
    cr_assert_eq(p.rc, KEDA_OK);
    json_t *json = json_loadb(text->data, text->size, 0, &why);
    cr_assert_not_null(json, "%s: %s", why.text, text->data);
    return json;
}

static void comes_back(const members *table, const any *from, keda_buf *text)
{
    keda_error err = KEDA_ERROR_INIT;
    any back;

    memset(&back, 0x55, sizeof back);
    json_t *json = written(table, from, text);
    cr_assert_eq(members_get(json, table, &back, &err), KEDA_OK, "%s", err.text);
    const member *row = members_difference(table, from, &back);
    cr_assert_null(row, "%s: %s", row->name, text->data);
    json_decref(json);
}

Test(members, come_back_one_by_one_at_their_ends)
{
    static const int64_t numbers[] = {INT64_MIN, INT64_MAX, 0,         1,
                                      -1,        INT32_MAX, INT32_MIN, 9007199254740993};
    static const double reals[] = {0.0,
                                   -0.0,
                                   1.0,
                                   -1.0,
                                   0.1,
                                   1e300,
                                   (double)NAN,
                                   5e-324,
                                   1.7976931348623157e308,
                                   (double)INFINITY,
                                   -(double)INFINITY,
                                   3.0000000000000004,
                                   1e22,
                                   123456789012345680.0};
    keda_buf text = {0};
    any from;

    for (size_t t = 0; t < NTABLES; t++) {
        for (size_t i = 0; i < tables[t].table->count; i++) {
            for (size_t v = 0; v < sizeof reals / sizeof reals[0]; v++) {
                memset(&from, 0, sizeof from);
                set(&tables[t].table->rows[i], &from, numbers[v % 8], reals[v]);
                comes_back(tables[t].table, &from, &text);
            }
        }
    }
    keda_buf_clear(&text);
}

Test(members, come_back_all_together)
{
    keda_buf text = {0};
    any from;

    for (size_t t = 0; t < NTABLES; t++) {
        memset(&from, 0, sizeof from);
        for (size_t i = 0; i < tables[t].table->count; i++)
            set(&tables[t].table->rows[i], &from, (int64_t)(1000 + 7 * i), 0.1 * (double)i + 2);
        json_t *json = written(tables[t].table, &from, &text);
        cr_assert_eq(json_object_size(json), tables[t].table->count, "%s", tables[t].name);
        json_decref(json);
        comes_back(tables[t].table, &from, &text);
    }
    keda_buf_clear(&text);
}

Test(members, that_are_absent_take_no_room)
{
    const json_t *nothing = json_object();
    keda_buf text = {0};
    any from;

    for (size_t t = 0; t < NTABLES; t++) {
        cr_assert_eq(members_get(nothing, tables[t].table, &from, NULL), KEDA_OK);
        json_decref(written(tables[t].table, &from, &text));
        cr_assert_str_eq(text.data, "{}", "%s", tables[t].name);
    }
    keda_buf_clear(&text);
}

/* What an absent member means is part of the format: the initialisers have the same. */
Test(members, that_are_absent_are_as_initialised)
{
    const keda_policy policy = KEDA_POLICY_INIT;
    const keda_scaling_rules rules = KEDA_SCALING_RULES_INIT;
    const keda_observation observation = KEDA_OBSERVATION_INIT;
    const keda_reading reading = KEDA_READING_INIT;
    const struct {
        const members *table;
        const void *initial;
    } known[] = {{&table_policy, &policy},
                 {&table_rules, &rules},
                 {&table_observation, &observation},
                 {&table_reading, &reading}};
    const json_t *nothing = json_object();
    any absent;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        cr_assert_eq(members_get(nothing, known[i].table, &absent, NULL), KEDA_OK);
        const member *row = members_difference(known[i].table, known[i].initial, &absent);
        cr_assert_null(row, "%s", row->name);
    }
}

Test(members, of_a_wrong_type_are_refused_by_name)
{
    static const struct {
        const members *table;
        const char *text, *why;
    } wrong[] = {
        {&table_policy, "{\"max_replicas\":\"7\"}", "max_replicas: expected an integer"},
        {&table_policy, "{\"max_replicas\":7.5}", "max_replicas: expected an integer"},
        {&table_policy, "{\"max_replicas\":2147483648}", "max_replicas: expected -2147483648"},
        {&table_policy, "{\"deviations\":-1}", "deviations: expected 0 to 4294967295"},
        {&table_policy, "{\"tolerance\":\"much\"}", "tolerance: expected a number"},
        {&table_decision, "{\"reason\":\"Luck\"}", "reason: expected a reason"},
        {&table_decision, "{\"reason\":3}", "reason: expected a reason"},
        {&table_proposal, "{\"cause\":\"Luck\"}", "cause: expected a cause"},
        {&table_reading, "{\"error\":\"ELUCK\"}", "error: expected a status"}};
    keda_error err = KEDA_ERROR_INIT;
    any into;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *json = json_loads(wrong[i].text, 0, NULL);
        cr_assert_eq(members_get(json, wrong[i].table, &into, &err), KEDA_EINVAL);
        cr_assert_eq(strncmp(err.text, wrong[i].why, strlen(wrong[i].why)), 0, "%s", err.text);
        json_decref(json);
    }
}

Test(members, of_a_newer_version_are_passed_over)
{
    json_t *json = json_loads("{\"to\":4,\"colour\":\"blue\"}", 0, NULL);
    any into;

    cr_assert_eq(members_get(json, &table_decision, &into, NULL), KEDA_OK);
    cr_assert_eq(into.decision.to, 4);
    json_decref(json);
}
