/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest patch from the status the server has to the one there should be. Some differences are written
 * only together with others: times and counts that move with every poll.
 */
#include "operator/status.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "operator/copy.h"
#include "operator/message.h"
#include "operator/refs.h"

typedef struct change {
    const keda_json *object;    /* as the server has it */
    const keda_json *old, *now; /* statuses */
} change;

typedef struct field {
    const char *name;
    /* Different enough to be written at all; NULL: not equal. Asked only where both are there. */
    bool (*differs)(const keda_json *old, const keda_json *now);
    /* Of those that differ: alone reason enough for a write; NULL: always. */
    bool (*is_worth)(const change *c, const keda_json *old, const keda_json *now);
    bool is_keyed; /* entries by metric: those that are gone are taken away one by one */
} field;

/* ---- conditions */

static bool is_condition_same(const keda_json *a, const keda_json *b)
{
    return strcmp(refs_text(a, "type"), refs_text(b, "type")) == 0 &&
           strcmp(refs_text(a, "status"), refs_text(b, "status")) == 0 &&
           strcmp(refs_text(a, "reason"), refs_text(b, "reason")) == 0 &&
           message_is_same(refs_text(a, "message"), refs_text(b, "message"));
}

static bool conditions_differ(const keda_json *old, const keda_json *now)
{
    if (keda_json_count(old) != keda_json_count(now))
        return true;
    for (size_t i = 0; i < keda_json_count(now); i++) {
        if (!is_condition_same(keda_json_at(old, i, NULL), keda_json_at(now, i, NULL)))
            return true;
    }
    return false;
}

/* ---- what moves */

static bool is_active(const keda_json *status)
{
    return strcmp(refs_text(message_condition(status, "Active"), "status"), "True") == 0;
}

/* While it is active the time moves with every poll; at rest it may be computed a second off. */
static bool is_time_worth(const change *c, const keda_json *old, const keda_json *now)
{
    const char *before = keda_json_string(old), *after = keda_json_string(now);
    const int64_t before_ms = before == NULL ? -1 : clock_parse_utc(before);
    const int64_t after_ms = after == NULL ? -1 : clock_parse_utc(after);

    if (before_ms < 0 || after_ms < 0)
        return true;
    if (is_active(c->old) && is_active(c->now))
        return false;
    return after_ms - before_ms > 1000 || before_ms - after_ms > 1000;
}

static int64_t failures_of(const keda_json *entry)
{
    int64_t n = 0;
    (void)keda_json_int64(copy_member(entry, "numberOfFailures"), &n);
    return n;
}

/* Beyond the threshold nothing follows from how often it has failed since. */
static bool is_health_worth(const change *c, const keda_json *old, const keda_json *now)
{
    const char *metric = NULL;
    const keda_json *after = NULL;
    int64_t threshold = 0;

    (void)keda_json_int64(keda_json_get(c->object, "spec.fallback.failureThreshold"),
                          &threshold);
    if (keda_json_count(old) != keda_json_count(now))
        return true;
    for (size_t i = 0; (after = keda_json_at(now, i, &metric)) != NULL; i++) {
        const keda_json *before = copy_member(old, metric);
        const bool is_beyond =
            failures_of(before) > threshold && failures_of(after) > threshold;
        if (before == NULL || (!is_beyond && !copy_is_equal(before, after)))
            return true;
    }
    return false;
}

/* hpaName is KEDA's: there is none here, so it is cleared. */
static const field fields[] = {
    {.name = "scaleTargetKind"},
    {.name = "scaleTargetGVKR"},
    {.name = "originalReplicaCount"},
    {.name = "lastActiveTime", .is_worth = is_time_worth},
    {.name = "externalMetricNames"},
    {.name = "resourceMetricNames"},
    {.name = "compositeScalerName"},
    {.name = "conditions", .differs = conditions_differ},
    {.name = "health", .is_worth = is_health_worth, .is_keyed = true},
    {.name = "triggersActivity", .is_keyed = true},
    {.name = "pausedReplicaCount"},
    {.name = "hpaName"},
    {.name = "triggersTypes"},
    {.name = "authenticationsTypes"},
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

static bool differs(const field *f, const keda_json *old, const keda_json *now)
{
    const bool has_old = keda_json_type_of(old) != KEDA_JSON_NULL;
    const bool has_now = keda_json_type_of(now) != KEDA_JSON_NULL;

    if (!has_old || !has_now)
        return has_old != has_now;
    return f->differs != NULL ? f->differs(old, now) : !copy_is_equal(old, now);
}

static bool is_worth_writing(const change *c)
{
    for (size_t i = 0; i < NFIELDS; i++) {
        const keda_json *old = copy_member(c->old, fields[i].name);
        const keda_json *now = copy_member(c->now, fields[i].name);
        if (differs(&fields[i], old, now) &&
            (fields[i].is_worth == NULL || fields[i].is_worth(c, old, now)))
            return true;
    }
    return false;
}

/* ---- the patch */

static void put_entries(json_text *j, const char *name, const keda_json *old,
                        const keda_json *now)
{
    const char *key = NULL;
    const keda_json *value = NULL;

    json_text_open(j, name, '{');
    for (size_t i = 0; i < keda_json_count(now); i++) {
        value = keda_json_at(now, i, &key);
        const keda_json *before = copy_member(old, key);
        if (before == NULL || !copy_is_equal(before, value))
            copy_value(j, key, value);
    }
    for (size_t i = 0; i < keda_json_count(old); i++) {
        (void)keda_json_at(old, i, &key);
        if (copy_member(now, key) == NULL)
            json_text_null(j, key);
    }
    json_text_close(j, '}');
}

static void put_field(json_text *j, const field *f, const keda_json *old, const keda_json *now)
{
    if (keda_json_type_of(now) == KEDA_JSON_NULL)
        json_text_null(j, f->name);
    else if (f->is_keyed && keda_json_type_of(old) == KEDA_JSON_OBJECT)
        put_entries(j, f->name, old, now);
    else
        copy_value(j, f->name, now);
}

static void put_patch(json_text *j, const change *c)
{
    const char *uid = refs_text(c->object, "metadata.uid");

    json_text_open(j, NULL, '{');
    if (uid[0] != '\0') {
        /* so that a patch of another object of the same name fails, where the server heeds it; the API
         * server 1.35 does not for a status, and the watch then mends what was written */
        json_text_open(j, "metadata", '{');
        json_text_string(j, "uid", uid);
        json_text_close(j, '}');
    }
    json_text_open(j, "status", '{');
    for (size_t i = 0; i < NFIELDS; i++) {
        const keda_json *old = copy_member(c->old, fields[i].name);
        const keda_json *now = copy_member(c->now, fields[i].name);
        if (differs(&fields[i], old, now))
            put_field(j, &fields[i], old, now);
    }
    json_text_close(j, '}');
    json_text_close(j, '}');
}

keda_status status_patch(keda_buf *out, const keda_json *object, const keda_json *now,
                         keda_error *err)
{
    const change c = {.object = object, .old = keda_json_get(object, "status"), .now = now};
    const size_t before = out->size;
    json_text j;

    if (!is_worth_writing(&c))
        return KEDA_OK;
    json_text_init(&j, buf_write, out);
    put_patch(&j, &c);
    if (j.status == KEDA_OK)
        return KEDA_OK;
    buf_truncate(out, before);
    return keda_error_set(err, j.status, "the patch could not be written");
}
