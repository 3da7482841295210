/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates by OpenSSL's own calls and a transport for http_peer.c over non-blocking SSL.
 */
#include "support/tls_peer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int max_version;
static SSL_CTX *contexts[8]; /* of the peers, by closing order */
static http_peer *peers[8];

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "tls_peer: %s\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}

/* ---- certificates --------------------------------------------------------------------------- */

static char *text_of(BIO *bio)
{
    char *data;
    const long size = BIO_get_mem_data(bio, &data);
    char *text = calloc(1, (size_t)size + 1);

    must(text != NULL, "memory");
    memcpy(text, data, (size_t)size);
    BIO_free(bio);
    return text;
}

static X509 *read_cert(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    must(cert != NULL, "certificate");
    BIO_free(bio);
    return cert;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    must(key != NULL, "key");
    BIO_free(bio);
    return key;
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL && X509_add_ext(cert, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static X509 *cert_new(const char *name, EVP_PKEY *key, X509 *issuer)
{
    static long serial = 1;
    X509 *cert = X509_new();
    X509_NAME *subject;
    char names[256];

    must(cert != NULL && X509_set_version(cert, 2) == 1, "certificate");
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    (void)X509_set_pubkey(cert, key);
    subject = X509_get_subject_name(cert);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                     -1, -1, 0);
    (void)X509_set_issuer_name(cert, X509_get_subject_name(issuer != NULL ? issuer : cert));
    if (issuer == NULL) {
        add_extension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(cert, cert, NID_key_usage, "critical,keyCertSign,digitalSignature");
    } else {
        (void)snprintf(names, sizeof names, "DNS:%s,IP:127.0.0.1", name);
        add_extension(cert, issuer, NID_subject_alt_name, names);
    }
    return cert;
}

tls_pair tls_pair_new(const char *name, const tls_pair *issuer)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = issuer != NULL ? read_cert(issuer->cert) : NULL;
    EVP_PKEY *ca_key = issuer != NULL ? read_key(issuer->key) : NULL;
    X509 *cert;
    BIO *cert_pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem()),
        *locked_pem = BIO_new(BIO_s_mem());
    tls_pair pair;

    must(key != NULL, "key");
    cert = cert_new(name, key, ca);
    must(X509_sign(cert, ca_key != NULL ? ca_key : key, EVP_sha256()) > 0, "signature");
    must(PEM_write_bio_X509(cert_pem, cert) == 1, "PEM");
    must(PEM_write_bio_PKCS8PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) == 1, "PEM");
    must(PEM_write_bio_PKCS8PrivateKey(locked_pem, key, EVP_aes_256_cbc(), TLS_PAIR_PASSWORD,
                                       (int)strlen(TLS_PAIR_PASSWORD), NULL, NULL) == 1,
         "PEM");
    pair = (tls_pair){text_of(cert_pem), text_of(key_pem), text_of(locked_pem)};
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    return pair;
}

void tls_pair_clear(tls_pair *pair)
{
    free(pair->cert);
    free(pair->key);
    free(pair->key_encrypted);
    *pair = (tls_pair){0};
}

/* ---- the transport -------------------------------------------------------------------------- */

static void *stream_open(int fd, void *user)
{
    SSL *ssl = SSL_new(user);

    must(ssl != NULL && SSL_set_fd(ssl, fd) == 1, "SSL");
    SSL_set_accept_state(ssl);
    return ssl;
}

static ssize_t result_of(SSL *ssl, int n)
{
    const int why = n > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, n);

    ERR_clear_error();
    if (why == SSL_ERROR_NONE)
        return n;
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

/* OpenSSL writes without MSG_NOSIGNAL. Only what it raises here is swallowed: a SIGPIPE of the
 * library under test still ends the test. */
static sigset_t pipe_block(void)
{
    sigset_t pipe_only, before;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    return before;
}

static void pipe_unblock(const sigset_t *before)
{
    const struct timespec now = {0};
    sigset_t pipe_only;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)sigtimedwait(&pipe_only, NULL, &now);
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

static ssize_t stream_read(void *stream, void *bytes, size_t size)
{
    const sigset_t before = pipe_block();
    const ssize_t n =
        result_of(stream, SSL_read(stream, bytes, size > INT_MAX ? INT_MAX : (int)size));
    const int error = errno;

    pipe_unblock(&before);
    errno = error;
    return n;
}

static ssize_t stream_write(void *stream, const void *bytes, size_t size)
{
    const sigset_t before = pipe_block();
    const ssize_t n =
        result_of(stream, SSL_write(stream, bytes, size > INT_MAX ? INT_MAX : (int)size));
    const int error = errno;

    pipe_unblock(&before);
    errno = error;
    return n;
}

static void stream_close(void *stream)
{
    const sigset_t before = pipe_block();

    (void)SSL_shutdown(stream);
    SSL_free(stream);
    pipe_unblock(&before);
}

/* Clients that offer ALPN get HTTP/1.1: the peer speaks nothing else. */
static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *size,
                       const unsigned char *in, unsigned in_size, void *user)
{
    static const unsigned char ours[] = "\x08http/1.1";

    (void)ssl;
    (void)user;
    union {
        const unsigned char **in;
        unsigned char **out;
    } cast = {.in = out};
    return SSL_select_next_proto(cast.out, size, ours, sizeof ours - 1, in, in_size) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *context_new(const tls_pair *server, const char *client_ca)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    X509 *cert = read_cert(server->cert);
    EVP_PKEY *key = read_key(server->key);

    must(context != NULL && SSL_CTX_use_certificate(context, cert) == 1 &&
             SSL_CTX_use_PrivateKey(context, key) == 1,
         "server certificate");
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
    (void)SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    if (max_version == 12)
        (void)SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (client_ca != NULL) {
        X509 *ca = read_cert(client_ca);

        must(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca) == 1, "client CA");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        X509_free(ca);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return context;
}

void tls_peer_limit_version(int version)
{
    max_version = version;
}

http_peer *tls_peer_open(const tls_pair *server, const char *client_ca)
{
    size_t i = 0;

    while (i < sizeof peers / sizeof peers[0] && peers[i] != NULL)
        i++;
    must(i < sizeof peers / sizeof peers[0], "too many peers");
    contexts[i] = context_new(server, client_ca);
    peers[i] = http_peer_open_with(&(http_peer_transport){.scheme = "https",
                                                          .open = stream_open,
                                                          .read = stream_read,
                                                          .write = stream_write,
                                                          .close = stream_close,
                                                          .user = contexts[i]});
    return peers[i];
}

void tls_peer_close(http_peer *peer)
{
    http_peer_close(peer);
    for (size_t i = 0; peer != NULL && i < sizeof peers / sizeof peers[0]; i++) {
        if (peers[i] == peer) {
            SSL_CTX_free(contexts[i]);
            peers[i] = NULL;
        }
    }
}
