/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of pods behind a selector, page by page; of each only whether it counts.
 */
#include "targets/kube_pods.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>

struct kube_pods {
    keda_kube *kube;
    char *space, *selector;
    keda_kube_call *call;
    int32_t total, ready;
    kube_pods_fn done;
    void *user;
};

static void pods_free(kube_pods *pods)
{
    mem_free(pods->space);
    mem_free(pods->selector);
    mem_free(pods);
}

static void end(kube_pods *pods, const keda_error *err)
{
    const kube_pods_fn done = pods->done;
    void *user = pods->user;
    const int32_t total = pods->total, ready = pods->ready;

    pods_free(pods);
    done(total, ready, err, user);
}

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

static void count_page(kube_pods *pods, const keda_json *page)
{
    const keda_json *items = keda_json_get(page, "items");

    for (size_t i = 0; i < keda_json_count(items); i++) {
        const keda_json *pod = keda_json_at(items, i, NULL);
        if (keda_json_get(pod, "metadata.deletionTimestamp") != NULL ||
            is_text(pod, "status.phase", "Failed"))
            continue;
        pods->total++;
        pods->ready += is_ready(pod) ? 1 : 0;
    }
}

/* ---- pages */

static keda_status put_escaped(keda_buf *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    keda_status rc = KEDA_OK;

    for (; rc == KEDA_OK && *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            rc = buf_putc(out, *text);
        else
            rc = buf_printf(out, "%%%02X", (unsigned int)(unsigned char)*text);
    }
    return rc;
}

static keda_status write_path(keda_buf *out, const kube_pods *pods, const char *next,
                              keda_error *err)
{
    static const kube_resource pod = {
        .group = "", .version = "v1", .kind = "Pod", .plural = "pods", .is_namespaced = true};
    keda_status rc = kube_path(out, &pod, pods->space, NULL, NULL, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = buf_puts(out, "?limit=250&labelSelector=")) == KEDA_OK)
        rc = put_escaped(out, pods->selector);
    if (rc == KEDA_OK && next != NULL && (rc = buf_puts(out, "&continue=")) == KEDA_OK)
        rc = put_escaped(out, next);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

static void on_page(const keda_json *body, const keda_error *err, void *user);

static keda_status ask_page(kube_pods *pods, const char *next, keda_error *err)
{
    keda_buf path = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_status rc = write_path(&path, pods, next, err);

    if (rc == KEDA_OK) {
        request.path = path.data;
        rc = keda_kube_send(pods->kube, &request, on_page, pods, &pods->call, err);
    }
    keda_buf_clear(&path);
    return rc;
}

static void on_page(const keda_json *body, const keda_error *err, void *user)
{
    kube_pods *pods = user;
    keda_error own = KEDA_ERROR_INIT;

    pods->call = NULL;
    if (err != NULL) {
        end(pods, err);
        return;
    }
    const char *next = keda_json_string(keda_json_get(body, "metadata.continue"));
    count_page(pods, body);
    if (next == NULL || next[0] == '\0')
        end(pods, NULL);
    else if (ask_page(pods, next, &own) != KEDA_OK)
        end(pods, &own);
}

keda_status kube_pods_count(kube_pods **out, keda_kube *kube, const char *space,
                            const char *selector, kube_pods_fn done, void *user,
                            keda_error *err)
{
    kube_pods *pods = mem_zalloc(1, sizeof *pods);

    if (pods == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    pods->kube = kube;
    pods->done = done;
    pods->user = user;
    pods->space = mem_strdup(space);
    pods->selector = mem_strdup(selector);
    keda_status rc = KEDA_OK;
    if (pods->space == NULL || pods->selector == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    else
        rc = ask_page(pods, NULL, err);
    if (rc == KEDA_OK)
        *out = pods;
    else
        pods_free(pods);
    return rc;
}

void kube_pods_cancel(kube_pods *pods)
{
    if (pods == NULL)
        return;
    if (pods->call != NULL)
        keda_kube_cancel(pods->call);
    pods_free(pods);
}
