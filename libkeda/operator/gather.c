/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a ScaledObject needs, found from the ScaledObject itself on: authentications name Secrets, and a
 * pod template names more. Complete only when everything has been read.
 */
#include "operator/gather.h"

#include "base/mem.h"

#include <string.h>

typedef struct gathering {
    op_object *o;
    const keda_json *object;
    op_gathered *g;
    needs names;
    const keda_json **auths; /* those that exist; borrowed from the parts */
    size_t nauths;
    size_t first_of_target; /* needs from here on come from the pod template alone */
    bool is_waiting;
    keda_error *err;
} gathering;

void op_gathered_clear(op_gathered *g)
{
    for (size_t i = 0; i < g->count; i++) {
        keda_json_free(g->roots[i]);
        mem_free(g->names[i]);
    }
    mem_free(g->parts);
    mem_free(g->roots);
    mem_free(g->names);
    *g = (op_gathered){0};
}

/* ---- parts */

static keda_status grow(op_gathered *g, keda_error *err)
{
    size_t of_parts = g->capacity;
    size_t of_roots = of_parts, of_names = of_parts;
    keda_status rc = mem_grow((void **)&g->parts, &of_parts, g->count, sizeof *g->parts, err);

    if (rc == KEDA_OK)
        rc = mem_grow((void **)&g->roots, &of_roots, g->count, sizeof *g->roots, err);
    if (rc == KEDA_OK)
        rc = mem_grow((void **)&g->names, &of_names, g->count, sizeof *g->names, err);
    if (rc == KEDA_OK)
        g->capacity = of_parts;
    return rc;
}

/* space and name are copied: the list of names grows meanwhile. */
static char *copy_names(const need *n)
{
    const size_t space = strlen(n->space) + 1, name = strlen(n->name) + 1;
    char *both = mem_alloc(space + name);

    if (both != NULL) {
        memcpy(both, n->space, space);
        memcpy(both + space, n->name, name);
    }
    return both;
}

static keda_status add_part(gathering *a, const need *n, const op_dep *d,
                            const keda_json **json)
{
    op_gathered *g = a->g;
    keda_json *root = NULL;
    keda_status rc = grow(g, a->err);

    *json = NULL;
    if (rc == KEDA_OK && d->presence == OP_PRESENT)
        rc = keda_json_parse(&root, d->text, d->size, a->err);
    if (rc != KEDA_OK)
        return rc;
    char *names = copy_names(n);
    if (names == NULL) {
        keda_json_free(root);
        return keda_error_set(a->err, KEDA_ENOMEM, "out of memory");
    }
    g->roots[g->count] = root;
    g->names[g->count] = names;
    g->parts[g->count++] = (bundle_part){
        .kind = n->kind, .space = names, .name = names + strlen(names) + 1, .json = root};
    *json = root;
    return KEDA_OK;
}

/* ---- where it is read */

/* (KEDA: KEDA_RESTRICT_SECRET_ACCESS) */
static const char *space_of(const gathering *a, const need *n)
{
    const op_settings *s = &a->o->op->settings;
    const bool is_of_cluster =
        strcmp(n->space, engine_cluster_namespace(a->o->op->engine)) == 0 &&
        strcmp(n->space, a->o->space) != 0;

    if (n->kind == NEED_SECRET && s->is_secret_access_restricted)
        return s->cluster_space;
    if ((n->kind == NEED_SECRET || n->kind == NEED_CONFIG_MAP) && is_of_cluster)
        return s->cluster_space;
    return n->space;
}

/* Those of a pod template are left out when only the cluster's own may be read. */
static bool is_skipped(const gathering *a, const need *n, size_t at)
{
    const op_settings *s = &a->o->op->settings;
    return n->kind == NEED_SECRET && s->is_secret_access_restricted &&
           at >= a->first_of_target && strcmp(n->space, s->cluster_space) != 0;
}

/* ---- one need */

static keda_status follow_names(gathering *a, const need *n, const keda_json *json)
{
    op_object *o = a->o;

    if (json == NULL)
        return KEDA_OK;
    if (n->kind == NEED_AUTH || n->kind == NEED_CLUSTER_AUTH) {
        a->auths[a->nauths++] = json;
        return needs_of_auth(&a->names, json,
                             n->kind == NEED_AUTH ? o->space
                                                  : engine_cluster_namespace(o->op->engine),
                             a->object, a->err);
    }
    if (n->kind == NEED_TARGET)
        return needs_of_target(&a->names, json, a->object, a->auths, a->nauths, a->err);
    return KEDA_OK;
}

static keda_status take(gathering *a, size_t at)
{
    const need n = a->names.items[at]; /* its texts stay where they are */
    op_object *o = a->o;
    const keda_json *json = NULL;
    op_dep *d = NULL;
    keda_status rc = KEDA_OK;

    if (is_skipped(a, &n, at))
        return KEDA_OK;
    rc = op_dep_get(o->op, &d, n.kind, space_of(a, &n), n.name,
                    n.kind == NEED_TARGET ? &o->target : NULL, a->err);
    if (rc == KEDA_OK && (rc = op_dep_use(o, d, a->err)) != KEDA_OK)
        op_dep_release(d);
    if (rc != KEDA_OK)
        return rc;
    if (d->presence == OP_UNKNOWN && d->trouble.code != KEDA_OK) {
        kept_error_get(&d->trouble, a->err);
        return a->err != NULL ? (keda_status)a->err->code : KEDA_EUNAVAILABLE;
    }
    if (d->presence == OP_UNKNOWN) {
        a->is_waiting = true;
        return KEDA_OK;
    }
    rc = add_part(a, &n, d, &json);
    return rc == KEDA_OK ? follow_names(a, &n, json) : rc;
}

static keda_status take_all(gathering *a, bool of_target)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < a->names.count; i++) {
        if ((a->names.items[i].kind == NEED_TARGET) == of_target)
            rc = take(a, i);
    }
    return rc;
}

/* Authentications first, since they say which containers count; then the template; then what it names. */
static keda_status gather(gathering *a)
{
    keda_status rc = needs_of_object(&a->names, a->object, a->err);

    a->first_of_target = SIZE_MAX;
    if (rc != KEDA_OK || a->names.count == 0)
        return rc;
    a->auths = mem_zalloc(a->names.count, sizeof *a->auths);
    if (a->auths == NULL)
        return keda_error_set(a->err, KEDA_ENOMEM, "out of memory");
    if ((rc = take_all(a, false)) != KEDA_OK)
        return rc;
    const size_t before = a->names.count;
    if ((rc = take_all(a, true)) != KEDA_OK)
        return rc;
    a->first_of_target = before;
    for (size_t i = before; rc == KEDA_OK && i < a->names.count; i++)
        rc = take(a, i);
    return rc;
}

op_progress op_gather(op_object *o, const keda_json *object, op_gathered *out, keda_error *err)
{
    gathering a = {.o = o, .object = object, .g = out, .err = err};

    op_dep_begin_pass(o);
    const keda_status rc = gather(&a);
    if (rc == KEDA_OK && !a.is_waiting)
        op_dep_end_pass(o);
    needs_clear(&a.names);
    mem_free(a.auths);
    if (rc != KEDA_OK)
        return OP_FAILS;
    return a.is_waiting ? OP_WAITS : OP_GOES_ON;
}
