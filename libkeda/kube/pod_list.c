/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking for one page after the other. What a pod means is the reader's.
 */
#include "kube/pod_list.h"

#include "base/buf.h"
#include "base/mem.h"
#include "kube/kube.h"

#include <string.h>

struct pod_list {
    keda_kube *kube;
    char *space, *selector;
    int64_t timeout_ms;
    keda_kube_call *call;
    pod_reader reader;
};

static void list_free(pod_list *list)
{
    mem_free(list->space);
    mem_free(list->selector);
    mem_free(list);
}

static void end(pod_list *list, const keda_error *err)
{
    const pod_reader reader = list->reader;

    list_free(list);
    reader.done(err, reader.user);
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

static keda_status write_path(keda_buf *out, const pod_list *list, const char *next,
                              keda_error *err)
{
    static const kube_resource pod = {
        .group = "", .version = "v1", .kind = "Pod", .plural = "pods", .is_namespaced = true};
    keda_status rc = kube_path(out, &pod, list->space, NULL, NULL, err);

    if (rc != KEDA_OK)
        return rc;
    if ((rc = buf_puts(out, "?limit=250&labelSelector=")) == KEDA_OK)
        rc = put_escaped(out, list->selector);
    if (rc == KEDA_OK && next != NULL && (rc = buf_puts(out, "&continue=")) == KEDA_OK)
        rc = put_escaped(out, next);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

static void on_page(const keda_json *body, const keda_error *err, void *user);

static keda_status ask_page(pod_list *list, const char *next, keda_error *err)
{
    keda_buf path = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_status rc = write_path(&path, list, next, err);

    if (rc == KEDA_OK) {
        request.path = path.data;
        request.timeout_ms = list->timeout_ms;
        rc = keda_kube_send(list->kube, &request, on_page, list, &list->call, err);
    }
    keda_buf_clear(&path);
    return rc;
}

static void on_page(const keda_json *body, const keda_error *err, void *user)
{
    pod_list *list = user;
    keda_error own = KEDA_ERROR_INIT;
    const keda_json *items = keda_json_get(body, "items");
    const char *next = keda_json_string(keda_json_get(body, "metadata.continue"));

    list->call = NULL;
    if (err != NULL) {
        end(list, err);
        return;
    }
    for (size_t i = 0; i < keda_json_count(items); i++)
        list->reader.pod(keda_json_at(items, i, NULL), list->reader.user);
    if (next == NULL || next[0] == '\0')
        end(list, NULL);
    else if (ask_page(list, next, &own) != KEDA_OK)
        end(list, &own);
}

/* ---- one list */

keda_status pod_list_start(pod_list **out, keda_kube *kube, const char *space,
                           const char *selector, int64_t timeout_ms, const pod_reader *reader,
                           keda_error *err)
{
    pod_list *list = mem_zalloc(1, sizeof *list);
    keda_status rc = KEDA_OK;

    if (list == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    list->kube = kube;
    list->timeout_ms = timeout_ms;
    list->reader = *reader;
    list->space = mem_strdup(space);
    list->selector = mem_strdup(selector);
    if (list->space == NULL || list->selector == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    else
        rc = ask_page(list, NULL, err);
    if (rc == KEDA_OK)
        *out = list;
    else
        list_free(list);
    return rc;
}

void pod_list_cancel(pod_list *list)
{
    if (list == NULL)
        return;
    if (list->call != NULL)
        keda_kube_cancel(list->call);
    list_free(list);
}
