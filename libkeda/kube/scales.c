/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives up writes of /scale, wherever they are on their way, for one who may not scale any more. What has
 * reached the server already is bound to the version it was meant for.
 */
#include "kube/queue.h"

#include <string.h>

static keda_kube_call *find_write(const queue_list *list)
{
    keda_kube_call *call = list->first;

    while (call != NULL && (call->scale_done == NULL || strcmp(call->method, "PATCH") != 0))
        call = call->next;
    return call;
}

static keda_kube_call *find(const kube_queue *queue)
{
    const queue_list *const lists[] = {&queue->finding, &queue->flying, &queue->asleep};
    keda_kube_call *call = NULL;

    for (size_t i = 0; call == NULL && i < sizeof lists / sizeof lists[0]; i++)
        call = find_write(lists[i]);
    for (size_t i = 0; call == NULL && i < QUEUE_CLASSES; i++)
        call = find_write(&queue->waiting[i]);
    return call;
}

void kube_drop_scales(keda_kube *kube)
{
    keda_kube_call *call = NULL;
    keda_error err = KEDA_ERROR_INIT;

    keda_error_set(&err, KEDA_ECANCELED, "the right to scale is lost");
    while ((call = find(kube->queue)) != NULL)
        kube_call_tell(call, NULL, &err);
}
