/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the kafka trigger (KEDA: kafka scaler): lag of each partition, the persistent-lag
 * memory, and the limits on the sum. Called by the round with offsets in hand; asks nobody anything.
 */
#include "lag.h"

#include <stdlib.h>
#include <string.h>

typedef struct lag_entry {
    int64_t committed;
    int32_t id;
    bool was_stuck; /* it had not moved when it was remembered */
} lag_entry;

struct lag_topic {
    char *name;
    lag_entry *entries; /* by id */
    size_t count, capacity;
};

/* Sums over the partitions that have an end offset. */
typedef struct lag_sums {
    int64_t total, total_persistent; /* without and with what nobody works on */
    int64_t parts, lagging;
} lag_sums;

/* ---- arithmetic on numbers from outside: saturating ------------------------------------------ */

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;

    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return a > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t subtract(int64_t a, int64_t b)
{
    int64_t difference;

    if (!__builtin_sub_overflow(a, b, &difference))
        return difference;
    return a > b ? INT64_MAX : INT64_MIN;
}

static int64_t multiply(int64_t a, int64_t b)
{
    int64_t product;

    if (!__builtin_mul_overflow(a, b, &product))
        return product;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

/* ---- memory --------------------------------------------------------------------------------- */

void lag_memory_clear(lag_memory *memory)
{
    if (memory == NULL)
        return;
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->topics[i].name);
        free(memory->topics[i].entries);
    }
    free(memory->topics);
    *memory = (lag_memory){NULL, 0};
}

/* Topics come in the same order each time, so the search starts where the last one ended. */
static struct lag_topic *find_topic(const lag_memory *memory, const char *name, size_t *hint)
{
    for (size_t i = 0; i < memory->count; i++) {
        size_t at = (*hint + i) % memory->count;
        if (strcmp(memory->topics[at].name, name) == 0) {
            *hint = at;
            return &memory->topics[at];
        }
    }
    return NULL;
}

/* Index of the first entry whose id is not below. */
static size_t entry_place(const struct lag_topic *topic, int32_t id)
{
    size_t low = 0, high = topic->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (topic->entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static lag_entry *find_entry(const struct lag_topic *topic, int32_t id)
{
    size_t place = topic == NULL ? 0 : entry_place(topic, id);

    if (topic == NULL || place == topic->count || topic->entries[place].id != id)
        return NULL;
    return &topic->entries[place];
}

static struct lag_topic *add_topic(lag_memory *memory, const char *name)
{
    char *copy = strdup(name);
    struct lag_topic *topics =
        realloc(memory->topics, (memory->count + 1) * sizeof(*memory->topics));

    if (topics != NULL)
        memory->topics = topics;
    if (topics == NULL || copy == NULL) {
        free(copy);
        return NULL;
    }
    topics[memory->count] = (struct lag_topic){.name = copy};
    return &topics[memory->count++];
}

/* Makes room for one more entry, so that adding it cannot fail. */
static bool reserve_entry(struct lag_topic *topic)
{
    size_t capacity = topic->capacity == 0 ? 8 : topic->capacity * 2;
    lag_entry *entries;

    if (topic->count < topic->capacity)
        return true;
    if ((entries = realloc(topic->entries, capacity * sizeof(*entries))) == NULL)
        return false;
    topic->entries = entries;
    topic->capacity = capacity;
    return true;
}

/* Remembers what is committed; whether it had moved is kept for the samples until the next poll. */
static bool remember_one(lag_memory *memory, const lag_partition *partition, size_t *hint)
{
    struct lag_topic *topic = find_topic(memory, partition->topic, hint);
    lag_entry *known = find_entry(topic, partition->id);
    size_t place;

    if (known != NULL) {
        known->was_stuck = known->committed == partition->committed;
        known->committed = partition->committed;
        return true;
    }
    if (topic == NULL && (topic = add_topic(memory, partition->topic)) == NULL)
        return false;
    if (!reserve_entry(topic))
        return false;
    place = entry_place(topic, partition->id);
    memmove(&topic->entries[place + 1], &topic->entries[place],
            (topic->count - place) * sizeof(*topic->entries));
    topic->entries[place] = (lag_entry){partition->committed, partition->id, false};
    topic->count++;
    return true;
}

static keda_status remember_all(lag_memory *memory, const lag_partition *partitions,
                                size_t count, keda_error *err)
{
    size_t hint = 0;

    for (size_t i = 0; i < count; i++) {
        const lag_partition *p = &partitions[i];
        if (p->end == LAG_ABSENT || p->committed < 0)
            continue;
        if (!remember_one(memory, p, &hint))
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    return KEDA_OK;
}

/*
 * A poll compares with the poll before it. A sample between two polls repeats the poll's verdict while
 * the offset is still the same: two looks within one commit interval are no sign of a stuck consumer.
 */
static bool is_persistent(const lag_memory *memory, const lag_partition *partition,
                          lag_remember remember, size_t *hint)
{
    const lag_entry *known =
        find_entry(find_topic(memory, partition->topic, hint), partition->id);

    if (known == NULL || known->committed != partition->committed)
        return false;
    return remember == LAG_MOVE_ON || known->was_stuck;
}

/* ---- one partition, then the sum ------------------------------------------------------------- */

static void count_lag(lag_sums *sums, int64_t lag, int64_t persistent)
{
    sums->total = add(sums->total, lag);
    sums->total_persistent = add(sums->total_persistent, persistent);
    if (lag > 0)
        sums->lagging++;
}

/* The order of these steps is the rule: no commit is judged before the end offset is looked at. */
static void count_partition(const lag_rules *rules, const lag_partition *p, bool is_stuck,
                            lag_sums *sums)
{
    int64_t behind = subtract(p->end, p->committed);

    sums->parts++;
    if (p->committed == LAG_NONE && rules->policy != LAG_POLICY_UNSET) {
        bool is_latest = rules->policy == LAG_LATEST;
        int64_t lag = is_latest ? 1 : p->end; /* the end itself, not end minus start */
        if (rules->zero_on_invalid)
            lag = 0;
        count_lag(sums, lag, lag);
        return;
    }
    count_lag(sums, is_stuck ? 0 : behind, behind);
}

/* The smallest number of replicas that carries the total and divides the partitions. */
static int64_t even_factor(int64_t total, int64_t parts, int64_t threshold)
{
    for (int64_t factor = 1; factor <= parts; factor++) {
        if (parts % factor == 0 && multiply(factor, threshold) >= total)
            return factor;
    }
    return parts;
}

/* Whole division: up to one replica above the bound stays (KEDA: kafka scaler). */
static int64_t limit_total(const lag_rules *rules, const lag_sums *sums)
{
    int64_t total = sums->total, bound = sums->parts;

    if (rules->allow_idle && !rules->limit_to_lagging && !rules->ensure_even)
        return total;
    if (rules->ensure_even)
        total = multiply(even_factor(total, sums->parts, rules->threshold), rules->threshold);
    if (rules->limit_to_lagging)
        bound = sums->lagging;
    if (total / rules->threshold > bound)
        total = multiply(bound, rules->threshold);
    return total;
}

keda_status lag_compute(const lag_rules *rules, const lag_partition *partitions, size_t count,
                        lag_memory *memory, lag_remember remember, lag_result *out,
                        keda_error *err)
{
    lag_sums sums = {0, 0, 0, 0};
    size_t hint = 0;
    keda_status rc = KEDA_OK;

    for (size_t i = 0; i < count; i++) {
        const lag_partition *p = &partitions[i];
        bool is_stuck = false;

        if (p->end == LAG_ABSENT)
            continue;
        if (p->committed == LAG_ABSENT)
            return keda_error_set(err, KEDA_EPROTOCOL,
                                  "topic %s: no committed offset of partition %d in the answer",
                                  p->topic, (int)p->id);
        if (rules->exclude_persistent)
            is_stuck = is_persistent(memory, p, remember, &hint);
        count_partition(rules, p, is_stuck, &sums);
    }
    if (rules->exclude_persistent && remember == LAG_MOVE_ON)
        rc = remember_all(memory, partitions, count, err);
    if (rc == KEDA_OK)
        *out =
            (lag_result){limit_total(rules, &sums), sums.total_persistent > rules->activation};
    return rc;
}
