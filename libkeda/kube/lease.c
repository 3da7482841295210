/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One member of an election by a Lease: takes it when nobody has it or its holder has been silent, renews it,
 * and knows by itself when it can no longer count on it. (client-go: tools/leaderelection)
 */
#include <keda/kube.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "kube/kube.h"
#include "kube/lease_body.h"

#include <assert.h>
#include <string.h>

enum {
    DURATION_MS = 15000,
    DURATION_MAX_MS = 86400000,
    RENEW_DEADLINE_MS = 10000,
    RETRY_MS = 2000,
    RELEASE_MS = 3000
};

struct keda_kube_lease {
    keda_kube *kube;
    char *space, *name, *identity, *path, *collection;
    int64_t duration_ms, renew_deadline_ms, retry_ms;
    void (*changed)(int32_t is_held, const char *holder, void *user);
    void *user;
    clock_random random;

    lease_seen seen;       /* the Lease as it was last */
    int64_t seen_since_ms; /* when that version was first seen, on our clock */
    bool is_held;
    int64_t sent_ms;    /* when the request under way went out */
    int64_t renewed_ms; /* when the last good renewal did */
    keda_kube_call *call;
    bool is_writing; /* the request under way, if there is one, may make it ours */
    loop_timer next, deadline;
    loop_after soon;   /* `released`, or a look where no timer could be had */
    bool is_surprised; /* the last write met another version than it had read */

    bool was_told, was_held; /* by `changed` */
    char told_holder[LEASE_HOLDER_SIZE];
    int32_t trouble; /* HTTP status of the refusal that was logged last; 0: none */
    bool is_leaving; /* keda_kube_lease_release was called */
    void (*released)(void *user);
    void *released_user;
    int depth; /* callbacks of the host's we are in */
    bool is_closed;
};

static void look(keda_kube_lease *lease);

static int64_t now_ms(const keda_kube_lease *lease)
{
    return loop_now_ms(lease->kube->l);
}

/* ---- telling */

static void free_lease(keda_kube_lease *lease)
{
    mem_free(lease->space);
    mem_free(lease->name);
    mem_free(lease->identity);
    mem_free(lease->path);
    mem_free(lease->collection);
    mem_free(lease);
}

static void stop(keda_kube_lease *lease)
{
    keda_kube_cancel(lease->call);
    lease->call = NULL;
    loop_timer_cancel(lease->kube->l, &lease->next);
    loop_timer_cancel(lease->kube->l, &lease->deadline);
    loop_after_cancel(lease->kube->l, &lease->soon);
}

static bool is_ours(const keda_kube_lease *lease)
{
    return strcmp(lease->seen.holder, lease->identity) == 0;
}

/* Who cannot count on it any more does not know who has it. */
static const char *holder_of(const keda_kube_lease *lease)
{
    if (lease->is_held)
        return lease->identity;
    return is_ours(lease) ? "" : lease->seen.holder;
}

/* False when the host has left or closed the lease meanwhile: nothing more is to be done with it, and it may
 * be gone. */
static bool tell(keda_kube_lease *lease)
{
    const char *holder = holder_of(lease);

    if (lease->was_told && lease->was_held == lease->is_held &&
        strcmp(lease->told_holder, holder) == 0)
        return true;
    lease->was_told = true;
    lease->was_held = lease->is_held;
    (void)text_copy(lease->told_holder, sizeof lease->told_holder, holder);
    if (lease->changed == NULL)
        return true;
    lease->depth++;
    lease->changed(lease->is_held ? 1 : 0, lease->told_holder, lease->user);
    lease->depth--;
    if (!lease->is_closed)
        return !lease->is_leaving;
    if (lease->depth == 0)
        free_lease(lease);
    return false;
}

static void log_trouble(keda_kube_lease *lease, const keda_error *err)
{
    const int32_t now = err == NULL ? 0 : (err->http_status != 0 ? err->http_status : -1);

    if (now == lease->trouble)
        return;
    lease->trouble = now;
    if (err != NULL)
        log_write(&lease->kube->log, KEDA_LOG_WARN, "the lease cannot be used", "lease",
                  lease->name, "error", err->text, NULL);
    else
        log_write(&lease->kube->log, KEDA_LOG_INFO, "the lease can be used again", "lease",
                  lease->name, NULL);
}

/* ---- timers */

static void on_next(loop_timer *timer, void *user)
{
    (void)timer;
    look(user);
}

static void on_soon(loop_after *after, void *user)
{
    (void)after;
    look(user);
}

/* Whoever waits for the lease does not ask in step with the others. */
static void wait_a_while(keda_kube_lease *lease)
{
    int64_t wait_ms = lease->retry_ms;

    if (!lease->is_held)
        wait_ms += (int64_t)((clock_random_unit(&lease->random) - 0.5) * 0.4 * (double)wait_ms);
    if (loop_timer_set(lease->kube->l, &lease->next, now_ms(lease) + wait_ms, on_next, lease,
                       NULL) != KEDA_OK)
        loop_after_add(lease->kube->l, &lease->soon, on_soon, lease);
}

/* Others may take it duration_ms after they saw the last renewal, which was after it was sent. */
static void on_deadline(loop_timer *timer, void *user)
{
    keda_kube_lease *lease = user;

    (void)timer;
    lease->is_held = false;
    keda_kube_cancel(lease->call);
    lease->call = NULL;
    if (tell(lease))
        look(lease);
}

static void hold_until_deadline(keda_kube_lease *lease)
{
    const int64_t until_ms = lease->renewed_ms + lease->renew_deadline_ms;

    lease->is_held =
        until_ms > now_ms(lease) && loop_timer_set(lease->kube->l, &lease->deadline, until_ms,
                                                   on_deadline, lease, NULL) == KEDA_OK;
}

/* ---- requests */

static int64_t request_limit_ms(const keda_kube_lease *lease)
{
    const int64_t left_ms = lease->renewed_ms + lease->renew_deadline_ms - now_ms(lease);
    if (!lease->is_held)
        return lease->renew_deadline_ms;
    return left_ms > 1 ? left_ms : 1;
}

static void send(keda_kube_lease *lease, const char *method, const char *path, const char *body,
                 keda_kube_done_fn done)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.method = method;
    request.path = path;
    request.body = body;
    request.content_type =
        strcmp(method, "PATCH") == 0 ? "application/merge-patch+json" : "application/json";
    request.priority = KEDA_KUBE_URGENT;
    request.timeout_ms = request_limit_ms(lease);
    lease->sent_ms = now_ms(lease);
    lease->is_writing = strcmp(method, "GET") != 0;
    if (keda_kube_send(lease->kube, &request, done, lease, &lease->call, NULL) != KEDA_OK) {
        lease->call = NULL;
        wait_a_while(lease);
    }
}

static void observe(keda_kube_lease *lease, const keda_json *body)
{
    lease_seen seen;

    lease_read(&seen, body);
    if (strcmp(seen.version, lease->seen.version) != 0)
        lease->seen_since_ms = now_ms(lease);
    lease->seen = seen;
}

static bool is_free(const keda_kube_lease *lease)
{
    return lease->seen.holder[0] == '\0' || is_ours(lease) ||
           now_ms(lease) - lease->seen_since_ms > lease->seen.duration_ms;
}

static void on_write(const keda_json *body, const keda_error *err, void *user);

/* Takes it or renews it: the version makes sure that nobody did so before us. */
static void write_lease(keda_kube_lease *lease, bool is_new)
{
    const lease_write what = {.space = lease->space,
                              .name = lease->name,
                              .identity = lease->identity,
                              .duration_ms = lease->duration_ms,
                              .wall_ms = clock_wall_ms(loop_clock(lease->kube->l)),
                              .seen = is_new ? NULL : &lease->seen,
                              .keeps = !is_new && is_ours(lease)};
    keda_buf body = {0};

    if (lease_write_body(&body, &what) == KEDA_OK)
        send(lease, is_new ? "POST" : "PATCH", is_new ? lease->collection : lease->path,
             body.data, on_write);
    else
        wait_a_while(lease);
    keda_buf_clear(&body);
}

static void on_refused(keda_kube_lease *lease, const keda_error *err)
{
    const bool is_conflict = err != NULL && err->code == KEDA_ECONFLICT;
    const bool is_gone = err != NULL && err->code == KEDA_ENOTFOUND;
    const bool looks = lease->is_held && !lease->is_surprised && (is_conflict || is_gone);

    if (err != NULL && !is_conflict)
        log_trouble(lease, err);
    if (is_conflict || is_gone) {
        lease->is_surprised = true;
        lease->seen.version[0] = '\0';
    }
    if (looks)
        look(lease); /* it was touched or deleted: whose is it now? */
    else
        wait_a_while(lease);
}

static void on_write(const keda_json *body, const keda_error *err, void *user)
{
    keda_kube_lease *lease = user;

    lease->call = NULL;
    if (err != NULL || body == NULL) {
        on_refused(lease, err);
        return;
    }
    log_trouble(lease, NULL);
    observe(lease, body);
    lease->is_surprised = false;
    lease->renewed_ms = lease->sent_ms;
    hold_until_deadline(lease);
    if (tell(lease))
        wait_a_while(lease);
}

static void lose(keda_kube_lease *lease)
{
    lease->is_held = false;
    loop_timer_cancel(lease->kube->l, &lease->deadline);
}

static void on_seen(keda_kube_lease *lease, const keda_json *body)
{
    observe(lease, body);
    if (lease->is_held && !is_ours(lease))
        lose(lease);
    if (!tell(lease))
        return;
    if (is_free(lease)) {
        write_lease(lease, false);
        return;
    }
    log_trouble(lease, NULL);
    wait_a_while(lease);
}

static void on_read(const keda_json *body, const keda_error *err, void *user)
{
    keda_kube_lease *lease = user;

    lease->call = NULL;
    if (err == NULL && body != NULL) {
        on_seen(lease, body);
    } else if (err != NULL && err->code == KEDA_ENOTFOUND) {
        lease->seen = (lease_seen){0};
        write_lease(lease, true);
    } else {
        if (err != NULL)
            log_trouble(lease, err);
        wait_a_while(lease);
    }
}

/* While it is held and known, a renewal needs no look. */
static void look(keda_kube_lease *lease)
{
    if (lease->call != NULL)
        return;
    if (lease->is_held && lease->seen.version[0] != '\0')
        write_lease(lease, false);
    else
        send(lease, "GET", lease->path, NULL, on_read);
}

/* ---- leaving */

static void tell_released(keda_kube_lease *lease)
{
    void (*const released)(void *user) = lease->released;

    lease->released = NULL;
    if (released != NULL)
        released(lease->released_user);
}

static void on_left(loop_after *after, void *user)
{
    (void)after;
    tell_released(user);
}

static void not_given_back(keda_kube_lease *lease, const keda_error *err)
{
    log_write(&lease->kube->log, KEDA_LOG_WARN, "the lease was not given back", "lease",
              lease->name, "error", err->text, NULL);
    tell_released(lease);
}

static keda_status give_back(keda_kube_lease *lease, keda_error *err);
static keda_status look_again(keda_kube_lease *lease, keda_error *err);

/* A renewal that was under way may have come first: then its version is the one to be patched. */
static void on_released(const keda_json *body, const keda_error *err, void *user)
{
    keda_kube_lease *lease = user;
    keda_error failed = err == NULL ? (keda_error)KEDA_ERROR_INIT : *err;

    (void)body;
    lease->call = NULL;
    if (err == NULL) {
        tell_released(lease);
        return;
    }
    if (err->code == KEDA_ECONFLICT && !lease->is_surprised) {
        lease->is_surprised = true;
        if (look_again(lease, &failed) == KEDA_OK)
            return;
    }
    not_given_back(lease, &failed);
}

static void on_looked_again(const keda_json *body, const keda_error *err, void *user)
{
    keda_kube_lease *lease = user;
    keda_error failed = err == NULL ? (keda_error)KEDA_ERROR_INIT : *err;

    lease->call = NULL;
    if (err == NULL && body != NULL) {
        observe(lease, body);
        if (!is_ours(lease))
            tell_released(lease);
        else if (give_back(lease, &failed) != KEDA_OK)
            not_given_back(lease, &failed);
        return;
    }
    not_given_back(lease, &failed);
}

static keda_status send_leaving(keda_kube_lease *lease, const char *method, const char *body,
                                keda_kube_done_fn done, keda_error *err)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.method = method;
    request.path = lease->path;
    request.body = body;
    request.content_type = "application/merge-patch+json";
    request.priority = KEDA_KUBE_URGENT;
    request.timeout_ms = RELEASE_MS;
    return keda_kube_send(lease->kube, &request, done, lease, &lease->call, err);
}

static keda_status look_again(keda_kube_lease *lease, keda_error *err)
{
    return send_leaving(lease, "GET", NULL, on_looked_again, err);
}

static keda_status give_back(keda_kube_lease *lease, keda_error *err)
{
    const lease_write what = {.space = lease->space,
                              .name = lease->name,
                              .identity = "",
                              .duration_ms = 1000,
                              .wall_ms = clock_wall_ms(loop_clock(lease->kube->l)),
                              .seen = &lease->seen,
                              .keeps = true};
    keda_buf body = {0};
    keda_status rc = lease_write_body(&body, &what);

    if (rc != KEDA_OK)
        (void)keda_error_set(err, rc, "out of memory");
    else
        rc = send_leaving(lease, "PATCH", body.data, on_released, err);
    keda_buf_clear(&body);
    return rc;
}

static keda_status begin_leaving(keda_kube_lease *lease, keda_error *err)
{
    if (lease->seen.version[0] == '\0')
        return look_again(lease, err);
    return give_back(lease, err);
}

void keda_kube_lease_release(keda_kube_lease *lease, void (*released)(void *user), void *user)
{
    const bool was_held = lease->is_held;
    const bool may_be_ours = was_held || (lease->call != NULL && lease->is_writing);
    keda_error err = KEDA_ERROR_INIT;

    assert(!lease->is_leaving);
    stop(lease);
    if (!was_held)
        lease->seen.version[0] = '\0';
    lease->changed = NULL;
    lease->is_held = false;
    lease->is_leaving = true;
    lease->is_surprised = false;
    lease->released = released;
    lease->released_user = user;
    if (may_be_ours && begin_leaving(lease, &err) == KEDA_OK)
        return;
    if (may_be_ours)
        log_write(&lease->kube->log, KEDA_LOG_WARN, "the lease was not given back", "lease",
                  lease->name, "error", err.text, NULL);
    loop_after_add(lease->kube->l, &lease->soon, on_left, lease);
}

void keda_kube_lease_close(keda_kube_lease *lease)
{
    if (lease == NULL)
        return;
    stop(lease);
    lease->is_closed = true;
    if (lease->depth == 0)
        free_lease(lease);
}

/* ---- joining */

static keda_status make_path(char **out, const char *space, const char *name, keda_error *err)
{
    static const kube_resource leases = {
        "coordination.k8s.io", "v1", "Lease", "leases", true, false};
    keda_buf path = {0};
    keda_status rc = kube_path(&path, &leases, space, name, NULL, err);

    if (rc == KEDA_OK && (*out = mem_strdup(path.data)) == NULL)
        rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_buf_clear(&path);
    return rc;
}

static int64_t or_else(int64_t given_ms, int64_t otherwise_ms)
{
    return given_ms != 0 ? given_ms : otherwise_ms;
}

static keda_status take_times(keda_kube_lease *lease, const keda_kube_lease_options *o,
                              keda_error *err)
{
    lease->duration_ms = or_else(o->duration_ms, DURATION_MS);
    lease->renew_deadline_ms = or_else(o->renew_deadline_ms, RENEW_DEADLINE_MS);
    lease->retry_ms = or_else(o->retry_ms, RETRY_MS);
    if (lease->retry_ms > 0 && lease->retry_ms < lease->renew_deadline_ms &&
        lease->renew_deadline_ms < lease->duration_ms && lease->duration_ms <= DURATION_MAX_MS)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EINVAL,
                          "an election needs retry < renew deadline < lease duration <= 1 day, "
                          "not %lld, %lld, %lld ms",
                          (long long)lease->retry_ms, (long long)lease->renew_deadline_ms,
                          (long long)lease->duration_ms);
}

static keda_status fill(keda_kube_lease *lease, const keda_kube_lease_options *o,
                        keda_error *err)
{
    keda_status rc = take_times(lease, o, err);

    if (rc != KEDA_OK)
        return rc;
    lease->changed = o->changed;
    lease->user = o->user;
    lease->space = mem_strdup(o->space != NULL ? o->space : keda_kube_namespace(lease->kube));
    lease->name = mem_strdup(o->name);
    lease->identity = mem_strdup(o->identity);
    if (lease->space == NULL || lease->name == NULL || lease->identity == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = make_path(&lease->path, lease->space, lease->name, err)) != KEDA_OK ||
        (rc = make_path(&lease->collection, lease->space, NULL, err)) != KEDA_OK)
        return rc;
    clock_random_seed(&lease->random, clock_random_seed_from_system());
    return loop_timer_set(lease->kube->l, &lease->next, now_ms(lease), on_next, lease, err);
}

keda_status keda_kube_lease_open(keda_kube_lease **out, keda_kube *kube,
                                 const keda_kube_lease_options *opts, keda_error *err)
{
    keda_kube_lease_options o = KEDA_KUBE_LEASE_OPTIONS_INIT;

    if (opts == NULL || opts->struct_size < offsetof(keda_kube_lease_options, duration_ms))
        return keda_error_set(err, KEDA_EINVAL, "lease options of a wrong size");
    memcpy(&o, opts, opts->struct_size < sizeof o ? opts->struct_size : sizeof o);
    if ((o.space != NULL && o.space[0] == '\0') || o.name == NULL || o.name[0] == '\0' ||
        o.identity == NULL || o.identity[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL,
                              "a lease needs a namespace, a name and an identity");
    if (strlen(o.identity) >= LEASE_HOLDER_SIZE)
        return keda_error_set(err, KEDA_EINVAL, "the identity is longer than %d bytes",
                              LEASE_HOLDER_SIZE - 1);
    keda_kube_lease *lease = mem_zalloc(1, sizeof *lease);
    if (lease == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    lease->kube = kube;
    const keda_status rc = fill(lease, &o, err);
    if (rc == KEDA_OK)
        *out = lease;
    else
        keda_kube_lease_close(lease);
    return rc;
}
