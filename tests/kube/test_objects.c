/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects by reference: read, patched, scaled; which paths and bodies that makes. Requests as such are
 * test_client.c's, unknown kinds test_discovery.c's.
 */
#include "support/client_rig.h"

#include <criterion/criterion.h>

#include <string.h>

#define TOKEN "{token: s3cr3t-token}"

static bool sent_header(http_peer *peer, size_t i, const char *name, const char *value)
{
    char found[256] = "";

    return http_peer_header(http_peer_request_at(peer, i), name, found, sizeof found) &&
           strcmp(found, value) == 0;
}

#define SCALE                                                                                  \
    "{\"kind\":\"Scale\",\"metadata\":{\"resourceVersion\":\"77\"},"                           \
    "\"spec\":{\"replicas\":3},\"status\":{\"replicas\":2}}"

Test(objects, reads_and_writes_the_scale_of_an_object)
{
    client_rig rig;
    client_answer a = {0};
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_reply(rig.peer, SCALE);
    ref.name = "web";
    cr_assert_eq(keda_kube_get_scale(rig.kube, &ref, client_rig_scaled, &a, NULL, NULL),
                 KEDA_OK);
    cr_expect_eq(a.times, 0);
    client_rig_wait(&rig, &a);
    cr_assert(a.has_scale, "%s", a.err.text);
    cr_expect_eq(a.scale.spec, 3);
    cr_expect_eq(a.scale.status, 2);
    cr_expect_str_eq(a.scale.resource_version, "77");
    cr_expect_str_eq(http_peer_request_at(rig.peer, 0)->target,
                     "/apis/apps/v1/namespaces/space/deployments/web/scale");
    client_answer_clear(&a);

    ref.space = "other";
    cr_assert_eq(
        keda_kube_set_scale(rig.kube, &ref, 5, "77", client_rig_scaled, &a, NULL, NULL),
        KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect(a.has_scale);
    cr_expect_str_eq(http_peer_request_at(rig.peer, 1)->target,
                     "/apis/apps/v1/namespaces/other/deployments/web/scale");
    cr_expect_str_eq(http_peer_request_at(rig.peer, 1)->method, "PATCH");
    cr_expect_str_eq(http_peer_request_at(rig.peer, 1)->body,
                     "{\"metadata\":{\"resourceVersion\":\"77\"},\"spec\":{\"replicas\":5}}");
    cr_expect(sent_header(rig.peer, 1, "Content-Type", "application/merge-patch+json"));
    client_answer_clear(&a);

    cr_assert_eq(
        keda_kube_set_scale(rig.kube, &ref, 0, NULL, client_rig_scaled, &a, NULL, NULL),
        KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect_str_eq(http_peer_request_at(rig.peer, 2)->body, "{\"spec\":{\"replicas\":0}}");
    client_answer_clear(&a);
    cr_expect_eq(
        keda_kube_set_scale(rig.kube, &ref, -1, NULL, client_rig_scaled, &a, NULL, NULL),
        KEDA_EINVAL);
    client_rig_close(&rig);
}

Test(objects, says_what_is_wrong_with_a_scale)
{
    static const struct {
        int status;
        const char *body;
        int32_t code;
        const char *text;
    } rows[] = {
        {409, "{\"message\":\"changed\"}", KEDA_ECONFLICT,
         "PATCH /apis/apps/v1/namespaces/space/deployments/web/scale: 409 Conflict: changed"},
        {200, "{}", KEDA_EPROTOCOL,
         "PATCH /apis/apps/v1/namespaces/space/deployments/web/scale: the answer is not a "
         "Scale"},
        {200, "pong", KEDA_EPROTOCOL,
         "PATCH /apis/apps/v1/namespaces/space/deployments/web/scale: the answer is not a "
         "Scale"},
    };
    client_rig rig;
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    ref.name = "web";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_answer a = {0};
        http_peer_on(rig.peer, &(http_peer_answer){
                                   .status = rows[i].status, .body = rows[i].body, .times = 1});
        cr_assert_eq(
            keda_kube_set_scale(rig.kube, &ref, 1, NULL, client_rig_scaled, &a, NULL, NULL),
            KEDA_OK);
        client_rig_wait(&rig, &a);
        cr_expect_eq(a.err.code, rows[i].code);
        cr_expect_str_eq(a.err.text, rows[i].text);
        client_answer_clear(&a);
    }
    client_rig_close(&rig);
}

Test(objects, patches_objects_and_their_status)
{
    client_rig rig;
    client_answer a = {0};
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, TOKEN, NULL);
    http_peer_reply(rig.peer, "{}");
    ref.api_version = "keda.sh/v1alpha1";
    ref.kind = "ScaledObject";
    ref.name = "so";
    cr_assert_eq(keda_kube_patch(rig.kube, &ref, "status", "{\"status\":{}}", KEDA_KUBE_STATUS,
                                 client_rig_done, &a, NULL, NULL),
                 KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect_str_eq(http_peer_request_at(rig.peer, 0)->target,
                     "/apis/keda.sh/v1alpha1/namespaces/space/scaledobjects/so/status");
    cr_expect_str_eq(http_peer_request_at(rig.peer, 0)->body, "{\"status\":{}}");
    client_answer_clear(&a);
    ref.space = "";
    cr_assert_eq(keda_kube_get(rig.kube, &ref, client_rig_done, &a, NULL, NULL), KEDA_OK);
    client_rig_wait(&rig, &a);
    cr_expect_eq(a.err.code, KEDA_EINVAL);
    cr_expect_str_eq(a.err.text, "ScaledObject so: has no namespace");
    client_answer_clear(&a);
    ref.name = NULL;
    cr_expect_eq(keda_kube_get(rig.kube, &ref, client_rig_done, &a, NULL, NULL), KEDA_EINVAL);
    client_rig_close(&rig);
}
