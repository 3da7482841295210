/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which identity is taken, and keeping it fresh: the files behind it are read again in time and after a
 * refusal. What a kubeconfig says is kubeconfig.c's.
 */
#include "kube/identity.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/text.h"
#include "kube/kubeconfig.h"
#include "net/tls.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"
#define OPT(opts, member)                                                                      \
    ((opts) != NULL && (opts)->struct_size >=                                                  \
                           offsetof(keda_kube_options, member) + sizeof((opts)->member)        \
         ? (opts)->member                                                                      \
         : NULL)

/* ---- texts and files ------------------------------------------------------------------------ */

void kube_identity_put(char **owned, char *take_text)
{
    mem_free_secret(*owned);
    *owned = take_text;
}

keda_status kube_identity_read(char **out, const char *path, keda_error *err)
{
    keda_buf text = {0};
    keda_status rc = buf_read_file(&text, path, IDENTITY_MAX_FILE, err);

    if (rc == KEDA_OK && text.data != NULL && strlen(text.data) != text.size)
        rc = keda_error_set(err, KEDA_EINVAL, "%s: holds NUL bytes", path);
    if (rc == KEDA_OK) {
        *out = mem_strdup(text.data != NULL ? text.data : "");
        if (*out == NULL)
            rc = keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    if (text.data != NULL)
        mem_wipe(text.data, text.size);
    keda_buf_clear(&text);
    return rc;
}

static keda_status read_token(kube_identity *identity, int64_t now_ms, keda_error *err)
{
    char *text = NULL, *token;
    keda_status rc;

    identity->token_read_ms = now_ms;
    if ((rc = kube_identity_read(&text, identity->token_file, err)) != KEDA_OK)
        return rc;
    const text_view trimmed = text_trim(text, strlen(text));
    token = mem_strndup(trimmed.data, trimmed.size);
    mem_free_secret(text);
    if (token == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (*token == '\0') {
        mem_free(token);
        return keda_error_set(err, KEDA_EAUTH, "%s: holds no token", identity->token_file);
    }
    if (!text_equal(token, identity->token))
        identity->version++;
    kube_identity_put(&identity->token, token);
    return KEDA_OK;
}

keda_status kube_identity_refresh(kube_identity *identity, int64_t now_ms, keda_error *err)
{
    keda_error why = KEDA_ERROR_INIT;

    if (identity->token_file == NULL)
        return KEDA_OK;
    if (identity->token != NULL &&
        now_ms < num_add_sat(identity->token_read_ms, IDENTITY_TOKEN_AGE_MS))
        return KEDA_OK;
    if (read_token(identity, now_ms, &why) == KEDA_OK || identity->token != NULL)
        return KEDA_OK;
    return keda_error_set(err, KEDA_EAUTH, "token: %s", why.text);
}

static void read_again(char **text, const char *path, bool *has_changed)
{
    char *read = NULL;

    if (path == NULL || kube_identity_read(&read, path, NULL) != KEDA_OK)
        return;
    *has_changed = *has_changed || !text_equal(read, *text);
    kube_identity_put(text, read);
}

bool kube_identity_renew(kube_identity *identity, uint32_t version, int64_t now_ms)
{
    bool has_changed = false;

    if (identity->version != version)
        return true;
    if (identity->token_file == NULL && identity->cert_file == NULL)
        return false;
    if (identity->token_file != NULL)
        (void)read_token(identity, now_ms, NULL);
    read_again(&identity->cert, identity->cert_file, &has_changed);
    read_again(&identity->key, identity->key_file, &has_changed);
    read_again(&identity->ca, identity->ca_file, &has_changed);
    if (has_changed)
        identity->version++;
    return true;
}

void kube_identity_apply(const kube_identity *identity, keda_http_request *request,
                         keda_http_tls *tls)
{
    tls->ca = identity->ca;
    tls->cert = identity->cert;
    tls->key = identity->key;
    tls->is_unsafe = identity->is_unsafe;
    tls->server_name = identity->server_name;
    if (text_has_prefix(identity->server, "https:"))
        request->tls = tls;
    request->bearer = identity->token;
    if (identity->token == NULL) {
        request->username = identity->username;
        request->password = identity->password;
    }
}

/* ---- in a pod ------------------------------------------------------------------------------- */

static keda_status join(char **out, const char *dir, const char *name, keda_error *err)
{
    keda_buf path = {0};
    const keda_status rc = buf_printf(&path, "%s/%s", dir, name);

    *out = rc == KEDA_OK ? mem_strdup(path.data) : NULL;
    keda_buf_clear(&path);
    if (*out != NULL)
        return KEDA_OK;
    keda_error_set(err, KEDA_ENOMEM, "out of memory");
    return KEDA_ENOMEM;
}

static bool is_in_pod(const kube_places *places)
{
    char *token = NULL;
    bool is_there;

    if (places->host == NULL || *places->host == '\0' || places->port == NULL ||
        *places->port == '\0' || join(&token, places->account_dir, "token", NULL) != KEDA_OK)
        return false;
    is_there = access(token, R_OK) == 0;
    mem_free(token);
    return is_there;
}

static keda_status read_space(kube_identity *identity, const char *dir, keda_error *err)
{
    char *path = NULL, *text = NULL;
    keda_status rc = join(&path, dir, "namespace", err);

    if (rc != KEDA_OK)
        return rc;
    if (access(path, R_OK) == 0 && (rc = kube_identity_read(&text, path, err)) == KEDA_OK) {
        const text_view trimmed = text_trim(text, strlen(text));
        identity->space = mem_strndup(trimmed.data, trimmed.size);
    }
    mem_free(text);
    mem_free(path);
    return rc;
}

static keda_status from_pod(kube_identity *identity, const kube_places *places, keda_error *err)
{
    const bool is_v6 = strchr(places->host, ':') != NULL;
    keda_buf server = {0};
    keda_status rc = buf_printf(&server, "https://%s%s%s:%s", is_v6 ? "[" : "", places->host,
                                is_v6 ? "]" : "", places->port);

    identity->server = rc == KEDA_OK ? mem_strdup(server.data) : NULL;
    keda_buf_clear(&server);
    if (identity->server == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = join(&identity->token_file, places->account_dir, "token", err)) != KEDA_OK ||
        (rc = join(&identity->ca_file, places->account_dir, "ca.crt", err)) != KEDA_OK ||
        (rc = kube_identity_read(&identity->ca, identity->ca_file, err)) != KEDA_OK ||
        (rc = read_space(identity, places->account_dir, err)) != KEDA_OK)
        return keda_error_wrap(err, rc, "in-cluster identity");
    return KEDA_OK;
}

/* ---- from kubeconfig files ------------------------------------------------------------------ */

/* $KUBECONFIG: several files; missing ones are passed over. */
static keda_status add_list(kubeconfig *c, const char *list, keda_error *err)
{
    for (const char *at = list; *at != '\0';) {
        const size_t n = strcspn(at, ":");
        char *path = n > 0 ? mem_strndup(at, n) : NULL;
        keda_status rc = KEDA_OK;

        if (n > 0)
            rc = path != NULL ? kubeconfig_add_file(c, path, err)
                              : keda_error_set(err, KEDA_ENOMEM, "out of memory");
        mem_free(path);
        if (rc != KEDA_OK && rc != KEDA_ENOTFOUND)
            return rc;
        at += n + (at[n] == ':' ? 1 : 0);
    }
    if (c->count > 0)
        return KEDA_OK;
    return keda_error_set(err, KEDA_ENOTFOUND, "KUBECONFIG: none of its files exists: %s",
                          list);
}

static keda_status add_home(kubeconfig *c, const kube_places *places, keda_error *err)
{
    char *path = NULL;
    keda_status rc = KEDA_ENOTFOUND;

    if (places->home != NULL && *places->home != '\0') {
        if ((rc = join(&path, places->home, ".kube/config", err)) != KEDA_OK)
            return rc;
        rc = kubeconfig_add_file(c, path, err);
        mem_free(path);
    }
    if (rc != KEDA_ENOTFOUND)
        return rc;
    return keda_error_set(err, rc,
                          "no Kubernetes identity: no kubeconfig was named, KUBECONFIG is not "
                          "set, this is not a pod, and there is no ~/.kube/config");
}

static keda_status add_sources(kubeconfig *c, const kube_places *places,
                               const keda_kube_options *opts, bool *is_pod, keda_error *err)
{
    const char *text = OPT(opts, kubeconfig_text);
    const char *file = OPT(opts, kubeconfig);
    keda_status rc;

    if (text != NULL)
        return kubeconfig_add_text(c, text, strlen(text), "kubeconfig", "", err);
    if (file != NULL) {
        rc = kubeconfig_add_file(c, file, err);
        return rc == KEDA_ENOTFOUND ? keda_error_wrap(err, rc, "kubeconfig") : rc;
    }
    if (places->kubeconfig != NULL && *places->kubeconfig != '\0')
        return add_list(c, places->kubeconfig, err);
    *is_pod = is_in_pod(places);
    return *is_pod ? KEDA_OK : add_home(c, places, err);
}

/* Material curl could not use is told now, not with the first request. */
static keda_status check_material(const kube_identity *identity, keda_error *err)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    keda_http_tls tls = {.struct_size = sizeof tls};

    kube_identity_apply(identity, &request, &tls);
    return http_tls_check(&tls, err);
}

keda_status kube_identity_new(kube_identity **out, const kube_places *places,
                              const keda_kube_options *opts, keda_error *err)
{
    kube_identity *identity = mem_zalloc(1, sizeof *identity);
    kubeconfig config = {0};
    bool is_pod = false;
    keda_status rc;

    if (identity == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    rc = add_sources(&config, places, opts, &is_pod, err);
    if (rc == KEDA_OK && is_pod)
        rc = from_pod(identity, places, err);
    else if (rc == KEDA_OK)
        rc = kubeconfig_identity(&config, OPT(opts, context), identity, err);
    if (rc == KEDA_OK)
        rc = check_material(identity, err);
    kubeconfig_clear(&config);
    if (rc == KEDA_OK)
        *out = identity;
    else
        kube_identity_free(identity);
    return rc;
}

void kube_places_of_system(kube_places *out)
{
    *out = (kube_places){.kubeconfig = getenv("KUBECONFIG"),
                         .home = getenv("HOME"),
                         .host = getenv("KUBERNETES_SERVICE_HOST"),
                         .port = getenv("KUBERNETES_SERVICE_PORT"),
                         .account_dir = ACCOUNT_DIR};
}

/* ---- the end -------------------------------------------------------------------------------- */

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free_secret(texts[i]);
    mem_free(texts);
}

static void free_exec(kube_exec_spec *spec)
{
    if (spec == NULL)
        return;
    mem_free(spec->api_version);
    mem_free(spec->command);
    mem_free(spec->install_hint);
    mem_free(spec->cluster_config);
    free_texts(spec->args, spec->nargs);
    free_texts(spec->env, spec->nenv);
    mem_free(spec);
}

void kube_identity_free(kube_identity *identity)
{
    if (identity == NULL)
        return;
    char *const texts[] = {identity->server,     identity->space,    identity->ca,
                           identity->ca_file,    identity->cert,     identity->cert_file,
                           identity->key,        identity->key_file, identity->token,
                           identity->token_file, identity->username, identity->password,
                           identity->server_name};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        mem_free_secret(texts[i]);
    free_exec(identity->exec);
    mem_free(identity);
}
