/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS: who is trusted, who is not, client certificates, and material refused before it is used.
 * Certificates are made here.
 */
#include "support/http_rig.h"
#include "support/tls_peer.h"

#include "net/tls.h"

#include <criterion/criterion.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tls_world {
    tls_pair ca, other_ca, server, client;
    http_peer *peer;
    http_rig rig;
};

static void world_open(struct tls_world *w, const char *client_ca,
                       const http_pool_options *opts)
{
    w->peer = tls_peer_open(&w->server, client_ca);
    http_peer_reply(w->peer, "secure");
    http_rig_open(&w->rig, w->peer, opts);
}

static struct tls_world *world_new(void)
{
    struct tls_world *w = calloc(1, sizeof *w);

    cr_assert_not_null(w);
    w->ca = tls_pair_new("Test CA", NULL);
    w->other_ca = tls_pair_new("Other CA", NULL);
    w->server = tls_pair_new("localhost", &w->ca);
    w->client = tls_pair_new("client", &w->ca);
    return w;
}

static void world_free(struct tls_world *w)
{
    http_rig_close(&w->rig);
    tls_peer_close(w->peer);
    tls_pair_clear(&w->ca);
    tls_pair_clear(&w->other_ca);
    tls_pair_clear(&w->server);
    tls_pair_clear(&w->client);
    free(w);
}

static void get(struct tls_world *w, const keda_http_tls *tls, http_rig_answer *a)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    request.url = http_peer_url(w->peer, "/");
    request.tls = tls;
    http_rig_ask(&w->rig, &request, a);
}

Test(tls, trusts_the_ca_of_the_request_and_keeps_the_connection)
{
    struct tls_world *w = world_new();
    const keda_http_tls tls = {.struct_size = sizeof tls, .ca = w->ca.cert};

    world_open(w, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        http_rig_answer a = {0};
        get(w, &tls, &a);
        cr_expect_str_eq(a.body, "secure", "%s", a.err.text);
        http_rig_answer_clear(&a);
    }
    cr_expect_eq(http_peer_connections(w->peer), 1);
    world_free(w);
}

Test(tls, refuses_a_server_it_does_not_know)
{
    struct tls_world *w = world_new();
    const keda_http_tls wrong = {.struct_size = sizeof wrong, .ca = w->other_ca.cert};
    http_rig_answer a = {0}, b = {0};

    world_open(w, NULL, NULL);
    get(w, &wrong, &a);
    get(w, NULL, &b);
    cr_expect_not(a.has_reply);
    cr_expect_eq(a.err.code, KEDA_EAUTH, "%s", a.err.text);
    cr_expect_not_null(strstr(a.err.text, "certificate"), "%s", a.err.text);
    cr_expect_eq(b.err.code, KEDA_EAUTH, "%s", b.err.text);
    cr_expect_eq(http_peer_requests(w->peer), 0);
    world_free(w);
}

Test(tls, refuses_a_certificate_of_another_name)
{
    struct tls_world *w = world_new();
    const keda_http_tls tls = {.struct_size = sizeof tls, .ca = w->ca.cert};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig_answer a = {0}, b = {0};
    char url[64];

    tls_pair_clear(&w->server);
    w->server = tls_pair_new("not-localhost", &w->ca);
    world_open(w, NULL, NULL);
    (void)snprintf(url, sizeof url, "https://localhost:%d/", http_peer_port(w->peer));
    request.url = url;
    request.tls = &tls;
    http_rig_ask(&w->rig, &request, &a);
    cr_expect_eq(a.err.code, KEDA_EAUTH, "%s", a.err.text);
    get(w, &tls, &b); /* by address it is fine */
    cr_expect_eq(b.status, 200, "%s", b.err.text);
    http_rig_answer_clear(&b);
    world_free(w);
}

Test(tls, verifies_nothing_when_told_so_and_again_afterwards)
{
    struct tls_world *w = world_new();
    const keda_http_tls unsafe = {.struct_size = sizeof unsafe, .is_unsafe = 1};
    http_rig_answer a = {0}, b = {0};

    world_open(w, NULL, NULL);
    get(w, &unsafe, &a);
    cr_expect_str_eq(a.body, "secure", "%s", a.err.text);
    get(w, NULL, &b); /* the kept connection was not verified */
    cr_expect_eq(b.err.code, KEDA_EAUTH, "%s", b.err.text);
    http_rig_answer_clear(&a);
    world_free(w);
}

Test(tls, shows_the_client_certificate)
{
    struct tls_world *w = world_new();
    const keda_http_tls plain = {.struct_size = sizeof plain,
                                 .ca = w->ca.cert,
                                 .cert = w->client.cert,
                                 .key = w->client.key};
    const keda_http_tls locked = {.struct_size = sizeof locked,
                                  .ca = w->ca.cert,
                                  .cert = w->client.cert,
                                  .key = w->client.key_encrypted,
                                  .key_password = TLS_PAIR_PASSWORD};
    const keda_http_tls none = {.struct_size = sizeof none, .ca = w->ca.cert};
    http_rig_answer a = {0}, b = {0}, c = {0};

    world_open(w, w->ca.cert, NULL);
    get(w, &plain, &a);
    cr_expect_str_eq(a.body, "secure", "%s", a.err.text);
    http_peer_drop_connections(w->peer);
    get(w, &locked, &b);
    cr_expect_str_eq(b.body, "secure", "%s", b.err.text);
    get(w, &none, &c); /* does not borrow the other's connection */
    cr_expect_not(c.has_reply);
    cr_expect_eq(http_peer_requests(w->peer), 2);
    http_rig_answer_clear(&a);
    http_rig_answer_clear(&b);
    world_free(w);
}

Test(tls, a_client_certificate_does_not_follow_to_another_host)
{
    struct tls_world *w = world_new();
    const keda_http_tls tls = {.struct_size = sizeof tls,
                               .ca = w->ca.cert,
                               .cert = w->client.cert,
                               .key = w->client.key};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *home = tls_peer_open(&w->server, NULL);
    http_rig_answer a = {0};
    char headers[128];

    world_open(w, w->ca.cert, NULL);
    (void)snprintf(headers, sizeof headers, "Location: %s\r\n", http_peer_url(w->peer, "/"));
    http_peer_on(home, &(http_peer_answer){.status = 302, .headers = headers});
    http_rig_add(&w->rig, home);
    request.url = http_peer_url(home, "/");
    request.tls = &tls;
    http_rig_ask(&w->rig, &request, &a);
    cr_expect_not(a.has_reply);
    cr_expect_eq(http_peer_requests(w->peer), 0);
    http_rig_close(&w->rig);
    tls_peer_close(home);
    world_free(w);
}

/* A server whose certificate does not know the address it is reached by. */
Test(tls, expects_the_name_the_request_gives_instead_of_the_host)
{
    struct tls_world *w = world_new();
    const keda_http_tls named = {
        .struct_size = sizeof named, .ca = w->ca.cert, .server_name = "localhost"};
    const keda_http_tls wrong = {
        .struct_size = sizeof wrong, .ca = w->ca.cert, .server_name = "else.test"};
    const keda_http_tls older = {.struct_size = offsetof(keda_http_tls, server_name),
                                 .ca = w->ca.cert,
                                 .server_name = "else.test"};
    http_rig_answer a = {0}, b = {0}, c = {0};
    char host[64] = "", expected[64];

    world_open(w, NULL, NULL);
    get(w, &named, &a);
    cr_expect_str_eq(a.body, "secure", "%s", a.err.text);
    (void)snprintf(expected, sizeof expected, "127.0.0.1:%d", http_peer_port(w->peer));
    cr_expect(http_peer_header(http_peer_request_at(w->peer, 0), "Host", host, sizeof host));
    cr_expect_str_eq(host, expected);
    get(w, &wrong, &b); /* nor does it borrow the other's connection */
    cr_expect_eq(b.err.code, KEDA_EAUTH);
    cr_expect_eq(http_peer_requests(w->peer), 1);
    get(w, &older, &c); /* the member lies beyond what this caller knows */
    cr_expect_str_eq(c.body, "secure", "%s", c.err.text);
    http_rig_answer_clear(&a);
    http_rig_answer_clear(&c);
    world_free(w);
}

Test(tls, keeps_the_name_on_a_redirect_to_the_same_host)
{
    struct tls_world *w = world_new();
    const keda_http_tls named = {
        .struct_size = sizeof named, .ca = w->ca.cert, .server_name = "localhost"};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig_answer a = {0};

    w->peer = tls_peer_open(&w->server, NULL);
    http_peer_on(w->peer, &(http_peer_answer){
                              .path = "/a/b", .status = 302, .headers = "Location: c\r\n"});
    http_peer_on(w->peer, &(http_peer_answer){.path = "/a/c", .body = "there"});
    http_rig_open(&w->rig, w->peer, NULL);
    request.url = http_peer_url(w->peer, "/a/b");
    request.tls = &named;
    request.bearer = "token";
    http_rig_ask(&w->rig, &request, &a);
    cr_expect_str_eq(a.body, "there", "%s", a.err.text);
    char sent[64] = "";
    cr_expect(
        http_peer_header(http_peer_request_at(w->peer, 1), "Authorization", sent, sizeof sent));
    cr_expect_str_eq(sent, "Bearer token");
    http_rig_answer_clear(&a);
    world_free(w);
}

Test(tls, forgets_the_name_on_a_redirect_to_another_host)
{
    struct tls_world *w = world_new();
    tls_pair other = tls_pair_new("elsewhere.test", &w->ca);
    const keda_http_tls named = {
        .struct_size = sizeof named, .ca = w->ca.cert, .server_name = "localhost"};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *home = tls_peer_open(&w->server, NULL), *away = tls_peer_open(&other, NULL);
    http_rig_answer a = {0};
    char headers[128], host[64] = "";

    world_open(w, NULL, NULL);
    (void)snprintf(headers, sizeof headers, "Location: %s\r\n", http_peer_url(away, "/"));
    http_peer_on(home, &(http_peer_answer){.status = 302, .headers = headers});
    http_peer_reply(away, "away");
    http_rig_add(&w->rig, home);
    http_rig_add(&w->rig, away);
    request.url = http_peer_url(home, "/");
    request.tls = &named;
    http_rig_ask(&w->rig, &request, &a);
    cr_expect_str_eq(a.body, "away", "%s", a.err.text); /* by its address, not as localhost */
    (void)snprintf(headers, sizeof headers, "127.0.0.1:%d", http_peer_port(away));
    cr_expect(http_peer_header(http_peer_request_at(away, 0), "Host", host, sizeof host));
    cr_expect_str_eq(host, headers);
    http_rig_answer_clear(&a);
    http_rig_close(&w->rig);
    tls_peer_close(home);
    tls_peer_close(away);
    tls_pair_clear(&other);
    world_free(w);
}

Test(tls, refuses_a_server_name_that_is_none)
{
    struct tls_world *w = world_new();
    const keda_http_tls bad = {.struct_size = sizeof bad, .server_name = "a b/c"};
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_rig_answer a = {0};
    keda_error err = KEDA_ERROR_INIT;

    world_open(w, NULL, NULL);
    request.url = http_peer_url(w->peer, "/");
    request.tls = &bad;
    cr_expect_eq(keda_http_send(w->rig.http, &request, http_rig_done, &a, NULL, &err),
                 KEDA_EINVAL);
    cr_expect_not_null(strstr(err.text, "server name"), "%s", err.text);
    world_free(w);
}

Test(tls, trusts_roots_of_the_configured_folders)
{
    struct tls_world *w = world_new();
    char dir[] = "/tmp/keda-roots-XXXXXX", path[64], junk[64];
    const char *dirs[] = {"/nonexistent", dir};
    const keda_http_tls other = {.struct_size = sizeof other, .ca = w->other_ca.cert};
    http_rig_answer a = {0}, b = {0};
    FILE *file;

    cr_assert_not_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/root.pem", dir);
    (void)snprintf(junk, sizeof junk, "%s/README", dir);
    cr_assert_not_null(file = fopen(junk, "w"));
    (void)fputs("no certificate", file);
    (void)fclose(file);
    cr_assert_not_null(file = fopen(path, "w"));
    (void)fputs(w->ca.cert, file);
    (void)fclose(file);
    world_open(w, NULL, &(http_pool_options){.ca_dirs = dirs, .nca_dirs = 2});
    (void)unlink(path);
    (void)unlink(junk);
    (void)rmdir(dir);
    get(w, NULL, &a);
    cr_expect_str_eq(a.body, "secure", "%s", a.err.text);
    http_peer_drop_connections(w->peer);
    get(w, &other, &b); /* the request's CA comes in addition */
    cr_expect_str_eq(b.body, "secure", "%s", b.err.text);
    http_rig_answer_clear(&a);
    http_rig_answer_clear(&b);
    world_free(w);
}

Test(tls, refuses_versions_below_the_minimum)
{
    struct tls_world *w = world_new();
    keda_http_tls tls = {.struct_size = sizeof tls, .ca = w->ca.cert, .min_version = 13};
    http_rig_answer a = {0}, b = {0}, c = {0};

    tls_peer_limit_version(12);
    world_open(w, NULL, &(http_pool_options){.min_tls_version = 13});
    get(w, &tls, &a);
    cr_expect_not(a.has_reply);
    tls.min_version = 0; /* the pool's own */
    get(w, &tls, &b);
    cr_expect_not(b.has_reply);
    tls.min_version = 12;
    get(w, &tls, &c);
    cr_expect_str_eq(c.body, "secure", "%s", c.err.text);
    http_rig_answer_clear(&c);
    world_free(w);
}

Test(tls, refuses_unusable_material_without_quoting_it)
{
    struct tls_world *w = world_new();
    char *ca = w->ca.cert, *cert = w->client.cert, *key = w->client.key;
    char *locked = w->client.key_encrypted;
    const struct {
        keda_http_tls tls;
        const char *message; /* NULL: fine */
    } cases[] = {
        {{.ca = ca}, NULL},
        {{.ca = ""}, NULL},
        {{.ca = "s3cret"}, "TLS: no certificate in the CA"},
        {{.ca = key}, "TLS: no certificate in the CA"},
        {{.cert = cert, .key = key}, NULL},
        {{.cert = cert, .key = ""}, NULL}, /* one alone is not used */
        {{.cert = "s3cret", .key = key}, "TLS: no certificate in the client certificate"},
        {{.cert = cert, .key = "s3cret"}, "TLS: no key, or an encrypted one"},
        {{.cert = cert, .key = locked}, "TLS: no key, or an encrypted one"},
        {{.cert = cert, .key = locked, .key_password = TLS_PAIR_PASSWORD}, NULL},
        {{.cert = cert, .key = locked, .key_password = "s3cret"},
         "TLS: the key cannot be decrypted"},
        {{.cert = cert, .key = w->server.key}, "TLS: certificate and key are no pair"},
        {{.min_version = 9}, "TLS: version 9 is none of 10, 11, 12, 13"},
        {{.min_version = 14, .ca = ca}, "TLS: version 14 is none of 10, 11, 12, 13"},
    };

    world_open(w, NULL, NULL);
    for (int round = 0; round < 2; round++) { /* the second time some are remembered */
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            keda_http_request request = KEDA_HTTP_REQUEST_INIT;
            keda_http_tls tls = cases[i].tls;
            const keda_status code = cases[i].message == NULL ? KEDA_OK : KEDA_EINVAL;
            http_rig_answer a = {0};
            keda_http_call *call = NULL;
            keda_error checked = KEDA_ERROR_INIT, sent = KEDA_ERROR_INIT;

            tls.struct_size = sizeof tls;
            request.url = http_peer_url(w->peer, "/");
            request.tls = &tls;
            cr_expect_eq(http_tls_check(&tls, &checked), code, "case %zu: %s", i, checked.text);
            cr_expect_eq(keda_http_send(w->rig.http, &request, http_rig_done, &a, &call, &sent),
                         code, "case %zu: %s", i, sent.text);
            cr_expect_str_eq(checked.text, cases[i].message != NULL ? cases[i].message : "");
            cr_expect_str_eq(sent.text, checked.text);
            keda_http_cancel(call);
        }
    }
    cr_expect_eq(http_tls_check(NULL, NULL), KEDA_OK);
    world_free(w);
}

Test(tls, refuses_a_pool_of_an_unknown_version)
{
    http_rig rig;
    keda_http *http = NULL;
    keda_error err = KEDA_ERROR_INIT;

    http_rig_open(&rig, NULL, NULL);
    cr_expect_eq(http_pool_new(&http, rig.l, &(http_pool_options){.min_tls_version = 2}, &err),
                 KEDA_EINVAL);
    cr_expect_null(http);
    http_rig_close(&rig);
}

Test(tls, plain_http_to_a_tls_port_is_an_error)
{
    struct tls_world *w = world_new();
    http_rig_answer a = {0};
    char url[64];

    world_open(w, NULL, NULL);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", http_peer_port(w->peer));
    http_rig_get(&w->rig, url, &a);
    cr_expect_not(a.has_reply);
    world_free(w);
}
