/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kubeconfig files say, merged and alone; what is wrong with one, with file, line and path. How a
 * client keeps its credentials is test_identity.c's.
 */
#include "base/buf.h"
#include "kube/identity.h"
#include "kube/kubeconfig.h"
#include "support/client_rig.h"
#include "support/tls_peer.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const kube_places nowhere = {.account_dir = "/nonexistent"};

static keda_status read_text(kube_identity **out, const char *text, const char *context,
                             keda_error *err)
{
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

    opts.kubeconfig_text = text;
    opts.context = context;
    return kube_identity_new(out, &nowhere, &opts, err);
}

Test(kubeconfig, gives_cluster_user_and_namespace_of_the_context)
{
    static const char yaml[] = "apiVersion: v1\n"
                               "kind: Config\n"
                               "current-context: two\n"
                               "contexts:\n"
                               "- name: one\n"
                               "  context: {cluster: a, user: x}\n"
                               "- name: two\n"
                               "  context: {cluster: b, user: why, namespace: team}\n"
                               "clusters:\n"
                               "- name: a\n"
                               "  cluster: {server: 'https://a:6443'}\n"
                               "- name: b\n"
                               "  cluster:\n"
                               "    server: https://b.example/k8s/clusters/c-1//\n"
                               "    insecure-skip-tls-verify: true\n"
                               "    tls-server-name: api.b\n"
                               "users:\n"
                               "- name: x\n"
                               "  user: {username: admin, password: '1'}\n"
                               "- name: why\n"
                               "  user: {token: abc}\n";
    kube_identity *identity = NULL;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(read_text(&identity, yaml, NULL, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(identity->server, "https://b.example/k8s/clusters/c-1");
    cr_expect_str_eq(identity->space, "team");
    cr_expect_str_eq(identity->server_name, "api.b");
    cr_expect_str_eq(identity->token, "abc");
    cr_expect(identity->is_unsafe);
    kube_identity_free(identity);

    cr_assert_eq(read_text(&identity, yaml, "one", &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(identity->server, "https://a:6443");
    cr_expect_null(identity->space);
    cr_expect_null(identity->token);
    cr_expect_str_eq(identity->username, "admin");
    cr_expect_str_eq(identity->password, "1");
    kube_identity_free(identity);
}

Test(kubeconfig, is_read_as_json_too)
{
    static const char json[] =
        "{\"current-context\":\"c\",\"contexts\":[{\"name\":\"c\",\"context\":{\"cluster\":"
        "\"k\"}}],"
        "\"clusters\":[{\"name\":\"k\",\"cluster\":{\"server\":\"http://127.0.0.1:1\"}}]}";
    kube_identity *identity = NULL;

    cr_assert_eq(read_text(&identity, json, NULL, NULL), KEDA_OK);
    cr_expect_str_eq(identity->server, "http://127.0.0.1:1");
    kube_identity_free(identity);
}

/* ---- what is wrong with it ------------------------------------------------------------------ */

#define HEAD                                                                                   \
    "current-context: c\n"                                                                     \
    "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
#define CLUSTER    "clusters: [{name: k, cluster: {server: 'https://h'}}]\n"
#define USER(text) HEAD CLUSTER "users:\n- name: u\n  user:\n    " text "\n"

static const struct {
    const char *text, *error;
} wrong[] = {
    {"", "kubeconfig: no context was named, and there is no current-context"},
    {"[]", "kubeconfig:1: must be a map, not a list"},
    {"a: [", "kubeconfig:2: while parsing a flow node: did not find expected node content"},
    {"a: 1\n---\nb: 2\n", "kubeconfig:3: a second document, where one was expected"},
    {"current-context: 5",
     "kubeconfig:1: current-context: must be a string, not a whole number"},
    {"current-context: c", "kubeconfig: there is no context \"c\""},
    {"current-context: c\ncontexts: [{name: c, context: 7}]",
     "kubeconfig:2: contexts[0].context: must be a map, not a whole number"},
    {"current-context: c\ncontexts: [{name: c, context: {}}]",
     "kubeconfig:2: contexts[0].context.cluster: is missing"},
    {"current-context: c\ncontexts:\n- name: b\n- name: c\n  context:\n    cluster: k\n",
     "kubeconfig:6: contexts[1].context.cluster: there is no cluster \"k\""},
    {HEAD CLUSTER, "kubeconfig:2: contexts[0].context.user: there is no user \"u\""},
    {HEAD "clusters: [{name: k, cluster: {}}]",
     "kubeconfig:3: clusters[0].cluster.server: is missing"},
    {HEAD "clusters: [{name: k, cluster: {server: 'h:6443'}}]",
     "kubeconfig:3: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH], without "
     "credentials or query"},
    {HEAD "clusters: [{name: k, cluster: {server: 'https://me:s3cr3t@h'}}]",
     "kubeconfig:3: clusters[0].cluster.server: must be https://HOST[:PORT][/PATH], without "
     "credentials or query"},
    {HEAD "clusters:\n- name: k\n  cluster:\n    server: https://h\n    proxy-url: http://p\n",
     "kubeconfig:7: clusters[0].cluster.proxy-url: is not supported: set HTTPS_PROXY in the "
     "environment"},
    {HEAD "clusters: [{name: k, cluster: {server: 'https://h', insecure-skip-tls-verify: 1}}]",
     "kubeconfig:3: clusters[0].cluster.insecure-skip-tls-verify: must be true or false, not a "
     "whole number"},
    {HEAD "clusters: [{name: k, cluster: {server: 'https://h', certificate-authority-data: "
          "'s3cr3t!'}}]",
     "kubeconfig:3: clusters[0].cluster.certificate-authority-data: is not base64"},
    {HEAD "clusters: [{name: k, cluster: {server: 'https://h', certificate-authority: "
          "/nonexistent/ca}}]",
     "kubeconfig:3: clusters[0].cluster.certificate-authority: /nonexistent/ca: "},
    {HEAD "clusters: [{name: k, cluster: {server: 'https://h', insecure-skip-tls-verify: true, "
          "certificate-authority-data: eA==}}]",
     "kubeconfig:3: clusters[0].cluster.insecure-skip-tls-verify: excludes a certificate "
     "authority: give one of the two"},
    {USER("token: 12345678"), "kubeconfig:7: users[0].user.token: must be a string, not a "
                              "whole number: put it in quotes"},
    {USER("token: {s3cr3t: 1}"),
     "kubeconfig:7: users[0].user.token: must be a string, not a map"},
    {USER("tokenFile: /nonexistent/t"),
     "kubeconfig:7: users[0].user.tokenFile: /nonexistent/t: "},
    {USER("client-key-data: s3cr3t%"),
     "kubeconfig:7: users[0].user.client-key-data: is not base64"},
    {USER("password: *s3cr3t"), "kubeconfig:7: nothing is named &(not shown) above"},
    {USER("password: !s3cr3t"), "kubeconfig:7: the tag (not shown) means nothing here"},
    {USER("client-key-data: AA=="),
     "kubeconfig:7: users[0].user.client-key-data: is not PEM text in base64"},
    {USER("client-key-data: czNjcjN0"), "kubeconfig:7: users[0].user.client-certificate: is "
                                        "missing: a certificate and its key belong "
                                        "together"},
    {USER("auth-provider: {name: gcp}"),
     "kubeconfig:7: users[0].user.auth-provider: is not supported: use an exec plug-in"},
    {USER("as: root"),
     "kubeconfig:7: users[0].user.as: is not supported: nobody else is impersonated"},
    {USER("exec: run"), "kubeconfig:7: users[0].user.exec: must be a map, not a string"},
    {USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"),
     "kubeconfig:7: users[0].user.exec.apiVersion: must be client.authentication.k8s.io/v1 or "
     "v1beta1"},
    {USER("exec: {apiVersion: client.authentication.k8s.io/v1}"),
     "kubeconfig:7: users[0].user.exec.command: is missing"},
    {USER("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [a, 5]}"),
     "kubeconfig:7: users[0].user.exec.args[1]: must be a string, not a whole number: put it "
     "in "
     "quotes"},
    {USER("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, env: [{value: "
          "s3cr3t}]}"),
     "kubeconfig:7: users[0].user.exec.env[0]: must have a name and a value"},
    {USER("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: "
          "Always}"),
     "kubeconfig:7: users[0].user.exec.interactiveMode: Always is not supported: there is "
     "nobody "
     "to be asked"},
};

Test(kubeconfig, says_what_is_wrong_and_where)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        keda_error err = KEDA_ERROR_INIT;
        kube_identity *identity = NULL;
        const size_t n = strlen(wrong[i].error);
        const bool is_cut = wrong[i].error[n - 1] == ' '; /* what follows is the system's */

        cr_expect_eq(read_text(&identity, wrong[i].text, NULL, &err), KEDA_EINVAL, "row %zu",
                     i);
        cr_expect_null(identity);
        cr_expect_eq(is_cut ? strncmp(err.text, wrong[i].error, n)
                            : strcmp(err.text, wrong[i].error),
                     0, "row %zu: %s", i, err.text);
        cr_expect_null(strstr(err.text, "s3cr3t"));
    }
}

Test(kubeconfig, refuses_keys_that_do_not_fit_without_quoting_them)
{
    tls_pair ca = tls_pair_new("ca", NULL), mine = tls_pair_new("me", &ca);
    kube_identity *identity = NULL;
    keda_error err = KEDA_ERROR_INIT;
    client_rig rig;
    char text[1024];

    client_rig_open(&rig);
    client_rig_file(&rig, "ca.crt", ca.cert, 0600, NULL, 0);
    client_rig_file(&rig, "me.crt", mine.cert, 0600, NULL, 0);
    client_rig_file(&rig, "me.key", mine.key, 0600, NULL, 0);
    client_rig_file(&rig, "ca.key", ca.key, 0600, NULL, 0);
    for (int i = 0; i < 2; i++) {
        char path[128];
        keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;

        (void)snprintf(text, sizeof text,
                       HEAD "clusters: [{name: k, cluster: {server: 'https://h', "
                            "certificate-authority: ca.crt}}]\n"
                            "users: [{name: u, user: {client-certificate: me.crt, client-key: "
                            "%s.key}}]\n",
                       i == 0 ? "me" : "ca");
        client_rig_file(&rig, "config", text, 0600, path, sizeof path);
        opts.kubeconfig = path;
        const keda_status rc = kube_identity_new(&identity, &nowhere, &opts, &err);
        cr_expect_eq(rc, i == 0 ? KEDA_OK : KEDA_EINVAL, "%s", err.text);
        if (i == 0) {
            cr_expect_str_eq(identity->cert, mine.cert);
            cr_expect_str_eq(identity->key, mine.key);
            cr_expect_str_eq(identity->ca, ca.cert);
            kube_identity_free(identity);
        }
        cr_expect_null(strstr(err.text, "PRIVATE"));
    }
    client_rig_close(&rig);
    tls_pair_clear(&mine);
    tls_pair_clear(&ca);
}

Test(kubeconfig, is_bounded)
{
    enum { SIZE = 1024 * 1024 + 1 };
    char *text = malloc(SIZE + 1);
    kube_identity *identity = NULL;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_not_null(text);
    memset(text, ' ', SIZE);
    text[SIZE] = '\0';
    cr_expect_eq(read_text(&identity, text, NULL, &err), KEDA_EINVAL);
    cr_expect_str_eq(err.text, "kubeconfig: larger than 1048576 bytes");
    free(text);
}

/* ---- several files -------------------------------------------------------------------------- */

Test(kubeconfig, takes_each_thing_from_the_first_file_that_has_it)
{
    client_rig rig;
    kube_identity *identity = NULL;
    keda_error err = KEDA_ERROR_INIT;
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    char one[128], two[128], list[512];

    client_rig_open(&rig);
    client_rig_file(&rig, "one",
                    "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
                    "users: [{name: u, user: {token: first}}]\n",
                    0600, one, sizeof one);
    client_rig_file(&rig, "two",
                    "current-context: c\n"
                    "contexts: [{name: c, context: {cluster: other, user: other}}]\n"
                    "clusters: [{name: k, cluster: {server: 'https://two'}}]\n"
                    "users: [{name: u, user: {token: second}}]\n",
                    0600, two, sizeof two);
    (void)snprintf(list, sizeof list, "%s::/nonexistent/config:%s", one, two);
    const kube_places places = {.kubeconfig = list, .account_dir = "/nonexistent"};
    cr_assert_eq(kube_identity_new(&identity, &places, &opts, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(identity->server, "https://two");
    cr_expect_str_eq(identity->token, "first");
    kube_identity_free(identity);
    client_rig_close(&rig);
}

Test(kubeconfig, reads_what_a_file_names_relative_to_it)
{
    client_rig rig;
    kube_identity *identity = NULL;
    keda_error err = KEDA_ERROR_INIT;
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    char path[128];

    client_rig_open(&rig);
    client_rig_file(&rig, "token", " relative \n", 0600, NULL, 0);
    client_rig_file(&rig, "config", USER("{tokenFile: token, token: unused}"), 0600, path,
                    sizeof path);
    opts.kubeconfig = path;
    cr_assert_eq(kube_identity_new(&identity, &nowhere, &opts, &err), KEDA_OK, "%s", err.text);
    cr_expect_null(identity->token);
    cr_assert_eq(kube_identity_refresh(identity, 0, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(identity->token, "relative");
    kube_identity_free(identity);
    client_rig_close(&rig);
}
