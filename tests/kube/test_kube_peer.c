/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API server in memory keeps the rules of Kubernetes that other tests count on. It runs on a thread of its
 * own here, before a client that waits.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "kube/kube.h"
#include "support/kube_peer.h"

#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
#define WEB         DEPLOYMENTS "/web"

static kube_peer *peer;
static keda_kube *kube;
static keda_json *body; /* of the last answer */
static keda_error err;

static void open_world(void)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    peer = kube_peer_open();
    kube_peer_start(peer);
    opts.kubeconfig_text = kube_peer_kubeconfig(peer);
    opts.qps = -1;
    cr_assert_eq(keda_kube_open(&kube, NULL, &opts, &err), KEDA_OK, "%s", err.text);
    kube_peer_put(peer,
                  "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                  "\"name\":\"web\",\"labels\":{\"app\":\"web\"}},\"spec\":{\"replicas\":0,"
                  "\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}");
}

static void close_world(void)
{
    keda_json_free(body);
    keda_kube_close(kube);
    kube_peer_close(peer);
}

TestSuite(kube_peer, .init = open_world, .fini = close_world, .timeout = 60);

/* The HTTP status. */
static int ask(const char *method, const char *path, const char *json)
{
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;

    request.method = method;
    request.path = path;
    request.body = json;
    if (strcmp(method, "PATCH") == 0)
        request.content_type = "application/merge-patch+json";
    keda_json_free(body);
    body = NULL;
    err = (keda_error)KEDA_ERROR_INIT;
    if (keda_kube_send_sync(kube, &request, &body, &err) == KEDA_OK)
        return 200;
    return err.http_status;
}

/* A member of the last answer, or of "web" after asking for it; numbers in full. */
static const char *member(const char *path)
{
    static char out[4][128];
    static size_t next;
    char *text = out[next++ % 4];
    const keda_json *value = keda_json_get(body, path);
    int64_t number;

    if (keda_json_int64(value, &number))
        (void)snprintf(text, 128, "%d", (int)number);
    else
        (void)snprintf(text, 128, "%s", keda_json_string(value) ? keda_json_string(value) : "");
    return text;
}

static const char *web(const char *path)
{
    cr_assert_eq(ask("GET", WEB, NULL), 200, "%s", err.text);
    return member(path);
}

Test(kube_peer, changes_the_version_with_the_object_and_the_generation_with_its_spec)
{
    char version[128];

    (void)snprintf(version, sizeof version, "%s", web("metadata.resourceVersion"));
    cr_expect_eq(ask("PATCH", WEB, "{\"spec\":{\"replicas\":0}}"), 200);
    cr_expect_str_eq(member("metadata.resourceVersion"), version, "nothing has changed");
    cr_expect_eq(ask("PATCH", WEB, "{\"metadata\":{\"labels\":{\"b\":\"c\"}}}"), 200);
    cr_expect_str_neq(member("metadata.resourceVersion"), version);
    cr_expect_str_eq(member("metadata.generation"), "1");
    cr_expect_eq(ask("PATCH", WEB, "{\"spec\":{\"paused\":true}}"), 200);
    cr_expect_str_eq(member("metadata.generation"), "2");
    cr_expect_eq(ask("PATCH", WEB, "{\"spec\":{\"paused\":null}}"), 200);
    cr_expect_str_eq(member("metadata.labels.b"), "c");
}

Test(kube_peer, refuses_what_was_read_before_another_wrote)
{
    char stale[128], patch[256];

    (void)snprintf(stale, sizeof stale, "%s", web("metadata.resourceVersion"));
    cr_expect_eq(ask("PATCH", WEB, "{\"spec\":{\"replicas\":2}}"), 200);
    (void)snprintf(patch, sizeof patch,
                   "{\"metadata\":{\"resourceVersion\":\"%s\"},\"spec\":{\"replicas\":3}}",
                   stale);
    cr_expect_eq(ask("PATCH", WEB, patch), 409);
    cr_expect_eq(ask("PATCH", WEB "/scale", patch), 409);
    cr_expect_eq(ask("PATCH", WEB, "{\"metadata\":{\"uid\":\"another\"}}"), 409);
    cr_expect_str_eq(web("spec.replicas"), "2");
}

Test(kube_peer, writes_status_by_its_subresource_alone)
{
    cr_expect_eq(ask("PATCH", WEB, "{\"status\":{\"replicas\":7}}"), 200);
    cr_expect_str_eq(web("status.replicas"), "");
    cr_expect_eq(
        ask("PATCH", WEB "/status", "{\"status\":{\"replicas\":7},\"spec\":{\"replicas\":7}}"),
        200);
    cr_expect_str_eq(web("status.replicas"), "7");
    cr_expect_str_eq(web("spec.replicas"), "0");
    cr_expect_str_eq(web("metadata.generation"), "1");
}

Test(kube_peer, scales)
{
    cr_expect_eq(ask("GET", WEB "/scale", NULL), 200);
    cr_expect_str_eq(member("spec.replicas"), "", "zero is left out");
    cr_expect_str_eq(member("status.replicas"), "0");
    cr_expect_str_eq(member("status.selector"), "app=web");
    cr_expect_eq(ask("PATCH", WEB "/scale", "{\"spec\":{\"replicas\":5}}"), 200);
    cr_expect_str_eq(member("spec.replicas"), "5");
    cr_expect_str_eq(web("spec.replicas"), "5");
    cr_expect_eq(ask("PATCH", WEB "/scale", "{\"spec\":{\"replicas\":-1}}"), 422);
    cr_expect_eq(ask("GET", "/apis/apps/v1/namespaces/default/daemonsets/web/scale", NULL),
                 404);
}

Test(kube_peer, creates_and_deletes)
{
    static const char one[] = "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
                              "\"metadata\":{\"generateName\":\"g-\"}}";

    cr_expect_eq(ask("POST", DEPLOYMENTS, one), 200);
    cr_expect_eq(strncmp(member("metadata.name"), "g-", 2), 0);
    cr_expect_eq(ask("POST", DEPLOYMENTS,
                     "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                     "\"name\":\"web\"}}"),
                 409);
    cr_expect_eq(ask("DELETE", WEB, "{\"preconditions\":{\"uid\":\"another\"}}"), 409);
    cr_expect_eq(ask("DELETE", WEB, NULL), 200);
    cr_expect_eq(ask("GET", WEB, NULL), 404);
    cr_expect_eq(ask("DELETE", WEB, NULL), 404);
}

Test(kube_peer, keeps_what_has_finalizers)
{
    cr_expect_eq(ask("PATCH", WEB, "{\"metadata\":{\"finalizers\":[\"a/b\"]}}"), 200);
    cr_expect_eq(ask("DELETE", WEB, NULL), 200);
    cr_expect_str_neq(web("metadata.deletionTimestamp"), "");
    cr_expect_eq(ask("PATCH", WEB, "{\"metadata\":{\"finalizers\":null}}"), 200);
    cr_expect_null(kube_peer_get(peer, "Deployment", "default", "web"));
}

Test(kube_peer, lists_in_pages_and_by_selectors)
{
    char path[256];

    kube_peer_put(peer, "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                        "\"name\":\"db\",\"namespace\":\"other\"}}");
    cr_expect_eq(ask("GET", "/apis/apps/v1/deployments?labelSelector=app%3Dweb", NULL), 200);
    cr_expect_eq(keda_json_count(keda_json_get(body, "items")), 1);
    cr_expect_eq(ask("GET", "/apis/apps/v1/deployments?labelSelector=app%21%3Dweb", NULL), 200);
    cr_expect_str_eq(member("items.0.metadata.name"), "db");
    cr_expect_eq(ask("GET", "/apis/apps/v1/deployments?fieldSelector=metadata.name%3Ddb", NULL),
                 200);
    cr_expect_eq(keda_json_count(keda_json_get(body, "items")), 1);
    cr_expect_eq(ask("GET", "/apis/apps/v1/deployments?limit=1", NULL), 200);
    cr_expect_str_eq(member("items.0.metadata.name"), "web");
    (void)snprintf(path, sizeof path, "/apis/apps/v1/deployments?limit=1&continue=%s",
                   member("metadata.continue"));
    cr_expect_eq(ask("GET", path, NULL), 200);
    cr_expect_str_eq(member("items.0.metadata.name"), "db");
    cr_expect_str_eq(member("metadata.continue"), "");
    kube_peer_forget_history(peer);
    cr_expect_eq(ask("GET", path, NULL), 410);
    cr_expect_eq(ask("GET", DEPLOYMENTS "?watch=true&resourceVersion=1", NULL), 410);
}

static void put_labelled(const char *name, const char *label)
{
    char json[256];

    (void)snprintf(json, sizeof json,
                   "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                   "\"name\":\"%s\",\"labels\":{\"is\":\"%s\"}}}",
                   name, label);
    kube_peer_put(peer, json);
}

/* Asks for the page after the last one. */
static void next_page(void)
{
    char path[256];

    (void)snprintf(path, sizeof path, DEPLOYMENTS "?limit=1&continue=%s",
                   member("metadata.continue"));
    cr_assert_eq(ask("GET", path, NULL), 200, "%s", err.text);
}

Test(kube_peer, lists_all_pages_as_of_the_first)
{
    char version[128];

    put_labelled("a", "old");
    put_labelled("c", "old");
    put_labelled("e", "old");
    kube_peer_delete(peer, "Deployment", "default", "web");
    cr_expect_eq(ask("GET", DEPLOYMENTS "?limit=1", NULL), 200);
    cr_expect_str_eq(member("items.0.metadata.name"), "a");
    (void)snprintf(version, sizeof version, "%s", member("metadata.resourceVersion"));
    put_labelled("b", "new"); /* created, changed, deleted, and twice */
    put_labelled("c", "new");
    kube_peer_delete(peer, "Deployment", "default", "e");
    put_labelled("c", "newer");
    kube_peer_delete(peer, "Deployment", "default", "b");
    put_labelled("d", "new");
    next_page();
    cr_expect_str_eq(member("items.0.metadata.name"), "c");
    cr_expect_str_eq(member("items.0.metadata.labels.is"), "old");
    cr_expect_str_eq(member("metadata.resourceVersion"), version);
    next_page();
    cr_expect_str_eq(member("items.0.metadata.name"), "e");
    cr_expect_str_eq(member("metadata.resourceVersion"), version);
    cr_expect_str_eq(member("metadata.continue"), "");
    cr_expect_eq(ask("GET", DEPLOYMENTS, NULL), 200);
    cr_expect_eq(keda_json_count(keda_json_get(body, "items")), 3);
    cr_expect_str_eq(member("items.1.metadata.labels.is"), "newer");
    cr_expect_str_eq(member("items.2.metadata.name"), "d");
}

Test(kube_peer, knows_who_asks)
{
    kube_peer_refuse_token(peer, "peer-token");
    cr_expect_eq(ask("GET", WEB, NULL), 401);
    kube_peer_refuse_token(peer, NULL);
    cr_expect_eq(ask("GET", WEB, NULL), 200);
    cr_expect_eq(ask("GET", "/apis/apps/v1", NULL), 200);
    cr_expect_str_eq(member("resources.0.kind"), "Deployment");
    cr_expect_eq(ask("GET", "/apis/example.com/v1", NULL), 404);
    cr_expect_eq(ask("PUT", WEB, "{\"metadata\":{\"name\":\"web\"}}"), 200);
}
