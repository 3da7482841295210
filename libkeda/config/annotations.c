/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations of a ScaledObject that change how it is scaled (spec: scaledobject 3), and our own two
 * for intervals below a second.
 */
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "draft.h"
#include "lang/duration.h"

static void read_flag(reader *r, const node *value, bool *out)
{
    /* KEDA: whatever is not a spelling of false counts as true. */
    if (num_parse_bool(value->text, out))
        return;
    *out = true;
    reader_warning(r, value, "\"%.64s\" counts as true: write \"true\" or \"false\"",
                   value->text);
}

static void set_pause(reader *r, const node *value, draft *out, int32_t bit)
{
    bool is_on = false;
    read_flag(r, value, &is_on);
    if (is_on)
        out->object.pause |= bit;
}

static void read_paused(reader *r, const node *value, draft *out)
{
    set_pause(r, value, out, KEDA_PAUSE_FULL);
}

static void read_paused_scale_in(reader *r, const node *value, draft *out)
{
    set_pause(r, value, out, KEDA_PAUSE_SCALE_IN);
}

static void read_paused_scale_out(reader *r, const node *value, draft *out)
{
    set_pause(r, value, out, KEDA_PAUSE_SCALE_OUT);
}

/* Its presence alone pauses, also when the count cannot be read: then it is left as it is. */
static void read_paused_replicas(reader *r, const node *value, draft *out)
{
    int64_t count = 0;
    out->object.pause |= KEDA_PAUSE_FULL;
    if (num_parse_i64(value->text, &count) && count >= 0 && count <= INT32_MAX)
        out->object.paused_replicas = (int32_t)count;
    else
        reader_strict(r, value,
                      "\"%.64s\" is not a number of replicas: pauses at the present one",
                      value->text);
}

static void read_force_activation(reader *r, const node *value, draft *out)
{
    read_flag(r, value, &out->object.force_activation);
}

enum { MS = 1000000, LEAST_MS = 50, MOST_MS = 24 * 3600 * 1000 };

static void read_interval(reader *r, const node *value, int64_t *out)
{
    int64_t ns = 0;
    if (!duration_parse(value->text, &ns))
        reader_error(r, value, "\"%.64s\" is not a duration such as 250ms or 1m30s",
                     value->text);
    else if (ns < (int64_t)LEAST_MS * MS || ns > (int64_t)MOST_MS * MS)
        reader_error(r, value, "must be between 50ms and 24h, not \"%.64s\"", value->text);
    else
        *out = ns / MS;
}

static void read_polling_interval(reader *r, const node *value, draft *out)
{
    read_interval(r, value, &out->polling_interval_ms);
}

static void read_sync_interval(reader *r, const node *value, draft *out)
{
    read_interval(r, value, &out->sync_interval_ms);
}

static const struct annotation {
    const char *name;
    void (*read)(reader *r, const node *value, draft *out); /* NULL: concerns an HPA */
} known[] = {
    {"autoscaling.keda.sh/paused", read_paused},
    {"autoscaling.keda.sh/paused-replicas", read_paused_replicas},
    {"autoscaling.keda.sh/paused-scale-in", read_paused_scale_in},
    {"autoscaling.keda.sh/paused-scale-out", read_paused_scale_out},
    {"autoscaling.keda.sh/force-activation", read_force_activation},
    {"scaledobject.keda.sh/transfer-hpa-ownership", NULL},
    {"scaledobject.keda.sh/hpa-excluded-labels", NULL},
    {"libkeda.io/polling-interval", read_polling_interval},
    {"libkeda.io/sync-interval", read_sync_interval},
};
enum { NKNOWN = sizeof known / sizeof known[0] };

/* Other people's annotations are theirs; in these name spaces a name nobody knows is a slip. */
static void check_unknown(reader *r, const node *value)
{
    static const char *const prefixes[] = {"autoscaling.keda.sh/", "scaledobject.keda.sh/",
                                           "libkeda.io/"};
    const char *names[NKNOWN];
    bool is_ours = false;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        is_ours = is_ours || text_has_prefix(value->key, prefixes[i]);
    if (!is_ours)
        return;
    for (size_t i = 0; i < NKNOWN; i++)
        names[i] = known[i].name;
    const char *near = text_nearest(value->key, names, NKNOWN);
    if (near != NULL)
        reader_strict_name(r, value, "unknown annotation; did you mean \"%s\"?", near);
    else
        reader_strict_name(r, value, "unknown annotation");
}

static void read_annotation(reader *r, const node *value, draft *out)
{
    if (value->type != NODE_STRING)
        return; /* reported with the metadata */
    for (size_t i = 0; i < NKNOWN; i++)
        if (strcmp(value->key, known[i].name) == 0) {
            if (known[i].read != NULL)
                known[i].read(r, value, out);
            else
                reader_warning(r, value, "is read but not honoured yet");
            return;
        }
    check_unknown(r, value);
}

void annotations_read(reader *r, const node *annotations, draft *out)
{
    if (annotations == NULL || annotations->type != NODE_MAP)
        return;
    const size_t metadata = reader_enter(r, "metadata");
    (void)reader_enter(r, "annotations");
    for (size_t i = 0; i < annotations->nitems; i++) {
        const size_t mark = reader_enter(r, annotations->items[i]->key);
        read_annotation(r, annotations->items[i], out);
        reader_leave(r, mark);
    }
    reader_leave(r, metadata);
}
