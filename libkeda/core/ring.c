/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last decisions of a workload in the caller's memory: packed records one behind the other, the
 * newest last, each behind the few numbers that may change while decisions stay the same. The oldest
 * make room. What a packed record is, pack.c knows.
 */
#include "core/pack.h"

#include <string.h>

struct keda_ring {
    uint32_t capacity, used; /* bytes */
    uint32_t newest;         /* where it begins */
    uint16_t depth, count;
    uint8_t bytes[];
};

/* In front of each packed record, and after it two numbers a metric: age and failures. */
struct entry {
    int64_t first_wall_ms, last_wall_ms;
    uint32_t runs;
    int32_t cooldown_left_s;
    uint32_t packed; /* bytes of the packed record */
    uint32_t nmetrics;
};

struct metric_times {
    int32_t age_s, failures;
};

/* What a record usually takes, and each of its metrics. */
enum { RECORD_BYTES = 80, METRIC_BYTES = 34, MAX_DEPTH = 255 };

_Static_assert(sizeof(struct keda_ring) + 8 * (RECORD_BYTES + METRIC_BYTES) <= 1024,
               "8 records of one metric fit into 1 KiB");

static size_t usual_size(size_t nmetrics)
{
    return RECORD_BYTES + METRIC_BYTES * nmetrics;
}

static size_t largest_size(size_t nmetrics)
{
    return sizeof(struct entry) + PACK_RECORD_MAX +
           (sizeof(struct metric_times) + PACK_METRIC_MAX) * nmetrics;
}

size_t keda_ring_size(size_t nmetrics, size_t depth)
{
    const size_t usual = usual_size(nmetrics) * depth;
    const size_t largest = largest_size(nmetrics); /* at least the newest fits in any case */
    return sizeof(struct keda_ring) + (usual > largest ? usual : largest);
}

void keda_ring_init(keda_ring *ring, size_t size_bytes, size_t nmetrics)
{
    const size_t room = size_bytes > sizeof *ring ? size_bytes - sizeof *ring : 0;
    const size_t depth = room / usual_size(nmetrics);

    *ring = (keda_ring){
        .capacity = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX,
        .depth = (uint16_t)(depth > MAX_DEPTH ? MAX_DEPTH : (depth > 0 ? depth : 1)),
    };
}

size_t keda_ring_count(const keda_ring *ring)
{
    return ring->count;
}

/* --- entries ---------------------------------------------------------------------------------- */

static struct entry entry_at(const keda_ring *ring, size_t at)
{
    struct entry entry;
    memcpy(&entry, ring->bytes + at, sizeof entry);
    return entry;
}

static size_t entry_size(const struct entry *entry)
{
    return sizeof *entry + entry->packed + entry->nmetrics * sizeof(struct metric_times);
}

/* The entry and its metrics' times; the packed record lies between them. */
static void put_times(keda_ring *ring, size_t at, const struct entry *entry,
                      const keda_record *record)
{
    uint8_t *out = ring->bytes + at;

    memcpy(out, entry, sizeof *entry);
    out += sizeof *entry + entry->packed;
    for (size_t i = 0; i < entry->nmetrics; i++) {
        const struct metric_times times = {record->metrics[i].age_s,
                                           record->metrics[i].failures};
        memcpy(out + i * sizeof times, &times, sizeof times);
    }
}

static void drop_oldest(keda_ring *ring)
{
    const struct entry oldest = entry_at(ring, 0);
    const uint32_t size = (uint32_t)entry_size(&oldest);

    memmove(ring->bytes, ring->bytes + size, ring->used - size);
    ring->used -= size;
    ring->newest -= ring->newest < size ? ring->newest : size;
    ring->count--;
}

/* --- pushing ---------------------------------------------------------------------------------- */

/* True when the newest one says the same and was lengthened. */
static bool lengthen(keda_ring *ring, const keda_record *record, size_t packed)
{
    if (ring->count == 0)
        return false;
    struct entry newest = entry_at(ring, ring->newest);
    if (newest.packed != packed ||
        !pack_equals(record, ring->bytes + ring->newest + sizeof newest))
        return false;
    newest.last_wall_ms = record->last_wall_ms;
    newest.runs =
        newest.runs < UINT32_MAX - record->runs ? newest.runs + record->runs : UINT32_MAX;
    newest.cooldown_left_s = record->cooldown_left_s;
    put_times(ring, ring->newest, &newest, record);
    return true;
}

static void append(keda_ring *ring, const keda_record *record, const struct entry *entry)
{
    ring->newest = ring->used;
    put_times(ring, ring->used, entry, record);
    pack_write(record, ring->bytes + ring->used + sizeof *entry);
    ring->used += (uint32_t)entry_size(entry);
    ring->count++;
}

void keda_ring_push(keda_ring *ring, const keda_record *record)
{
    keda_record kept = *record;
    struct entry entry = {.first_wall_ms = record->first_wall_ms,
                          .last_wall_ms = record->last_wall_ms,
                          .runs = record->runs,
                          .cooldown_left_s = record->cooldown_left_s};

    /* One too large for the whole ring loses its last metrics. */
    for (;; kept.nmetrics /= 2) {
        entry.packed = (uint32_t)pack_size(&kept);
        entry.nmetrics = (uint32_t)kept.nmetrics;
        if (entry_size(&entry) <= ring->capacity)
            break;
        if (kept.nmetrics == 0)
            return;
    }
    if (lengthen(ring, &kept, entry.packed))
        return;
    while (ring->count == ring->depth || entry_size(&entry) > ring->capacity - ring->used)
        drop_oldest(ring);
    append(ring, &kept, &entry);
}

/* --- reading ---------------------------------------------------------------------------------- */

keda_status keda_ring_at(const keda_ring *ring, size_t i, keda_record *out)
{
    size_t at = 0;

    if (i >= ring->count)
        return KEDA_ENOTFOUND;
    struct entry entry = entry_at(ring, 0);
    for (size_t older = ring->count - 1 - i; older > 0; older--) {
        at += entry_size(&entry);
        entry = entry_at(ring, at);
    }
    *out = (keda_record){
        .struct_size = out->struct_size, .metrics = out->metrics, .nmetrics = out->nmetrics};
    const uint8_t *packed = ring->bytes + at + sizeof entry;
    const size_t n = pack_read(packed, out);
    out->first_wall_ms = entry.first_wall_ms;
    out->last_wall_ms = entry.last_wall_ms;
    out->runs = entry.runs;
    out->cooldown_left_s = entry.cooldown_left_s;
    for (size_t m = 0; m < out->nmetrics; m++) {
        struct metric_times times;
        memcpy(&times, packed + entry.packed + m * sizeof times, sizeof times);
        out->metrics[m].age_s = times.age_s;
        out->metrics[m].failures = times.failures;
    }
    return n <= out->nmetrics ? KEDA_OK : KEDA_ELIMIT;
}
