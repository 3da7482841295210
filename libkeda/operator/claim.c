/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a ScaledObject ours: KEDA's finalizer and label, in one patch. Work does not wait for it, unless
 * something is to be restored when it goes: then nothing is scaled before its going cannot be missed.
 */
#include "operator/finalizer.h"

#include "base/buf.h"
#include "operator/copy.h"

#include <string.h>

#define LABEL "scaledobject.keda.sh/name"

bool op_has_finalizer(const keda_json *object)
{
    const keda_json *all = keda_json_get(object, "metadata.finalizers");

    for (size_t i = 0; i < keda_json_count(all); i++) {
        const char *text = keda_json_string(keda_json_at(all, i, NULL));
        if (text != NULL && strcmp(text, OP_FINALIZER) == 0)
            return true;
    }
    return false;
}

static bool has_label(const op_object *o, const keda_json *object)
{
    const char *label =
        keda_json_string(copy_member(keda_json_get(object, "metadata.labels"), LABEL));
    return label != NULL && strcmp(label, o->name) == 0;
}

void op_finalizers_write(json_text *j, const keda_json *object, bool with_ours)
{
    const keda_json *all = keda_json_get(object, "metadata.finalizers");

    json_text_string(j, "resourceVersion", op_text(object, "metadata.resourceVersion"));
    json_text_open(j, "finalizers", '[');
    for (size_t i = 0; i < keda_json_count(all); i++) {
        const char *text = keda_json_string(keda_json_at(all, i, NULL));
        if (text != NULL && strcmp(text, OP_FINALIZER) != 0)
            json_text_string(j, NULL, text);
    }
    if (with_ours)
        json_text_string(j, NULL, OP_FINALIZER);
    json_text_close(j, ']');
}

static keda_status make_patch(const op_object *o, const keda_json *object, keda_buf *out)
{
    json_text j;

    json_text_init(&j, buf_write, out);
    json_text_open(&j, NULL, '{');
    json_text_open(&j, "metadata", '{');
    if (!op_has_finalizer(object))
        op_finalizers_write(&j, object, true);
    if (!has_label(o, object)) {
        json_text_open(&j, "labels", '{');
        json_text_string(&j, LABEL, o->name);
        json_text_close(&j, '}');
    }
    json_text_close(&j, '}');
    json_text_close(&j, '}');
    return j.status;
}

/* Also of the finalizer's removal: a lost race is answered by looking again. */
void op_patch_failed(op_object *o, op_step step, const char *what, const keda_error *err)
{
    if (err->code == KEDA_ENOTFOUND)
        return; /* the watch will say so */
    if (err->code == KEDA_ECONFLICT) {
        o->is_stale = true;
        return;
    }
    op_lane_refused(o, step, what, err);
    op_object_retry(o);
}

static void claimed(const keda_json *body, const keda_error *err, void *user)
{
    op_object *o = user;

    (void)op_lane_end(o);
    if (err != NULL) {
        op_patch_failed(o, OP_STEP_CLAIM, "finalizer and label cannot be written", err);
        return;
    }
    op_lane_refused(o, OP_STEP_CLAIM, "", NULL);
    op_object_learn(o, body);
}

static void begin(op_object *o, const keda_json *object)
{
    keda_kube_ref ref;
    keda_buf patch = {0};

    op_object_ref(o, &ref);
    if (make_patch(o, object, &patch) == KEDA_OK &&
        keda_kube_patch(o->op->kube, &ref, NULL, patch.data, KEDA_KUBE_NORMAL, claimed, o,
                        &o->call, NULL) == KEDA_OK)
        op_lane_begin(o, OP_STEP_CLAIM);
    else
        op_object_retry(o);
    keda_buf_clear(&patch);
}

op_progress op_claim(op_object *o, const keda_json *object, keda_error *err)
{
    (void)err;
    if (o->op->is_dry_run || (op_has_finalizer(object) && has_label(o, object)))
        return OP_GOES_ON;
    if (!op_lane_is_refused(o, OP_STEP_CLAIM) && !o->is_stale && op_lane_is_free(o))
        begin(o, object);
    return op_wants_restore(object) && !op_has_finalizer(object) ? OP_WAITS : OP_GOES_ON;
}
