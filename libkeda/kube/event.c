/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events on their way to the server: in order, a few at a time, kept while it cannot be reached, dropped when
 * there are too many or when it does not want them.
 */
#include "kube/event.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAITING_MAX = 10000,
    AT_ONCE = 8,
    RETRY_MS = 1000,
    RETRY_MAX_MS = 30000,
    ACTION_BYTES = 128,
    NOTE_BYTES = 1024
};

typedef struct waiting waiting;
struct waiting {
    waiting *next;
    kube_events *events;
    keda_kube_call *call; /* under way */
    char *path, *body;
    uint64_t hash; /* of object, reason and note */
};

struct kube_events {
    keda_kube *kube;
    waiting *first, *last; /* in order; those under way are at its head */
    size_t count, nunder_way;
    int64_t dropped;
    clock_random random;
    loop_timer retry;
    int64_t wait_ms; /* of the back-off; 0: none */
    int32_t trouble; /* HTTP status of the refusal that was logged last; 0: none */
};

static void pump(kube_events *events);

/* ---- one event as text */

static void micro_time(int64_t wall_ms, char *out, size_t size)
{
    char text[40];

    clock_format_utc(wall_ms, 1, text, sizeof text);
    text[strcspn(text, "Z")] = '\0';
    (void)snprintf(out, size, "%s000Z", text);
}

static void cut(char *out, size_t size, const char *text)
{
    (void)text_copy(out, size, text == NULL ? "" : text);
    text_cut_broken_end(out);
}

/* An Event of an object without a namespace lies in "default". */
static const char *space_of(const keda_kube_event *e)
{
    return e->about.space != NULL && e->about.space[0] != '\0' ? e->about.space : "default";
}

static json_t *regarding(const keda_kube_event *e)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "apiVersion", e->about.api_version,
                     "kind", e->about.kind, "namespace",
                     e->about.space == NULL ? "" : e->about.space, "name", e->about.name, "uid",
                     e->uid, "resourceVersion", e->resource_version);
}

/* The name begins with the object's, as everybody's do, and is at most 253 bytes. */
static char *event_body(kube_events *events, const keda_kube_event *e)
{
    char name[254], now[64], action[ACTION_BYTES + 1], note[NOTE_BYTES + 1];

    (void)snprintf(name, sizeof name, "%.200s.%016llx", e->about.name,
                   (unsigned long long)clock_random_next(&events->random));
    micro_time(clock_wall_ms(loop_clock(events->kube->l)), now, sizeof now);
    cut(action, sizeof action, e->action);
    cut(note, sizeof note, e->note);
    json_t *root = json_pack(
        "{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "apiVersion",
        "events.k8s.io/v1", "kind", "Event", "metadata", "name", name, "namespace", space_of(e),
        "eventTime", now, "reportingController", e->reporting_controller, "reportingInstance",
        e->reporting_instance, "action", action, "reason", e->reason, "note", note, "type",
        e->is_warning ? "Warning" : "Normal", "regarding", regarding(e));
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    char *body = mem_strdup(text);

    free(text);
    json_decref(root);
    return body;
}

static uint64_t hash_of(const keda_kube_event *e)
{
    const char *const parts[] = {e->about.kind, e->about.space, e->about.name, e->reason,
                                 e->note};
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *text = parts[i] == NULL ? "" : parts[i];
        hash = (hash ^ clock_hash(text, strlen(text))) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    }
    return hash;
}

/* ---- the line */

static void free_waiting(waiting *w)
{
    if (w == NULL)
        return;
    mem_free(w->path);
    mem_free(w->body);
    mem_free(w);
}

static void take_out(kube_events *events, waiting *w)
{
    waiting *before = NULL;

    for (waiting *at = events->first; at != NULL && at != w; at = at->next)
        before = at;
    if (before == NULL)
        events->first = w->next;
    else
        before->next = w->next;
    if (events->last == w)
        events->last = before;
    events->count--;
}

static void put_last(kube_events *events, waiting *w)
{
    if (events->last == NULL)
        events->first = w;
    else
        events->last->next = w;
    events->last = w;
    events->count++;
}

static void count_dropped(kube_events *events, int32_t http_status, const char *why)
{
    events->dropped++;
    if (events->trouble == http_status)
        return;
    events->trouble = http_status;
    log_write(&events->kube->log, KEDA_LOG_WARN, "an Event was dropped", "error", why, NULL);
}

/* The oldest that is not under way. */
static void make_room(kube_events *events)
{
    for (waiting *w = events->first; events->count >= WAITING_MAX && w != NULL; w = w->next) {
        if (w->call != NULL)
            continue;
        take_out(events, w);
        free_waiting(w);
        count_dropped(events, -1, "more than 10000 wait for the API server");
        return;
    }
}

/* Only the newest can still be the same: equal ones come one after the other. */
static bool is_repeated(const kube_events *events, uint64_t hash)
{
    return events->last != NULL && events->last->call == NULL && events->last->hash == hash;
}

/* ---- sending */

static void on_retry(loop_timer *timer, void *user)
{
    (void)timer;
    pump(user);
}

static void back_off(kube_events *events)
{
    const int64_t twice_ms = events->wait_ms * 2;

    if (events->retry.heap_index != 0)
        return;
    events->wait_ms = events->wait_ms == 0      ? RETRY_MS
                      : twice_ms < RETRY_MAX_MS ? twice_ms
                                                : RETRY_MAX_MS;
    (void)loop_timer_set(events->kube->l, &events->retry,
                         loop_now_ms(events->kube->l) + events->wait_ms, on_retry, events,
                         NULL);
}

/* Later it may be taken; what else a server says will not change. */
static bool will_pass(const keda_error *err)
{
    return err->http_status == 401 || err->http_status == 429 || err->http_status >= 500 ||
           err->http_status == 0;
}

static void on_posted(const keda_json *body, const keda_error *err, void *user)
{
    waiting *w = user;
    kube_events *events = w->events;

    (void)body;
    w->call = NULL;
    events->nunder_way--;
    if (err != NULL && will_pass(err)) {
        back_off(events);
        return;
    }
    if (err != NULL) {
        count_dropped(events, err->http_status, err->text);
    } else {
        events->trouble = 0;
        events->wait_ms = 0;
    }
    take_out(events, w);
    free_waiting(w);
    pump(events);
}

static bool send(kube_events *events, waiting *w)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.method = "POST";
    request.path = w->path;
    request.body = w->body;
    request.priority = KEDA_KUBE_EVENT;
    if (keda_kube_send(events->kube, &request, on_posted, w, &w->call, NULL) != KEDA_OK) {
        w->call = NULL;
        back_off(events);
        return false;
    }
    events->nunder_way++;
    return true;
}

static void pump(kube_events *events)
{
    waiting *w = events->first;

    if (events->retry.heap_index != 0)
        return;
    for (; w != NULL && events->nunder_way < AT_ONCE; w = w->next) {
        if (w->call == NULL && !send(events, w))
            return;
    }
}

/* ---- taking */

static keda_status need_events(keda_kube *kube, keda_error *err)
{
    if (kube->events != NULL)
        return KEDA_OK;
    kube->events = mem_zalloc(1, sizeof *kube->events);
    if (kube->events == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    kube->events->kube = kube;
    clock_random_seed(&kube->events->random, clock_random_seed_from_system());
    return KEDA_OK;
}

static waiting *make_waiting(kube_events *events, const keda_kube_event *e)
{
    const char *space = space_of(e);
    const size_t size = strlen(space) + 64;
    waiting *w = mem_zalloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    w->events = events;
    w->hash = hash_of(e);
    w->body = event_body(events, e);
    w->path = mem_alloc(size);
    if (w->path == NULL || w->body == NULL) {
        free_waiting(w);
        return NULL;
    }
    (void)snprintf(w->path, size, "/apis/events.k8s.io/v1/namespaces/%s/events", space);
    return w;
}

keda_status keda_kube_event_post(keda_kube *kube, const keda_kube_event *event, keda_error *err)
{
    if (event->struct_size < sizeof *event || event->about.api_version == NULL ||
        event->about.kind == NULL || event->about.name == NULL || event->reason == NULL ||
        event->action == NULL || event->reporting_controller == NULL ||
        event->reporting_instance == NULL)
        return keda_error_set(err, KEDA_EINVAL, "an Event that lacks what every Event has");
    if (need_events(kube, err) != KEDA_OK)
        return KEDA_ENOMEM;
    if (is_repeated(kube->events, hash_of(event)))
        return KEDA_OK;
    make_room(kube->events);
    waiting *w = make_waiting(kube->events, event);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    put_last(kube->events, w);
    pump(kube->events);
    return KEDA_OK;
}

size_t keda_kube_events_waiting(const keda_kube *kube, int64_t *dropped)
{
    if (dropped != NULL)
        *dropped = kube->events == NULL ? 0 : kube->events->dropped;
    return kube->events == NULL ? 0 : kube->events->count;
}

void kube_events_free(kube_events *events)
{
    if (events == NULL)
        return;
    for (waiting *w = events->first, *next; w != NULL; w = next) {
        next = w->next;
        keda_kube_cancel(w->call);
        free_waiting(w);
    }
    loop_timer_cancel(events->kube->l, &events->retry);
    mem_free(events);
}
