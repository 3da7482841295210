/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes instances of triggers, whether for new documents (problems become findings with their
 * places) or again for documents at work (the first problem is the error).
 */
#include "engine/stage.h"

#include "auth/resolve.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/hpa.h"
#include "engine/module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stage {
    trigger *t;
    size_t index;
    change *change;            /* NULL: the documents at work */
    const entry *en;           /* with a change and findings: whose document */
    const document *doc;       /* NULL: problems go to err */
    const text_source *source; /* of its document: what it can see */
    keda_error *err;
    keda_map auth, env;
    const char *container; /* whose variables; NULL: envSourceContainerName, or the first */
    pod_env pods;          /* its environment, when has_pods */
    const char *pods_of;
    bool has_pods;
    const char *why; /* the last variable that an authentication asked for is not there */
    char text[320];
    keda_status rc;     /* KEDA_ENOMEM: a look-up ended for want of memory */
    bool is_incomplete; /* a source was missing: what it would have given is not asked for */
    const trigger_auth *incomplete;
    bool is_auth_broken, is_pool_broken; /* with errors, which have been told */
    size_t nerrors;
} stage;

/* ---- telling */

static const char *path_of(const stage *st, const char *member, char *path, size_t size)
{
    (void)snprintf(path, size, "spec.triggers[%zu]%s%s", st->index,
                   member[0] == '\0' ? "" : ".", member);
    return path;
}

/* Where the user wrote the parameter, or the trigger when it is not there. */
static void place_of(const stage *st, const char *name, change_place *place)
{
    char from_env[256];
    const node *metadata = st->t->spec->metadata_node;
    const node *at = node_get(metadata, name);

    if (at == NULL) {
        (void)snprintf(from_env, sizeof from_env, "%sFromEnv", name);
        at = node_get(metadata, from_env);
    }
    place->line = at != NULL ? at->line : st->t->spec->line;
    place->column = at != NULL ? at->column : st->t->spec->column;
}

static void say(stage *st, keda_severity severity, keda_status code, const char *member,
                const char *message)
{
    char path[320];

    st->nerrors += severity == KEDA_SEVERITY_ERROR ? 1 : 0;
    if (st->doc == NULL) {
        if (severity == KEDA_SEVERITY_ERROR && st->nerrors == 1)
            keda_error_set(st->err, code, "%s", message);
        return;
    }
    change_place place = {.doc = st->doc, .entry = st->en};
    place.path = path_of(st, member, path, sizeof path);
    place_of(st, text_has_prefix(member, "metadata.") ? member + 9 : "", &place);
    change_say(st->change, severity, code, &place, "%s", message);
}

/* What a document with errors of its own may have given. */
static bool is_from_broken(const stage *st, const char *name)
{
    char from_env[256];
    const keda_map *metadata = &st->t->spec->metadata;

    (void)snprintf(from_env, sizeof from_env, "%sFromEnv", name);
    if (params_map_get(metadata, name) != NULL)
        return false;
    return params_map_get(metadata, from_env) != NULL ? st->is_pool_broken : st->is_auth_broken;
}

static const char *find_variable(stage *st, const char *name, const char **why);

/* That the variable it is to come from is not there has been told. */
static bool is_variable_missing(stage *st, const char *name)
{
    char from_env[256];
    const char *why = NULL;

    (void)snprintf(from_env, sizeof from_env, "%sFromEnv", name);
    const char *variable = params_map_get(&st->t->spec->metadata, from_env);
    return variable != NULL && find_variable(st, variable, &why) == NULL && why != NULL;
}

/* Errors of parameters whose source is missing say nothing new. */
static bool is_known_missing(stage *st, const char *name)
{
    if (is_from_broken(st, name) || is_variable_missing(st, name))
        return true;
    if (!st->is_incomplete || st->incomplete == NULL)
        return false;
    for (size_t i = 0; i < st->incomplete->count; i++) {
        if (text_equal(st->incomplete->entries[i].parameter, name) &&
            params_map_get(&st->auth, name) == NULL)
            return true;
    }
    return false;
}

static void on_problem(const char *name, keda_severity severity, const char *message,
                       void *user)
{
    stage *st = user;
    char member[300];

    if (severity == KEDA_SEVERITY_ERROR && is_known_missing(st, name))
        return;
    (void)snprintf(member, sizeof member, "metadata.%s", name);
    say(st, severity, KEDA_EINVAL, member, message);
}

/* ---- documents it refers to */

/* Without memory nothing is found, which must not be taken for an answer. */
static entry *find_object(stage *st, char *take_key)
{
    entry *en = NULL;

    if (take_key == NULL)
        st->rc = keda_error_set(st->err, KEDA_ENOMEM, "out of memory");
    else if (st->change != NULL)
        en = change_find(st->change, take_key);
    else
        en = table_find(&st->t->workload->engine->entries, take_key);
    mem_free(take_key);
    return en;
}

static entry *find_entry(stage *st, const char *kind, const char *space, const char *name)
{
    return find_object(st, entry_key(st->source, kind, space, name));
}

static bool is_broken(const stage *st, const char *kind, const char *space, const char *name)
{
    char *object = entry_key(st->source, kind, space, name);
    const bool is =
        st->change != NULL && object != NULL && change_is_broken(st->change, object);
    mem_free(object);
    return is;
}

static const keda_map *values_of(stage *st, auth_from from, const char *space, const char *name)
{
    const entry *en =
        find_entry(st, from == AUTH_FROM_SECRET ? "Secret" : "ConfigMap", space, name);
    return en == NULL ? NULL : &en->values.values;
}

/* spec: auth 1: a cluster's authentication has its Secrets in one namespace for all. */
static const keda_map *object_values(auth_from from, const char *name, void *user)
{
    stage *st = user;
    const char *space = st->incomplete->space;

    return values_of(
        st, from,
        space[0] != '\0' ? space : st->t->workload->engine->settings.cluster_namespace, name);
}

/* ---- variables */

static const keda_map *pod_values(bool is_secret, const char *name, void *user)
{
    stage *st = user;
    return values_of(st, is_secret ? AUTH_FROM_SECRET : AUTH_FROM_CONFIG_MAP,
                     st->t->workload->object.space, name);
}

static const char *container_name(const stage *st)
{
    return st->container != NULL ? st->container : st->t->workload->object.env_container;
}

/* Made once, unless another container is asked for; NULL when there is no such container. */
static const pod_env *container_env(stage *st, const pod_template *pods)
{
    const pod_container *c = pod_template_find(pods, container_name(st));

    if (c == NULL)
        return NULL;
    if (st->has_pods && text_equal(st->pods_of, c->name))
        return &st->pods;
    if (st->has_pods)
        pod_env_clear(&st->pods);
    const keda_status rc = pod_env_resolve(&st->pods, c, pod_values, st, st->err);
    st->has_pods = rc == KEDA_OK;
    st->pods_of = c->name;
    if (rc != KEDA_OK)
        st->rc = rc;
    return st->has_pods ? &st->pods : NULL;
}

/* spec: auth 3. *why is set when it should be there and is not. */
static const char *container_variable(stage *st, const pod_template *pods, const char *name,
                                      const char **why)
{
    const pod_env *env = container_env(st, pods);

    if (env != NULL)
        return pod_env_get(env, name, why);
    if (pods->count == 0 || st->rc != KEDA_OK)
        return NULL;
    (void)snprintf(st->text, sizeof st->text, "the target's pod template has no container %s",
                   container_name(st));
    *why = st->text;
    return NULL;
}

/* Pools are everybody's. */
static const entry *find_pool(stage *st)
{
    const scaled_object *object = &st->t->workload->object;

    if (!text_equal(object->target_kind, "ProcessPool"))
        return NULL;
    return find_object(st, entry_object("ProcessPool", object->space, object->target_name));
}

static bool is_pool_broken(const stage *st)
{
    const scaled_object *object = &st->t->workload->object;

    if (st->change == NULL || !text_equal(object->target_kind, "ProcessPool"))
        return false;
    char *key = entry_object("ProcessPool", object->space, object->target_name);
    const bool is = key != NULL && change_is_broken(st->change, key);
    mem_free(key);
    return is;
}

/* KEDA reads the workload's container; without a document of it, here that is the pool's, then the
 * process's own, but never for what others have sent. */
static const char *find_variable(stage *st, const char *name, const char **why)
{
    const scaled_object *object = &st->t->workload->object;
    const char *value = NULL;

    *why = NULL;
    const entry *target =
        find_entry(st, object->target_kind, object->space, object->target_name);
    if (target != NULL && target->kind == ENTRY_TARGET)
        return container_variable(st, &target->pods, name, why);
    const entry *pool = find_pool(st);
    if (pool != NULL)
        value = params_map_get(&pool->env, name);
    const bool is_ours = st->rc == KEDA_OK && !(st->source != NULL && st->source->is_private);
    return value != NULL || !is_ours ? value : getenv(name);
}

static const char *variable_value(const char *name, void *user)
{
    stage *st = user;
    return find_variable(st, name, &st->why);
}

static void on_missing(const auth_want *want, const char *message, void *user)
{
    stage *st = user;
    const bool is_told = st->doc != NULL && want->from != AUTH_FROM_ENV;
    if (st->rc != KEDA_OK)
        return;
    const char *why = want->from == AUTH_FROM_ENV ? st->why : NULL;
    const bool is_later = why == NULL && st->change != NULL && st->change->is_check;

    st->is_incomplete = true;
    if (is_told) /* once, at the TriggerAuthentication */
        st->nerrors++;
    else
        say(st, is_later ? KEDA_SEVERITY_WARNING : KEDA_SEVERITY_ERROR, KEDA_EINVAL,
            "authenticationRef", why != NULL ? why : message);
}

static auth_from from_of(auth_source source)
{
    switch (source) {
    case AUTH_SECRET:
        return AUTH_FROM_SECRET;
    case AUTH_CONFIG_MAP:
        return AUTH_FROM_CONFIG_MAP;
    case AUTH_ENV:
        break;
    }
    return AUTH_FROM_ENV;
}

static keda_status resolve_entries(stage *st, const trigger_auth *auth)
{
    const auth_sources sources = {
        .object = object_values, .variable = variable_value, .user = st};

    st->incomplete = auth;
    for (size_t i = 0; i < auth->count; i++) {
        const auth_want want = {.from = from_of(auth->entries[i].source),
                                .parameter = auth->entries[i].parameter,
                                .name = auth->entries[i].name,
                                .key = auth->entries[i].key};
        st->container = auth->entries[i].container;
        const keda_status rc =
            auth_resolve(&st->auth, &want, 1, &sources, on_missing, st, st->err);
        st->container = NULL;
        if (rc != KEDA_OK || st->rc != KEDA_OK)
            return rc != KEDA_OK ? rc : st->rc;
    }
    return KEDA_OK;
}

static keda_status resolve_auth(stage *st)
{
    const trigger_spec *spec = st->t->spec;
    char message[600];

    if (spec->auth_name == NULL)
        return KEDA_OK;
    const bool is_cluster = text_equal(spec->auth_kind, "ClusterTriggerAuthentication");
    const char *space = is_cluster ? "" : st->t->workload->object.space;
    const entry *en = find_entry(st, spec->auth_kind, space, spec->auth_name);
    (void)snprintf(message, sizeof message, "there is no %s %s%s%s", spec->auth_kind, space,
                   is_cluster ? "" : "/", spec->auth_name);
    if (en != NULL)
        return resolve_entries(st, &en->auth);
    if (st->rc != KEDA_OK)
        return st->rc;
    st->is_incomplete = true;
    st->is_auth_broken = is_broken(st, spec->auth_kind, space, spec->auth_name);
    if (!st->is_auth_broken)
        say(st, KEDA_SEVERITY_ERROR, KEDA_EINVAL, "authenticationRef", message);
    return KEDA_OK;
}

static void say_variable(stage *st, const char *parameter, const char *why)
{
    char member[300];
    (void)snprintf(member, sizeof member, "metadata.%s", parameter);
    say(st, KEDA_SEVERITY_ERROR, KEDA_EINVAL, member, why);
}

/* Only the variables that the metadata names. */
static keda_status resolve_env(stage *st)
{
    const keda_map *metadata = &st->t->spec->metadata;

    st->is_pool_broken = is_pool_broken(st);
    for (size_t i = 0; i < metadata->count; i++) {
        if (!text_has_suffix(metadata->items[i].name, "FromEnv"))
            continue;
        const char *why = NULL;
        const char *value = find_variable(st, metadata->items[i].value, &why);
        if (st->rc != KEDA_OK)
            return st->rc;
        if (value == NULL && why != NULL)
            say_variable(st, metadata->items[i].name, why);
        if (value == NULL)
            continue; /* the parameter is then missing, which its field table says */
        const keda_status rc = auth_map_set(&st->env, metadata->items[i].value, value, st->err);
        if (rc != KEDA_OK)
            return rc;
    }
    return KEDA_OK;
}

/* ---- identity */

static uint64_t mix(uint64_t hash, const char *text)
{
    const char *safe = text == NULL ? "" : text;
    return (hash ^ clock_hash(safe, strlen(safe))) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t mix_map(uint64_t hash, const keda_map *map)
{
    hash = (hash ^ map->count) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < map->count; i++)
        hash = mix(mix(hash, map->items[i].name), map->items[i].value);
    return hash;
}

static uint64_t fingerprint_of(const stage *st)
{
    const trigger_spec *spec = st->t->spec;
    uint64_t hash = st->index;

    hash = mix(mix(mix(hash, spec->type), spec->name), spec->metric_type);
    hash = mix(hash, spec->use_cached_metrics ? "cached" : "");
    hash = mix(hash, st->t->workload->object.has_modifiers ? "source" : "");
    return mix_map(mix_map(mix_map(hash, &spec->metadata), &st->auth), &st->env);
}

/* ---- instances */

static const char *metric_type_of(const trigger_spec *spec)
{
    static const char *const names[] = {[KEDA_TARGET_AVERAGE_VALUE] = "AverageValue",
                                        [KEDA_TARGET_VALUE] = "Value",
                                        [KEDA_TARGET_UTILIZATION] = "Utilization"};
    return names[spec->target_type];
}

/* spec: scaledobject 8.5: what a formula takes needs no target of its own. */
static int32_t is_metric_source(const stage *st)
{
    return st->t->workload->object.has_modifiers ? 1 : 0;
}

/* *out may stay NULL: the problems have been told. */
static keda_status make_instance(stage *st, keda_scaler **out)
{
    const trigger *t = st->t;
    const instance_info info = {.workload = t->workload->object.id,
                                .trigger = t->spec->name == NULL ? "" : t->spec->name,
                                .metric_type = metric_type_of(t->spec),
                                .index = (int32_t)st->index,
                                .is_metric_source = is_metric_source(st)};
    const params_sources sources = {.metadata = &t->spec->metadata,
                                    .auth = &st->auth,
                                    .env = &st->env,
                                    .is_metric_source = is_metric_source(st)};
    keda_scaler *s = NULL;
    size_t nproblems = 0;
    keda_status rc = KEDA_OK;

    if ((rc = resolve_auth(st)) != KEDA_OK || (rc = resolve_env(st)) != KEDA_OK)
        return rc;
    rc = instance_new(&s, t->workload->engine, t->type, &info, &sources, on_problem, st,
                      &nproblems, st->err);
    rc = rc != KEDA_OK ? rc : st->rc;
    if (rc != KEDA_OK) {
        instance_discard(s);
        return rc;
    }
    if (nproblems > 0 || st->nerrors > 0 || st->is_incomplete)
        instance_discard(s);
    else
        *out = s;
    return KEDA_OK;
}

static void clear(stage *st)
{
    auth_map_clear(&st->auth);
    auth_map_clear(&st->env);
    if (st->has_pods)
        pod_env_clear(&st->pods);
    st->has_pods = false;
}

static keda_status find_source(stage *st)
{
    const scaled_object *object = &st->t->workload->object;
    const entry *en =
        find_object(st, entry_object("ScaledObject", object->space, object->name));

    st->source = en == NULL ? NULL : en->source;
    return st->rc;
}

keda_status stage_for_change(change *c, trigger *t, keda_scaler **out, uint64_t *fingerprint,
                             keda_error *err)
{
    keda_error own = KEDA_ERROR_INIT;
    keda_scaler *s = NULL;
    stage st = {.t = t,
                .index = (size_t)(t - t->workload->triggers),
                .change = c,
                .err = err == NULL ? &own : err};
    keda_status rc = find_source(&st);

    if (rc == KEDA_OK)
        rc = make_instance(&st, &s);
    if (rc == KEDA_OK && s == NULL)
        rc = st.err->code == KEDA_OK
                 ? keda_error_set(st.err, KEDA_EINVAL, "the parameters are no longer complete")
                 : (keda_status)st.err->code;
    if (rc == KEDA_OK) {
        *out = s;
        *fingerprint = fingerprint_of(&st);
    }
    clear(&st);
    return rc;
}

keda_status stage_again(trigger *t, keda_scaler **out, uint64_t *fingerprint, keda_error *err)
{
    return stage_for_change(NULL, t, out, fingerprint, err);
}

/* ---- new triggers */

/* Most types have one metric; the list was made for more. */
static void trim(keda_spec_list *specs)
{
    if (specs->count == 0 || specs->count == specs->capacity)
        return;
    metric_spec *items = mem_realloc(specs->items, specs->count, sizeof *items);
    if (items == NULL)
        return;
    specs->items = items;
    specs->capacity = specs->count;
}

static void warn_of_resources(stage *st)
{
    for (size_t i = 0; i < st->t->specs.count; i++) {
        if (metric_spec_source(&st->t->specs.items[i]) == KEDA_SOURCE_EXTERNAL)
            continue;
        say(st, KEDA_SEVERITY_WARNING, KEDA_OK, "type",
            "is read but not honoured yet: what pods use is not asked for and stays unknown");
        return;
    }
}

static void check_and_specify(stage *st)
{
    trigger *t = st->t;
    keda_error err = KEDA_ERROR_INIT;

    if (instance_check(t->instance, &err) != KEDA_OK) {
        say(st, KEDA_SEVERITY_ERROR, KEDA_EINVAL, "", err.text);
        return;
    }
    t->specs.trigger_index = (int32_t)st->index;
    t->specs.is_metric_source = is_metric_source(st);
    t->specs.metric_type = t->spec->metric_type;
    t->specs.space = t->workload->object.space;
    keda_status rc = instance_specs(t->instance, &t->specs, &err);
    t->specs.metric_type = t->specs.space = NULL;
    trim(&t->specs);
    if (rc == KEDA_OK && t->specs.count == 0)
        rc = keda_error_set(&err, KEDA_EINVAL, "trigger type %s gave no metric", t->spec->type);
    if (rc != KEDA_OK)
        say(st, KEDA_SEVERITY_ERROR, rc, "", err.text);
    else
        warn_of_resources(st);
}

/* Upstream ignores what it does not know; a strict check does not. */
static void on_unknown(const char *name, keda_severity severity, const char *message,
                       void *user)
{
    const stage *st = user;
    const bool is_strict = st->t->workload->engine->settings.is_strict;
    on_problem(name, is_strict ? KEDA_SEVERITY_ERROR : severity, message, user);
}

static void report_unknown(stage *st)
{
    const keda_scaler_desc *desc = &st->t->type->desc;
    if (desc->nfields > 0)
        params_unknown(desc->fields, desc->nfields, desc->field_size, &st->t->spec->metadata,
                       on_unknown, st);
}

/* KEDA: without it no trigger of the object can be made, whether it reads variables or not. Those that do
 * have told already. */
static keda_status check_container(stage *st, change *c)
{
    const scaled_object *object = &st->t->workload->object;
    const char *name = object->env_container;

    if (name == NULL || name[0] == '\0' || c->first_code != KEDA_OK)
        return KEDA_OK;
    const entry *target =
        find_entry(st, object->target_kind, object->space, object->target_name);
    if (target == NULL || target->kind != ENTRY_TARGET || target->pods.count == 0 ||
        pod_template_find(&target->pods, name) != NULL)
        return st->rc;
    const node *ref = node_get(node_get(st->doc->root, "spec"), "scaleTargetRef");
    const node *at = node_get(ref, "envSourceContainerName");
    const change_place place = {.doc = st->doc,
                                .entry = st->en,
                                .path = "spec.scaleTargetRef.envSourceContainerName",
                                .line = at == NULL ? 0 : at->line,
                                .column = at == NULL ? 0 : at->column};
    change_say(c, KEDA_SEVERITY_ERROR, KEDA_EINVAL, &place,
               "the target's pod template has no container %s", name);
    return KEDA_OK;
}

static keda_status stage_trigger(stage *st)
{
    trigger *t = st->t;
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = module_need_scaler(t->workload->engine, t->spec->type, &t->type, &err);

    if (rc != KEDA_OK) {
        say(st, KEDA_SEVERITY_ERROR, rc, "type", err.text);
        return KEDA_OK;
    }
    rc = make_instance(st, &t->instance);
    if (rc != KEDA_OK)
        return rc;
    report_unknown(st);
    t->fingerprint = fingerprint_of(st);
    if (t->instance != NULL)
        check_and_specify(st);
    return KEDA_OK;
}

keda_status stage_workload(change *c, workload *w, const entry *en, const document *doc,
                           keda_error *err)
{
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < w->object.ntriggers; i++) {
        trigger *t = &w->triggers[i];
        stage st = {.t = t,
                    .index = i,
                    .change = c,
                    .en = en,
                    .doc = doc,
                    .source = en->source,
                    .err = err};
        t->workload = w;
        t->spec = &w->object.triggers[i];
        t->failing_since_ms = -1;
        rc = stage_trigger(&st);
        if (rc == KEDA_OK && i + 1 == w->object.ntriggers)
            rc = check_container(&st, c);
        clear(&st);
    }
    if (rc == KEDA_OK && c->first_code == KEDA_OK)
        rc = workload_lay_out(w, err);
    if (rc == KEDA_OK && c->first_code == KEDA_OK && c->hpas != NULL)
        rc = hpa_texts_add(c, w, doc, err);
    return rc;
}
