/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scale subresource as a target. What the watch knows answers an observation at once; /scale is read
 * where the watch cannot know, and after a lost race. Pods are counted in kube_pods.c.
 */
#include "targets/kube_scale.h"

#include "base/mem.h"
#include "base/text.h"
#include "targets/kube_pods.h"

#include <string.h>

typedef struct scale_job scale_job; /* one call of the engine */

struct kube_scale {
    kube_scale *next;
    kube_scale_host *host;
    keda_target *self;
    char *api_version, *kind, *space, *name;
    kube_follower *follower; /* NULL: the client is closed */
    scale_job *jobs;
    bool needs_pods;
    bool must_ask; /* a write was lost or has an unknown end: only /scale is believed */
    bool is_in_trouble;
    /* As the last observation saw it. */
    int32_t spec;
    char uid[48], version[64]; /* "": not known */
};

struct scale_job {
    scale_job *next;
    kube_scale *owner;
    keda_target_call *call;
    bool is_write;
    keda_kube_call *request; /* at most one of these two is under way */
    kube_pods *pods;
    bool has_asked; /* /scale has been read */
    keda_replicas seen;
    char uid[48], version[64];
};

/* ---- jobs */

static keda_status out_of_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static scale_job *job_new(kube_scale *t, keda_target_call *call)
{
    keda_error err = KEDA_ERROR_INIT;
    scale_job *job = mem_zalloc(1, sizeof *job);

    if (job == NULL) {
        (void)out_of_memory(&err);
        keda_target_fail(call, &err);
        return NULL;
    }
    job->owner = t;
    job->call = call;
    job->seen = (keda_replicas)KEDA_REPLICAS_INIT;
    job->next = t->jobs;
    t->jobs = job;
    return job;
}

/* Takes the job away and gives its call, which is still to be completed. */
static keda_target_call *job_end(scale_job *job)
{
    keda_target_call *call = job->call;
    scale_job **link = &job->owner->jobs;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    if (job->request != NULL)
        keda_kube_cancel(job->request);
    kube_pods_cancel(job->pods);
    mem_free(job);
    return call;
}

static void job_fail(scale_job *job, const keda_error *err)
{
    keda_target_fail(job_end(job), err);
}

static void fail_all(kube_scale *t, keda_status code, const char *why)
{
    keda_error err = KEDA_ERROR_INIT;

    keda_error_set(&err, code, "%s", why);
    while (t->jobs != NULL)
        job_fail(t->jobs, &err);
}

/* ---- following */

static void on_change(void *user);

static keda_status follow(kube_scale *t, keda_error *err)
{
    const keda_kube_ref ref = {.struct_size = sizeof ref,
                               .api_version = t->api_version,
                               .kind = t->kind,
                               .space = t->space,
                               .name = t->name};

    if (t->follower != NULL)
        return KEDA_OK;
    if (t->host->counts == NULL)
        return keda_error_set(err, KEDA_EUNAVAILABLE, "the cluster's client is closed");
    return kube_follow(&t->follower, t->host->counts, &ref, on_change, t, err);
}

/* ---- observing */

static void observed(scale_job *job)
{
    kube_scale *t = job->owner;
    const keda_replicas seen = job->seen;

    t->spec = seen.spec;
    (void)text_copy(t->uid, sizeof t->uid, job->uid);
    (void)text_copy(t->version, sizeof t->version, job->version);
    keda_target_observed(job_end(job), &seen);
}

static void set_trouble(kube_scale *t, const keda_error *err)
{
    if (err == NULL && !t->is_in_trouble)
        return;
    t->is_in_trouble = err != NULL;
    keda_target_trouble(t->self, err == NULL ? NULL : err->text);
}

static void pods_unknown(scale_job *job, const keda_error *err)
{
    keda_error own = *err;

    keda_error_wrap(&own, (keda_status)own.code, "its pods cannot be counted");
    set_trouble(job->owner, &own);
    observed(job);
}

static void on_pods(int32_t total, int32_t ready, const keda_error *err, void *user)
{
    scale_job *job = user;

    job->pods = NULL;
    if (err != NULL) {
        pods_unknown(job, err);
        return;
    }
    set_trouble(job->owner, NULL);
    job->seen.total = total;
    job->seen.ready = ready;
    observed(job);
}

static void count_pods(scale_job *job, const char *selector)
{
    const kube_scale *t = job->owner;
    keda_error err = KEDA_ERROR_INIT;

    if (selector == NULL || selector[0] == '\0')
        keda_error_set(&err, KEDA_EUNSUPPORTED, "its scale subresource has no selector");
    else if (kube_pods_count(&job->pods, kube_counts_client(t->host->counts), t->space,
                             selector, on_pods, job, &err) == KEDA_OK)
        return;
    pods_unknown(job, &err);
}

static void ask_scale(scale_job *job);

/* After spec and status, what is known of pods; ready -1: nothing. */
static void go_on(scale_job *job, int32_t ready, const char *selector)
{
    if (ready >= 0) {
        job->seen.total = job->seen.status;
        job->seen.ready = ready;
        observed(job);
    } else if (!job->owner->needs_pods) {
        observed(job);
    } else if (selector == NULL && !job->has_asked) {
        ask_scale(job);
    } else {
        count_pods(job, selector);
    }
}

static void keep_names(scale_job *job, const char *uid, const char *version)
{
    (void)text_copy(job->uid, sizeof job->uid, uid == NULL ? "" : uid);
    (void)text_copy(job->version, sizeof job->version, version == NULL ? "" : version);
}

static void take_count(scale_job *job, const kube_count *count)
{
    job->seen.spec = count->spec;
    job->seen.status = count->status;
    keep_names(job, count->uid, count->resource_version);
    go_on(job, count->ready, count->selector);
}

/* ---- /scale */

static int32_t count_at(const keda_json *scale, const char *path)
{
    int64_t count = 0;
    if (!keda_json_int64(keda_json_get(scale, path), &count) || count < 0)
        return 0;
    return count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

static void take_scale(scale_job *job, const keda_json *body)
{
    kube_scale *t = job->owner;
    keda_kube_scale scale = {.struct_size = sizeof scale,
                             .spec = count_at(body, "spec.replicas"),
                             .status = count_at(body, "status.replicas")};
    kube_count count;
    int32_t ready = -1;

    keep_names(job, keda_json_string(keda_json_get(body, "metadata.uid")),
               keda_json_string(keda_json_get(body, "metadata.resourceVersion")));
    (void)text_copy(scale.resource_version, sizeof scale.resource_version, job->version);
    job->seen.spec = scale.spec;
    job->seen.status = scale.status;
    kube_learn(t->follower, &scale);
    if (kube_look(t->follower, &count, NULL) == KUBE_PRESENT)
        ready = count.ready;
    go_on(job, ready, keda_json_string(keda_json_get(body, "status.selector")));
}

static void on_scale(const keda_json *body, const keda_error *err, void *user)
{
    scale_job *job = user;
    keda_error own = KEDA_ERROR_INIT;

    job->request = NULL;
    job->has_asked = true;
    if (err == NULL && body == NULL)
        keda_error_set(&own, KEDA_EUNAVAILABLE, "/scale was answered with nothing");
    else if (err != NULL) {
        own = *err;
        keda_error_wrap(&own, (keda_status)own.code, "reading /scale");
    }
    if (own.code != KEDA_OK) {
        job_fail(job, &own);
        return;
    }
    job->owner->must_ask = false;
    take_scale(job, body);
}

static void ask_scale(scale_job *job)
{
    const kube_scale *t = job->owner;
    keda_error err = KEDA_ERROR_INIT;
    keda_buf path = {0};
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_status rc =
        kube_path(&path, kube_follower_resource(t->follower), t->space, t->name, "scale", &err);

    if (rc == KEDA_OK) {
        request.path = path.data;
        rc = keda_kube_send(kube_counts_client(t->host->counts), &request, on_scale, job,
                            &job->request, &err);
    }
    keda_buf_clear(&path);
    if (rc != KEDA_OK)
        job_fail(job, &err);
}

/* ---- what is known now */

static void observe_now(scale_job *job)
{
    kube_scale *t = job->owner;
    keda_error err = KEDA_ERROR_INIT;
    kube_count count;

    if (follow(t, &err) != KEDA_OK) {
        job_fail(job, &err);
        return;
    }
    switch (kube_look(t->follower, &count, &err)) {
    case KUBE_PRESENT:
        if (t->must_ask || count.spec < 0)
            ask_scale(job);
        else
            take_count(job, &count);
        return;
    case KUBE_NOT_WATCHED:
        ask_scale(job);
        return;
    case KUBE_NOT_KNOWN:
        if (err.code != KEDA_ETIMEOUT) /* else it waits for the list */
            job_fail(job, &err);
        return;
    case KUBE_ABSENT:
    case KUBE_NO_KIND:
    case KUBE_NOT_SCALABLE:
        job_fail(job, &err);
        return;
    }
}

static bool is_waiting(const scale_job *job)
{
    return !job->is_write && job->request == NULL && job->pods == NULL;
}

/* What an observation would find without a request. */
static bool is_known(const kube_scale *t)
{
    kube_count count;

    return !t->must_ask && kube_look(t->follower, &count, NULL) == KUBE_PRESENT &&
           count.spec >= 0 && (count.ready >= 0 || !t->needs_pods);
}

static void on_change(void *user)
{
    kube_scale *t = user;
    bool is_told = false;

    for (scale_job *job = t->jobs, *next; job != NULL; job = next) {
        next = job->next;
        if (!is_waiting(job))
            continue;
        observe_now(job);
        is_told = true;
    }
    if (!is_told && is_known(t))
        keda_target_changed(t->self);
}

static void scale_observe(void *state, keda_target_call *call, void *user)
{
    scale_job *job = job_new(state, call);
    (void)user;
    if (job != NULL)
        observe_now(job);
}

/* ---- writing */

static void on_written(const keda_kube_scale *scale, const keda_error *err, void *user)
{
    scale_job *job = user;
    kube_scale *t = job->owner;

    job->request = NULL;
    if (err == NULL) {
        t->spec = scale->spec;
        (void)text_copy(t->version, sizeof t->version, scale->resource_version);
        kube_learn(t->follower, scale);
        keda_target_done(job_end(job));
        return;
    }
    keda_error own = *err;
    t->must_ask = t->must_ask || own.code == KEDA_ECONFLICT || own.code == KEDA_ETIMEOUT ||
                  own.code == KEDA_EUNAVAILABLE;
    keda_error_wrap(&own, (keda_status)own.code, "writing /scale");
    job_fail(job, &own);
}

/* The version that was observed, or a later one of the same object with the same count: what was decided
 * is still right then. NULL: never observed, as when an original count is restored. */
static const char *version_to_write(const kube_scale *t)
{
    kube_count count;

    if (!t->must_ask && t->uid[0] != '\0' &&
        kube_look(t->follower, &count, NULL) == KUBE_PRESENT && count.spec == t->spec &&
        strcmp(count.uid, t->uid) == 0 &&
        kube_version_is_later(count.resource_version, t->version))
        return count.resource_version;
    return t->version[0] == '\0' ? NULL : t->version;
}

static void scale_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    kube_scale *t = state;
    keda_error err = KEDA_ERROR_INIT;
    scale_job *job = job_new(t, call);
    const keda_kube_ref ref = {.struct_size = sizeof ref,
                               .api_version = t->api_version,
                               .kind = t->kind,
                               .space = t->space,
                               .name = t->name};

    (void)user;
    if (job == NULL)
        return;
    job->is_write = true;
    if (follow(t, &err) != KEDA_OK ||
        keda_kube_set_scale(kube_counts_client(t->host->counts), &ref, to, version_to_write(t),
                            on_written, job, &job->request, &err) != KEDA_OK)
        job_fail(job, &err);
}

/* ---- life */

static void scale_cancel(void *state, keda_target_call *call, void *user)
{
    kube_scale *t = state;
    keda_error err = KEDA_ERROR_INIT;

    (void)user;
    keda_error_set(&err, KEDA_ETIMEOUT, "given up");
    for (scale_job *job = t->jobs; job != NULL; job = job->next) {
        if (job->call != call)
            continue;
        t->must_ask = t->must_ask || job->is_write; /* it may have been heard */
        job_fail(job, &err);
        return;
    }
}

static void clear(kube_scale *t)
{
    mem_free(t->api_version);
    mem_free(t->kind);
    mem_free(t->space);
    mem_free(t->name);
    *t = (kube_scale){0};
}

static bool copy_ref(kube_scale *t, const keda_target_ref *ref)
{
    t->api_version = mem_strdup(ref->api_version);
    t->kind = mem_strdup(ref->kind);
    t->space = mem_strdup(ref->space == NULL ? "" : ref->space);
    t->name = mem_strdup(ref->name);
    t->needs_pods = ref->needs_pods != 0;
    return t->api_version != NULL && t->kind != NULL && t->space != NULL && t->name != NULL;
}

static keda_status scale_open(void *state, const keda_target_ref *ref, keda_target *self,
                              keda_error *err, void *user)
{
    kube_scale *t = state;
    keda_status rc = KEDA_OK;

    t->host = user;
    t->self = self;
    if (!copy_ref(t, ref))
        rc = out_of_memory(err);
    else
        rc = follow(t, err);
    if (rc != KEDA_OK) {
        clear(t);
        return rc;
    }
    t->next = t->host->opened;
    t->host->opened = t;
    return KEDA_OK;
}

static void leave(kube_scale *t, keda_status code, const char *why)
{
    fail_all(t, code, why);
    kube_unfollow(t->follower);
    t->follower = NULL;
}

static void scale_close(void *state, keda_target_call *call, void *user)
{
    kube_scale *t = state;
    kube_scale_host *host = user;
    kube_scale **link = &host->opened;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    leave(t, KEDA_EUNAVAILABLE, "the target is closed");
    clear(t);
    keda_target_done(call);
}

void kube_scale_forsake(kube_scale_host *host)
{
    for (kube_scale *t = host->opened; t != NULL; t = t->next)
        leave(t, KEDA_EUNAVAILABLE, "the cluster's client is closed");
}

const keda_target_desc keda_target_kube_scale = {
    .struct_size = sizeof(keda_target_desc),
    .summary = "What has a scale subresource in a cluster.",
    .state_size = sizeof(kube_scale),
    .open = scale_open,
    .observe = scale_observe,
    .scale = scale_scale,
    .cancel = scale_cancel,
    .close = scale_close,
};
