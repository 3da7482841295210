/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS for tests: certificates made on the spot, and the scripted HTTP peer behind TLS. A test that
 * includes this links libssl.
 */
#ifndef SUPPORT_TLS_PEER_H
#define SUPPORT_TLS_PEER_H

#include "support/http_peer.h"

/* PEM texts, owned. */
typedef struct tls_pair {
    char *cert;
    char *key;
    char *key_encrypted; /* the same key as encrypted PKCS#8 under "swordfish" */
} tls_pair;

#define TLS_PAIR_PASSWORD "swordfish"

/* A new key and its certificate. name: CN and, for a server, DNS name; address 127.0.0.1 is always
 * added. issuer NULL: a self-signed CA. */
tls_pair tls_pair_new(const char *name, const tls_pair *issuer);
void tls_pair_clear(tls_pair *pair);

/* client_ca NULL: clients need no certificate. */
http_peer *tls_peer_open(const tls_pair *server, const char *client_ca);
void tls_peer_close(http_peer *peer);
/* The most a peer opened afterwards speaks: 12 or 13; 0: no bound. */
void tls_peer_limit_version(int version);

#endif
