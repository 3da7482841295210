/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and facts: less than 200 bytes for an object that nobody follows, so that a kind with 10,000 of
 * them can be watched for the sake of one.
 */
#include "kube/counts_rows.h"

#include "base/mem.h"

#include <string.h>

enum { FIRST_BUCKETS = 16 };

/* ---- rows */

static uint32_t hash_more(uint32_t hash, const char *text)
{
    for (; *text != '\0'; text++) /* FNV-1a */
        hash = (hash ^ (unsigned char)*text) * UINT32_C(16777619);
    return hash;
}

static uint32_t hash_of(const char *space, const char *name)
{
    return hash_more(hash_more(hash_more(UINT32_C(2166136261), space), "/"), name);
}

static bool is_named(const kube_row *row, const char *space, const char *name)
{
    const size_t n = strlen(space);
    return strncmp(row->key, space, n) == 0 && row->key[n] == '/' &&
           strcmp(row->key + n + 1, name) == 0;
}

static kube_row **bucket_of(const kube_rows *rows, uint32_t hash)
{
    return &rows->buckets[hash & (rows->nbuckets - 1)];
}

static kube_row *find(const kube_rows *rows, uint32_t hash, const char *space, const char *name)
{
    kube_row *row = rows->nbuckets == 0 ? NULL : *bucket_of(rows, hash);
    while (row != NULL && !(row->hash == hash && is_named(row, space, name)))
        row = row->next;
    return row;
}

kube_row *kube_rows_find(const kube_rows *rows, const char *space, const char *name)
{
    return find(rows, hash_of(space, name), space, name);
}

static bool grow(kube_rows *rows)
{
    kube_rows bigger = {.count = rows->count,
                        .nbuckets = rows->nbuckets == 0 ? FIRST_BUCKETS : rows->nbuckets * 2};

    bigger.buckets = mem_zalloc(bigger.nbuckets, sizeof(kube_row *));
    if (bigger.buckets == NULL)
        return rows->nbuckets > 0; /* it works on, slower */
    for (size_t i = 0; i < rows->nbuckets; i++) {
        for (kube_row *row = rows->buckets[i], *next; row != NULL; row = next) {
            kube_row **bucket = bucket_of(&bigger, row->hash);
            next = row->next;
            row->next = *bucket;
            *bucket = row;
        }
    }
    mem_free(rows->buckets);
    *rows = bigger;
    return true;
}

kube_row *kube_rows_need(kube_rows *rows, const char *space, const char *name)
{
    const uint32_t hash = hash_of(space, name);
    const size_t nspace = strlen(space), nname = strlen(name);
    kube_row *row = find(rows, hash, space, name);

    if (row != NULL)
        return row;
    if (rows->count >= rows->nbuckets && !grow(rows))
        return NULL;
    row = mem_zalloc(1, sizeof *row + nspace + 1 + nname + 1);
    if (row == NULL)
        return NULL;
    memcpy(row->key, space, nspace);
    row->key[nspace] = '/';
    memcpy(row->key + nspace + 1, name, nname);
    row->hash = hash;
    row->next = *bucket_of(rows, hash);
    *bucket_of(rows, hash) = row;
    rows->count++;
    return row;
}

void kube_rows_release(kube_rows *rows, kube_row *row)
{
    if (row->followers != NULL || row->facts != NULL)
        return;
    kube_row **link = bucket_of(rows, row->hash);
    while (*link != row)
        link = &(*link)->next;
    *link = row->next;
    rows->count--;
    mem_free(row);
}

kube_row *kube_rows_next(const kube_rows *rows, const kube_row *row)
{
    size_t i = 0;

    if (row != NULL && row->next != NULL)
        return row->next;
    if (row != NULL)
        i = (row->hash & (rows->nbuckets - 1)) + 1;
    while (i < rows->nbuckets && rows->buckets[i] == NULL)
        i++;
    return i < rows->nbuckets ? rows->buckets[i] : NULL;
}

void kube_rows_clear(kube_rows *rows)
{
    for (kube_row *row = kube_rows_next(rows, NULL), *next; row != NULL; row = next) {
        next = kube_rows_next(rows, row);
        mem_free(row->facts);
        mem_free(row);
    }
    mem_free(rows->buckets);
    *rows = (kube_rows){0};
}

bool kube_row_is_in(const kube_row *row, const char *space)
{
    const size_t n = space == NULL ? 0 : strlen(space);
    return space == NULL || (strncmp(row->key, space, n) == 0 && row->key[n] == '/');
}

/* ---- facts */

static const char *text_at(const keda_json *object, const char *path)
{
    const char *text = keda_json_string(keda_json_get(object, path));
    return text == NULL ? "" : text;
}

/* A count, or `absent` where there is none that can be one. */
static int32_t count_at(const keda_json *object, const char *path, int32_t absent)
{
    int64_t count = 0;
    if (!keda_json_int64(keda_json_get(object, path), &count) || count < 0 || count > INT32_MAX)
        return absent;
    return (int32_t)count;
}

static kube_facts *make(const char *uid, const char *version, const char *selector)
{
    const size_t nuid = strlen(uid) + 1, nversion = strlen(version) + 1;
    const size_t nselector = strlen(selector) + 1;
    kube_facts *facts = mem_zalloc(1, sizeof *facts + nuid + nversion + nselector);

    if (facts == NULL)
        return NULL;
    facts->version_at = (uint32_t)nuid;
    facts->selector_at = (uint32_t)(nuid + nversion);
    memcpy(facts->texts, uid, nuid);
    memcpy(facts->texts + facts->version_at, version, nversion);
    memcpy(facts->texts + facts->selector_at, selector, nselector);
    return facts;
}

/* KEDA, executor: the three that may leave out spec.replicas mean 1 by it. */
kube_facts *kube_facts_read(const keda_json *object, bool is_workload)
{
    kube_facts *facts =
        make(text_at(object, "metadata.uid"), text_at(object, "metadata.resourceVersion"),
             text_at(object, "status.selector"));

    if (facts == NULL)
        return NULL;
    (void)keda_json_int64(keda_json_get(object, "metadata.generation"), &facts->generation);
    facts->spec = count_at(object, "spec.replicas", is_workload ? 1 : -1);
    facts->status = count_at(object, "status.replicas", 0);
    facts->ready = count_at(object, "status.readyReplicas", is_workload ? 0 : -1);
    return facts;
}

kube_facts *kube_facts_with(const kube_facts *facts, const keda_kube_scale *scale)
{
    kube_facts *out =
        make(kube_facts_uid(facts), scale->resource_version, kube_facts_selector(facts));

    if (out == NULL)
        return NULL;
    out->generation = facts->generation;
    out->pass = facts->pass;
    out->ready = facts->ready;
    out->spec = scale->spec;
    out->status = scale->status;
    return out;
}

const char *kube_facts_uid(const kube_facts *facts)
{
    return facts->texts;
}

const char *kube_facts_version(const kube_facts *facts)
{
    return facts->texts + facts->version_at;
}

const char *kube_facts_selector(const kube_facts *facts)
{
    return facts->texts + facts->selector_at;
}

bool kube_facts_agree(const kube_facts *a, const kube_facts *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->generation == b->generation && a->spec == b->spec && a->status == b->status &&
           a->ready == b->ready && strcmp(kube_facts_uid(a), kube_facts_uid(b)) == 0 &&
           strcmp(kube_facts_selector(a), kube_facts_selector(b)) == 0;
}
