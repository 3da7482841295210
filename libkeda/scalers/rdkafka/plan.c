/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds and frees the plan of a round, and finds things in it. Asks nobody; round.c drives it.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

/* The polls' own time is up before anything is asked: they fail alone. */
static void take_poll(kafka_plan *plan, keda_poll *poll)
{
    kafka_task *task = &plan->tasks[plan->ntasks++];
    int64_t left_ms = keda_poll_deadline_ms(poll);

    task->poll = poll;
    task->meta = keda_poll_meta(poll);
    task->state = keda_poll_state(poll);
    task->err = (keda_error)KEDA_ERROR_INIT;
    if (left_ms <= 0)
        keda_error_set(&task->err, KEDA_ETIMEOUT, "no time left to ask %s",
                       plan->cluster->servers);
    if (plan->budget.longest == NULL || left_ms > plan->budget.left_ms) {
        plan->budget.longest = poll;
        plan->budget.left_ms = left_ms;
    }
}

/* An answer after the deadline is no answer: the round ends a little before. */
static int64_t margin_of(int64_t left_ms)
{
    return left_ms > 1000 ? 100 : left_ms / 10;
}

static bool take_names(kafka_plan *plan)
{
    for (size_t i = 0; i < plan->ntasks; i++) {
        kafka_task *task = &plan->tasks[i];

        if (task->err.code != KEDA_OK)
            continue;
        task->group = kafka_names_add(&plan->group_names, task->meta->group);
        if (task->group == KAFKA_NO_NAME)
            return false;
        if (task->meta->topic == NULL)
            plan->groups[task->group].listing = KAFKA_LISTING_ASK;
        else if (kafka_names_add(&plan->topic_names, task->meta->topic) == KAFKA_NO_NAME)
            return false;
    }
    for (size_t i = 0; i < plan->group_names.count; i++) {
        kafka_group *group = &plan->groups[i];
        group->name = group->all.group = group->some.group = plan->group_names.items[i];
    }
    return true;
}

keda_status kafka_plan_open(kafka_plan *plan, kafka_cluster *cluster, keda_poll *const *polls,
                            size_t npolls, keda_error *err)
{
    *plan = (kafka_plan){.cluster = cluster};
    plan->budget.is_canceled = &cluster->is_canceled;
    plan->tasks = calloc(npolls, sizeof(*plan->tasks));
    plan->groups = calloc(npolls, sizeof(*plan->groups));
    if (plan->tasks == NULL || plan->groups == NULL)
        return no_memory(err);
    for (size_t i = 0; i < npolls; i++)
        take_poll(plan, polls[i]);
    plan->budget.floor_ms = margin_of(plan->budget.left_ms);
    return take_names(plan) ? KEDA_OK : no_memory(err);
}

static void close_group(kafka_group *group)
{
    for (size_t i = 0; i < group->npairs; i++)
        free(group->pairs[i].cells);
    free(group->pairs);
    kafka_fetch_clear(&group->all);
    kafka_fetch_clear(&group->some);
}

void kafka_plan_close(kafka_plan *plan)
{
    for (size_t i = 0; plan->groups != NULL && i < plan->group_names.count; i++)
        close_group(&plan->groups[i]);
    for (size_t i = 0; i < plan->ntopics; i++) {
        free(plan->topics[i].partitions);
        free(plan->topics[i].ends);
    }
    free(plan->groups);
    free(plan->topics);
    free(plan->ends);
    free(plan->tasks);
    kafka_names_clear(&plan->group_names);
    kafka_names_clear(&plan->topic_names);
}

static bool see_topic(kafka_seen *seen, const kafka_topic *topic)
{
    seen->err = topic->err;
    seen->count = topic->count;
    seen->ends = calloc(topic->count + 1, sizeof(*seen->ends));
    seen->partitions = calloc(topic->count + 1, sizeof(*seen->partitions));
    if (seen->ends == NULL || seen->partitions == NULL)
        return false;
    if (topic->count > 0)
        memcpy(seen->partitions, topic->partitions, topic->count * sizeof(*seen->partitions));
    return true;
}

keda_status kafka_plan_see_topics(kafka_plan *plan, keda_error *err)
{
    plan->topics = calloc(plan->topic_names.count + 1, sizeof(*plan->topics));
    if (plan->topics == NULL)
        return no_memory(err);
    for (size_t i = 0; i < plan->topic_names.count; i++) {
        const kafka_topic *topic =
            kafka_topics_use(&plan->cluster->topics, plan->topic_names.items[i]);

        plan->ntopics++;
        if (topic == NULL || !topic->is_known)
            plan->topics[i].err = RD_KAFKA_RESP_ERR__TIMED_OUT;
        else if (!see_topic(&plan->topics[i], topic))
            return no_memory(err);
    }
    return KEDA_OK;
}

size_t kafka_seen_place(const kafka_seen *topic, int32_t id)
{
    size_t low = 0, high = topic->count;

    if (id >= 0 && (size_t)id < high && topic->partitions[id].id == id)
        return (size_t)id;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (topic->partitions[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < topic->count && topic->partitions[low].id == id ? low : SIZE_MAX;
}

static kafka_pair *find_pair(const kafka_group *group, size_t topic)
{
    for (size_t i = group->npairs; i-- > 0;) {
        if (group->pairs[i].topic == topic)
            return &group->pairs[i];
    }
    return NULL;
}

kafka_pair *kafka_plan_pair(kafka_plan *plan, kafka_group *group, size_t topic,
                            int64_t committed)
{
    kafka_pair *pair = find_pair(group, topic);
    size_t count = plan->topics[topic].count;

    if (pair != NULL)
        return pair;
    if (group->npairs == group->capacity) {
        size_t capacity = group->capacity == 0 ? 1 : group->capacity * 2;
        kafka_pair *pairs = realloc(group->pairs, capacity * sizeof(*pairs));
        if (pairs == NULL)
            return NULL;
        group->pairs = pairs;
        group->capacity = capacity;
    }
    pair = &group->pairs[group->npairs];
    *pair = (kafka_pair){.topic = topic, .cells = calloc(count + 1, sizeof(*pair->cells))};
    if (pair->cells == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        pair->cells[i].committed = committed;
    group->npairs++;
    return pair;
}

/* Answers come topic by topic, so the pair is mostly that of the element before. */
static kafka_cell *find_cell(const kafka_plan *plan, const kafka_group *group,
                             const char *topic, int32_t id, kafka_pair **hint)
{
    size_t place;

    if (*hint == NULL || strcmp(plan->topic_names.items[(*hint)->topic], topic) != 0) {
        size_t number = kafka_names_find(&plan->topic_names, topic);
        *hint = number == KAFKA_NO_NAME ? NULL : find_pair(group, number);
    }
    if (*hint == NULL)
        return NULL;
    place = kafka_seen_place(&plan->topics[(*hint)->topic], id);
    return place == SIZE_MAX ? NULL : &(*hint)->cells[place];
}

void kafka_plan_fill(kafka_plan *plan, kafka_group *group,
                     const rd_kafka_topic_partition_list_t *answer)
{
    kafka_pair *hint = NULL;

    for (int i = 0; i < answer->cnt; i++) {
        const rd_kafka_topic_partition_t *element = &answer->elems[i];
        kafka_cell *cell = find_cell(plan, group, element->topic, element->partition, &hint);

        if (cell == NULL)
            continue;
        cell->err = element->err;
        cell->committed = element->offset >= 0 ? element->offset : LAG_NONE;
        hint->is_committed = hint->is_committed || element->offset >= 0;
    }
}
