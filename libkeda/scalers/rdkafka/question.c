/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first half of a round: finds the topics of groups that name none, learns their partitions, and marks
 * in the plan what each group has to be asked for. Called by round.c.
 */
#include "question.h"

#include <stdlib.h>
#include <string.h>

#define LISTING_AT_MOST_MS 1000

/* ---- triggers without topic: what does the group have? ------------------------------------------- */

/* One request for each; where such requests are not answered, every partition will be asked for. */
static bool ask_listings(kafka_plan *plan, kafka_fetch **fetches)
{
    kafka_budget *budget = &plan->budget;
    int64_t third_ms = kafka_budget_left(budget) / 3, floor_ms;
    size_t count = 0;

    for (size_t i = 0; i < plan->group_names.count; i++) {
        if (plan->groups[i].listing == KAFKA_LISTING_ASK)
            fetches[count++] = &plan->groups[i].all;
    }
    if (count == 0)
        return true;
    if (plan->cluster->listing_pause > 0)
        return false;
    floor_ms = kafka_budget_narrow(budget, third_ms > LISTING_AT_MOST_MS ? LISTING_AT_MOST_MS
                                                                         : third_ms);
    kafka_fetch_run(plan->cluster, fetches, count, budget);
    kafka_budget_widen(budget, floor_ms);
    return true;
}

/* Before 2.3.0 the client asks brokers before 2.4 for no topic at all where it should ask for all. */
static bool is_trusted(const kafka_cluster *c)
{
    return c->lists_offsets || rd_kafka_version() >= 0x02030000;
}

static bool needs_scan(kafka_cluster *c, const kafka_fetch *fetch)
{
    if (fetch->answer != NULL && fetch->answer->cnt > 0)
        c->lists_offsets = true;
    if (fetch->answer != NULL)
        return fetch->answer->cnt == 0 && !is_trusted(c);
    return kafka_is_silence(fetch->err) || kafka_status(fetch->err) == KEDA_EUNSUPPORTED ||
           fetch->err == RD_KAFKA_RESP_ERR__INVALID_ARG;
}

/* Names the topics the answers speak of. */
static bool name_listed(kafka_plan *plan, const kafka_fetch *fetch)
{
    const char *last = NULL;

    for (int i = 0; fetch->answer != NULL && i < fetch->answer->cnt; i++) {
        const char *topic = fetch->answer->elems[i].topic;
        if (last != NULL && strcmp(last, topic) == 0)
            continue;
        if (kafka_names_add(&plan->topic_names, topic) == KAFKA_NO_NAME)
            return false;
        last = topic;
    }
    return true;
}

keda_status kafka_question_list(kafka_plan *plan, keda_error *err)
{
    kafka_fetch **fetches = calloc(plan->group_names.count + 1, sizeof(kafka_fetch *));
    bool was_asked, is_named = fetches != NULL;

    was_asked = is_named && ask_listings(plan, fetches);
    free(fetches);
    for (size_t i = 0; is_named && i < plan->group_names.count; i++) {
        kafka_group *group = &plan->groups[i];
        if (group->listing != KAFKA_LISTING_ASK)
            continue;
        if (!was_asked || needs_scan(plan->cluster, &group->all))
            group->listing = KAFKA_LISTING_SCAN;
        else
            is_named = name_listed(plan, &group->all);
    }
    return is_named ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

/* ---- metadata ----------------------------------------------------------------------------------- */

static bool is_scanning(const kafka_plan *plan)
{
    for (size_t i = 0; i < plan->group_names.count; i++) {
        if (plan->groups[i].listing == KAFKA_LISTING_SCAN)
            return true;
    }
    return false;
}

/* Every topic of the cluster that is in order counts for a group that is scanned. */
static bool name_all(kafka_plan *plan)
{
    const kafka_topics *known = &plan->cluster->topics;

    for (size_t i = 0; i < known->names.count; i++) {
        if (kafka_topic_is_sound(&known->items[i]) &&
            kafka_names_add(&plan->topic_names, known->names.items[i]) == KAFKA_NO_NAME)
            return false;
    }
    return true;
}

/* More than half of the time is not for metadata: what is known from before may do. */
rd_kafka_resp_err_t kafka_question_renew(kafka_plan *plan, kafka_extent extent)
{
    kafka_budget *budget = &plan->budget;
    int64_t floor_ms = kafka_budget_narrow(budget, (int64_t)kafka_budget_left(budget) * 6 / 10);
    rd_kafka_resp_err_t err =
        kafka_metadata_need(plan->cluster, &plan->topic_names, extent, budget);

    kafka_budget_widen(budget, floor_ms);
    return err;
}

/* Topics of which nothing is known get the error with which asking failed. */
keda_status kafka_question_learn(kafka_plan *plan, keda_error *err)
{
    bool is_scan = is_scanning(plan);
    rd_kafka_resp_err_t asked =
        kafka_question_renew(plan, is_scan ? KAFKA_ALL_TOPICS : KAFKA_WANTED_TOPICS);
    keda_status rc;

    if (is_scan && !name_all(plan))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = kafka_plan_see_topics(plan, err)) != KEDA_OK)
        return rc;
    for (size_t i = 0; i < plan->ntopics; i++) {
        kafka_seen *topic = &plan->topics[i];
        if (topic->partitions == NULL && asked != RD_KAFKA_RESP_ERR_NO_ERROR)
            topic->err = asked;
    }
    for (size_t i = 0; i < plan->group_names.count; i++) {
        if (plan->groups[i].listing == KAFKA_LISTING_SCAN)
            plan->groups[i].all.err = asked;
    }
    return KEDA_OK;
}

/* ---- what is wanted of which group ----------------------------------------------------------------- */

void kafka_question_fail_topic(const kafka_plan *plan, kafka_task *task, size_t topic)
{
    kafka_context context = kafka_cluster_context(plan->cluster);

    kafka_fail(&task->err, &context, plan->topics[topic].err, "topic %s",
               plan->topic_names.items[topic]);
}

/* Marks the partitions of a trigger with topic; one without leader fails it (KEDA: kafka scaler). */
static bool want_partitions(kafka_plan *plan, kafka_task *task, kafka_pair *pair)
{
    const kafka_seen *topic = &plan->topics[pair->topic];
    size_t count = 0;

    pair->is_named = true;
    for (size_t i = 0; i < topic->count; i++) {
        if (!kafka_limit_allows(&task->state->limit, topic->partitions[i].id))
            continue;
        count++;
        pair->cells[i].is_wanted = true;
    }
    if (count > 0)
        return true;
    keda_error_set(&task->err, KEDA_ENOTFOUND,
                   topic->count == 0 ? "topic %s: it has no partition"
                                     : "topic %s: partitionLimitation leaves no partition",
                   plan->topic_names.items[pair->topic]);
    return false;
}

static bool want_topic(kafka_plan *plan, kafka_task *task)
{
    size_t topic = kafka_names_find(&plan->topic_names, task->meta->topic);
    kafka_pair *pair;

    if (plan->topics[topic].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_question_fail_topic(plan, task, topic);
        return true;
    }
    pair = kafka_plan_pair(plan, &plan->groups[task->group], topic, LAG_ABSENT);
    if (pair == NULL)
        return false;
    want_partitions(plan, task, pair);
    return true;
}

/* Every partition of the topic, the group's answer to which is known or still to come. */
static bool want_whole(kafka_plan *plan, kafka_group *group, size_t topic, int64_t committed)
{
    kafka_pair *pair = kafka_plan_pair(plan, group, topic, committed);

    if (pair == NULL)
        return false;
    for (size_t i = 0; i < plan->topics[topic].count; i++)
        pair->cells[i].is_wanted = true;
    pair->is_answered = committed == LAG_NONE;
    return true;
}

/* What the answer does not speak of has no commit. */
static bool want_listed(kafka_plan *plan, kafka_group *group)
{
    const rd_kafka_topic_partition_list_t *answer = group->all.answer;
    const char *last = NULL;

    for (int i = 0; answer != NULL && i < answer->cnt; i++) {
        const char *topic = answer->elems[i].topic;
        if (last != NULL && strcmp(last, topic) == 0)
            continue;
        if (!want_whole(plan, group, kafka_names_find(&plan->topic_names, topic), LAG_NONE))
            return false;
        last = topic;
    }
    if (answer != NULL)
        kafka_plan_fill(plan, group, answer);
    return true;
}

static bool want_scanned(kafka_plan *plan, kafka_group *group)
{
    for (size_t i = 0; i < plan->ntopics; i++) {
        if (plan->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            !want_whole(plan, group, i, LAG_ABSENT))
            return false;
    }
    return true;
}

keda_status kafka_question_want(kafka_plan *plan, keda_error *err)
{
    bool is_done = true;

    for (size_t i = 0; is_done && i < plan->group_names.count; i++) {
        kafka_group *group = &plan->groups[i];
        if (group->listing == KAFKA_LISTING_ASK)
            is_done = want_listed(plan, group);
        if (group->listing == KAFKA_LISTING_SCAN)
            is_done = want_scanned(plan, group);
    }
    for (size_t i = 0; is_done && i < plan->ntasks; i++) {
        kafka_task *task = &plan->tasks[i];
        if (task->err.code == KEDA_OK && task->meta->topic != NULL)
            is_done = want_topic(plan, task);
    }
    return is_done ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}
