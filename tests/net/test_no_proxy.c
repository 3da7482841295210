/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions from the proxy, and that a server's name does not hide the host from them.
 */
#include "net/no_proxy.h"
#include "support/http_rig.h"
#include "support/tls_peer.h"

#include <criterion/criterion.h>

#include <stdlib.h>

Test(no_proxy, knows_names_addresses_and_networks)
{
    static const struct {
        const char *list, *host;
        bool is_in;
    } cases[] = {
        {NULL, "a.test", false},
        {"", "a.test", false},
        {"*", "a.test", true},
        {"*,b.test", "a.test", false},
        {"a.test", "a.test", true},
        {"A.Test", "a.tesT", true},
        {"a.test", "b.a.test", true},
        {".a.test", "b.a.test", true},
        {".a.test", "a.test", true},
        {"a.test", "ba.test", false},
        {"x, b.test  a.test", "a.test", true},
        {"x,,", "a.test", false},
        {"127.0.0.0/8", "127.9.9.9", true},
        {"127.0.0.0/8", "128.0.0.1", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.4", false},
        {"10.96.0.0/12", "10.111.255.1", true},
        {"10.96.0.0/12", "10.112.0.1", false},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"10.0.0.0/33,10.0.0.0/x,10.0.0.0/-1", "10.0.0.0", false},
        {"::1", "[::1]", true},
        {"fd00::/8", "[fd12::1]", true},
        {"fd00::/8", "[fe80::1]", false},
        {"10.0.0.0/8", "[::1]", false},
        {"0.3", "10.0.0.3", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(no_proxy_has(cases[i].list, cases[i].host), cases[i].is_in, "%s in %s",
                     cases[i].host, cases[i].list);
}

Test(no_proxy, a_host_reached_under_another_name_is_still_an_exception)
{
    tls_pair ca = tls_pair_new("Test CA", NULL);
    tls_pair server = tls_pair_new("name.test", &ca);
    http_peer *peer = tls_peer_open(&server, NULL);
    const keda_http_tls tls = {
        .struct_size = sizeof tls, .ca = ca.cert, .server_name = "name.test"};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig_answer a = {0};
    http_rig rig;

    cr_assert_eq(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
    http_peer_reply(peer, "direct");
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.tls = &tls;
    http_rig_ask(&rig, &request, &a);
    cr_expect_str_eq(a.body, "direct", "%s", a.err.text);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    tls_peer_close(peer);
    tls_pair_clear(&server);
    tls_pair_clear(&ca);
}
