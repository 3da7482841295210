/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The synchronous face against a peer on a thread of its own.
 */
#include "support/client_rig.h"

#include <criterion/criterion.h>

#include <string.h>

#define SCALE                                                                                  \
    "{\"metadata\":{\"resourceVersion\":\"77\"},\"spec\":{\"replicas\":3},\"status\":{"        \
    "\"replicas\":2}}"

/* A client with a loop of its own; NULL rig members are not used. */
static keda_kube *open_client(client_rig *rig)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    const kube_places places = {.account_dir = "/nonexistent"};
    keda_kube *kube = NULL;
    keda_error err = KEDA_ERROR_INIT;
    char text[1024];

    client_rig_config(rig, "{token: t}", text, sizeof text);
    opts.kubeconfig_text = text;
    cr_assert_eq(kube_new_at(&kube, NULL, &opts, &places, &err), KEDA_OK, "%s", err.text);
    return kube;
}

Test(sync, waits_for_answers)
{
    client_rig rig;
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_kube_scale scale = {.struct_size = sizeof scale};
    keda_json *body = NULL;
    keda_error err = KEDA_ERROR_INIT;

    client_rig_open(&rig);
    http_peer_on(rig.peer,
                 &(http_peer_answer){.path = "/version", .body = "{\"major\":\"1\"}"});
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/gone", .status = 410});
    http_peer_reply(rig.peer, SCALE);
    keda_kube *kube = open_client(&rig);
    http_peer_start(rig.peer);
    request.path = "/version";
    cr_assert_eq(keda_kube_send_sync(kube, &request, &body, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(keda_json_string(keda_json_get(body, "major")), "1");
    keda_json_free(body);
    cr_expect_eq(keda_kube_send_sync(kube, &request, NULL, &err), KEDA_OK);
    request.path = "/gone";
    body = NULL;
    cr_expect_eq(keda_kube_send_sync(kube, &request, &body, &err), KEDA_ENOTFOUND);
    cr_expect_str_eq(err.text, "GET /gone: 410 Gone");
    cr_expect_null(body);
    ref.name = "web";
    cr_assert_eq(keda_kube_get_scale_sync(kube, &ref, &scale, &err), KEDA_OK, "%s", err.text);
    cr_expect_eq(scale.spec, 3);
    scale = (keda_kube_scale){.struct_size = sizeof scale};
    cr_assert_eq(keda_kube_set_scale_sync(kube, &ref, 3, scale.resource_version, &scale, &err),
                 KEDA_OK);
    cr_expect_str_eq(scale.resource_version, "77");
    cr_expect_eq(keda_kube_set_scale_sync(kube, &ref, 3, NULL, NULL, &err), KEDA_OK);
    cr_expect_eq(keda_kube_patch_sync(kube, &ref, NULL, "{\"a\":1}", &err), KEDA_OK);
    cr_expect_eq(http_peer_requests(rig.peer), 7);
    keda_kube_close(kube);
    client_rig_close(&rig);
}

Test(sync, writes_no_more_than_the_caller_knows)
{
    client_rig rig;
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;
    keda_kube_scale scale;

    client_rig_open(&rig);
    http_peer_reply(rig.peer, SCALE);
    keda_kube *kube = open_client(&rig);
    http_peer_start(rig.peer);
    memset(&scale, 0x55, sizeof scale);
    scale.struct_size = offsetof(keda_kube_scale, resource_version);
    ref.name = "web";
    cr_assert_eq(keda_kube_get_scale_sync(kube, &ref, &scale, NULL), KEDA_OK);
    cr_expect_eq(scale.spec, 3);
    cr_expect_eq(scale.struct_size, offsetof(keda_kube_scale, resource_version));
    cr_expect_eq(scale.resource_version[0], 0x55);
    keda_kube_close(kube);
    client_rig_close(&rig);
}

Test(sync, is_refused_on_a_loop_of_somebody_else)
{
    client_rig rig;
    keda_kube_ref ref = KEDA_KUBE_REF_INIT;
    keda_kube_request request = KEDA_KUBE_REQUEST_INIT;
    keda_kube_scale scale = {.struct_size = sizeof scale};
    keda_error err = KEDA_ERROR_INIT;

    client_rig_open(&rig);
    client_rig_client(&rig, "{token: t}", NULL);
    request.path = "/";
    ref.name = "web";
    cr_expect_eq(keda_kube_send_sync(rig.kube, &request, NULL, &err), KEDA_EINVAL);
    cr_expect_str_eq(err.text,
                     "the client works on an engine: only one without can be waited for");
    cr_expect_eq(keda_kube_patch_sync(rig.kube, &ref, NULL, "{}", &err), KEDA_EINVAL);
    cr_expect_eq(keda_kube_get_scale_sync(rig.kube, &ref, &scale, &err), KEDA_EINVAL);
    cr_expect_eq(keda_kube_set_scale_sync(rig.kube, &ref, 1, NULL, NULL, &err), KEDA_EINVAL);
    cr_expect_eq(http_peer_requests(rig.peer), 0);
    client_rig_close(&rig);
}
