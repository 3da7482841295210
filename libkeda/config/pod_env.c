/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's environment as a kubelet makes it: whole objects, then variables in order, with $(NAME)
 * replaced by what was defined before. (Kubernetes: third_party/forked/golang/expansion; A3b)
 * It stays within what a process can be started with: a few names that repeat each other say much.
 */
#include "pod_template.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "map.h"

enum {
    MOST_VARIABLES = 10000,
    MOST_BYTES = 2 * 1024 * 1024 /* names and values: what Linux takes for a new process */
};

#define WHOLE "" /* in `missing`: any variable may have come from it */

static const char *find_n(const keda_map *map, const char *name, size_t size)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *at = map->items[i].name;
        if (strncmp(at, name, size) == 0 && at[size] == '\0')
            return map->items[i].value;
    }
    return NULL;
}

/* Why the variable is not defined; NULL: nobody has said that it should be. */
static const char *why_missing(const pod_env *env, const char *name, size_t size)
{
    const char *why = size == 0 ? NULL : find_n(&env->missing, name, size);
    return why != NULL ? why : find_n(&env->missing, WHOLE, 0);
}

/* ---- what has room */

static keda_status note(pod_env *env, const char *name, const char *why)
{
    return map_set(&env->missing, name, why);
}

/* No value behind the limit is kept; its name is, unless there are too many. */
static keda_status add(pod_env *env, const char *name, const char *value)
{
    static const char why[] = "the container's environment is too large";
    const size_t size = strlen(name) + strlen(value) + 2;

    if (env->values.count >= MOST_VARIABLES || size > MOST_BYTES - env->size)
        return note(env, WHOLE, why);
    env->size += size;
    return map_set(&env->values, name, value);
}

/* ---- $(NAME) */

/* Made twice: to know its size, then to fill it. */
typedef struct expansion {
    const pod_env *env;
    char *out; /* NULL: only counted */
    size_t size;
    const char *why; /* it refers to a variable that is missing */
} expansion;

static void put(expansion *x, const char *text, size_t size)
{
    if (x->out != NULL)
        memcpy(x->out + x->size, text, size);
    x->size += size;
}

/* What begins at a '$'; returns how much of the text it took. */
static size_t expand_one(expansion *x, const char *at)
{
    const char *end = at[1] == '(' ? strchr(at + 2, ')') : NULL;

    if (end == NULL) {
        put(x, "$", 1);
        return at[1] == '$' ? 2 : 1;
    }
    const size_t size = (size_t)(end - at) - 2;
    const char *value = find_n(&x->env->values, at + 2, size);
    if (value == NULL && size > 0 && x->why == NULL)
        x->why = why_missing(x->env, at + 2, size);
    if (value == NULL)
        put(x, at, size + 3);
    else
        put(x, value, strlen(value));
    return size + 3;
}

static void expand(expansion *x, const char *text)
{
    x->size = 0;
    while (*text != '\0' && x->size <= MOST_BYTES) {
        const size_t plain = strcspn(text, "$");
        put(x, text, plain);
        text += plain;
        if (*text == '$')
            text += expand_one(x, text);
    }
}

static keda_status add_value(pod_env *env, const pod_variable *v)
{
    expansion x = {.env = env};

    expand(&x, v->value);
    if (x.why != NULL)
        return note(env, v->name, x.why);
    if (x.size > MOST_BYTES)
        return note(env, v->name, "the variable's value is too large");
    if ((x.out = mem_zalloc(x.size + 1, 1)) == NULL)
        return KEDA_ENOMEM;
    expand(&x, v->value);
    const keda_status rc = add(env, v->name, x.out);
    mem_free_secret(x.out);
    return rc;
}

/* ---- what it refers to */

static keda_status add_all(pod_env *env, const pod_variable *v, const keda_map *values)
{
    char name[512];
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < values->count; i++) {
        const int n = snprintf(name, sizeof name, "%s%s", v->name, values->items[i].name);
        if (n > 0 && (size_t)n < sizeof name)
            rc = add(env, name, values->items[i].value);
    }
    return rc;
}

static keda_status note_missing(pod_env *env, const pod_variable *v, bool is_secret)
{
    char message[512];

    (void)snprintf(message, sizeof message,
                   "the container's environment needs %s %s, which does not exist",
                   is_secret ? "Secret" : "ConfigMap", v->object);
    return note(env, v->key == NULL ? WHOLE : v->name, message);
}

static keda_status add_reference(pod_env *env, const pod_variable *v, pod_object_fn object,
                                 void *user)
{
    const bool is_secret = v->source == POD_SECRET || v->source == POD_SECRET_KEY;
    const keda_map *values = object(is_secret, v->object, user);

    if (values == NULL)
        return v->is_optional ? KEDA_OK : note_missing(env, v, is_secret);
    if (v->source == POD_SECRET || v->source == POD_CONFIG_MAP)
        return add_all(env, v, values);
    const char *value = find_n(values, v->key, strlen(v->key));
    return add(env, v->name, value == NULL ? "" : value);
}

/* ---- the whole */

keda_status pod_env_resolve(pod_env *out, const pod_container *c, pod_object_fn object,
                            void *user, keda_error *err)
{
    pod_env env = {0};
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < c->count; i++) {
        const pod_variable *v = &c->items[i];
        rc = v->source == POD_VALUE ? add_value(&env, v) : add_reference(&env, v, object, user);
    }
    if (rc == KEDA_OK) {
        *out = env;
        return KEDA_OK;
    }
    pod_env_clear(&env);
    return keda_error_set(err, rc, "out of memory");
}

void pod_env_clear(pod_env *env)
{
    map_clear(&env->values);
    map_clear(&env->missing);
    env->size = 0;
}

const char *pod_env_get(const pod_env *env, const char *name, const char **why)
{
    const size_t size = strlen(name);
    const char *value = find_n(&env->values, name, size);

    *why = find_n(&env->missing, name, size);
    if (value == NULL && *why == NULL)
        *why = why_missing(env, name, size);
    return *why == NULL ? value : NULL;
}
