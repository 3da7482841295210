/* SPDX-License-Identifier: Apache-2.0 */
/* The scale subresource as a target (libkeda/targets/kube_scale.c), against an API server in memory. */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"
#include "support/target_rig.h"
#include "targets/kube_scale.h"

#define WEB    "/apis/apps/v1/namespaces/default/deployments/web"
#define WIDGET "/apis/example.com/v1/namespaces/default/widgets/web"
#define PODS   "/api/v1/namespaces/default/pods"

static fake_clock fake;
static kube_peer *peer;
static loop *l;
static keda_kube *kube;
static kube_scale_host host;
static keda_target self;
static void *state; /* NULL: not open */
static keda_error err;

/* ---- the world */

static void open_world(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    fake_clock_init(&fake);
    peer = kube_peer_open();
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    opts.qps = -1;
    err = (keda_error)KEDA_ERROR_INIT;
    cr_assert_eq(loop_new(&l, &fake.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&kube, l, &opts, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_counts_new(&host.counts, kube, NULL, 0, &err), KEDA_OK);
}

static void close_target(void)
{
    keda_target_call call = {0};
    if (state == NULL)
        return;
    keda_target_kube_scale.close(state, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    mem_free(state);
    state = NULL;
    cr_expect_null(host.opened);
}

/* As builtin.c does, whoever still has targets. */
static void close_client(void)
{
    if (kube == NULL)
        return;
    kube_scale_forsake(&host);
    kube_counts_free(host.counts);
    host.counts = NULL;
    keda_kube_close(kube);
    kube = NULL;
}

static void close_world(void)
{
    close_target();
    close_client();
    loop_free(l);
    kube_peer_close(peer);
    target_rig_clear(&self);
}

TestSuite(kube_scale, .init = open_world, .fini = close_world, .timeout = 60);

static void settle(void)
{
    struct pollfd fds[] = {{.fd = loop_fd(l), .events = POLLIN},
                           {.fd = kube_peer_fd(peer), .events = POLLIN}};
    do {
        do
            cr_assert_eq(loop_step(l, &err), KEDA_OK, "%s", err.text);
        while (kube_peer_step(peer));
    } while (loop_next_due_ms(l) == 0 || poll(fds, 2, 20) > 0);
}

static void pass(int64_t ms)
{
    fake_clock_advance(&fake, ms);
    settle();
}

static void put(const char *api_version, const char *kind, const char *name,
                const char *members)
{
    char json[1024];
    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"%s\",\"kind\":\"%s\",\"metadata\":{\"namespace\":"
                   "\"default\",\"name\":\"%s\",\"labels\":{\"app\":\"web\"}}%s}",
                   api_version, kind, name, members);
    kube_peer_put(peer, json);
}

static void deploy(const char *members)
{
    put("apps/v1", "Deployment", "web", members);
}

static void add_widgets(void)
{
    kube_peer_add_kind(peer, "example.com/v1", "Widget", "widgets", true);
}

static keda_status try_open(const char *api_version, const char *kind, int32_t needs_pods)
{
    const keda_target_ref ref = {.struct_size = sizeof ref,
                                 .api_version = api_version,
                                 .kind = kind,
                                 .space = "default",
                                 .name = "web",
                                 .needs_pods = needs_pods};
    state = mem_zalloc(1, keda_target_kube_scale.state_size);
    return keda_target_kube_scale.open(state, &ref, &self, &err, &host);
}

static void open_web(void)
{
    cr_assert_eq(try_open("apps/v1", "Deployment", 0), KEDA_OK, "%s", err.text);
    settle();
}

static void open_widget(int32_t needs_pods)
{
    cr_assert_eq(try_open("example.com/v1", "Widget", needs_pods), KEDA_OK, "%s", err.text);
    settle();
}

static keda_target_call observe(void)
{
    static keda_target_call call;
    call = (keda_target_call){0};
    keda_target_kube_scale.observe(state, &call, &host);
    settle();
    cr_assert_eq(call.ncompletions, 1);
    return call;
}

static keda_target_call scale(int32_t to)
{
    static keda_target_call call;
    call = (keda_target_call){0};
    keda_target_kube_scale.scale(state, to, &call, &host);
    settle();
    cr_assert_eq(call.ncompletions, 1);
    return call;
}

static void expect_counts(const keda_target_call *call, int32_t spec, int32_t status,
                          int32_t total, int32_t ready)
{
    cr_assert_eq(call->err.code, KEDA_OK, "%s", call->err.text);
    cr_expect_eq(call->replicas.spec, spec, "spec %d", call->replicas.spec);
    cr_expect_eq(call->replicas.status, status, "status %d", call->replicas.status);
    cr_expect_eq(call->replicas.total, total, "total %d", call->replicas.total);
    cr_expect_eq(call->replicas.ready, ready, "ready %d", call->replicas.ready);
}

static bool web_has(const char *text)
{
    const char *json = kube_peer_get(peer, "Deployment", "default", "web");
    return json != NULL && strstr(json, text) != NULL;
}

/* ---- observing */

Test(kube_scale, observes_what_the_watch_knows)
{
    deploy(",\"spec\":{\"replicas\":4},\"status\":{\"replicas\":3,\"readyReplicas\":2}");
    open_web();
    const size_t before = kube_peer_requests(peer, "");
    const keda_target_call call = observe();
    expect_counts(&call, 4, 3, 3, 2);
    cr_expect_eq(kube_peer_requests(peer, ""), before, "nobody was asked");
}

Test(kube_scale, waits_for_the_first_list)
{
    keda_target_call call = {0};
    deploy(",\"spec\":{\"replicas\":4}");
    cr_assert_eq(try_open("apps/v1", "Deployment", 0), KEDA_OK);
    keda_target_kube_scale.observe(state, &call, &host);
    cr_expect_eq(call.ncompletions, 0);
    settle();
    cr_assert_eq(call.ncompletions, 1);
    expect_counts(&call, 4, 0, 0, 0);
}

Test(kube_scale, does_not_wait_for_a_list_that_fails)
{
    deploy("");
    kube_peer_fail(peer, "GET /apis/apps/v1/deployments", 500, 0, 0);
    open_web();
    const keda_target_call call = observe();
    cr_expect_eq(call.err.code, KEDA_EUNAVAILABLE);
}

Test(kube_scale, fails_for_what_is_not_there)
{
    open_web();
    keda_target_call call = observe();
    cr_expect_eq(call.err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(call.err.text, "Deployment default/web does not exist");
    close_target();
    open_widget(0);
    call = observe();
    cr_expect_eq(call.err.code, KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(call.err.text, "no kind Widget"));
    close_target();
    cr_assert_eq(try_open("v1", "ConfigMap", 0), KEDA_OK);
    call = observe();
    cr_expect_eq(call.err.code, KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(call.err.text, "no scale subresource"));
}

Test(kube_scale, asks_the_subresource_for_what_the_object_does_not_say)
{
    add_widgets();
    put("example.com/v1", "Widget", "web", ",\"spec\":{\"size\":1}");
    open_widget(0);
    kube_peer_requests(peer, "");
    const keda_target_call call = observe();
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    cr_expect_geq(call.replicas.spec, 0);
    cr_expect_eq(call.replicas.ready, -1);
    cr_expect_eq(kube_peer_requests(peer, "GET " WIDGET "/scale"), 1);
}

Test(kube_scale, asks_the_subresource_where_nothing_is_watched)
{
    deploy(",\"spec\":{\"replicas\":4},\"status\":{\"replicas\":4}");
    kube_peer_fail(peer, "GET /apis/apps/v1/deployments", 403, 0, 0);
    open_web();
    keda_target_call call = observe();
    expect_counts(&call, 4, 4, -1, -1);
    kube_peer_fail(peer, "GET " WEB "/scale", 404, 0, 1);
    call = observe();
    cr_expect_eq(call.err.code, KEDA_ENOTFOUND);
    cr_expect_not_null(strstr(call.err.text, "/scale"));
}

Test(kube_scale, tells_the_engine_that_counts_have_changed)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    self.nchanged = 0;
    deploy(",\"spec\":{\"replicas\":2}");
    settle();
    cr_expect_eq(self.nchanged, 1);
    kube_peer_delete(peer, "Deployment", "default", "web");
    settle();
    cr_expect_eq(self.nchanged, 1, "there is nothing to tell of what is not there");
}

/* ---- pods */

static void put_pod(const char *name, const char *phase, const char *ready)
{
    char members[256];
    (void)snprintf(members, sizeof members,
                   ",\"status\":{\"phase\":\"%s\",\"conditions\":[{\"type\":\"Initialized\","
                   "\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"%s\"}]}",
                   phase, ready);
    put("v1", "Pod", name, members);
}

static void put_pods(void)
{
    put_pod("a", "Running", "True");
    put_pod("b", "Running", "False");
    put_pod("c", "Failed", "False");
    put_pod("d", "Pending", "True");
    put_pod("e", "Running", "True");
    kube_peer_put(peer, "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":"
                        "\"default\",\"name\":\"other\",\"labels\":{\"app\":\"other\"}},"
                        "\"status\":{\"phase\":\"Running\"}}");
}

static void put_widget_with_pods(void)
{
    add_widgets();
    put_pods();
    put("example.com/v1", "Widget", "web",
        ",\"spec\":{\"replicas\":5},\"status\":{\"replicas\":5,\"selector\":\"app=web\"}");
}

Test(kube_scale, counts_pods_where_the_status_does_not_say)
{
    put_widget_with_pods();
    open_widget(1);
    const keda_target_call call = observe();
    expect_counts(&call, 5, 5, 4, 2);
    cr_expect_eq(kube_peer_requests(peer, "labelSelector=app%3Dweb"), 1);
    cr_expect_eq(kube_peer_requests(peer, WIDGET "/scale"), 0);
}

Test(kube_scale, counts_no_pods_that_nobody_needs)
{
    put_widget_with_pods();
    open_widget(0);
    const keda_target_call call = observe();
    expect_counts(&call, 5, 5, -1, -1);
    cr_expect_eq(kube_peer_requests(peer, PODS), 0);
}

Test(kube_scale, says_why_pods_are_not_known_and_observes_all_the_same)
{
    put_widget_with_pods();
    open_widget(1);
    kube_peer_fail(peer, "GET " PODS, 403, 0, 0);
    keda_target_call call = observe();
    expect_counts(&call, 5, 5, -1, -1);
    cr_assert_not_null(self.trouble.data);
    cr_expect_not_null(strstr(self.trouble.data, "pods cannot be counted"));
    kube_peer_heal(peer);
    call = observe();
    expect_counts(&call, 5, 5, 4, 2);
    cr_expect_null(self.trouble.data, "it is over");
}

Test(kube_scale, asks_the_subresource_for_a_selector)
{
    add_widgets();
    put_pods();
    put("example.com/v1", "Widget", "web", ",\"spec\":{\"replicas\":5}");
    open_widget(1);
    const keda_target_call call = observe();
    cr_expect_eq(call.err.code, KEDA_OK);
    cr_expect_eq(call.replicas.spec, 5);
    cr_expect_eq(call.replicas.ready, -1);
    cr_expect_eq(kube_peer_requests(peer, WIDGET "/scale"), 1, "once is enough");
    cr_assert_not_null(self.trouble.data);
    cr_expect_not_null(strstr(self.trouble.data, "selector"));
}

/* ---- writing */

Test(kube_scale, writes_on_the_condition_of_what_it_saw)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    cr_expect(web_has("\"replicas\":5"));
    cr_expect_not_null(
        strstr(kube_peer_last_body(peer, "PATCH " WEB "/scale"), "resourceVersion"));
    call = observe();
    cr_expect_eq(call.replicas.spec, 5);
    cr_expect_eq(kube_peer_requests(peer, "GET " WEB), 0);
}

Test(kube_scale, knows_what_it_wrote_before_the_watch_does)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    kube_peer_fail(peer, "GET /apis/apps/v1/deployments", 503, 0, 0);
    kube_peer_cut_watches(peer, false);
    settle();
    keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    call = observe();
    cr_expect_eq(call.replicas.spec, 5);
    call = scale(6);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    cr_expect_eq(kube_peer_requests(peer, "GET " WEB), 0);
}

Test(kube_scale, reports_a_lost_race_and_asks_what_there_is)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    deploy(",\"spec\":{\"replicas\":3}");
    settle();
    keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_ECONFLICT);
    cr_expect(web_has("\"replicas\":3"));
    call = observe();
    cr_expect_eq(call.replicas.spec, 3);
    cr_expect_eq(kube_peer_requests(peer, "GET " WEB "/scale"), 1);
    call = scale(5);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    (void)observe();
    cr_expect_eq(kube_peer_requests(peer, "GET " WEB "/scale"), 1,
                 "the watch is believed again");
}

Test(kube_scale, loses_no_race_against_changes_of_other_kinds)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    deploy(",\"spec\":{\"replicas\":1},\"status\":{\"replicas\":1}");
    settle();
    const keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
}

Test(kube_scale, does_not_take_another_object_for_the_one_it_saw)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    kube_peer_delete(peer, "Deployment", "default", "web");
    deploy(",\"spec\":{\"replicas\":1}");
    settle();
    const keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_ECONFLICT);
}

Test(kube_scale, writes_without_condition_what_it_never_saw)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    const keda_target_call call = scale(2);
    cr_expect_eq(call.err.code, KEDA_OK, "%s", call.err.text);
    cr_expect(web_has("\"replicas\":2"));
}

Test(kube_scale, passes_on_why_a_write_was_refused)
{
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    kube_peer_fail(peer, "PATCH ", 403, 0, 1);
    const keda_target_call call = scale(5);
    cr_expect_eq(call.err.code, KEDA_EAUTH);
    cr_expect_eq(call.err.http_status, 403);
    (void)observe();
    cr_expect_eq(kube_peer_requests(peer, "GET " WEB), 0, "the count is known all the same");
}

/* ---- giving up */

Test(kube_scale, completes_what_is_given_up_once)
{
    keda_target_call call = {0};
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    kube_peer_silence(peer, true);
    keda_target_kube_scale.scale(state, 5, &call, &host);
    settle();
    cr_expect_eq(call.ncompletions, 0);
    keda_target_kube_scale.cancel(state, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    kube_peer_silence(peer, false);
    settle();
    cr_expect_eq(call.ncompletions, 1);
    call = observe();
    cr_expect_geq(kube_peer_requests(peer, "GET " WEB "/scale"), 1,
                  "nobody knows whether it was heard");
}

Test(kube_scale, ends_a_write_that_is_not_answered)
{
    keda_target_call call = {0};
    deploy(",\"spec\":{\"replicas\":1}");
    open_web();
    (void)observe();
    kube_peer_silence(peer, true);
    keda_target_kube_scale.scale(state, 5, &call, &host);
    settle();
    pass(11000);
    cr_assert_eq(call.ncompletions, 1);
    cr_expect_eq(call.err.code, KEDA_ETIMEOUT);
}

Test(kube_scale, knows_nothing_once_the_client_is_closed)
{
    keda_target_call reads = {0}, writes = {0};
    deploy(",\"spec\":{\"replicas\":1}");
    cr_assert_eq(try_open("apps/v1", "Deployment", 0), KEDA_OK);
    keda_target_kube_scale.observe(state, &reads, &host);
    keda_target_kube_scale.scale(state, 5, &writes, &host);
    close_client();
    cr_expect_eq(reads.ncompletions, 1);
    cr_expect_eq(reads.err.code, KEDA_EUNAVAILABLE);
    cr_expect_eq(writes.ncompletions, 1);
    cr_expect_eq(writes.err.code, KEDA_EUNAVAILABLE);
    const keda_target_call call = observe();
    cr_expect_eq(call.err.code, KEDA_EUNAVAILABLE);
}

Test(kube_scale, cannot_be_opened_without_a_client)
{
    close_client();
    cr_expect_eq(try_open("apps/v1", "Deployment", 0), KEDA_EUNAVAILABLE);
    mem_free(state);
    state = NULL;
}
