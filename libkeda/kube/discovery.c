/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds to resources: a table of what every cluster has, what was seen before, and for the rest the
 * API server's list of the group and version, asked once for all who wait for it.
 */
#include "kube/discovery.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MAX_RESOURCES = 10000 };

static const kube_resource builtin[] = {
    {"apps", "v1", "Deployment", "deployments", true, true},
    {"apps", "v1", "StatefulSet", "statefulsets", true, true},
    {"apps", "v1", "ReplicaSet", "replicasets", true, true},
    {"", "v1", "Pod", "pods", true, false},
    {"", "v1", "Secret", "secrets", true, false},
    {"", "v1", "ConfigMap", "configmaps", true, false},
    {"", "v1", "Namespace", "namespaces", false, false},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, false},
    {"keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", true, false},
    {"keda.sh", "v1alpha1", "TriggerAuthentication", "triggerauthentications", true, false},
    {"keda.sh", "v1alpha1", "ClusterTriggerAuthentication", "clustertriggerauthentications",
     false, false},
};

typedef struct seen seen;
struct seen {
    kube_resource resource; /* first; its texts lie in `texts` */
    seen *next;
    char *texts[4];
};

typedef struct call_list {
    kube_resource_call *first, *last;
} call_list;

/* One list that is being asked for. */
typedef struct ask ask;
struct ask {
    ask *next;
    kube_resources *resources;
    char *group, *version;
    call_list waiting;
};

struct kube_resource_call {
    kube_resource_call *prev, *next;
    call_list *list; /* NULL: over */
    char *kind;
    const kube_resource *resource; /* known before it was asked for */
    kube_resource_fn found;
    void *user;
};

struct kube_resources {
    keda_kube *kube;
    seen *seen;
    size_t nseen;
    ask *asks;
    call_list answered;
    loop_after soon;
};

/* ---- calls ---------------------------------------------------------------------------------- */

static void leave(kube_resource_call *call)
{
    call_list *list = call->list;

    if (call->prev != NULL)
        call->prev->next = call->next;
    else
        list->first = call->next;
    if (call->next != NULL)
        call->next->prev = call->prev;
    else
        list->last = call->prev;
    call->prev = call->next = NULL;
    call->list = NULL;
}

static void join(kube_resource_call *call, call_list *list)
{
    call->list = list;
    call->prev = list->last;
    if (list->last != NULL)
        list->last->next = call;
    else
        list->first = call;
    list->last = call;
}

static void free_call(kube_resource_call *call)
{
    mem_free(call->kind);
    mem_free(call);
}

void kube_resource_forget(kube_resource_call *call)
{
    if (call == NULL || call->list == NULL)
        return;
    leave(call);
    free_call(call);
}

static void move_all(call_list *from, call_list *to)
{
    for (kube_resource_call *call; (call = from->first) != NULL;) {
        leave(call);
        join(call, to);
    }
}

static void tell(kube_resource_call *call, const kube_resource *resource, const keda_error *err)
{
    leave(call);
    call->found(resource, resource == NULL ? err : NULL, call->user);
    free_call(call);
}

/* ---- what is known -------------------------------------------------------------------------- */

static bool is_it(const kube_resource *resource, const char *group, const char *version,
                  const char *kind)
{
    return text_equal(resource->kind, kind) && text_equal(resource->version, version) &&
           text_equal(resource->group, group);
}

static const kube_resource *look(const kube_resources *resources, const char *group,
                                 const char *version, const char *kind)
{
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++) {
        if (is_it(&builtin[i], group, version, kind))
            return &builtin[i];
    }
    for (const seen *s = resources->seen; s != NULL; s = s->next) {
        if (is_it(&s->resource, group, version, kind))
            return &s->resource;
    }
    return NULL;
}

static void free_seen(seen *s)
{
    for (size_t i = 0; i < 4; i++)
        mem_free(s->texts[i]);
    mem_free(s);
}

static bool has_scale(const keda_json *list, const char *plural)
{
    const size_t n = strlen(plural);

    for (size_t i = 0; i < keda_json_count(list); i++) {
        const char *name = keda_json_string(keda_json_get(keda_json_at(list, i, NULL), "name"));
        if (name != NULL && strncmp(name, plural, n) == 0 && strcmp(name + n, "/scale") == 0)
            return true;
    }
    return false;
}

static keda_status remember(ask *a, const char *kind, const char *plural, bool is_namespaced,
                            bool can_scale, keda_error *err)
{
    kube_resources *resources = a->resources;
    seen *s = mem_zalloc(1, sizeof *s);

    if (s == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const char *const texts[4] = {a->group, a->version, kind, plural};
    for (size_t i = 0; i < 4; i++) {
        s->texts[i] = mem_strdup(texts[i]);
        if (s->texts[i] == NULL) {
            free_seen(s);
            return keda_error_set(err, KEDA_ENOMEM, "out of memory");
        }
    }
    s->resource = (kube_resource){.group = s->texts[0],
                                  .version = s->texts[1],
                                  .kind = s->texts[2],
                                  .plural = s->texts[3],
                                  .is_namespaced = is_namespaced,
                                  .has_scale = can_scale};
    s->next = resources->seen;
    resources->seen = s;
    resources->nseen++;
    return KEDA_OK;
}

/* Only what somebody waits for is kept. */
static keda_status read_kind(ask *a, const keda_json *list, const char *kind, keda_error *err)
{
    for (size_t i = 0; i < keda_json_count(list); i++) {
        const keda_json *item = keda_json_at(list, i, NULL);
        const char *name = keda_json_string(keda_json_get(item, "name"));
        bool is_namespaced = false;

        if (name == NULL || strchr(name, '/') != NULL ||
            !text_equal(keda_json_string(keda_json_get(item, "kind")), kind))
            continue;
        (void)keda_json_bool(keda_json_get(item, "namespaced"), &is_namespaced);
        if (a->resources->nseen >= MAX_RESOURCES)
            return keda_error_set(err, KEDA_ELIMIT, "more than %d kinds", (int)MAX_RESOURCES);
        return remember(a, kind, name, is_namespaced, has_scale(list, name), err);
    }
    return keda_error_set(err, KEDA_ENOTFOUND, "the cluster has no kind %s in %s%s%s", kind,
                          a->group, a->group[0] != '\0' ? "/" : "", a->version);
}

/* ---- asking --------------------------------------------------------------------------------- */

static void free_ask(ask *a)
{
    mem_free(a->group);
    mem_free(a->version);
    mem_free(a);
}

static void unlink_ask(ask *a)
{
    ask **link = &a->resources->asks;

    while (*link != a)
        link = &(*link)->next;
    *link = a->next;
}

static void answer(ask *a, kube_resource_call *call, const keda_json *list,
                   const keda_error *failed)
{
    const kube_resource *resource = look(a->resources, a->group, a->version, call->kind);
    keda_error err = KEDA_ERROR_INIT;

    if (failed != NULL) {
        err = *failed;
        (void)keda_error_wrap(&err, (keda_status)err.code, "kind %s", call->kind);
    } else if (resource == NULL && read_kind(a, list, call->kind, &err) == KEDA_OK) {
        resource = look(a->resources, a->group, a->version, call->kind);
    }
    tell(call, resource, &err);
}

/* `found` may find and forget others: they are in no list of this one but `waiting`. */
static void on_list(const keda_json *body, const keda_error *err, void *user)
{
    ask *a = user;

    unlink_ask(a);
    while (a->waiting.first != NULL)
        answer(a, a->waiting.first, keda_json_get(body, "resources"), err);
    free_ask(a);
}

static keda_status send(ask *a, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_buf path = {0};
    keda_status rc = a->group[0] == '\0'
                         ? buf_printf(&path, "/api/%s", a->version)
                         : buf_printf(&path, "/apis/%s/%s", a->group, a->version);

    if (rc != KEDA_OK)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    request.path = path.data;
    request.priority = KEDA_KUBE_SCALE; /* a write may wait for it */
    rc = keda_kube_send(a->resources->kube, &request, on_list, a, NULL, err);
    keda_buf_clear(&path);
    return rc;
}

static keda_status find_ask(ask **out, kube_resources *resources, const char *group,
                            const char *version, keda_error *err)
{
    ask *a = resources->asks;
    keda_status rc = KEDA_OK;

    while (a != NULL && !(text_equal(a->group, group) && text_equal(a->version, version)))
        a = a->next;
    if (a != NULL) {
        *out = a;
        return KEDA_OK;
    }
    a = mem_zalloc(1, sizeof *a);
    if (a == NULL) {
        keda_error_set(err, KEDA_ENOMEM, "out of memory");
        return KEDA_ENOMEM;
    }
    a->resources = resources;
    a->group = mem_strdup(group);
    a->version = mem_strdup(version);
    if (a->group == NULL || a->version == NULL) {
        keda_error_set(err, KEDA_ENOMEM, "out of memory");
        free_ask(a);
        return KEDA_ENOMEM;
    }
    if ((rc = send(a, err)) != KEDA_OK) {
        free_ask(a);
        return rc;
    }
    a->next = resources->asks;
    resources->asks = a;
    *out = a;
    return KEDA_OK;
}

/* ---- finding -------------------------------------------------------------------------------- */

static void on_soon(loop_after *after, void *user)
{
    kube_resources *resources = user;
    call_list now = {0};

    (void)after;
    move_all(&resources->answered, &now);
    while (now.first != NULL)
        tell(now.first, now.first->resource, NULL);
}

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        const bool is_alnum =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && c != '-' && c != '.')
            return false;
    }
    return size > 0 && size < 254;
}

typedef struct group_version {
    char group[256], version[256];
} group_version;

static keda_status split(group_version *out, const char *api_version, const char *kind,
                         keda_error *err)
{
    const char *slash = strchr(api_version, '/');
    const char *version = slash != NULL ? slash + 1 : api_version;
    const size_t ngroup = slash != NULL ? (size_t)(slash - api_version) : 0;

    if (!is_name(version, strlen(version)) || (slash != NULL && !is_name(api_version, ngroup)))
        return keda_error_set(err, KEDA_EINVAL, "apiVersion \"%.64s\": must be GROUP/VERSION",
                              api_version);
    if (!is_name(kind, strlen(kind)))
        return keda_error_set(err, KEDA_EINVAL, "kind \"%.64s\": not a name", kind);
    (void)snprintf(out->group, sizeof out->group, "%.*s", (int)ngroup, api_version);
    (void)text_copy(out->version, sizeof out->version, version);
    return KEDA_OK;
}

static keda_status place(kube_resource_call *call, kube_resources *resources,
                         const group_version *gv, keda_error *err)
{
    ask *a = NULL;
    keda_status rc;

    call->resource = look(resources, gv->group, gv->version, call->kind);
    if (call->resource != NULL) {
        join(call, &resources->answered);
        loop_after_add(resources->kube->l, &resources->soon, on_soon, resources);
        return KEDA_OK;
    }
    if ((rc = find_ask(&a, resources, gv->group, gv->version, err)) == KEDA_OK)
        join(call, &a->waiting);
    return rc;
}

keda_status kube_resource_find(keda_kube *kube, const char *api_version, const char *kind,
                               kube_resource_fn found, void *user, kube_resource_call **out,
                               keda_error *err)
{
    group_version gv;
    kube_resource_call *call;
    keda_status rc = split(&gv, api_version, kind, err);

    assert(found != NULL);
    if (rc != KEDA_OK)
        return rc;
    call = mem_zalloc(1, sizeof *call);
    if (call != NULL)
        call->kind = mem_strdup(kind);
    if (call == NULL || call->kind == NULL) {
        mem_free(call);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    call->found = found;
    call->user = user;
    if ((rc = place(call, kube->resources, &gv, err)) != KEDA_OK) {
        free_call(call);
        return rc;
    }
    if (out != NULL)
        *out = call;
    return KEDA_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

keda_status kube_resources_new(kube_resources **out, keda_kube *kube, keda_error *err)
{
    kube_resources *resources = mem_zalloc(1, sizeof *resources);

    if (resources == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    resources->kube = kube;
    *out = resources;
    return KEDA_OK;
}

static void drop(call_list *list)
{
    while (list->first != NULL)
        kube_resource_forget(list->first);
}

void kube_resources_free(kube_resources *resources)
{
    if (resources == NULL)
        return;
    loop_after_cancel(resources->kube->l, &resources->soon);
    drop(&resources->answered);
    for (ask *a; (a = resources->asks) != NULL;) {
        resources->asks = a->next;
        drop(&a->waiting);
        free_ask(a);
    }
    for (seen *s; (s = resources->seen) != NULL;) {
        resources->seen = s->next;
        free_seen(s);
    }
    mem_free(resources);
}
