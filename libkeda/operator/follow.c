/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target of a ScaledObject: is it there, can it be scaled, what was its count before us. Its counts
 * come from the watch that the engine's own target uses.
 */
#include "operator/operator.h"

#include "base/mem.h"

#include <string.h>

enum { PATIENCE_MS = 10000 };

bool op_wants_restore(const keda_json *object)
{
    bool wants = false;
    return keda_json_bool(keda_json_get(object, "spec.advanced.restoreToOriginalReplicaCount"),
                          &wants) &&
           wants;
}

static void free_target(op_target *t)
{
    mem_free(t->api_version);
    mem_free(t->kind);
    mem_free(t->name);
    *t = (op_target){0};
}

void op_target_clear(op_object *o)
{
    kube_unfollow(o->follower);
    o->follower = NULL;
    op_slot_leave(o);
    free_target(&o->target);
}

/* ---- following */

/* Only what matters here: presence, and the version of its template. */
static void target_changed(void *user)
{
    op_object *o = user;
    kube_count count = {0};
    keda_error err = KEDA_ERROR_INIT;
    const kube_presence presence = kube_look(o->follower, &count, &err);

    if (presence == KUBE_PRESENT && count.generation != o->target_generation) {
        o->target_generation = count.generation;
        op_deps_target_changed(o);
    }
    if (presence != o->presence || (presence != KUBE_PRESENT && !o->is_at_work))
        op_object_queue(o);
}

static const char *or_default(const char *text, const char *fallback)
{
    return text[0] != '\0' ? text : fallback;
}

static keda_status follow(op_object *o, const keda_kube_ref *wanted, keda_error *err)
{
    keda_kube_ref ref;
    const bool is_first = o->follower == NULL;

    op_target_clear(o);
    if (!op_copy_text(&o->target.api_version, wanted->api_version) ||
        !op_copy_text(&o->target.kind, wanted->kind) ||
        !op_copy_text(&o->target.name, wanted->name))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (!is_first) {
        o->is_retargeted = true;
        o->original = -1;
        o->is_own_target = false;
    }
    o->presence = KUBE_NOT_KNOWN;
    o->target_generation = 0;
    o->unknown_since_ms = op_now_ms(o->op);
    op_target_ref(o, &ref);
    const keda_status rc = op_slot_join(o, err);
    return rc == KEDA_OK
               ? kube_follow(&o->follower, o->op->kube->counts, &ref, target_changed, o, err)
               : rc;
}

keda_status op_follow(op_object *o, const keda_json *object, keda_error *err)
{
    const keda_json *ref = keda_json_get(object, "spec.scaleTargetRef");
    const keda_kube_ref wanted = {.struct_size = sizeof wanted,
                                  .api_version =
                                      or_default(op_text(ref, "apiVersion"), "apps/v1"),
                                  .kind = or_default(op_text(ref, "kind"), "Deployment"),
                                  .name = op_text(ref, "name")};

    if (wanted.name[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL, "spec.scaleTargetRef.name is missing");
    if (o->follower != NULL && strcmp(wanted.api_version, o->target.api_version) == 0 &&
        strcmp(wanted.kind, o->target.kind) == 0 && strcmp(wanted.name, o->target.name) == 0)
        return KEDA_OK;
    return follow(o, &wanted, err);
}

/* ---- its presence */

/* The kind has not been listed: soon it is, or somebody should know why not. */
static op_progress wait_for_list(op_object *o)
{
    const int64_t now_ms = op_now_ms(o->op);

    if (o->is_at_work && o->is_own_target)
        return OP_GOES_ON;
    if (o->unknown_since_ms < 0)
        o->unknown_since_ms = now_ms;
    if (now_ms - o->unknown_since_ms >= PATIENCE_MS)
        return OP_FAILS;
    op_object_retry(o);
    return OP_WAITS;
}

op_progress op_find_target(op_object *o, const keda_json *object, keda_error *err)
{
    kube_count count = {0};

    if (op_follow(o, object, err) != KEDA_OK)
        return OP_FAILS;
    o->presence = kube_look(o->follower, &count, err);
    if (o->presence == KUBE_NOT_KNOWN)
        return wait_for_list(o);
    o->unknown_since_ms = -1;
    if (o->presence == KUBE_PRESENT)
        o->target_generation = count.generation;
    if (o->presence == KUBE_PRESENT || o->presence == KUBE_NOT_WATCHED)
        return OP_GOES_ON;
    /* What is at work on it stays: the engine says that there is nothing to scale, and goes on with what it
     * knows when the target comes back. */
    return o->is_at_work && o->is_own_target ? OP_GOES_ON : OP_FAILS;
}

/* ---- its count before us */

static int32_t count_in_status(const keda_json *object)
{
    int64_t count = -1;
    (void)keda_json_int64(keda_json_get(object, "status.originalReplicaCount"), &count);
    return count >= 0 && count <= INT32_MAX ? (int32_t)count : -1;
}

static void counted(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    op_object *o = user;

    (void)op_lane_end(o);
    if (scale != NULL) {
        o->original = scale->spec;
        kept_error_clear(&o->problem);
        return;
    }
    kept_error_set(&o->problem, err);
    o->is_status_due = true;
    op_object_retry(o);
}

static op_progress ask_count(op_object *o, keda_error *err)
{
    keda_kube_ref ref;

    if (o->problem.code != KEDA_OK && o->retry_at_ms > op_now_ms(o->op)) {
        kept_error_get(&o->problem, err);
        return OP_FAILS;
    }
    if (!op_lane_is_free(o))
        return OP_WAITS;
    op_target_ref(o, &ref);
    if (keda_kube_get_scale(o->op->kube, &ref, counted, o, &o->call, err) != KEDA_OK)
        return OP_FAILS;
    op_lane_begin(o, OP_STEP_COUNT);
    return OP_WAITS;
}

op_progress op_find_count(op_object *o, const keda_json *object, keda_error *err)
{
    kube_count count = {0};

    if (o->original >= 0)
        return OP_GOES_ON;
    if (!o->is_retargeted && (o->original = count_in_status(object)) >= 0)
        return OP_GOES_ON;
    if (o->is_at_work && o->is_own_target)
        return OP_GOES_ON; /* what it is now is our own doing */
    if (kube_look(o->follower, &count, NULL) == KUBE_PRESENT && count.spec >= 0) {
        o->original = count.spec;
        return OP_GOES_ON;
    }
    return ask_count(o, err);
}
