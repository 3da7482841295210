/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds to resources, paths of resources, and the order of their versions.
 */
#include "base/buf.h"
#include "support/client_rig.h"

#include <criterion/criterion.h>

#include <string.h>

#define WIDGETS                                                                                \
    "{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.com/v1\",\"resources\":["        \
    "{\"name\":\"widgets\",\"kind\":\"Widget\",\"namespaced\":true},"                          \
    "{\"name\":\"widgets/status\",\"kind\":\"Widget\",\"namespaced\":true},"                   \
    "{\"name\":\"widgets/scale\",\"kind\":\"Scale\",\"group\":\"autoscaling\",\"version\":"    \
    "\"v1\",\"namespaced\":true},"                                                             \
    "{\"name\":\"racks\",\"kind\":\"Rack\",\"namespaced\":false}]}"

typedef struct finding {
    const kube_resource *resource;
    keda_error err;
    int times;
} finding;

static void on_found(const kube_resource *resource, const keda_error *err, void *user)
{
    finding *f = user;

    cr_assert((resource == NULL) == (err != NULL));
    f->times++;
    f->resource = resource;
    if (err != NULL)
        f->err = *err;
}

static bool is_found(void *user)
{
    return ((const finding *)user)->times > 0;
}

static void start(client_rig *rig, const char *version, const char *kind, finding *f,
                  kube_resource_call **out)
{
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(kube_resource_find(rig->kube, version, kind, on_found, f, out, &err), KEDA_OK,
                 "%s", err.text);
    cr_assert_eq(f->times, 0);
}

static void find(client_rig *rig, const char *version, const char *kind, finding *f)
{
    *f = (finding){0};
    start(rig, version, kind, f, NULL);
    http_rig_until(&rig->http, is_found, f);
}

static void open_rig(client_rig *rig)
{
    client_rig_open(rig);
    client_rig_client(rig, "{token: t}", NULL);
}

Test(discovery, knows_what_every_cluster_has)
{
    static const struct {
        const char *version, *kind, *plural;
        bool is_namespaced, has_scale;
    } rows[] = {
        {"apps/v1", "Deployment", "deployments", true, true},
        {"apps/v1", "StatefulSet", "statefulsets", true, true},
        {"apps/v1", "ReplicaSet", "replicasets", true, true},
        {"v1", "Pod", "pods", true, false},
        {"v1", "Secret", "secrets", true, false},
        {"v1", "ConfigMap", "configmaps", true, false},
        {"v1", "Namespace", "namespaces", false, false},
        {"autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, false},
        {"keda.sh/v1alpha1", "ScaledObject", "scaledobjects", true, false},
        {"keda.sh/v1alpha1", "TriggerAuthentication", "triggerauthentications", true, false},
        {"keda.sh/v1alpha1", "ClusterTriggerAuthentication", "clustertriggerauthentications",
         false, false},
    };
    client_rig rig;

    open_rig(&rig);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        finding f;
        find(&rig, rows[i].version, rows[i].kind, &f);
        cr_assert_not_null(f.resource, "%s", f.err.text);
        cr_expect_str_eq(f.resource->plural, rows[i].plural);
        cr_expect_eq(f.resource->is_namespaced, rows[i].is_namespaced);
        cr_expect_eq(f.resource->has_scale, rows[i].has_scale);
    }
    cr_expect_eq(http_peer_requests(rig.peer), 0);
    client_rig_close(&rig);
}

Test(discovery, asks_once_for_a_group_and_remembers_what_it_found)
{
    client_rig rig;
    finding widget = {0}, rack = {0}, again;

    open_rig(&rig);
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/apis/example.com/v1", .body = WIDGETS});
    start(&rig, "example.com/v1", "Widget", &widget, NULL);
    start(&rig, "example.com/v1", "Rack", &rack, NULL);
    http_rig_until(&rig.http, is_found, &rack);
    cr_assert_not_null(widget.resource, "%s", widget.err.text);
    cr_expect_str_eq(widget.resource->group, "example.com");
    cr_expect_str_eq(widget.resource->version, "v1");
    cr_expect_str_eq(widget.resource->plural, "widgets");
    cr_expect(widget.resource->is_namespaced);
    cr_expect(widget.resource->has_scale);
    cr_expect_str_eq(rack.resource->plural, "racks");
    cr_expect_not(rack.resource->is_namespaced);
    cr_expect_not(rack.resource->has_scale);
    find(&rig, "example.com/v1", "Widget", &again);
    cr_expect_eq(again.resource, widget.resource);
    cr_expect_eq(http_peer_requests(rig.peer), 1);
    client_rig_close(&rig);
}

Test(discovery, asks_again_for_a_kind_that_was_not_there)
{
    client_rig rig;
    finding f;

    open_rig(&rig);
    http_peer_on(rig.peer, &(http_peer_answer){.status = 404, .times = 1});
    http_peer_on(rig.peer, &(http_peer_answer){.body = "{\"resources\":[]}", .times = 1});
    http_peer_on(rig.peer, &(http_peer_answer){.status = 500, .times = 1});
    http_peer_on(rig.peer, &(http_peer_answer){.body = WIDGETS});
    find(&rig, "example.com/v1", "Widget", &f);
    cr_expect_eq(f.err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(f.err.text, "kind Widget: GET /apis/example.com/v1: 404 Not Found");
    find(&rig, "example.com/v1", "Widget", &f);
    cr_expect_eq(f.err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(f.err.text, "the cluster has no kind Widget in example.com/v1");
    find(&rig, "example.com/v1", "Widget", &f);
    cr_expect_eq(f.err.code, KEDA_EUNAVAILABLE);
    find(&rig, "example.com/v1", "Widget", &f);
    cr_expect_not_null(f.resource);
    client_rig_close(&rig);
}

Test(discovery, asks_the_core_group_where_it_is)
{
    client_rig rig;
    finding f;

    open_rig(&rig);
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/api/v1",
                                     .body = "{\"resources\":[{\"name\":\"nodes\",\"kind\":"
                                             "\"Node\",\"namespaced\":false}]}"});
    find(&rig, "v1", "Node", &f);
    cr_assert_not_null(f.resource, "%s", f.err.text);
    cr_expect_str_eq(f.resource->group, "");
    client_rig_close(&rig);
}

Test(discovery, is_silent_for_those_who_left)
{
    client_rig rig;
    finding known = {0}, asked = {0}, other = {0};
    kube_resource_call *calls[2] = {NULL, NULL};

    open_rig(&rig);
    http_peer_on(rig.peer, &(http_peer_answer){.body = WIDGETS});
    start(&rig, "apps/v1", "Deployment", &known, &calls[0]);
    start(&rig, "example.com/v1", "Widget", &asked, &calls[1]);
    start(&rig, "example.com/v1", "Rack", &other, NULL);
    for (size_t i = 0; i < 2; i++)
        kube_resource_forget(calls[i]);
    kube_resource_forget(NULL);
    http_rig_until(&rig.http, is_found, &other);
    cr_expect_eq(known.times + asked.times, 0);
    client_rig_close(&rig);
}

Test(discovery, refuses_what_is_not_a_name)
{
    static const char *const rows[][2] = {{"", "K"},      {"/v1", "K"},    {"apps/", "K"},
                                          {"a/b/c", "K"}, {"a b/v1", "K"}, {"v1", ""},
                                          {"v1", "a/b"}};
    client_rig rig;

    open_rig(&rig);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(
            kube_resource_find(rig.kube, rows[i][0], rows[i][1], on_found, NULL, NULL, NULL),
            KEDA_EINVAL, "row %zu", i);
    client_rig_close(&rig);
}

Test(discovery, serves_objects_of_kinds_it_had_to_ask_for)
{
    client_rig rig;
    client_answer a = {0};
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;

    open_rig(&rig);
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/apis/example.com/v1", .body = WIDGETS});
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/apis/example.com/v1/racks/r%202", .body = "{}"});
    ref.api_version = "example.com/v1";
    ref.kind = "Rack";
    ref.name = "r 2";
    cr_assert_eq(keda_kube_get(rig.kube, &ref, client_rig_done, &a, NULL, NULL), KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect(a.has_body, "%s", a.err.text);
    client_answer_clear(&a);
    ref.kind = "Unknown";
    cr_assert_eq(keda_kube_get(rig.kube, &ref, client_rig_done, &a, NULL, NULL), KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect_eq(a.err.code, KEDA_ENOTFOUND);
    cr_expect_str_eq(a.err.text, "the cluster has no kind Unknown in example.com/v1");
    client_answer_clear(&a);
    client_rig_close(&rig);
}

/* ---- paths and versions --------------------------------------------------------------------- */

Test(discovery, writes_paths)
{
    static const kube_resource deployment = {"apps",        "v1", "Deployment",
                                             "deployments", true, true};
    static const kube_resource node = {"", "v1", "Node", "nodes", false, false};
    static const struct {
        const kube_resource *resource;
        const char *space, *name, *sub, *path;
    } rows[] = {
        {&deployment, "a", "b", "scale", "/apis/apps/v1/namespaces/a/deployments/b/scale"},
        {&deployment, "a", NULL, NULL, "/apis/apps/v1/namespaces/a/deployments"},
        {&deployment, NULL, NULL, NULL, "/apis/apps/v1/deployments"},
        {&node, "a", "n-1.b", NULL, "/api/v1/nodes/n-1.b"},
        {&deployment, "a", "x/../y?z#", NULL,
         "/apis/apps/v1/namespaces/a/deployments/x%2F..%2Fy%3Fz%23"},
        {&deployment, "..", "b", NULL, NULL},
        {&deployment, "a", ".", NULL, NULL},
        {&deployment, "a", "", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_buf out = {0};
        cr_assert_eq(buf_puts(&out, "x"), KEDA_OK);
        const keda_status rc =
            kube_path(&out, rows[i].resource, rows[i].space, rows[i].name, rows[i].sub, NULL);
        cr_expect_eq(rc, rows[i].path != NULL ? KEDA_OK : KEDA_EINVAL, "row %zu", i);
        cr_expect_str_eq(out.data + 1, rows[i].path != NULL ? rows[i].path : "");
        keda_buf_clear(&out);
    }
}

Test(discovery, compares_versions_that_are_numbers)
{
    static const struct {
        const char *a, *b;
        bool is_later;
    } rows[] = {
        {"2", "1", true},
        {"1", "2", false},
        {"1", "1", false},
        {"10", "9", true},
        {"9", "10", false},
        {"123456789012345678901234567890", "123456789012345678901234567889", true},
        {"", "1", false},
        {"x", "1", false},
        {"2", "x", false},
        {NULL, "1", false},
        {"1", NULL, false},
        {"02", "1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(kube_version_is_later(rows[i].a, rows[i].b), rows[i].is_later, "row %zu",
                     i);
}
