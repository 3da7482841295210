/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of snapshots and decisions, appended to a buffer. The pen remembers the first failure, after
 * which it writes nothing: the caller gives up the whole line.
 */
#include "record/put.h"

#include <keda/formula.h>

#include <inttypes.h>

const keda_reading *reading_at(const keda_observation *seen, size_t i)
{
    return (const void *)((const char *)seen->readings + i * seen->reading_size);
}

keda_proposal *proposal_at(const keda_decision *decision, size_t i)
{
    return (void *)((char *)decision->proposals + i * decision->proposal_size);
}

bool proposals_are_told(const keda_policy *policy, const keda_decision *decision)
{
    return decision->proposals != NULL &&
           (decision->is_consulted || policy->has_fallback || policy->formula != NULL);
}

/* ---- pieces */

static void put_object(pen *p, const members *table, const void *from)
{
    pen_comma(p);
    pen_putc(p, '{');
    members_put(p, table, from);
    pen_putc(p, '}');
}

/* One more of a list. */
static void put_number(pen *p, int64_t value)
{
    pen_comma(p);
    pen_int(p, value);
}

/* `"conditions":{"Ready":"True/ScaledObjectReady"}`, those that are set. */
static void put_conditions(pen *p, const keda_condition *conditions)
{
    static const char *const words[] = {"", "True", "False", "Unknown"};
    pen_comma(p);

    pen_puts(p, "\"conditions\":{");
    for (int type = 0; type < KEDA_COND_COUNT; type++) {
        const keda_condition *c = &conditions[type];
        if (c->status <= KEDA_CONDITION_ABSENT || c->status > KEDA_CONDITION_UNKNOWN)
            continue;
        pen_comma(p);
        pen_string(p, table_conditions[type]);
        pen_puts(p, ":\"");
        pen_puts(p, words[c->status]);
        pen_putc(p, '/');
        pen_puts(p, keda_cause_name(c->cause));
        pen_putc(p, '"');
    }
    pen_putc(p, '}');
}

/* ---- what a workload is */

static void put_rules(pen *p, const char *name, const keda_scaling_rules *rules)
{
    if (rules == NULL)
        return;
    pen_printf(p, ",\"%s\":{", name);
    members_put(p, &table_rules, rules);
    if (rules->policies != NULL && rules->npolicies > 0) {
        pen_comma(p);
        pen_puts(p, "\"policies\":[");
        for (size_t i = 0; i < rules->npolicies; i++)
            put_object(p, &table_rate, (const char *)rules->policies + i * rules->policy_size);
        pen_putc(p, ']');
    }
    pen_putc(p, '}');
}

static void put_formula(pen *p, const keda_formula *formula)
{
    if (formula == NULL)
        return;
    pen_puts(p, ",\"formula\":{\"text\":");
    pen_string(p, keda_formula_text(formula));
    pen_puts(p, ",\"names\":[");
    for (size_t i = 0; keda_formula_name(formula, i) != NULL; i++) {
        pen_comma(p);
        pen_string(p, keda_formula_name(formula, i));
    }
    pen_puts(p, "]}");
}

static void put_policy(pen *p, const keda_policy *policy)
{
    pen_puts(p, ",\"policy\":{");

    members_put(p, &table_policy, policy);
    pen_comma(p);
    pen_puts(p, "\"metrics\":[");
    for (size_t i = 0; i < policy->nmetrics; i++)
        put_object(p, &table_metric, (const char *)policy->metrics + i * policy->metric_size);
    pen_putc(p, ']');
    put_rules(p, "scale_up", policy->scale_up);
    put_rules(p, "scale_down", policy->scale_down);
    put_formula(p, policy->formula);
    pen_putc(p, '}');
}

static void put_names(pen *p, const journal_entry *entry)
{
    pen_puts(p, ",\"names\":[");

    for (size_t i = 0; i < entry->policy->nmetrics; i++) {
        const char *name = entry->names != NULL ? entry->names[i] : NULL;
        pen_comma(p);
        pen_string(p, name != NULL ? name : "");
    }
    pen_putc(p, ']');
}

/* `"ups":[time,value,time,value]` */
static void put_list(pen *p, const char *name, const struct history_list *list)
{
    if (list->n == 0)
        return;
    pen_printf(p, ",\"%s\":[", name);
    for (size_t i = 0; i < list->n; i++)
        pen_printf(p, "%s%" PRId64 ",%" PRId32, i > 0 ? "," : "", list->time_ms[i],
                   list->value[i]);
    pen_putc(p, ']');
}

static void put_history(pen *p, const keda_history *history)
{
    history_state state;
    pen_puts(p, ",\"history\":{");

    history_export(history, &state);
    members_put(p, &table_history, &state);
    put_conditions(p, state.conditions);
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        put_list(p, table_lists[kind], &state.lists[kind]);
    pen_putc(p, '}');
}

void put_snapshot(pen *p, const journal_entry *entry)
{
    put_policy(p, entry->policy);
    put_names(p, entry);
    put_history(p, entry->history);
}

/* ---- what a decision was made from, and what came out */

static void put_reading(pen *p, const keda_reading *reading)
{
    pen_comma(p);

    pen_putc(p, '{');
    members_put(p, &table_reading, reading);
    if (reading->nitems > 0 && reading->items_milli != NULL) {
        pen_comma(p);
        pen_puts(p, "\"items_milli\":[");
        for (size_t i = 0; i < reading->nitems; i++)
            put_number(p, reading->items_milli[i]);
        pen_putc(p, ']');
    }
    if (reading->npods > 0) {
        pen_comma(p);
        pen_puts(p, "\"pods\":[");
        for (size_t i = 0; i < reading->npods; i++)
            put_object(p, &table_pod, (const char *)reading->pods + i * reading->pod_size);
        pen_putc(p, ']');
    }
    pen_putc(p, '}');
}

/* Differences of any two numbers: they are added again the same way. */
static int32_t put_less(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a - (uint32_t)b);
}

static void put_proposals(pen *p, const journal_entry *entry)
{
    pen_puts(p, ",\"proposals\":[");

    for (size_t i = 0; i < entry->decision->nproposals && i < entry->policy->nmetrics; i++) {
        keda_proposal told = *proposal_at(entry->decision, i);
        if (i < entry->seen->nreadings)
            told.failures = put_less(told.failures, reading_at(entry->seen, i)->failures);
        put_object(p, &table_proposal, &told);
    }
    pen_putc(p, ']');
}

static void put_result(pen *p, const journal_entry *entry)
{
    const keda_decision *decision = entry->decision;
    pen_puts(p, ",\"result\":{");

    members_put(p, &table_decision, decision);
    put_conditions(p, decision->conditions);
    if (proposals_are_told(entry->policy, decision))
        put_proposals(p, entry);
    if (decision->has_composite) {
        pen_puts(p, ",\"composite\":{");
        members_put(p, &table_proposal, &decision->composite);
        pen_putc(p, '}');
    }
    pen_putc(p, '}');
}

void put_decision(pen *p, const journal_entry *entry)
{
    members_put(p, &table_observation, entry->seen);
    pen_puts(p, ",\"readings\":[");
    for (size_t i = 0; i < entry->seen->nreadings; i++)
        put_reading(p, reading_at(entry->seen, i));
    pen_printf(p, "],\"outcome\":\"%s\"", table_outcome_name((int32_t)entry->outcome));
    put_result(p, entry);
}

void put_reading_times(pen *p, const keda_observation *seen)
{
    bool has_ages = false, has_failures = false;

    for (size_t i = 0; i < seen->nreadings; i++) {
        has_ages = has_ages || reading_at(seen, i)->age_ms != 0;
        has_failures = has_failures || reading_at(seen, i)->failures != 0;
    }
    if (has_ages)
        pen_puts(p, ",\"ages\":[");
    for (size_t i = 0; has_ages && i < seen->nreadings; i++)
        put_number(p, reading_at(seen, i)->age_ms);
    if (has_ages)
        pen_putc(p, ']');
    if (has_failures)
        pen_puts(p, ",\"failures\":[");
    for (size_t i = 0; has_failures && i < seen->nreadings; i++)
        put_number(p, reading_at(seen, i)->failures);
    if (has_failures)
        pen_putc(p, ']');
}
