/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole HorizontalPodAutoscaler: its name, labels, annotations and spec, put together as JSON and
 * written as JSON or YAML.
 */
#include "hpa_inside.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "json_yaml.h"
#include "reader.h"

enum { MAX_LABEL = 63, DEFAULT_MAX = 100 };

/* The release whose rules these are; KEDA writes its own there. */
static const char upstream_version[] = "2.20.2";
static const char own_label[] = "scaledobject.keda.sh/name";
static const char excluded_labels[] = "scaledobject.keda.sh/hpa-excluded-labels";

/* ---- values */

void hpa_set(hpa_draft *d, json_t *map, const char *name, json_t *take_value)
{
    if (json_object_set_new(map, name, take_value) != 0)
        d->is_short_of_memory = true;
}

void hpa_set_text(hpa_draft *d, json_t *map, const char *name, const char *text)
{
    hpa_set(d, map, name, json_string(text));
}

void hpa_add(hpa_draft *d, json_t *list, json_t *take_value)
{
    if (json_array_append_new(list, take_value) != 0)
        d->is_short_of_memory = true;
}

/* ---- metadata */

static keda_status put_name(const scaled_object *object, keda_buf *out)
{
    if (object->hpa_name != NULL && object->hpa_name[0] != '\0')
        return buf_puts(out, object->hpa_name);
    return buf_printf(out, "keda-hpa-%s", object->name);
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* KEDA: a label has at most 63 characters, and what was cut must end well again. */
static void put_name_label(hpa_draft *d, json_t *labels, const char *name)
{
    size_t size = strlen(name);

    if (size > MAX_LABEL) {
        size = MAX_LABEL;
        while (size > 0 && !is_alphanumeric(name[size - 1]))
            size--;
    }
    hpa_set(d, labels, "app.kubernetes.io/name", json_stringn(name, size));
}

static const node *metadata_of(const hpa_draft *d, const char *name)
{
    return node_get(node_get(d->in->doc->root, "metadata"), name);
}

static void copy_texts(hpa_draft *d, json_t *to, const node *from)
{
    for (size_t i = 0; from != NULL && i < from->nitems; i++)
        if (from->items[i]->text != NULL)
            hpa_set_text(d, to, from->items[i]->key, from->items[i]->text);
}

/* KEDA: names between commas, blanks and all. */
static void exclude_labels(json_t *labels, const char *names, const node *from)
{
    for (size_t i = 0; from != NULL && i < from->nitems; i++) {
        const char *label = from->items[i]->key;
        for (const char *at = names; at != NULL;) {
            const size_t size = strcspn(at, ",");
            if (size == strlen(label) && strncmp(at, label, size) == 0)
                (void)json_object_del(labels, label);
            at = at[size] == ',' ? at + size + 1 : NULL;
        }
    }
}

static json_t *make_labels(hpa_draft *d, const char *name)
{
    const node *given = metadata_of(d, "labels");
    const node *excluded = reader_get(metadata_of(d, "annotations"), excluded_labels);
    json_t *labels = json_object(), *own = json_object();

    copy_texts(d, own, given);
    if (d->in->is_labelled)
        hpa_set_text(d, own, own_label, d->in->object->name);
    if (excluded != NULL)
        exclude_labels(own, excluded->text, given);
    put_name_label(d, labels, name);
    hpa_set_text(d, labels, "app.kubernetes.io/version", upstream_version);
    hpa_set_text(d, labels, "app.kubernetes.io/part-of", d->in->object->name);
    hpa_set_text(d, labels, "app.kubernetes.io/managed-by", "keda-operator");
    if (json_object_update(labels, own) != 0)
        d->is_short_of_memory = true;
    json_decref(own);
    return labels;
}

static json_t *make_metadata(hpa_draft *d, const char *name)
{
    const node *given = metadata_of(d, "annotations");
    json_t *metadata = json_object();

    hpa_set_text(d, metadata, "name", name);
    hpa_set_text(d, metadata, "namespace", d->in->object->space);
    hpa_set(d, metadata, "labels", make_labels(d, name));
    if (given != NULL && given->nitems > 0) {
        json_t *annotations = json_object();
        copy_texts(d, annotations, given);
        hpa_set(d, metadata, "annotations", annotations);
    }
    return metadata;
}

/* ---- spec */

static json_t *make_target(hpa_draft *d)
{
    const scaled_object *object = d->in->object;
    json_t *target = json_object();

    hpa_set_text(d, target, "apiVersion", object->target_api_version);
    hpa_set_text(d, target, "kind", object->target_kind);
    hpa_set_text(d, target, "name", object->target_name);
    return target;
}

/* KEDA: the idle count is never the HPA's, and 0 replicas are not. */
static json_t *make_spec(hpa_draft *d)
{
    const scaled_object *object = d->in->object;
    const int32_t min = object->min_replicas > 0 ? object->min_replicas : 1;
    const int32_t max = object->max_replicas != 0 ? object->max_replicas : DEFAULT_MAX;
    json_t *spec = json_object(), *behavior = hpa_behavior(d);

    hpa_set(d, spec, "scaleTargetRef", make_target(d));
    hpa_set(d, spec, "minReplicas", json_integer(min));
    hpa_set(d, spec, "maxReplicas", json_integer(max));
    hpa_set(d, spec, "metrics", hpa_metrics(d));
    if (behavior != NULL)
        hpa_set(d, spec, "behavior", behavior);
    return spec;
}

static json_t *make_object(hpa_draft *d, const char *name)
{
    json_t *hpa = json_object();

    hpa_set_text(d, hpa, "apiVersion", "autoscaling/v2");
    hpa_set_text(d, hpa, "kind", "HorizontalPodAutoscaler");
    hpa_set(d, hpa, "metadata", make_metadata(d, name));
    hpa_set(d, hpa, "spec", make_spec(d));
    return hpa;
}

/* ---- status */

static bool has_type_before(const scaled_object *object, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (text_equal(object->triggers[j].type, object->triggers[i].type))
            return true;
    return false;
}

keda_status hpa_trigger_types(const scaled_object *object, keda_buf *out, keda_error *err)
{
    keda_status rc = buf_puts(out, "");

    for (size_t i = 0; rc == KEDA_OK && i < object->ntriggers; i++)
        if (!has_type_before(object, i))
            rc = buf_printf(out, "%s%s", i == 0 ? "" : ",", object->triggers[i].type);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

static json_t *make_status(hpa_draft *d, const char *name, const char *types)
{
    json_t *status = json_object();

    hpa_set_text(d, status, "hpaName", name);
    hpa_put_names(d, status);
    hpa_set_text(d, status, "triggersTypes", types);
    return status;
}

/* ---- texts */

typedef struct json_sink {
    keda_buf *out;
    bool is_full; /* the library goes on after some failures, so it is kept here */
} json_sink;

static int dump_piece(const char *bytes, size_t size, void *user)
{
    json_sink *sink = user;

    if (!sink->is_full)
        sink->is_full = buf_append(sink->out, bytes, size) != KEDA_OK;
    return sink->is_full ? -1 : 0;
}

static bool put_json(keda_buf *out, const json_t *value)
{
    json_sink sink = {.out = out};
    const bool is_dumped = json_dump_callback(value, dump_piece, &sink, JSON_INDENT(2)) == 0;

    return is_dumped && !sink.is_full && buf_putc(out, '\n') == KEDA_OK;
}

static bool put_value(const hpa_draft *d, keda_buf *out, json_t *value, bool is_yaml)
{
    if (d->is_short_of_memory || value == NULL)
        return false;
    return is_yaml ? json_yaml_put(out, value) == KEDA_OK : put_json(out, value);
}

/* Among the metrics before number j of trigger i. */
static bool is_named_before(const hpa_input *in, size_t i, size_t j, const char *name)
{
    for (size_t k = 0; k <= i; k++) {
        const size_t n = k < i ? in->specs[k]->count : j;
        for (size_t l = 0; l < n; l++)
            if (text_equal(in->specs[k]->items[l].name, name))
                return true;
    }
    return false;
}

/* KEDA: a name that is there twice makes no HPA; resources have none of their own. */
static keda_status check_names(const hpa_input *in, keda_error *err)
{
    for (size_t i = 0; i < in->object->ntriggers; i++) {
        for (size_t j = 0; j < in->specs[i]->count; j++) {
            const metric_spec *spec = &in->specs[i]->items[j];
            if (spec->resource == NULL && is_named_before(in, i, j, spec->name))
                return keda_error_set(err, KEDA_EINVAL, "metric %s is there twice", spec->name);
        }
    }
    return KEDA_OK;
}

static keda_status build(const hpa_input *in, const char *name, const char *types,
                         keda_buf *out, keda_buf *status, keda_error *err)
{
    hpa_draft d = {.in = in};
    json_t *hpa = make_object(&d, name), *seen = make_status(&d, name, types);
    const size_t before = out->size;
    bool is_good = put_value(&d, out, hpa, in->is_yaml);

    if (is_good && status != NULL)
        is_good = put_value(&d, status, seen, false);
    json_decref(hpa);
    json_decref(seen);
    if (is_good)
        return KEDA_OK;
    buf_truncate(out, before);
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

keda_status hpa_build(const hpa_input *in, keda_buf *out, keda_buf *status, keda_error *err)
{
    keda_buf name = {0}, types = {0};
    keda_status rc = check_names(in, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = put_name(in->object, &name)) != KEDA_OK) {
        rc = keda_error_set(err, rc, "out of memory");
        goto out;
    }
    if ((rc = hpa_trigger_types(in->object, &types, err)) != KEDA_OK)
        goto out;
    rc = build(in, name.data, types.data, out, status, err);
out:
    keda_buf_clear(&types);
    keda_buf_clear(&name);
    return rc;
}
