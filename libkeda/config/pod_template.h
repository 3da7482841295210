/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a pod template's containers: read from a Deployment or anything else with
 * spec.template, and resolved as a kubelet would. Pure: what it refers to is looked up by the caller.
 * spec: auth 3.
 */
#ifndef CONFIG_POD_TEMPLATE_H
#define CONFIG_POD_TEMPLATE_H

#include <keda/scaler.h>

#include "document.h"

typedef enum pod_source {
    POD_VALUE = 1,      /* env[].value */
    POD_SECRET_KEY,     /* env[].valueFrom.secretKeyRef */
    POD_CONFIG_MAP_KEY, /* env[].valueFrom.configMapKeyRef */
    POD_SECRET,         /* envFrom[].secretRef: name is the prefix */
    POD_CONFIG_MAP      /* envFrom[].configMapRef */
} pod_source;

typedef struct pod_variable {
    pod_source source;
    char *name;
    char *value;        /* POD_VALUE, as written */
    char *object, *key; /* of the others; key NULL: all of it */
    bool is_optional;
} pod_variable;

typedef struct pod_container {
    char *name;
    pod_variable *items; /* envFrom, then env; later ones win */
    size_t count;
} pod_container;

typedef struct pod_template { /* `containers` alone; zeroed is empty */
    pod_container *items;
    size_t count;
} pod_template;

/* True when the document has spec.template with containers. */
bool pod_template_is_in(const document *doc);
/* What has no use for us (fieldRef and the like) is left out. Errors: KEDA_ENOMEM. */
keda_status pod_template_read(pod_template *out, const document *doc, keda_error *err);
void pod_template_clear(pod_template *t);

/* The container of that name; NULL or "": the first. NULL when there is none. */
const pod_container *pod_template_find(const pod_template *t, const char *name);

/* Values of a Secret (is_secret) or ConfigMap of the workload's namespace; NULL: there is none. */
typedef const keda_map *(*pod_object_fn)(bool is_secret, const char *name, void *user);

/* A container's environment. What could not be had is in `missing`, by variable ("" for whole objects), with
 * a message that names no value: only who asks for such a variable need fail (A3a). Both are the caller's and
 * hold secrets: map_clear wipes them. */
typedef struct pod_env {
    keda_map values, missing;
    size_t size; /* of names and values, which is bounded */
} pod_env;
keda_status pod_env_resolve(pod_env *out, const pod_container *c, pod_object_fn object,
                            void *user, keda_error *err);
void pod_env_clear(pod_env *env);
/* The value; NULL, and *why (NULL: it is simply not defined). */
const char *pod_env_get(const pod_env *env, const char *name, const char **why);

#endif
