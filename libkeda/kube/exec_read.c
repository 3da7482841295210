/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecCredentials both ways: what a plug-in is told, and what it printed. No message quotes a value
 * of it.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "kube/dump.h"
#include "kube/exec.h"
#include "kube/exec_info.h"
#include "lang/base64.h"
#include "net/tls.h"

#include <jansson.h>

#include <string.h>

/* ---- told ----------------------------------------------------------------------------------- */

static bool set(json_t *map, const char *name, json_t *take_value)
{
    return json_object_set_new(map, name, take_value) == 0;
}

static json_t *base64_of(const char *text)
{
    keda_buf encoded = {0};
    json_t *value = NULL;

    if (base64_encode(&encoded, text, strlen(text)) == KEDA_OK)
        value = json_stringn(encoded.data, encoded.size);
    keda_buf_clear(&encoded);
    return value;
}

static json_t *cluster_of(const kube_identity *identity)
{
    const char *config = identity->exec->cluster_config;
    json_t *cluster = json_pack("{ss}", "server", identity->server);
    bool is_ok = cluster != NULL;

    if (is_ok && identity->server_name != NULL)
        is_ok = set(cluster, "tls-server-name", json_string(identity->server_name));
    if (is_ok && identity->is_unsafe)
        is_ok = set(cluster, "insecure-skip-tls-verify", json_true());
    if (is_ok && identity->ca != NULL)
        is_ok = set(cluster, "certificate-authority-data", base64_of(identity->ca));
    if (is_ok && config != NULL)
        is_ok = set(cluster, "config", json_loads(config, JSON_DECODE_ANY, NULL));
    if (is_ok)
        return cluster;
    json_decref(cluster);
    return NULL;
}

keda_status exec_info(keda_buf *out, const kube_identity *identity, keda_error *err)
{
    json_t *spec = json_pack("{sb}", "interactive", 0);
    json_t *info;
    bool is_ok = spec != NULL;

    if (is_ok && identity->exec->wants_cluster)
        is_ok = set(spec, "cluster", cluster_of(identity));
    info = json_pack("{sssssO}", "apiVersion", identity->exec->api_version, "kind",
                     "ExecCredential", "spec", spec);
    is_ok = is_ok && info != NULL && buf_puts(out, "KUBERNETES_EXEC_INFO=") == KEDA_OK &&
            kube_dump(info, out);
    json_decref(info);
    json_decref(spec);
    return is_ok ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

/* ---- printed -------------------------------------------------------------------------------- */

static keda_status protocol(keda_error *err, const char *what)
{
    return keda_error_set(err, KEDA_EPROTOCOL, "what it printed %s", what);
}

static keda_status check_frame(const kube_identity *identity, const keda_json *root,
                               keda_error *err)
{
    const char *kind = keda_json_string(keda_json_get(root, "kind"));
    const char *version = keda_json_string(keda_json_get(root, "apiVersion"));

    if (!text_equal(kind, "ExecCredential"))
        return protocol(err, "is not an ExecCredential");
    if (!text_equal(version, identity->exec->api_version))
        return keda_error_set(err, KEDA_EPROTOCOL,
                              "what it printed has another apiVersion than %s",
                              identity->exec->api_version);
    return KEDA_OK;
}

static keda_status read_expiry(const keda_json *status, int64_t *expires_wall_ms,
                               keda_error *err)
{
    const keda_json *at = keda_json_get(status, "expirationTimestamp");
    const char *text = keda_json_string(at);

    *expires_wall_ms = -1;
    if (keda_json_type_of(at) == KEDA_JSON_NULL)
        return KEDA_OK;
    if (text != NULL)
        *expires_wall_ms = clock_parse_utc(text);
    if (*expires_wall_ms < 0)
        return protocol(err, "has an expirationTimestamp that is not a time");
    return KEDA_OK;
}

/* NULL for absent and empty. */
static const char *text_at(const keda_json *status, const char *name)
{
    const char *text = keda_json_string(keda_json_get(status, name));

    return text != NULL && *text != '\0' ? text : NULL;
}

static keda_status put_credentials(kube_identity *identity, const keda_json *status,
                                   keda_error *err)
{
    const char *const from[] = {text_at(status, "token"),
                                text_at(status, "clientCertificateData"),
                                text_at(status, "clientKeyData")};
    const keda_http_tls tls = {.struct_size = sizeof tls, .cert = from[1], .key = from[2]};
    char *copies[3] = {NULL, NULL, NULL};
    bool is_ok = true;

    if (from[0] == NULL && from[1] == NULL)
        return protocol(err, "has neither token nor clientCertificateData");
    if ((from[1] == NULL) != (from[2] == NULL))
        return protocol(err, "has one of clientCertificateData and clientKeyData alone");
    if (http_tls_check(&tls, NULL) != KEDA_OK)
        return protocol(err, "has a client certificate and key that cannot be used");
    for (size_t i = 0; i < 3; i++) {
        copies[i] = mem_strdup(from[i]);
        is_ok = is_ok && (copies[i] != NULL || from[i] == NULL);
    }
    char **const to[] = {&identity->token, &identity->cert, &identity->key};
    for (size_t i = 0; i < 3; i++) {
        if (is_ok)
            kube_identity_put(to[i], copies[i]);
        else
            mem_free_secret(copies[i]);
    }
    if (!is_ok)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    identity->version++;
    return KEDA_OK;
}

keda_status kube_exec_read(kube_identity *identity, const char *text, size_t size,
                           int64_t *expires_wall_ms, keda_error *err)
{
    keda_json *root = NULL;
    keda_status rc = keda_json_parse(&root, text, size, NULL);

    if (rc == KEDA_ENOMEM)
        return keda_error_set(err, rc, "out of memory");
    if (rc != KEDA_OK)
        return protocol(err, "is not JSON");
    const keda_json *status = keda_json_get(root, "status");
    if ((rc = check_frame(identity, root, err)) == KEDA_OK &&
        (rc = read_expiry(status, expires_wall_ms, err)) == KEDA_OK)
        rc = put_credentials(identity, status, err);
    keda_json_free(root);
    return rc;
}
