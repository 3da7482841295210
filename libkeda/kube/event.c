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
#include "kube/micro_time.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAITING_MAX = 10000,
    AT_ONCE = 8,
    RETRY_MS = 1000,
    RETRY_MAX_MS = 30000,
    SAME_MS = 600000,  /* so long an event that waits also stands for its equals */
    SHORT_BYTES = 128, /* reason, action, and who reports */
    NOTE_BYTES = 1024
};

typedef struct waiting waiting;
struct waiting {
    waiting *next;
    kube_events *events;
    keda_kube_call *call; /* under way */
    char *path, *body;
    uint64_t hash; /* of object, reason and note */
    int64_t since_ms;
};

struct kube_events {
    keda_kube *kube;
    waiting *first, *last; /* in order; those under way are at its head */
    size_t count, nunder_way;
    int64_t dropped;
    clock_random random;
    loop_timer retry;
    loop_after soon; /* where no timer could be had */
    int64_t wait_ms; /* of the back-off; 0: none */
    int32_t trouble; /* HTTP status of the refusal that was logged last; 0: none */
};

static void pump(kube_events *events);

/* ---- one event as text */

/* The longest beginning that is whole characters. What is not UTF-8 at all loses what is not ASCII. */
static json_t *cut(const char *text, size_t most)
{
    char out[NOTE_BYTES + 1];

    (void)text_copy(out, most + 1, text == NULL ? "" : text);
    text_cut_broken_end(out);
    json_t *value = json_string(out);
    if (value != NULL)
        return value;
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    }
    return json_string(out);
}

/* The caller's event with what keda_kube_ref leaves out; an object without a namespace has "". */
static void read_event(const keda_kube *kube, keda_kube_event *out,
                       const keda_kube_event *given)
{
    *out = *given;
    if (out->about.api_version == NULL)
        out->about.api_version = "apps/v1";
    if (out->about.kind == NULL)
        out->about.kind = "Deployment";
    if (out->about.space == NULL)
        out->about.space = kube->space;
}

/* An Event of an object without a namespace lies in "default". */
static const char *space_of(const keda_kube_event *e)
{
    return e->about.space[0] != '\0' ? e->about.space : "default";
}

static json_t *regarding(const keda_kube_event *e)
{
    const char *space = e->about.space[0] != '\0' ? e->about.space : NULL;

    return json_pack("{s:s, s:s, s:s*, s:s, s:s*, s:s*}", "apiVersion", e->about.api_version,
                     "kind", e->about.kind, "namespace", space, "name", e->about.name, "uid",
                     e->uid, "resourceVersion", e->resource_version);
}

/* The name begins with the object's, as everybody's do, and is at most 253 bytes. */
static char *event_body(kube_events *events, const keda_kube_event *e)
{
    char name[254], now[KUBE_MICRO_TIME_SIZE];

    (void)snprintf(name, sizeof name, "%.200s.%016llx", e->about.name,
                   (unsigned long long)clock_random_next(&events->random));
    kube_micro_time(clock_wall_ms(loop_clock(events->kube->l)), now, sizeof now);
    json_t *root = json_pack(
        "{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "apiVersion",
        "events.k8s.io/v1", "kind", "Event", "metadata", "name", name, "namespace", space_of(e),
        "eventTime", now, "reportingController", e->reporting_controller, "reportingInstance",
        cut(e->reporting_instance, SHORT_BYTES), "action", cut(e->action, SHORT_BYTES),
        "reason", cut(e->reason, SHORT_BYTES), "note", cut(e->note, NOTE_BYTES), "type",
        e->is_warning ? "Warning" : "Normal", "regarding", regarding(e));
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
    char *body = mem_strdup(text);

    free(text);
    json_decref(root);
    return body;
}

static uint64_t hash_of(const keda_kube_event *e)
{
    const char *const parts[] = {e->about.api_version,
                                 e->about.kind,
                                 e->about.space,
                                 e->about.name,
                                 e->uid,
                                 e->reason,
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

/* True when an equal one still waits, and has not for long: its time is then about right for both. */
static bool is_repeated(const kube_events *events, uint64_t hash)
{
    const int64_t since_ms = loop_now_ms(events->kube->l) - SAME_MS;

    for (const waiting *w = events->first; w != NULL; w = w->next) {
        if (w->hash == hash && w->call == NULL && w->since_ms > since_ms)
            return true;
    }
    return false;
}

/* ---- sending */

static void on_retry(loop_timer *timer, void *user)
{
    (void)timer;
    pump(user);
}

static void on_soon(loop_after *after, void *user)
{
    (void)after;
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
    if (loop_timer_set(events->kube->l, &events->retry,
                       loop_now_ms(events->kube->l) + events->wait_ms, on_retry, events,
                       NULL) != KEDA_OK)
        loop_after_add(events->kube->l, &events->soon, on_soon, events);
}

/* Later it may be taken; what else a server says will not change. */
static bool will_pass(const keda_error *err)
{
    const int32_t status = err->http_status;

    return status == 401 || status == 429 || status >= 500 ||
           (status == 0 && err->code != KEDA_EINVAL);
}

static void note_posted(kube_events *events)
{
    events->wait_ms = 0;
    if (events->trouble != 0)
        log_write(&events->kube->log, KEDA_LOG_INFO, "Events are taken again", NULL);
    events->trouble = 0;
}

static void drop(kube_events *events, waiting *w)
{
    take_out(events, w);
    free_waiting(w);
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
    /* Its name is its own: where it is there already, an answer was lost. */
    if (err == NULL || err->code == KEDA_ECONFLICT)
        note_posted(events);
    else
        count_dropped(events, err->http_status, err->text);
    drop(events, w);
    pump(events);
}

/* False: later. */
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

static keda_status fill(waiting *w, kube_events *events, const keda_kube_event *e,
                        keda_error *err)
{
    static const kube_resource resource = {"events.k8s.io", "v1", "Event",
                                           "events",        true, false};
    keda_buf path = {0};
    keda_status rc = kube_path(&path, &resource, space_of(e), NULL, NULL, err);

    w->events = events;
    w->hash = hash_of(e);
    w->since_ms = loop_now_ms(events->kube->l);
    if (rc == KEDA_OK && ((w->path = mem_strdup(path.data)) == NULL ||
                          (w->body = event_body(events, e)) == NULL))
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_buf_clear(&path);
    return rc;
}

static bool is_whole(const keda_kube_event *e)
{
    const char *const needed[] = {e->about.name, e->reason, e->action, e->reporting_controller,
                                  e->reporting_instance};

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i] == NULL || *needed[i] == '\0')
            return false;
    }
    return true;
}

keda_status keda_kube_event_post(keda_kube *kube, const keda_kube_event *given, keda_error *err)
{
    keda_kube_event event;
    keda_status rc;

    if (given == NULL || given->struct_size < sizeof *given || !is_whole(given))
        return keda_error_set(err, KEDA_EINVAL, "an Event that lacks what every Event has");
    read_event(kube, &event, given);
    if ((rc = need_events(kube, err)) != KEDA_OK || is_repeated(kube->events, hash_of(&event)))
        return rc;
    waiting *w = mem_zalloc(1, sizeof *w);
    if (w == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = fill(w, kube->events, &event, err)) != KEDA_OK) {
        free_waiting(w);
        return rc;
    }
    make_room(kube->events);
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

static void drop_all(kube_events *events)
{
    for (waiting *w = events->first, *next; w != NULL; w = next) {
        next = w->next;
        keda_kube_cancel(w->call);
        free_waiting(w);
    }
    events->first = events->last = NULL;
    events->count = events->nunder_way = 0;
}

void kube_drop_events(keda_kube *kube)
{
    kube_events *events = kube->events;

    if (events == NULL)
        return;
    events->dropped += (int64_t)events->count;
    drop_all(events);
}

void kube_events_free(kube_events *events)
{
    if (events == NULL)
        return;
    drop_all(events);
    loop_timer_cancel(events->kube->l, &events->retry);
    loop_after_cancel(events->kube->l, &events->soon);
    mem_free(events);
}
