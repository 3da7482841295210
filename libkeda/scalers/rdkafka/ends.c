/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListOffsets by rd_kafka_offsets_for_times. That call answers all or nothing: one partition in trouble
 * spoils the rest. So what failed is divided until the culprits are alone, and leaders that stayed silent
 * are asked last from then on. Called by the round.
 */
#include "ends.h"

#include <stdlib.h>
#include <string.h>

#include "lag.h"

#define MAX_CALLS 64 /* of one round */
#define MAX_PARTITIONS                                                                         \
    4096 /* of one call: the client's own lists are searched from the start */

typedef struct ends_run {
    kafka_cluster *cluster;
    kafka_budget *budget;
    kafka_patience patience;
    int calls_left;
    bool is_doubtful;  /* a broker contradicted the metadata */
    kafka_end **items; /* by leader, topic, partition */
} ends_run;

static int compare_ends(const void *a, const void *b)
{
    const kafka_end *x = *(kafka_end *const *)a, *y = *(kafka_end *const *)b;
    int order;

    if (x->leader != y->leader)
        return (x->leader > y->leader) - (x->leader < y->leader);
    if ((order = strcmp(x->topic, y->topic)) != 0)
        return order;
    return (x->id > y->id) - (x->id < y->id);
}

/* Answers that better metadata may cure. */
static bool is_contradiction(rd_kafka_resp_err_t err)
{
    return err != RD_KAFKA_RESP_ERR_NO_ERROR && !kafka_is_silence(err) &&
           !kafka_is_refusal(err);
}

static void fail_all(kafka_end **items, size_t count, rd_kafka_resp_err_t err)
{
    for (size_t i = 0; i < count; i++)
        items[i]->err = err;
}

/* An answer without an offset lacks the partition: Event Hubs does that at times. */
static void keep(ends_run *run, kafka_end **items, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *answer = &list->elems[i];

        items[i]->err = answer->err;
        items[i]->offset = answer->offset >= 0 ? answer->offset : LAG_ABSENT;
        run->is_doubtful = run->is_doubtful || is_contradiction(answer->err);
    }
    kafka_trouble_clear(&run->cluster->trouble);
}

static rd_kafka_resp_err_t call(ends_run *run, kafka_end **items, size_t count, int timeout_ms)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    rd_kafka_resp_err_t err;

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, items[i]->topic, items[i]->id)->offset =
            RD_KAFKA_OFFSET_END;
    run->calls_left--;
    err = rd_kafka_offsets_for_times(run->cluster->rk, list, timeout_ms);
    kafka_cluster_listen(run->cluster);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        keep(run, items, list);
    else if (err == RD_KAFKA_RESP_ERR__TIMED_OUT)
        kafka_budget_spend(run->budget, timeout_ms);
    rd_kafka_topic_partition_list_destroy(list);
    return err;
}

/* Where to divide: between two leaders if there are, near the middle; else in the middle. */
static size_t middle_of(kafka_end **items, size_t count)
{
    size_t half = count / 2;

    for (size_t away = 0; away <= half; away++) {
        size_t left = half - away, right = half + away;
        if (left > 0 && items[left - 1]->leader != items[left]->leader)
            return left;
        if (right > 0 && right < count && items[right - 1]->leader != items[right]->leader)
            return right;
    }
    return half;
}

static void solve(ends_run *run, kafka_end **items, size_t count);

static void solve_halves(ends_run *run, kafka_end **items, size_t count)
{
    size_t half = middle_of(items, count);
    int64_t floor_ms = kafka_budget_narrow(run->budget, kafka_budget_left(run->budget) / 2);

    solve(run, items, half);
    kafka_budget_widen(run->budget, floor_ms);
    solve(run, items + half, count - half);
}

/* Half of the time for a call that may have to be divided. */
static void solve(ends_run *run, kafka_end **items, size_t count)
{
    bool is_one_leader = count > 0 && items[0]->leader == items[count - 1]->leader;
    int left_ms = kafka_budget_left(run->budget);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;

    if (count == 0)
        return;
    if (count > MAX_PARTITIONS) {
        solve_halves(run, items, count);
        return;
    }
    if (left_ms > 0 && run->calls_left > 0)
        err = call(run, items, count, is_one_leader ? left_ms : (left_ms + 1) / 2);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (is_one_leader)
            kafka_suspects_drop(&run->cluster->suspects, items[0]->leader);
        return;
    }
    fail_all(items, count, err);
    run->is_doubtful = run->is_doubtful || is_contradiction(err);
    if (run->is_doubtful && run->patience == KAFKA_STOP_IN_DOUBT)
        return;
    if (is_one_leader && kafka_is_silence(err) && left_ms > 0)
        kafka_suspects_add(&run->cluster->suspects, items[0]->leader);
    else if (count > 1 && run->calls_left > 0 && left_ms > 0)
        solve_halves(run, items, count);
}

/* Moves those of suspect leaders to the end, keeping the order; returns how many stay in front. */
static size_t part_suspects(const kafka_suspects *suspects, kafka_end **items,
                            kafka_end **scratch, size_t count)
{
    size_t front = 0, behind = 0;

    for (size_t i = 0; i < count; i++) {
        if (kafka_suspects_has(suspects, items[i]->leader))
            scratch[behind++] = items[i];
        else
            items[front++] = items[i];
    }
    memcpy(items + front, scratch, behind * sizeof(*scratch));
    return front;
}

/* One leader after the other, each with its share of the time. */
static void solve_suspects(ends_run *run, kafka_end **items, size_t count)
{
    size_t leaders = 0, at = 0;

    for (size_t i = 0; i < count; i++)
        leaders += i == 0 || items[i]->leader != items[i - 1]->leader;
    while (at < count) {
        size_t same = 1;
        int64_t share = kafka_budget_left(run->budget) / (int64_t)leaders--;
        int64_t floor_ms = kafka_budget_narrow(run->budget, share);

        while (at + same < count && items[at + same]->leader == items[at]->leader)
            same++;
        solve(run, items + at, same);
        kafka_budget_widen(run->budget, floor_ms);
        at += same;
    }
}

bool kafka_ends_ask(kafka_cluster *c, kafka_end *ends, size_t count, kafka_patience patience,
                    kafka_budget *budget)
{
    kafka_end **items = calloc(2 * count + 1, sizeof(*items));
    ends_run run = {c, budget, patience, MAX_CALLS, false, items};
    size_t front;

    for (size_t i = 0; i < count; i++) {
        ends[i].err =
            items == NULL ? RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE : RD_KAFKA_RESP_ERR__TIMED_OUT;
        ends[i].offset = LAG_ABSENT;
        if (items != NULL)
            items[i] = &ends[i];
    }
    if (items == NULL)
        return true;
    qsort(items, count, sizeof(*items), compare_ends);
    front = part_suspects(&c->suspects, items, items + count, count);
    solve(&run, items, front);
    if (!run.is_doubtful || patience == KAFKA_FIND_CULPRITS)
        solve_suspects(&run, items + front, count - front);
    free(items);
    return !run.is_doubtful || patience == KAFKA_FIND_CULPRITS;
}
