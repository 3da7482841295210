/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One list of pods at a time for each selector; who asks meanwhile gets its answer too.
 */
#include "kube/pod_endpoint.h"

#include "base/mem.h"
#include "base/text.h"
#include "kube/pod_list.h"

#include <string.h>

struct pod_endpoint {
    pod_endpoint *next;
    pod_endpoint_host *host;
    char *space, *selector;
    bool by_node;
    pod_list *list; /* under way */
    keda_poll **waiting;
    size_t nwaiting, waiting_capacity;
    size_t npods;
    char **nodes; /* sorted, each once */
    size_t nnodes, nodes_capacity;
    bool is_short_of_memory;
};

/* ---- counting (spec: scalers-more 3.6) */

/* Where the name is, or would be. */
static size_t place_of(const pod_endpoint *p, const char *name)
{
    size_t low = 0, high = p->nnodes;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(p->nodes[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_node(pod_endpoint *p, const char *name)
{
    const size_t at = place_of(p, name);
    void *nodes = p->nodes;

    if (at < p->nnodes && strcmp(p->nodes[at], name) == 0)
        return;
    char *copy = mem_strdup(name);
    if (copy == NULL ||
        mem_grow(&nodes, &p->nodes_capacity, p->nnodes, sizeof *p->nodes, NULL) != KEDA_OK) {
        mem_free(copy);
        p->is_short_of_memory = true;
        return;
    }
    p->nodes = nodes;
    memmove(p->nodes + at + 1, p->nodes + at, (p->nnodes - at) * sizeof *p->nodes);
    p->nodes[at] = copy;
    p->nnodes++;
}

static void on_pod(const keda_json *pod, void *user)
{
    pod_endpoint *p = user;
    const char *phase = keda_json_string(keda_json_get(pod, "status.phase"));
    const char *node = keda_json_string(keda_json_get(pod, "spec.nodeName"));

    if (phase != NULL && (strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0))
        return;
    p->npods++;
    if (p->by_node && node != NULL && node[0] != '\0')
        note_node(p, node);
}

static void forget_pods(pod_endpoint *p)
{
    for (size_t i = 0; i < p->nnodes; i++)
        mem_free(p->nodes[i]);
    p->npods = p->nnodes = 0;
    p->is_short_of_memory = false;
}

/* ---- answering */

/* err NULL: with what was counted. Whoever asks from inside waits for the next list. */
static void answer(pod_endpoint *p, const keda_error *err)
{
    const double value = (double)(p->by_node ? p->nnodes : p->npods);
    keda_poll **waiting = p->waiting;
    const size_t n = p->nwaiting;

    p->waiting = NULL;
    p->nwaiting = p->waiting_capacity = 0;
    for (size_t i = 0; i < n; i++) {
        if (err != NULL) {
            keda_poll_fail(waiting[i], err);
            continue;
        }
        keda_poll_value(waiting[i], 0, value);
        keda_poll_done(waiting[i]);
    }
    mem_free(waiting);
}

static void on_done(const keda_error *err, void *user)
{
    pod_endpoint *p = user;
    keda_error own = KEDA_ERROR_INIT;

    p->list = NULL;
    if (err != NULL) {
        own = *err;
        (void)keda_error_wrap(&own, (keda_status)own.code, "pods of %s", p->space);
    } else if (p->is_short_of_memory) {
        (void)keda_error_set(&own, KEDA_ENOMEM, "out of memory");
    }
    answer(p, own.code == KEDA_OK ? NULL : &own);
}

static void leave(pod_endpoint *p, const char *why)
{
    keda_error err = KEDA_ERROR_INIT;

    pod_list_cancel(p->list);
    p->list = NULL;
    (void)keda_error_set(&err, KEDA_EUNAVAILABLE, "%s", why);
    answer(p, &err);
}

/* ---- asking */

static keda_status start(pod_endpoint *p, keda_error *err)
{
    const pod_reader reader = {.pod = on_pod, .done = on_done, .user = p};
    const int64_t left_ms = keda_poll_deadline_ms(p->waiting[0]);

    if (p->host->kube == NULL)
        return keda_error_set(err, KEDA_EUNAVAILABLE,
                              "pods are listed by a cluster, and there is none");
    forget_pods(p);
    return pod_list_start(&p->list, p->host->kube, p->space, p->selector,
                          left_ms > 0 ? left_ms : 1, &reader, err);
}

static void poll_batch(void *state, keda_poll *const *polls, size_t npolls, void *user)
{
    pod_endpoint *p = state;
    keda_error err = KEDA_ERROR_INIT;

    (void)user;
    for (size_t i = 0; i < npolls; i++) {
        void *waiting = p->waiting;
        if (mem_grow(&waiting, &p->waiting_capacity, p->nwaiting, sizeof *p->waiting, &err) !=
            KEDA_OK) {
            keda_poll_fail(polls[i], &err);
            continue;
        }
        p->waiting = waiting;
        p->waiting[p->nwaiting++] = polls[i];
    }
    if (p->nwaiting > 0 && p->list == NULL && start(p, &err) != KEDA_OK)
        answer(p, &err);
}

/* ---- lifetime */

static const char *value_of(const keda_param *params, size_t nparams, const char *name)
{
    for (size_t i = 0; i < nparams; i++)
        if (text_equal(params[i].name, name))
            return params[i].value;
    return "";
}

static keda_status open_endpoint(void *state, const keda_param *params, size_t nparams,
                                 keda_endpoint *self, keda_error *err, void *user)
{
    pod_endpoint *p = state;

    (void)self;
    p->space = mem_strdup(value_of(params, nparams, "namespace"));
    p->selector = mem_strdup(value_of(params, nparams, "selector"));
    if (p->space == NULL || p->selector == NULL) {
        mem_free(p->space);
        mem_free(p->selector);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    p->by_node = text_equal(value_of(params, nparams, "count"), "nodes");
    p->host = user;
    p->next = p->host->opened;
    p->host->opened = p;
    return KEDA_OK;
}

static void close_endpoint(void *state, void *user)
{
    pod_endpoint *p = state, **at = &p->host->opened;

    (void)user;
    leave(p, "the endpoint is closed");
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    forget_pods(p);
    mem_free(p->nodes);
    mem_free(p->space);
    mem_free(p->selector);
}

void pod_endpoint_forsake(pod_endpoint_host *host)
{
    host->kube = NULL;
    for (pod_endpoint *p = host->opened; p != NULL; p = p->next)
        leave(p, "the cluster's client is closed");
}

const keda_endpoint_desc keda_endpoint_kube_pods = {
    .struct_size = sizeof(keda_endpoint_desc),
    .kind = "kube-pods",
    .state_size = sizeof(pod_endpoint),
    .open = open_endpoint,
    .poll_batch = poll_batch,
    .close = close_endpoint,
};
