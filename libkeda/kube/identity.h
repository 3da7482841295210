/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the API server is and who we are to it: from a kubeconfig or from the files a pod is given.
 * Reads files, opens no connection; exec plug-ins run in exec.c. For client.c and queue.c.
 */
#ifndef KUBE_IDENTITY_H
#define KUBE_IDENTITY_H

#include "kube/kube.h"

enum {
    IDENTITY_MAX_FILE = 1024 * 1024,
    IDENTITY_TOKEN_AGE_MS =
        60000 /* a token's file is read again when it was read so long ago */
};

/* A program that prints credentials, as the kubeconfig names it. */
typedef struct kube_exec_spec {
    char *api_version, *command, *install_hint;
    char **args, **env; /* env: "NAME=value" */
    size_t nargs, nenv;
    bool wants_cluster;
    char *cluster_config; /* JSON; NULL: none */
} kube_exec_spec;

/* PEM texts and their files, NULL where there is none. */
struct kube_identity {
    char *server, *space; /* space: NULL when nothing names it */
    char *ca, *ca_file, *server_name;
    bool is_unsafe; /* certificates are not verified */
    char *cert, *cert_file, *key, *key_file;
    char *token, *token_file, *username, *password;
    int64_t token_read_ms;
    kube_exec_spec *exec;
    uint32_t version; /* counts changes of the credentials */
};

/* The environment an identity is looked for in. */
typedef struct kube_places {
    const char *kubeconfig;  /* $KUBECONFIG */
    const char *home;        /* $HOME */
    const char *host, *port; /* of the API server, in a pod */
    const char *account_dir; /* of the service account, in a pod */
} kube_places;
void kube_places_of_system(kube_places *out);

/* Errors: as keda_kube_open. */
keda_status kube_identity_new(kube_identity **out, const kube_places *places,
                              const keda_kube_options *opts, keda_error *err);
void kube_identity_free(kube_identity *identity); /* wiped */

/* Before a request: reads the token's file when it is due. A file that cannot be read leaves the token
 * as it is; without any, that is the error (KEDA_EAUTH). */
keda_status kube_identity_refresh(kube_identity *identity, int64_t now_ms, keda_error *err);

/* After a 401 to credentials of `version`: reads all files anew. False: nothing is there to be renewed. */
bool kube_identity_renew(kube_identity *identity, uint32_t version, int64_t now_ms);

/* Fills what the request says of us; borrowed from the identity until it changes. */
void kube_identity_apply(const kube_identity *identity, keda_http_request *request,
                         keda_http_tls *tls);

/* Reads a bounded PEM or token file into a fresh text. Errors: KEDA_EINVAL and those of the file. */
keda_status kube_identity_read(char **out, const char *path, keda_error *err);
/* Replaces a text that is owned and secret. */
void kube_identity_put(char **owned, char *take_text);

#endif
