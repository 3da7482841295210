/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests on their way: waiting for the rate limit by priority, in flight, waiting to be sent again.
 * What an answer means is answer.c's, who we are identity.c's. For the files of this room.
 */
#ifndef KUBE_QUEUE_H
#define KUBE_QUEUE_H

#include "kube/kube.h"

enum {
    QUEUE_MAX_IN_FLIGHT = 256,
    QUEUE_MAX_AGAIN = 10, /* so often a request is sent again because the server is busy */
    QUEUE_MAX_BODY = 64 * 1024 * 1024
};

typedef struct queue_list {
    keda_kube_call *first, *last;
} queue_list;

enum { QUEUE_CLASSES = 5 };

typedef struct kube_exec kube_exec;

struct kube_queue {
    keda_kube *kube;
    kube_exec *exec;                   /* NULL: no plug-in */
    queue_list finding;                /* their kind is being found */
    queue_list waiting[QUEUE_CLASSES]; /* for the rate limit or the credentials, by priority */
    queue_list flying, asleep;         /* asleep: until Retry-After has passed */
    size_t nflying;                    /* without streams, which last */
    double qps, burst, tokens;         /* qps negative: no limit */
    int64_t filled_ms;                 /* tokens are of then */
    loop_after soon;
    loop_timer timer; /* the next token */
};

struct keda_kube_call {
    keda_kube_call *prev, *next;
    queue_list *list; /* NULL: over, its `done` is running */
    keda_kube *kube;
    /* the request */
    char *method, *path, *body, *content_type, *accept;
    int64_t timeout_ms, spent_ms; /* spent: in flight and asleep, so far */
    int64_t since_ms;             /* when it was sent or fell asleep */
    int32_t priority;
    /* how it goes */
    bool was_renewed; /* a 401 was answered with other credentials */
    int32_t nagain;
    uint32_t version; /* of the credentials it was sent with */
    keda_http_call *http;
    loop_timer timer;
    const http_stream *stream; /* NULL: a request with an end */
    http_stream stream_copy;
    /* who waits */
    keda_kube_done_fn done;
    keda_kube_scale_fn scale_done; /* instead of done */
    void *user;
    /* objects.c: the object, while its kind is being found */
    kube_resource_call *finding;
    char *space, *name, *subresource;
};

keda_status kube_queue_new(kube_queue **out, keda_kube *kube, double qps, int32_t burst,
                           const char *plugin_path, keda_error *err);
void kube_queue_free(kube_queue *queue); /* ends all calls without `done`; NULL is fine */

/* A call among those whose kind is being found; path may be NULL for now. */
keda_status kube_call_new(keda_kube_call **out, keda_kube *kube,
                          const keda_kube_request *request, keda_error *err);
void kube_call_submit(keda_kube_call *call); /* takes it; it is sent later */
/* Ends a call, in whatever list it is; body and err as keda_kube_done_fn has them. */
void kube_call_tell(keda_kube_call *call, const keda_json *body, const keda_error *err);
/* Sends now; what goes wrong is told. In call.c. */
void kube_call_send(keda_kube_call *call);

void queue_move(keda_kube_call *call, queue_list *to);
void queue_soon(kube_queue *queue); /* looks again, later in this step */
/* After a 401 to credentials of `version`: false when there are no others. */
bool queue_renew(kube_queue *queue, uint32_t version);
queue_list *queue_class(kube_queue *queue, int32_t priority);

/* The credentials are there, or cannot be had: in that case everything that waits ends with err. */
void kube_queue_go_on(kube_queue *queue, const keda_error *err);

/* The caller's request as this version knows it, defaults filled in. */
void kube_request_read(keda_kube_request *out, const keda_kube_request *given);

#endif
