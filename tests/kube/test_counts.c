/* SPDX-License-Identifier: Apache-2.0 */
/* Replica counts of what is followed (libkeda/kube/counts*.c), against an API server in memory. */
#include <criterion/criterion.h>

#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/counts.h"
#include "kube/counts_rows.h"
#include "support/failing_allocator.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"

#define DEPLOYMENTS "/apis/apps/v1/deployments"

static fake_clock fake;
static kube_peer *peer;
static loop *l;
static keda_kube *kube;
static kube_counts *counts;
static kube_count seen;
static keda_error err;
static int ntold;

/* ---- the world */

static void open_world(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    fake_clock_init(&fake);
    peer = kube_peer_open();
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    opts.space = "default";
    opts.qps = -1;
    err = (keda_error)KEDA_ERROR_INIT;
    cr_assert_eq(loop_new(&l, &fake.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&kube, l, &opts, &err), KEDA_OK, "%s", err.text);
}

static void close_world(void)
{
    kube_counts_free(counts);
    keda_kube_close(kube);
    loop_free(l);
    kube_peer_close(peer);
}

TestSuite(counts, .init = open_world, .fini = close_world, .timeout = 60);

static bool step(void)
{
    cr_assert_eq(loop_step(l, &err), KEDA_OK, "%s", err.text);
    return kube_peer_step(peer);
}

/* Until neither side has anything left to do. */
static void settle(void)
{
    struct pollfd fds[] = {{.fd = loop_fd(l), .events = POLLIN},
                           {.fd = kube_peer_fd(peer), .events = POLLIN}};
    do {
        while (step())
            continue;
    } while (loop_next_due_ms(l) == 0 || poll(fds, 2, 20) > 0);
}

static void pass(int64_t ms)
{
    fake_clock_advance(&fake, ms);
    settle();
}

static void watch_all(void)
{
    cr_assert_eq(kube_counts_new(&counts, kube, NULL, 0, &err), KEDA_OK, "%s", err.text);
}

static void tell(void *user)
{
    (void)user;
    ntold++;
}

static kube_follower *follow(const char *api_version, const char *kind, const char *space,
                             const char *name)
{
    const keda_kube_ref ref = {.struct_size = sizeof ref,
                               .api_version = api_version,
                               .kind = kind,
                               .space = space,
                               .name = name};
    kube_follower *f = NULL;
    cr_assert_eq(kube_follow(&f, counts, &ref, tell, NULL, &err), KEDA_OK, "%s", err.text);
    return f;
}

static kube_follower *follow_web(void)
{
    return follow(NULL, NULL, NULL, "web");
}

static kube_presence look(const kube_follower *f)
{
    err = (keda_error)KEDA_ERROR_INIT;
    return kube_look(f, &seen, &err);
}

/* members: JSON with a comma in front, "" for none */
static void put(const char *api_version, const char *kind, const char *space, const char *name,
                const char *members)
{
    char json[1024];
    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"namespace\":\"%s\","
                   "\"name\":\"%s\"}%s}",
                   api_version, kind, space, name, members);
    kube_peer_put(peer, json);
}

static void deploy(const char *space, const char *name, const char *members)
{
    put("apps/v1", "Deployment", space, name, members);
}

/* ---- what is known */

Test(counts, are_not_known_before_the_list_and_then_present)
{
    watch_all();
    deploy("default", "web",
           ",\"spec\":{\"replicas\":4},\"status\":{\"replicas\":3,\"readyReplicas\":2}");
    kube_follower *f = follow_web();
    cr_expect_eq(look(f), KUBE_NOT_KNOWN);
    cr_expect_eq(err.code, KEDA_ETIMEOUT, "it is only a matter of time");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT, "%s", err.text);
    cr_expect_eq(seen.spec, 4);
    cr_expect_eq(seen.status, 3);
    cr_expect_eq(seen.ready, 2);
    cr_expect_str_not_empty(seen.uid);
    cr_expect_str_not_empty(seen.resource_version);
    cr_expect_null(seen.selector);
    cr_expect_geq(ntold, 1);
    kube_unfollow(f);
}

Test(counts, have_kedas_meaning_where_replicas_are_left_out)
{
    static const char *const ones[] = {"Deployment", "StatefulSet", "ReplicaSet"};
    watch_all();
    kube_peer_add_kind(peer, "example.com/v1", "Widget", "widgets", true);
    put("example.com/v1", "Widget", "default", "web",
        ",\"status\":{\"replicas\":2,\"selector\":\"app=web\"}");
    kube_follower *widget = follow("example.com/v1", "Widget", NULL, "web");
    for (size_t i = 0; i < 3; i++) {
        put("apps/v1", ones[i], "default", "web", "");
        kube_follower *f = follow("apps/v1", ones[i], NULL, "web");
        settle();
        cr_assert_eq(look(f), KUBE_PRESENT, "%s: %s", ones[i], err.text);
        cr_expect_eq(seen.spec, 1, "%s", ones[i]);
        cr_expect_eq(seen.status, 0, "%s", ones[i]);
        cr_expect_eq(seen.ready, 0, "%s", ones[i]);
        kube_unfollow(f);
    }
    cr_assert_eq(look(widget), KUBE_PRESENT, "%s", err.text);
    cr_expect_eq(seen.spec, -1, "only /scale knows");
    cr_expect_eq(seen.status, 2);
    cr_expect_eq(seen.ready, -1, "only the pods say");
    cr_expect_str_eq(seen.selector, "app=web");
    put("example.com/v1", "Widget", "default", "web",
        ",\"spec\":{\"replicas\":\"three\"},\"status\":{\"readyReplicas\":1}");
    settle();
    cr_assert_eq(look(widget), KUBE_PRESENT);
    cr_expect_eq(seen.spec, -1);
    cr_expect_eq(seen.ready, 1);
    kube_unfollow(widget);
}

Test(counts, follow_an_object_that_comes_and_goes_and_comes_again)
{
    char uid[64];
    watch_all();
    kube_follower *f = follow_web();
    settle();
    cr_expect_eq(look(f), KUBE_ABSENT);
    cr_expect_eq(err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(err.text, "Deployment default/web does not exist");
    deploy("default", "web", ",\"spec\":{\"replicas\":2}");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT);
    (void)snprintf(uid, sizeof uid, "%s", seen.uid);
    ntold = 0;
    kube_peer_delete(peer, "Deployment", "default", "web");
    settle();
    cr_expect_eq(look(f), KUBE_ABSENT);
    cr_expect_eq(ntold, 1);
    deploy("default", "web", ",\"spec\":{\"replicas\":7}");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 7);
    cr_expect_str_neq(seen.uid, uid);
    kube_unfollow(f);
}

Test(counts, tell_a_kind_that_the_cluster_has_not_until_it_has)
{
    watch_all();
    kube_follower *f = follow("example.com/v1", "Widget", NULL, "web");
    settle();
    cr_expect_eq(look(f), KUBE_NO_KIND);
    cr_expect_eq(err.code, KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(err.text, "Widget"));
    kube_peer_add_kind(peer, "example.com/v1", "Widget", "widgets", true);
    put("example.com/v1", "Widget", "default", "web", ",\"spec\":{\"replicas\":3}");
    for (int i = 0; i < 70 && look(f) != KUBE_PRESENT; i++)
        pass(1000);
    cr_assert_eq(look(f), KUBE_PRESENT, "%s", err.text);
    cr_expect_eq(seen.spec, 3);
    kube_peer_remove_kind(peer, "example.com/v1", "Widget");
    kube_peer_cut_watches(peer, false);
    for (int i = 0; i < 70 && look(f) != KUBE_NO_KIND; i++)
        pass(1000);
    cr_expect_eq(look(f), KUBE_NO_KIND);
    kube_peer_add_kind(peer, "example.com/v1", "Widget", "widgets", true);
    put("example.com/v1", "Widget", "default", "web", ",\"spec\":{\"replicas\":5}");
    for (int i = 0; i < 200 && look(f) != KUBE_PRESENT; i++)
        pass(1000);
    cr_assert_eq(look(f), KUBE_PRESENT, "%s", err.text);
    cr_expect_eq(seen.spec, 5);
    kube_unfollow(f);
}

Test(counts, tell_a_kind_that_cannot_be_scaled)
{
    watch_all();
    kube_follower *f = follow("v1", "ConfigMap", NULL, "web");
    settle();
    cr_expect_eq(look(f), KUBE_NOT_SCALABLE);
    cr_expect_eq(err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(err.text, "ConfigMap default/web has no scale subresource");
    cr_expect_eq(kube_peer_watches(peer), 0);
    kube_unfollow(f);
}

/* ---- what is watched */

Test(counts, take_one_watch_for_all_of_a_kind)
{
    char name[16];
    kube_follower *many[20];
    watch_all();
    for (int i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof name, "web-%d", i);
        deploy("default", name, "");
        many[i] = follow(NULL, NULL, NULL, name);
    }
    settle();
    cr_expect_eq(kube_peer_watches(peer), 1);
    cr_expect_eq(kube_peer_requests(peer, "GET " DEPLOYMENTS), 2, "a list and a watch");
    for (int i = 0; i < 20; i++) {
        cr_expect_eq(look(many[i]), KUBE_PRESENT);
        kube_unfollow(many[i]);
    }
    settle();
    cr_expect_eq(kube_peer_watches(peer), 0, "nobody follows any more");
}

Test(counts, keep_the_watch_of_what_is_followed_anew_at_once)
{
    watch_all();
    deploy("default", "web", "");
    kube_follower *f = follow_web();
    settle();
    kube_unfollow(f);
    f = follow_web();
    cr_expect_eq(look(f), KUBE_PRESENT);
    settle();
    cr_expect_eq(kube_peer_requests(peer, "GET " DEPLOYMENTS), 2);
    kube_unfollow(f);
}

Test(counts, look_only_into_the_namespaces_they_are_given)
{
    const char *const spaces[] = {"a", "b"};
    cr_assert_eq(kube_counts_new(&counts, kube, spaces, 2, &err), KEDA_OK);
    deploy("a", "web", ",\"spec\":{\"replicas\":1}");
    deploy("b", "web", ",\"spec\":{\"replicas\":2}");
    deploy("default", "web", ",\"spec\":{\"replicas\":3}");
    kube_follower *a = follow(NULL, NULL, "a", "web"), *b = follow(NULL, NULL, "b", "web");
    kube_follower *other = follow_web();
    settle();
    cr_assert_eq(look(a), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 1);
    cr_assert_eq(look(b), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 2);
    cr_expect_eq(look(other), KUBE_NOT_WATCHED);
    cr_expect_not_null(strstr(err.text, "namespaces"));
    cr_expect_not_null(kube_follower_resource(other));
    cr_expect_eq(kube_peer_watches(peer), 2);
    kube_unfollow(a);
    kube_unfollow(b);
    kube_unfollow(other);
}

Test(counts, say_where_watching_is_forbidden_until_it_is_allowed)
{
    watch_all();
    deploy("default", "web", "");
    kube_peer_fail(peer, "GET " DEPLOYMENTS, 403, 0, 0);
    kube_follower *f = follow_web();
    settle();
    cr_expect_eq(look(f), KUBE_NOT_WATCHED);
    cr_expect_eq(err.code, KEDA_EAUTH);
    cr_expect_geq(ntold, 1);
    kube_peer_heal(peer);
    for (int i = 0; i < 70 && look(f) != KUBE_PRESENT; i++)
        pass(1000);
    cr_expect_eq(look(f), KUBE_PRESENT, "%s", err.text);
    kube_unfollow(f);
}

Test(counts, say_why_they_are_not_known)
{
    watch_all();
    deploy("default", "web", "");
    kube_peer_fail(peer, "GET " DEPLOYMENTS, 500, 0, 0);
    kube_follower *f = follow_web();
    settle();
    cr_expect_eq(look(f), KUBE_NOT_KNOWN);
    cr_expect_eq(err.code, KEDA_EUNAVAILABLE);
    cr_expect_eq(err.http_status, 500);
    cr_expect_geq(ntold, 1, "who waits for it need not wait");
    kube_unfollow(f);
}

Test(counts, stay_while_the_server_is_gone)
{
    watch_all();
    deploy("default", "web", ",\"spec\":{\"replicas\":3}");
    kube_follower *f = follow_web();
    settle();
    kube_peer_fail(peer, "GET ", 503, 0, 0);
    kube_peer_cut_watches(peer, true);
    ntold = 0;
    pass(10000);
    cr_expect_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 3);
    cr_expect_eq(ntold, 0);
    kube_unfollow(f);
}

Test(counts, drop_what_is_gone_when_they_list_again)
{
    watch_all();
    deploy("default", "web", "");
    deploy("default", "api", "");
    kube_follower *web = follow_web(), *api = follow(NULL, NULL, NULL, "api");
    settle();
    kube_peer_fail(peer, "GET ", 503, 0, 0);
    kube_peer_cut_watches(peer, false);
    settle();
    kube_peer_delete(peer, "Deployment", "default", "web");
    kube_peer_forget_history(peer);
    kube_peer_heal(peer);
    for (int i = 0; i < 70 && look(web) != KUBE_ABSENT; i++)
        pass(1000);
    cr_expect_eq(look(web), KUBE_ABSENT);
    cr_expect_eq(look(api), KUBE_PRESENT);
    kube_unfollow(web);
    kube_unfollow(api);
}

/* ---- telling */

static kube_follower *others[2];

static void end_all(void *user)
{
    (void)user;
    ntold++;
    kube_unfollow(others[0]);
    kube_unfollow(others[1]);
    others[0] = others[1] = NULL;
}

Test(counts, may_be_given_up_by_who_is_being_told)
{
    const keda_kube_ref ref = {.struct_size = sizeof ref, .name = "web"};
    watch_all();
    deploy("default", "web", "");
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(kube_follow(&others[i], counts, &ref, end_all, NULL, &err), KEDA_OK);
    settle();
    cr_expect_eq(ntold, 1, "the other one was gone by then");
    cr_expect_null(others[0]);
}

Test(counts, tell_a_change_of_counts_once_and_no_other)
{
    watch_all();
    deploy("default", "web", ",\"spec\":{\"replicas\":1}");
    kube_follower *f = follow_web();
    settle();
    ntold = 0;
    deploy("default", "other", "");
    settle();
    cr_expect_eq(ntold, 0);
    deploy("default", "web", ",\"spec\":{\"replicas\":2}");
    deploy("default", "web", ",\"spec\":{\"replicas\":5}");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 5);
    cr_expect(ntold == 1 || ntold == 2, "%d", ntold);
    kube_unfollow(f);
}

/* ---- learning */

static keda_kube_scale scale_of(int32_t spec, const char *version)
{
    keda_kube_scale scale = {.struct_size = sizeof scale, .spec = spec, .status = 1};
    (void)snprintf(scale.resource_version, sizeof scale.resource_version, "%s", version);
    return scale;
}

Test(counts, believe_what_was_written_until_the_watch_has_caught_up)
{
    watch_all();
    deploy("default", "web", ",\"spec\":{\"replicas\":1}");
    kube_follower *f = follow_web(), *other = follow_web();
    settle();
    ntold = 0;
    const keda_kube_scale later = scale_of(9, "4000000000");
    kube_learn(f, &later);
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 9);
    cr_expect_str_eq(seen.resource_version, "4000000000");
    settle();
    cr_expect_eq(ntold, 1, "the other one; who has learnt knows");
    deploy("default", "web", ",\"spec\":{\"replicas\":2}");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 9, "that was before");
    const keda_kube_scale earlier = scale_of(3, "1");
    kube_learn(f, &earlier);
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 9, "so was this");
    kube_peer_delete(peer, "Deployment", "default", "web");
    deploy("default", "web", ",\"spec\":{\"replicas\":4}");
    settle();
    cr_assert_eq(look(f), KUBE_PRESENT);
    cr_expect_eq(seen.spec, 4, "another object has versions of its own");
    kube_unfollow(f);
    kube_unfollow(other);
}

/* ---- the end */

Test(counts, may_end_before_their_followers)
{
    watch_all();
    deploy("default", "web", "");
    kube_follower *f = follow_web();
    settle();
    const keda_kube_scale scale = scale_of(9, "4000000000");
    kube_counts_free(counts);
    counts = NULL;
    cr_expect_eq(look(f), KUBE_NOT_KNOWN);
    cr_expect_eq(err.code, KEDA_EUNAVAILABLE);
    cr_expect_null(kube_follower_resource(f));
    kube_learn(f, &scale);
    kube_unfollow(f);
}

Test(counts, may_end_in_the_middle_of_finding_a_kind)
{
    watch_all();
    kube_follower *f = follow("example.com/v1", "Widget", NULL, "web");
    kube_counts_free(counts);
    counts = NULL;
    settle();
    cr_expect_eq(ntold, 0);
    kube_unfollow(f);
}

Test(counts, refuse_an_object_without_a_name)
{
    const keda_kube_ref ref = KEDA_KUBE_REF_INIT;
    kube_follower *f = NULL;
    watch_all();
    cr_expect_eq(kube_follow(&f, counts, &ref, NULL, NULL, &err), KEDA_EINVAL);
    cr_expect_null(f);
}

/* ---- memory */

static size_t nbytes;

static void *count_alloc(size_t size)
{
    void *p = malloc(size);
    nbytes += malloc_usable_size(p);
    return p;
}

static void *count_realloc(void *old, size_t size)
{
    nbytes -= malloc_usable_size(old);
    void *p = realloc(old, size);
    nbytes += malloc_usable_size(p);
    return p;
}

static void count_free(void *p)
{
    nbytes -= malloc_usable_size(p);
    free(p);
}

static const char deployment[] =
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"namespace\":"
    "\"production\",\"name\":\"checkout-service\",\"uid\":"
    "\"0d2a1f52-5a1c-4c0a-9d5e-3a6b5a0f7f11\",\"resourceVersion\":\"1234567890\","
    "\"generation\":7},\"spec\":{\"replicas\":3},\"status\":{\"replicas\":3,"
    "\"readyReplicas\":2}}";

Test(counts_memory, takes_less_than_200_bytes_an_object)
{
    enum { MANY = 10000 };
    kube_rows rows = {0};
    keda_json *object = NULL;
    char name[64];

    keda_set_allocator(count_alloc, count_realloc, count_free);
    cr_assert_eq(keda_json_parse(&object, deployment, sizeof deployment - 1, NULL), KEDA_OK);
    const size_t before = nbytes;
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "checkout-service-%d", i);
        kube_row *row = kube_rows_need(&rows, "production", name);
        cr_assert_not_null(row);
        cr_assert_not_null(row->facts = kube_facts_read(object, true));
    }
    cr_expect_eq(rows.count, MANY);
    cr_expect_leq((nbytes - before) / MANY, 200, "%zu", (nbytes - before) / MANY);
    cr_expect_str_eq(kube_rows_find(&rows, "production", "checkout-service-77")->key,
                     "production/checkout-service-77");
    cr_expect_null(kube_rows_find(&rows, "production", "checkout"));
    cr_expect_null(kube_rows_find(&rows, "productio", "n/checkout-service-77"));
    size_t n = 0;
    for (kube_row *row = kube_rows_next(&rows, NULL); row != NULL;
         row = kube_rows_next(&rows, row))
        n++;
    cr_expect_eq(n, MANY);
    kube_rows_clear(&rows);
    cr_expect_eq(nbytes, before);
    keda_json_free(object);
}

/* Whichever request for memory fails: following is refused, or it comes right later. */
static bool follow_without(size_t n)
{
    const keda_kube_ref ref = {.struct_size = sizeof ref, .name = "web"};
    kube_follower *f = NULL;

    open_world();
    deploy("default", "web", ",\"spec\":{\"replicas\":3}");
    failing_allocator_set(n);
    keda_status rc = kube_counts_new(&counts, kube, NULL, 0, &err);
    if (rc == KEDA_OK)
        rc = kube_follow(&f, counts, &ref, tell, NULL, &err);
    if (rc == KEDA_OK)
        settle();
    const bool has_failed = failing_allocator_has_failed();
    failing_allocator_set(0);
    cr_expect(rc == KEDA_OK || rc == KEDA_ENOMEM);
    for (int i = 0; f != NULL && i < 200 && look(f) != KUBE_PRESENT; i++)
        pass(1000);
    if (f != NULL)
        cr_expect_eq(look(f), KUBE_PRESENT, "request %zu: %s", n, err.text);
    kube_unfollow(f);
    close_world();
    counts = NULL;
    return has_failed;
}

Test(counts_memory, may_be_short, .timeout = 300)
{
    failing_allocator_set(0);
    const size_t before = failing_allocator_live();
    for (size_t n = 1; follow_without(n); n++)
        continue;
    cr_expect_eq(failing_allocator_live(), before);
}
