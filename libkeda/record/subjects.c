/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of chains; when it cannot grow, its chains are longer.
 */
#include "record/subjects.h"

#include "base/clock.h"
#include "base/mem.h"

#include <string.h>

enum { FIRST_BUCKETS = 16 };

static known **bucket_of(const subjects *s, uint64_t hash)
{
    return &s->buckets[hash & (s->nbuckets - 1)];
}

known *subjects_find(const subjects *s, const char *workload)
{
    const uint64_t hash = clock_hash(workload, strlen(workload));

    if (s->nbuckets == 0)
        return NULL;
    for (known *k = *bucket_of(s, hash); k != NULL; k = k->next)
        if (k->hash == hash && strcmp(k->workload, workload) == 0)
            return k;
    return NULL;
}

static void grow(subjects *s)
{
    subjects bigger = {.nbuckets = s->nbuckets == 0 ? FIRST_BUCKETS : 2 * s->nbuckets,
                       .count = s->count};

    bigger.buckets = mem_zalloc(bigger.nbuckets, sizeof *bigger.buckets);
    if (bigger.buckets == NULL)
        return;
    for (size_t i = 0; i < s->nbuckets; i++) {
        for (known *k = s->buckets[i], *next; k != NULL; k = next) {
            next = k->next;
            k->next = *bucket_of(&bigger, k->hash);
            *bucket_of(&bigger, k->hash) = k;
        }
    }
    mem_free(s->buckets);
    *s = bigger;
}

static known *add(subjects *s, const char *workload)
{
    if (s->count >= s->nbuckets)
        grow(s);
    known *k = s->nbuckets > 0 ? mem_zalloc(1, sizeof *k) : NULL;
    if (k == NULL || (k->workload = mem_strdup(workload)) == NULL) {
        mem_free(k);
        return NULL;
    }
    k->hash = clock_hash(workload, strlen(workload));
    k->next = *bucket_of(s, k->hash);
    *bucket_of(s, k->hash) = k;
    s->count++;
    return k;
}

void known_forget(known *k, size_t due)
{
    if (k->last[due] == NULL)
        return;
    recorded_clear(k->last[due]);
    mem_free(k->last[due]);
    k->last[due] = NULL;
}

void known_reset(known *k)
{
    subject_clear(&k->subject);
    for (size_t due = 0; due < SUBJECT_DUES; due++)
        known_forget(k, due);
    mem_free(k->ages);
    mem_free(k->failures);
    k->ages = k->failures = NULL;
    k->nreadings = 0;
}

keda_status subjects_begin(subjects *s, const char *workload, known **out, keda_error *err)
{
    known *k = subjects_find(s, workload);

    if (k == NULL && (k = add(s, workload)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    known_reset(k);
    *out = k;
    return KEDA_OK;
}

void subjects_clear(subjects *s)
{
    for (size_t i = 0; i < s->nbuckets; i++) {
        for (known *k = s->buckets[i], *next; k != NULL; k = next) {
            next = k->next;
            known_reset(k);
            mem_free(k->workload);
            mem_free(k);
        }
    }
    mem_free(s->buckets);
    *s = (subjects){0};
}
