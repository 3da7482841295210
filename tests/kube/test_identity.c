/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which identity is taken, the files of a pod, and exec plug-ins: small shell scripts under the real
 * keda-child. kubeconfig files are test_kubeconfig.c's.
 */
#include "base/buf.h"
#include "kube/exec.h"
#include "support/client_rig.h"
#include "support/tls_peer.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- which one ------------------------------------------------------------------------------ */

Test(identity, is_the_first_that_there_is)
{
    static const char config[] = "current-context: c\n"
                                 "contexts: [{name: c, context: {cluster: k}}]\n"
                                 "clusters: [{name: k, cluster: {server: 'https://%s'}}]\n";
    client_rig rig;
    tls_pair ca = tls_pair_new("ca", NULL);
    char text[512], file[128], env[128], path[256];

    client_rig_open(&rig);
    (void)snprintf(text, sizeof text, config, "named");
    client_rig_file(&rig, "named", text, 0600, file, sizeof file);
    (void)snprintf(text, sizeof text, config, "environment");
    client_rig_file(&rig, "environment", text, 0600, env, sizeof env);
    (void)snprintf(path, sizeof path, "%s/.kube", rig.dir);
    cr_assert_eq(mkdir(path, 0700), 0);
    (void)snprintf(text, sizeof text, config, "home");
    client_rig_file(&rig, ".kube/config", text, 0600, NULL, 0);
    client_rig_file(&rig, "token", "pod-token\n", 0600, NULL, 0);
    client_rig_file(&rig, "ca.crt", ca.cert, 0600, NULL, 0);
    client_rig_file(&rig, "namespace", "pod-space\n", 0600, NULL, 0);

    const struct {
        const char *file;
        kube_places places;
        const char *server;
    } rows[] = {
        {file, {env, rig.dir, "10.0.0.1", "443", rig.dir}, "https://named"},
        {NULL, {env, rig.dir, "10.0.0.1", "443", rig.dir}, "https://environment"},
        {NULL, {NULL, rig.dir, "10.0.0.1", "443", rig.dir}, "https://10.0.0.1:443"},
        {NULL, {"", rig.dir, "fd00::1", "6443", rig.dir}, "https://[fd00::1]:6443"},
        {NULL, {NULL, rig.dir, "10.0.0.1", "443", "/nonexistent"}, "https://home"},
        {NULL, {NULL, rig.dir, NULL, "443", rig.dir}, "https://home"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
        keda_error err = KEDA_ERROR_INIT;
        keda_kube *kube = NULL;

        opts.kubeconfig = rows[i].file;
        cr_assert_eq(kube_new_at(&kube, rig.http.l, &opts, &rows[i].places, &err), KEDA_OK,
                     "row %zu: %s", i, err.text);
        cr_expect_str_eq(keda_kube_server(kube), rows[i].server);
        cr_expect_str_eq(keda_kube_namespace(kube), i == 2 || i == 3 ? "pod-space" : "default");
        keda_kube_close(kube);
    }
    client_rig_close(&rig);
    tls_pair_clear(&ca);
}

Test(identity, says_what_was_looked_for_when_there_is_none)
{
    static const struct {
        const char *file;
        kube_places places;
        const char *text;
    } rows[] = {
        {NULL,
         {NULL, "/nonexistent", NULL, NULL, "/nonexistent"},
         "no Kubernetes identity: no kubeconfig was named, KUBECONFIG is not set, this is not "
         "a "
         "pod, and there is no ~/.kube/config"},
        {NULL,
         {"/nonexistent/a:/nonexistent/b", NULL, NULL, NULL, "/nonexistent"},
         "KUBECONFIG: none of its files exists: /nonexistent/a:/nonexistent/b"},
        {"/nonexistent/config",
         {NULL, NULL, NULL, NULL, "/nonexistent"},
         "kubeconfig: /nonexistent/config: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
        keda_error err = KEDA_ERROR_INIT;
        keda_kube *kube = NULL;

        opts.kubeconfig = rows[i].file;
        cr_expect_eq(kube_new_at(&kube, NULL, &opts, &rows[i].places, &err), KEDA_ENOTFOUND);
        cr_expect_eq(strncmp(err.text, rows[i].text, strlen(rows[i].text)), 0, "row %zu: %s", i,
                     err.text);
    }
}

/* ---- exec plug-ins -------------------------------------------------------------------------- */

/* A client whose user is what the script prints. */
static void open_with_script(client_rig *rig, const char *script)
{
    char path[128], user[512];

    client_rig_open(rig);
    client_rig_file(rig, "plugin", script, 0700, path, sizeof path);
    (void)snprintf(user, sizeof user,
                   "{exec: {apiVersion: client.authentication.k8s.io/v1, command: %s, args: "
                   "[one, two words], env: [{name: OWN, value: s3cr3t}], provideClusterInfo: "
                   "true, installHint: get it}}",
                   path);
    client_rig_client(rig, user, NULL);
}

static void open_well(client_rig *rig, const char *script)
{
    open_with_script(rig, script);
    http_peer_reply(rig->peer, "{}");
}

static bool sent_token(http_peer *peer, size_t i, const char *token)
{
    char found[256] = "", expected[256];

    (void)snprintf(expected, sizeof expected, "Bearer %s", token);
    return http_peer_header(http_peer_request_at(peer, i), "Authorization", found,
                            sizeof found) &&
           strcmp(found, expected) == 0;
}

#define CREDENTIAL(rest)                                                                       \
    "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","         \
    "\"status\":{" rest "}}"
/* Each run counts in the file `runs` and prints a token with the count. */
#define COUNTING(rest)                                                                         \
    "#!/bin/sh\n"                                                                              \
    "cd \"$(dirname \"$0\")\"\necho x >> runs\nn=$(grep -c x runs)\n"                          \
    "cat <<END\n" CREDENTIAL("\"token\":\"s3cr3t-$n\"" rest) "\nEND\n"

Test(identity, runs_a_plugin_once_for_all_who_wait)
{
    client_rig rig;
    client_answer a = {0}, b = {0};

    open_well(&rig, COUNTING(""));
    client_rig_send(&rig, "GET", "/a", KEDA_KUBE_NORMAL, &a, NULL);
    client_rig_send(&rig, "GET", "/b", KEDA_KUBE_URGENT, &b, NULL);
    client_rig_wait(&rig, &a);
    client_rig_wait(&rig, &b);
    cr_expect(a.has_body, "%s", a.err.text);
    cr_expect(b.has_body, "%s", b.err.text);
    cr_expect(sent_token(rig.peer, 0, "s3cr3t-1"));
    cr_expect(sent_token(rig.peer, 1, "s3cr3t-1"));
    client_answer_clear(&a);
    client_answer_clear(&b);
    client_rig_close(&rig);
}

Test(identity, runs_a_plugin_again_after_a_401)
{
    client_rig rig;
    client_answer a = {0};

    open_with_script(&rig, COUNTING(""));
    http_peer_on(rig.peer, &(http_peer_answer){.path = "/b", .status = 401, .times = 1});
    http_peer_reply(rig.peer, "{}");
    client_rig_ask(&rig, "GET", "/a", &a);
    client_answer_clear(&a);
    client_rig_ask(&rig, "GET", "/b", &a);
    cr_expect_eq(http_peer_requests(rig.peer), 3);
    cr_expect(a.has_body, "%s", a.err.text);
    cr_expect(sent_token(rig.peer, 1, "s3cr3t-1"));
    cr_expect(sent_token(rig.peer, 2, "s3cr3t-2"));
    client_answer_clear(&a);
    client_rig_close(&rig);
}

/* The clock of tests starts at 12:00:00. */
Test(identity, runs_a_plugin_again_ten_seconds_before_it_expires)
{
    client_rig rig;
    client_answer a = {0};

    open_well(&rig, COUNTING(",\"expirationTimestamp\":\"2026-01-31T13:00:20+01:00\""));
    client_rig_ask(&rig, "GET", "/a", &a);
    client_answer_clear(&a);
    fake_clock_advance(&rig.http.clock, 9999);
    client_rig_ask(&rig, "GET", "/a", &a);
    client_answer_clear(&a);
    fake_clock_advance(&rig.http.clock, 1);
    client_rig_ask(&rig, "GET", "/a", &a); /* for the last ten seconds one more serves */
    client_answer_clear(&a);
    client_rig_ask(&rig, "GET", "/a", &a);
    client_answer_clear(&a);
    cr_expect(sent_token(rig.peer, 0, "s3cr3t-1"));
    cr_expect(sent_token(rig.peer, 1, "s3cr3t-1"));
    cr_expect(sent_token(rig.peer, 2, "s3cr3t-2"));
    cr_expect(sent_token(rig.peer, 3, "s3cr3t-2"));
    fake_clock_advance(&rig.http.clock, 10000);
    client_rig_ask(&rig, "GET", "/a", &a);
    cr_expect_str_eq(strrchr(a.err.text, ':'), ": printed credentials that have expired");
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(identity, tells_a_plugin_what_it_may_know)
{
    client_rig rig;
    client_answer a = {0};
    keda_buf told = {0};
    char path[128], expected[512];

    open_well(&rig, "#!/bin/sh\n"
                    "printf '%s|%s|%s|%s' \"$1\" \"$2\" \"$OWN\" "
                    "\"$KUBERNETES_EXEC_INFO\" > \"$(dirname \"$0\")/told\"\n"
                    "echo '" CREDENTIAL("\"token\":\"t\"") "'\n");
    client_rig_ask(&rig, "GET", "/a", &a);
    cr_assert(a.has_body, "%s", a.err.text);
    (void)snprintf(path, sizeof path, "%s/told", rig.dir);
    cr_assert_eq(buf_read_file(&told, path, 4096, NULL), KEDA_OK);
    (void)snprintf(expected, sizeof expected,
                   "one|two words|s3cr3t|{\"apiVersion\":\"client.authentication.k8s.io/v1\","
                   "\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false,\"cluster\":"
                   "{\"server\":\"%s\"}}}",
                   keda_kube_server(rig.kube));
    cr_expect_str_eq(told.data, expected);
    keda_buf_clear(&told);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(identity, says_what_is_wrong_with_a_plugin_and_quotes_nothing)
{
    static const struct {
        const char *script;
        int32_t code;
        const char *text;
    } rows[] = {
        {"#!/nonexistent/interpreter\n", KEDA_EAUTH, "; get it"},
        {"#!/bin/sh\necho s3cr3t\nexit 3\n", KEDA_EAUTH, ": ended with status 3"},
        {"#!/bin/sh\necho s3cr3t\n", KEDA_EPROTOCOL, ": what it printed is not JSON"},
        {"#!/bin/sh\n", KEDA_EPROTOCOL, ": what it printed is not JSON"},
        {"#!/bin/sh\necho '{\"s3cr3t\":1}'\n", KEDA_EPROTOCOL,
         ": what it printed is not an ExecCredential"},
        {"#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"s3cr3t\"}'\n",
         KEDA_EPROTOCOL,
         ": what it printed has another apiVersion than client.authentication.k8s.io/v1"},
        {"#!/bin/sh\necho '" CREDENTIAL("\"tok\":\"s3cr3t\"") "'\n", KEDA_EPROTOCOL,
         ": what it printed has neither token nor clientCertificateData"},
        {"#!/bin/sh\necho '" CREDENTIAL("\"clientCertificateData\":\"s3cr3t\"") "'\n",
         KEDA_EPROTOCOL,
         ": what it printed has one of clientCertificateData and clientKeyData alone"},
        {"#!/bin/sh\necho '" CREDENTIAL(
             "\"clientCertificateData\":\"s3cr3t\",\"clientKeyData\":\"s3cr3t\"") "'\n",
         KEDA_EPROTOCOL,
         ": what it printed has a client certificate and key that cannot be used"},
        {"#!/bin/sh\necho '" CREDENTIAL(
             "\"token\":\"s3cr3t\",\"expirationTimestamp\":\"soon\"") "'\n",
         KEDA_EPROTOCOL, ": what it printed has an expirationTimestamp that is not a time"},
        {"#!/bin/sh\nhead -c 1100000 /dev/zero | tr '\\0' a\n", KEDA_EPROTOCOL,
         ": printed more than 1048576 bytes"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        client_rig rig;
        client_answer a = {0};

        open_well(&rig, rows[i].script);
        client_rig_ask(&rig, "GET", "/a", &a);
        cr_expect_eq(a.err.code, rows[i].code, "row %zu: %s", i, a.err.text);
        cr_expect_eq(strncmp(a.err.text, "exec plug-in /tmp/", 18), 0);
        const size_t n = strlen(a.err.text), m = strlen(rows[i].text);
        cr_expect(n >= m && strcmp(a.err.text + n - m, rows[i].text) == 0, "row %zu: %s", i,
                  a.err.text);
        cr_expect_null(strstr(a.err.text, "s3cr3t"));
        cr_expect(rig.log.data == NULL || strstr(rig.log.data, "s3cr3t") == NULL);
        cr_expect_eq(http_peer_requests(rig.peer), 0);
        client_answer_clear(&a);
        client_rig_close(&rig);
    }
}

Test(identity, logs_what_a_plugin_says_on_standard_error)
{
    client_rig rig;
    client_answer a = {0};

    open_well(&rig, "#!/bin/sh\necho 'log in first' >&2\nexit 1\n");
    client_rig_ask(&rig, "GET", "/a", &a);
    cr_assert_not_null(rig.log.data);
    cr_expect_eq(strncmp(rig.log.data, "4 exec plug-in type=/tmp/", 25), 0, "%s", rig.log.data);
    cr_expect_not_null(strstr(rig.log.data, " reason=log in first\n"));
    client_answer_clear(&a);
    client_rig_close(&rig);
}

static bool runs(void *user)
{
    const client_rig *rig = user;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/runs", rig->dir);
    return access(path, F_OK) == 0;
}

Test(identity, gives_a_plugin_a_minute)
{
    client_rig rig;
    client_answer a = {0};

    /* It says that it runs on standard error, which wakes the loop. */
    open_well(&rig, "#!/bin/sh\ntouch \"$(dirname \"$0\")/runs\"\necho runs >&2\n"
                    "exec sleep 1000\n");
    client_rig_send(&rig, "GET", "/a", KEDA_KUBE_NORMAL, &a, NULL);
    http_rig_until(&rig.http, runs, &rig);
    fake_clock_advance(&rig.http.clock, 59999);
    http_rig_settle(&rig.http);
    cr_expect_eq(a.times, 0);
    fake_clock_advance(&rig.http.clock, 1);
    client_rig_wait(&rig, &a);
    cr_expect_eq(a.err.code, KEDA_ETIMEOUT);
    cr_expect_not_null(strstr(a.err.text, "/plugin: no answer within 60 s"), "%s", a.err.text);
    client_answer_clear(&a);
    client_rig_close(&rig);
}

Test(identity, closes_while_a_plugin_runs)
{
    client_rig rig;
    client_answer a = {0};

    open_well(&rig, "#!/bin/sh\ntouch \"$(dirname \"$0\")/runs\"\necho runs >&2\n"
                    "exec sleep 1000\n");
    client_rig_send(&rig, "GET", "/a", KEDA_KUBE_NORMAL, &a, NULL);
    http_rig_until(&rig.http, runs, &rig);
    client_rig_close(&rig);
    cr_expect_eq(a.times, 0);
}

Test(identity, takes_a_client_certificate_from_a_plugin)
{
    tls_pair ca = tls_pair_new("ca", NULL), mine = tls_pair_new("me", &ca);
    kube_exec_spec spec = {.api_version = (char[]){"client.authentication.k8s.io/v1beta1"}};
    kube_identity identity = {.exec = &spec};
    int64_t expires_ms = 0;
    keda_buf text = {0};
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(buf_puts(&text, "{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
                                 "\"kind\":\"ExecCredential\",\"status\":{"
                                 "\"clientCertificateData\":\""),
                 KEDA_OK);
    for (const char *c = mine.cert; *c != '\0'; c++)
        cr_assert_eq(*c == '\n' ? buf_puts(&text, "\\n") : buf_putc(&text, *c), KEDA_OK);
    cr_assert_eq(buf_puts(&text, "\",\"clientKeyData\":\""), KEDA_OK);
    for (const char *c = mine.key; *c != '\0'; c++)
        cr_assert_eq(*c == '\n' ? buf_puts(&text, "\\n") : buf_putc(&text, *c), KEDA_OK);
    cr_assert_eq(buf_puts(&text, "\"}}"), KEDA_OK);
    cr_assert_eq(kube_exec_read(&identity, text.data, text.size, &expires_ms, &err), KEDA_OK,
                 "%s", err.text);
    cr_expect_str_eq(identity.cert, mine.cert);
    cr_expect_str_eq(identity.key, mine.key);
    cr_expect_null(identity.token);
    cr_expect_eq(expires_ms, -1);
    cr_expect_eq(identity.version, 1);
    kube_identity_put(&identity.cert, NULL);
    kube_identity_put(&identity.key, NULL);
    keda_buf_clear(&text);
    tls_pair_clear(&mine);
    tls_pair_clear(&ca);
}

/* ---- TLS ------------------------------------------------------------------------------------ */

Test(identity, shows_its_certificate_to_a_server_it_knows)
{
    tls_pair ca = tls_pair_new("ca", NULL), server = tls_pair_new("api", &ca),
             mine = tls_pair_new("me", &ca), stranger = tls_pair_new("stranger", NULL);

    for (int i = 0; i < 2; i++) {
        client_rig rig;
        client_answer a = {0};
        http_peer *peer = tls_peer_open(&server, ca.cert);
        keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
        const kube_places places = {.account_dir = "/nonexistent"};
        char text[1024], path[128];

        client_rig_open(&rig);
        http_rig_add(&rig.http, peer);
        http_peer_reply(peer, "{}");
        client_rig_file(&rig, "ca.crt", i == 0 ? ca.cert : stranger.cert, 0600, NULL, 0);
        client_rig_file(&rig, "me.crt", mine.cert, 0600, NULL, 0);
        client_rig_file(&rig, "me.key", mine.key, 0600, NULL, 0);
        (void)snprintf(text, sizeof text,
                       "current-context: c\n"
                       "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                       "clusters: [{name: k, cluster: {server: '%s', tls-server-name: api, "
                       "certificate-authority: ca.crt}}]\n"
                       "users: [{name: u, user: {client-certificate: me.crt, client-key: "
                       "me.key}}]\n",
                       http_peer_url(peer, ""));
        client_rig_file(&rig, "config", text, 0600, path, sizeof path);
        opts.kubeconfig = path;
        cr_assert_eq(kube_new_at(&rig.kube, rig.http.l, &opts, &places, NULL), KEDA_OK);
        client_rig_ask(&rig, "GET", "/a", &a);
        cr_expect_eq(a.has_body, i == 0, "%s", a.err.text);
        if (i == 1)
            cr_expect_not_null(strstr(a.err.text, "certificate"), "%s", a.err.text);
        client_answer_clear(&a);
        client_rig_close(&rig);
        tls_peer_close(peer);
    }
    tls_pair_clear(&stranger);
    tls_pair_clear(&mine);
    tls_pair_clear(&server);
    tls_pair_clear(&ca);
}
