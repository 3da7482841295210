/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container's environment as a kubelet makes it: whole objects, then variables in order, with $(NAME)
 * replaced by what was defined before. (Kubernetes: third_party/forked/golang/expansion; A3b)
 */
#include "pod_template.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "map.h"

static const char *find_n(const keda_map *map, const char *name, size_t size)
{
    for (size_t i = 0; i < map->count; i++) {
        const char *at = map->items[i].name;
        if (strncmp(at, name, size) == 0 && at[size] == '\0')
            return map->items[i].value;
    }
    return NULL;
}

/* What begins at a '$'; returns how much of the text it took. */
static size_t expand_one(keda_buf *out, const char *at, const keda_map *known, keda_status *rc)
{
    if (at[1] == '$') {
        *rc = buf_putc(out, '$');
        return 2;
    }
    const char *end = at[1] == '(' ? strchr(at + 2, ')') : NULL;
    if (end == NULL) {
        *rc = buf_putc(out, '$');
        return 1;
    }
    const char *value = find_n(known, at + 2, (size_t)(end - at) - 2);
    *rc = value != NULL ? buf_puts(out, value) : buf_append(out, at, (size_t)(end - at) + 1);
    return (size_t)(end - at) + 1;
}

static keda_status expand(keda_buf *out, const char *text, const keda_map *known)
{
    keda_status rc = buf_puts(out, "");

    while (rc == KEDA_OK && *text != '\0') {
        const size_t plain = strcspn(text, "$");
        rc = buf_append(out, text, plain);
        text += plain;
        if (rc == KEDA_OK && *text == '$')
            text += expand_one(out, text, known, &rc);
    }
    return rc;
}

/* ---- one variable */

static keda_status add_value(pod_env *env, const pod_variable *v)
{
    keda_buf text = {0};
    keda_status rc = expand(&text, v->value, &env->values);

    if (rc == KEDA_OK)
        rc = map_set(&env->values, v->name, text.data == NULL ? "" : text.data);
    if (text.data != NULL)
        mem_wipe(text.data, text.size);
    keda_buf_clear(&text);
    return rc;
}

static keda_status add_all(pod_env *env, const pod_variable *v, const keda_map *values)
{
    char name[512];
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < values->count; i++) {
        const int n = snprintf(name, sizeof name, "%s%s", v->name, values->items[i].name);
        if (n > 0 && (size_t)n < sizeof name)
            rc = map_set(&env->values, name, values->items[i].value);
    }
    return rc;
}

static keda_status note_missing(pod_env *env, const pod_variable *v, bool is_secret)
{
    char message[512];

    (void)snprintf(message, sizeof message,
                   "the container's environment needs %s %s, which does not exist",
                   is_secret ? "Secret" : "ConfigMap", v->object);
    return map_set(&env->missing, v->key == NULL ? "" : v->name, message);
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
    return map_set(&env->values, v->name, value == NULL ? "" : value);
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
}

const char *pod_env_get(const pod_env *env, const char *name, const char **why)
{
    const size_t size = strlen(name);
    const char *missing = find_n(&env->missing, name, size);
    const char *value = find_n(&env->values, name, size);

    *why = NULL;
    if (missing == NULL && value != NULL)
        return value;
    *why = missing != NULL ? missing : find_n(&env->missing, "", 0);
    return NULL;
}
