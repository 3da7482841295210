/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of a round: topics of groups that name none, metadata, committed offsets of every group, end
 * offsets of every partition, and then each poll's lag from that one picture. Committed before end, so
 * that consumers which go on meanwhile never seem to be ahead.
 */
#include "round.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "question.h"

#define LISTING_PAUSE 10 /* metadata refreshes, some ten minutes */

/* ---- committed offsets ---------------------------------------------------------------------------- */

/* The partitions still to be asked for; NULL when there are none. */
static rd_kafka_topic_partition_list_t *open_question(const kafka_plan *plan,
                                                      const kafka_group *group)
{
    rd_kafka_topic_partition_list_t *list = NULL;

    for (size_t i = 0; i < group->npairs; i++) {
        const kafka_pair *pair = &group->pairs[i];
        const kafka_seen *topic = &plan->topics[pair->topic];

        for (size_t k = 0; !pair->is_answered && k < topic->count; k++) {
            if (!pair->cells[k].is_wanted)
                continue;
            if (list == NULL)
                list = rd_kafka_topic_partition_list_new((int)topic->count);
            rd_kafka_topic_partition_list_add(list, plan->topic_names.items[pair->topic],
                                              topic->partitions[k].id);
        }
    }
    return list;
}

/* A scan that found what the one request did not: the request is no good with this cluster. */
static void note_scan(kafka_plan *plan, const kafka_group *group)
{
    bool is_better = group->all.answer == NULL;

    if (group->listing != KAFKA_LISTING_SCAN || group->some.answer == NULL ||
        plan->cluster->listing_pause > 0)
        return;
    for (size_t i = 0; i < group->npairs; i++)
        is_better = is_better || group->pairs[i].is_committed;
    if (is_better)
        plan->cluster->listing_pause = LISTING_PAUSE;
}

static keda_status fetch_committed(kafka_plan *plan, keda_error *err)
{
    kafka_fetch **fetches = calloc(plan->group_names.count + 1, sizeof(kafka_fetch *));
    int64_t floor_ms;
    size_t count = 0;

    if (fetches == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < plan->group_names.count; i++) {
        kafka_group *group = &plan->groups[i];
        if ((group->some.ask = open_question(plan, group)) != NULL)
            fetches[count++] = &group->some;
    }
    floor_ms = kafka_budget_narrow(&plan->budget, kafka_budget_left(&plan->budget) / 2);
    if (count > 0)
        kafka_fetch_run(plan->cluster, fetches, count, &plan->budget);
    kafka_budget_widen(&plan->budget, floor_ms);
    free(fetches);
    for (size_t i = 0; i < plan->group_names.count; i++) {
        kafka_group *group = &plan->groups[i];
        if (group->some.answer != NULL)
            kafka_plan_fill(plan, group, group->some.answer);
        note_scan(plan, group);
    }
    return KEDA_OK;
}

/* ---- end offsets ------------------------------------------------------------------------------------ */

/* A topic which was only scanned matters when the group has an offset in it. */
static bool pair_counts(const kafka_group *group, const kafka_pair *pair)
{
    return pair->is_named || pair->is_committed || group->listing != KAFKA_LISTING_SCAN;
}

static size_t mark_ends(kafka_plan *plan)
{
    size_t count = 0;

    for (size_t g = 0; g < plan->group_names.count; g++) {
        const kafka_group *group = &plan->groups[g];
        for (size_t i = 0; i < group->npairs; i++) {
            const kafka_pair *pair = &group->pairs[i];
            kafka_seen *topic = &plan->topics[pair->topic];
            for (size_t k = 0; pair_counts(group, pair) && k < topic->count; k++) {
                if (pair->cells[k].is_wanted && topic->partitions[k].leader >= 0 &&
                    topic->ends[k] == 0)
                    topic->ends[k] = ++count;
            }
        }
    }
    return count;
}

/* Called again after the metadata were renewed: leaders may have moved. */
static void place_ends(kafka_plan *plan)
{
    for (size_t i = 0; i < plan->ntopics; i++) {
        kafka_seen *topic = &plan->topics[i];
        for (size_t k = 0; k < topic->count; k++) {
            if (topic->ends[k] != 0)
                plan->ends[topic->ends[k] - 1] = (kafka_end){
                    .topic = plan->topic_names.items[i],
                    .id = topic->partitions[k].id,
                    .leader = topic->partitions[k].leader,
                };
        }
    }
}

static void doubt_topics(kafka_plan *plan)
{
    for (size_t i = 0; i < plan->nends; i++) {
        kafka_topic *topic = kafka_topics_use(&plan->cluster->topics, plan->ends[i].topic);
        if (topic != NULL)
            topic->is_doubted = true;
    }
}

/* Takes over the leaders of now; which partitions there are stays as the round saw it. */
static void renew_leaders(kafka_plan *plan)
{
    for (size_t i = 0; i < plan->ntopics; i++) {
        kafka_seen *seen = &plan->topics[i];
        const kafka_topic *topic =
            kafka_topics_use(&plan->cluster->topics, plan->topic_names.items[i]);

        for (size_t k = 0; topic != NULL && k < topic->count; k++) {
            size_t place = kafka_seen_place(seen, topic->partitions[k].id);
            if (place != SIZE_MAX)
                seen->partitions[place].leader = topic->partitions[k].leader;
        }
    }
}

static keda_status ask_ends(kafka_plan *plan, keda_error *err)
{
    kafka_cluster *c = plan->cluster;

    plan->nends = mark_ends(plan);
    if ((plan->ends = calloc(plan->nends + 1, sizeof(*plan->ends))) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    place_ends(plan);
    if (kafka_ends_ask(c, plan->ends, plan->nends, KAFKA_STOP_IN_DOUBT, &plan->budget))
        return KEDA_OK;
    doubt_topics(plan);
    kafka_question_renew(plan, KAFKA_WANTED_TOPICS);
    renew_leaders(plan);
    place_ends(plan);
    kafka_ends_ask(c, plan->ends, plan->nends, KAFKA_FIND_CULPRITS, &plan->budget);
    return KEDA_OK;
}

/* ---- each poll from the one picture ------------------------------------------------------------------ */

typedef struct picture {
    lag_partition *items;
    size_t count, capacity;
    bool is_ahead; /* a group has committed beyond the end */
} picture;

static bool push(picture *p, lag_partition partition)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity == 0 ? 64 : p->capacity * 2;
        lag_partition *items = realloc(p->items, capacity * sizeof(*items));
        if (items == NULL)
            return false;
        p->items = items;
        p->capacity = capacity;
    }
    p->is_ahead =
        p->is_ahead || (partition.end != LAG_ABSENT && partition.committed > partition.end);
    p->items[p->count++] = partition;
    return true;
}

/* One partition; whatever went wrong with it fails the trigger. */
static keda_status see_partition(const kafka_plan *plan, kafka_task *task,
                                 const kafka_pair *pair, size_t place, picture *out)
{
    const kafka_seen *topic = &plan->topics[pair->topic];
    const char *name = plan->topic_names.items[pair->topic];
    const kafka_cell *cell = &pair->cells[place];
    int id = (int)topic->partitions[place].id;
    const kafka_end *end;
    kafka_context context = kafka_cluster_context(plan->cluster);

    if (cell->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(&task->err, &context, cell->err,
                          "group %s: topic %s: committed offset of partition %d",
                          task->meta->group, name, id);
    if (topic->partitions[place].leader < 0 || topic->ends[place] == 0)
        return keda_error_set(&task->err, KEDA_EUNAVAILABLE,
                              "topic %s: partition %d has no leader", name, id);
    end = &plan->ends[topic->ends[place] - 1];
    if (end->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(&task->err, &context, end->err,
                          "topic %s: end offset of partition %d", name, id);
    if (!push(out,
              (lag_partition){name, topic->partitions[place].id, cell->committed, end->offset}))
        return keda_error_set(&task->err, KEDA_ENOMEM, "out of memory");
    return KEDA_OK;
}

/* The trigger's partitions of one topic; without topic there is no limit either. */
static keda_status see_pair(const kafka_plan *plan, kafka_task *task, const kafka_pair *pair,
                            picture *out)
{
    const kafka_seen *topic = &plan->topics[pair->topic];
    keda_status rc = KEDA_OK;

    if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        kafka_question_fail_topic(plan, task, pair->topic);
    for (size_t i = 0; rc == KEDA_OK && i < topic->count; i++) {
        if (kafka_limit_allows(&task->state->limit, topic->partitions[i].id))
            rc = see_partition(plan, task, pair, i, out);
    }
    return task->err.code == KEDA_OK ? rc : (keda_status)task->err.code;
}

static keda_status see_group(const kafka_plan *plan, kafka_task *task, picture *out)
{
    const kafka_group *group = &plan->groups[task->group];
    bool is_listed = group->listing == KAFKA_LISTING_ASK;
    rd_kafka_resp_err_t err = is_listed ? group->all.err : group->some.err;
    kafka_context context = kafka_cluster_context(plan->cluster);
    keda_status rc = KEDA_OK;

    if (!is_listed && group->some.ask == NULL)
        err = group->all.err; /* the metadata failed */
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(&task->err, &context, err, "group %s: committed offsets",
                          group->name);
    for (size_t i = 0; rc == KEDA_OK && i < group->npairs; i++) {
        if (is_listed ? group->pairs[i].is_answered : group->pairs[i].is_committed)
            rc = see_pair(plan, task, &group->pairs[i], out);
    }
    return rc;
}

static keda_status see_topic_of(const kafka_plan *plan, kafka_task *task, picture *out)
{
    const kafka_group *group = &plan->groups[task->group];
    size_t topic = kafka_names_find(&plan->topic_names, task->meta->topic), i = 0;
    kafka_context context = kafka_cluster_context(plan->cluster);

    while (group->pairs[i].topic != topic)
        i++;
    if (!group->pairs[i].is_answered && group->some.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_fail(&task->err, &context, group->some.err, "group %s: committed offsets",
                          group->name);
    return see_pair(plan, task, &group->pairs[i], out);
}

static void compute(const kafka_plan *plan, kafka_task *task, picture *scratch)
{
    bool is_poll = (keda_poll_due_bits(task->poll) & KEDA_POLL_ACTIVATION) != 0;
    lag_result result = {0, false};
    keda_status rc;

    scratch->count = 0;
    scratch->is_ahead = false;
    rc = task->meta->topic == NULL ? see_group(plan, task, scratch)
                                   : see_topic_of(plan, task, scratch);
    if (rc != KEDA_OK)
        return;
    if (scratch->is_ahead)
        keda_scaler_log(keda_poll_scaler(task->poll), KEDA_LOG_DEBUG,
                        "group %s: a committed offset is beyond the end of its partition",
                        task->meta->group);
    rc = lag_compute(&task->state->rules, scratch->items, scratch->count, &task->state->memory,
                     is_poll ? LAG_MOVE_ON : LAG_LOOK, &result, &task->err);
    if (rc != KEDA_OK)
        return;
    keda_poll_value(task->poll, 0, (double)result.value);
    keda_poll_active(task->poll, result.is_active);
}

/* ---- the round ------------------------------------------------------------------------------------- */

static keda_status run(kafka_plan *plan, keda_error *err)
{
    picture scratch = {NULL, 0, 0, false};
    keda_status rc;

    if ((rc = kafka_question_list(plan, err)) != KEDA_OK ||
        (rc = kafka_question_learn(plan, err)) != KEDA_OK ||
        (rc = kafka_question_want(plan, err)) != KEDA_OK ||
        (rc = fetch_committed(plan, err)) != KEDA_OK || (rc = ask_ends(plan, err)) != KEDA_OK)
        return rc;
    for (size_t i = 0; i < plan->ntasks; i++) {
        if (plan->tasks[i].err.code == KEDA_OK)
            compute(plan, &plan->tasks[i], &scratch);
    }
    free(scratch.items);
    return KEDA_OK;
}

void kafka_round_run(kafka_cluster *c, keda_poll *const *polls, size_t npolls)
{
    kafka_plan plan;
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = kafka_plan_open(&plan, c, polls, npolls, &err);

    if (rc == KEDA_OK)
        rc = run(&plan, &err);
    for (size_t i = 0; i < npolls; i++) {
        const keda_error *own = plan.tasks == NULL ? &err : &plan.tasks[i].err;
        if (rc != KEDA_OK)
            keda_poll_fail(polls[i], &err);
        else if (own->code != KEDA_OK)
            keda_poll_fail(polls[i], own);
        else
            keda_poll_done(polls[i]);
    }
    kafka_plan_close(&plan);
}
