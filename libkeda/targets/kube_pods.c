/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the pods of a list: of each only whether it counts.
 */
#include "targets/kube_pods.h"

#include "base/mem.h"
#include "kube/pod_list.h"

#include <string.h>

struct kube_pods {
    pod_list *list;
    int32_t total, ready;
    kube_pods_fn done;
    void *user;
};

/* ---- what counts */

static bool is_text(const keda_json *value, const char *path, const char *text)
{
    const char *found = keda_json_string(keda_json_get(value, path));
    return found != NULL && strcmp(found, text) == 0;
}

static bool is_ready(const keda_json *pod)
{
    const keda_json *conditions = keda_json_get(pod, "status.conditions");

    if (!is_text(pod, "status.phase", "Running"))
        return false;
    for (size_t i = 0; i < keda_json_count(conditions); i++) {
        const keda_json *condition = keda_json_at(conditions, i, NULL);
        if (is_text(condition, "type", "Ready"))
            return is_text(condition, "status", "True");
    }
    return false;
}

static void on_pod(const keda_json *pod, void *user)
{
    kube_pods *pods = user;

    if (keda_json_get(pod, "metadata.deletionTimestamp") != NULL ||
        is_text(pod, "status.phase", "Failed"))
        return;
    pods->total++;
    pods->ready += is_ready(pod) ? 1 : 0;
}

static void on_done(const keda_error *err, void *user)
{
    const kube_pods pods = *(kube_pods *)user;

    mem_free(user);
    pods.done(pods.total, pods.ready, err, pods.user);
}

keda_status kube_pods_count(kube_pods **out, keda_kube *kube, const char *space,
                            const char *selector, kube_pods_fn done, void *user,
                            keda_error *err)
{
    kube_pods *pods = mem_zalloc(1, sizeof *pods);

    if (pods == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const pod_reader reader = {.pod = on_pod, .done = on_done, .user = pods};
    pods->done = done;
    pods->user = user;
    const keda_status rc = pod_list_start(&pods->list, kube, space, selector, 0, &reader, err);
    if (rc == KEDA_OK)
        *out = pods;
    else
        mem_free(pods);
    return rc;
}

void kube_pods_cancel(kube_pods *pods)
{
    if (pods == NULL)
        return;
    pod_list_cancel(pods->list);
    mem_free(pods);
}
