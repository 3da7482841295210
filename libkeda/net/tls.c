/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking PEM texts by OpenSSL and setting curl's TLS options. A CA of a request is added to the
 * system's roots, never instead of them (spec: scalers 2.2).
 */
#include "net/tls.h"

#include "base/buf.h"
#include "base/mem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_CHECKED = 256,                  /* remembered materials */
    MAX_ROOTS_BYTES = 16 * 1024 * 1024, /* of one file of roots */
    DIGEST_SIZE = 32
};

struct http_tls_store {
    keda_buf roots;         /* PEM of the folders, and of the system where curl cannot add it */
    bool has_system_bundle; /* curl's own default; read once and kept by curl */
    int32_t min_version;
    unsigned char checked[MAX_CHECKED][DIGEST_SIZE]; /* a ring */
    size_t nchecked, next_checked;
};

static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

/* ---- checking ------------------------------------------------------------------------------- */

static BIO *bio_of(const char *text)
{
    const size_t size = strlen(text);

    return size > 0 && size < INT32_MAX ? BIO_new_mem_buf(text, (int)size) : NULL;
}

static int give_password(char *out, int size, int is_writing, void *user)
{
    const char *password = user;
    const size_t n = password != NULL ? strlen(password) : 0;

    (void)is_writing;
    if (n == 0 || n > (size_t)size)
        return -1; /* without one OpenSSL would ask on the terminal */
    memcpy(out, password, n);
    return (int)n;
}

static bool has_certificate(const char *pem)
{
    (void)ERR_set_mark(); /* the host may use OpenSSL too: its errors stay */
    BIO *bio = bio_of(pem);
    X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, give_password, NULL) : NULL;
    const bool found = cert != NULL;

    X509_free(cert);
    BIO_free(bio);
    (void)ERR_pop_to_mark();
    return found;
}

/* OpenSSL's callback takes `void *` for what it only hands back. */
static void *password_of(const keda_http_tls *tls)
{
    union {
        const char *in;
        void *out;
    } cast = {.in = tls->key_password};
    return cast.out;
}

static keda_status check_pair(const keda_http_tls *tls, keda_error *err)
{
    (void)ERR_set_mark();
    BIO *cert_bio = bio_of(tls->cert), *key_bio = bio_of(tls->key);
    X509 *cert = NULL;
    EVP_PKEY *key = NULL;
    keda_status rc = KEDA_OK;

    if (cert_bio != NULL)
        cert = PEM_read_bio_X509(cert_bio, NULL, give_password, NULL);
    if (key_bio != NULL)
        key = PEM_read_bio_PrivateKey(key_bio, NULL, give_password, password_of(tls));
    if (cert == NULL)
        rc = keda_error_set(err, KEDA_EINVAL, "TLS: no certificate in the client certificate");
    else if (key == NULL && is_given(tls->key_password))
        rc = keda_error_set(err, KEDA_EINVAL, "TLS: the key cannot be decrypted");
    else if (key == NULL)
        rc = keda_error_set(err, KEDA_EINVAL, "TLS: no key, or an encrypted one");
    else if (X509_check_private_key(cert, key) != 1)
        rc = keda_error_set(err, KEDA_EINVAL, "TLS: certificate and key are no pair");
    EVP_PKEY_free(key);
    X509_free(cert);
    BIO_free(key_bio);
    BIO_free(cert_bio);
    (void)ERR_pop_to_mark();
    return rc;
}

static keda_status check_version(int32_t version, keda_error *err)
{
    if (version == 0 || (version >= 10 && version <= 13))
        return KEDA_OK;
    return keda_error_set(err, KEDA_EINVAL, "TLS: version %d is none of 10, 11, 12, 13",
                          (int)version);
}

/* The caller's struct may be an older, shorter one. */
static keda_http_tls as_known(const keda_http_tls *tls)
{
    keda_http_tls known = {0};

    if (tls != NULL)
        memcpy(&known, tls, tls->struct_size < sizeof known ? tls->struct_size : sizeof known);
    return known;
}

const char *http_tls_server_name(const keda_http_tls *tls)
{
    const keda_http_tls known = as_known(tls);

    return is_given(known.server_name) ? known.server_name : NULL;
}

static bool has_pair(const keda_http_tls *tls)
{
    return is_given(tls->cert) && is_given(tls->key);
}

keda_status http_tls_check(const keda_http_tls *tls, keda_error *err)
{
    const keda_http_tls known = as_known(tls);
    keda_status rc = check_version(known.min_version, err);

    if (rc != KEDA_OK)
        return rc;
    if (is_given(known.ca) && !has_certificate(known.ca))
        return keda_error_set(err, KEDA_EINVAL, "TLS: no certificate in the CA");
    return has_pair(&known) ? check_pair(&known, err) : KEDA_OK;
}

/* ---- what was checked before ---------------------------------------------------------------- */

/* The digest of the texts and their borders, so that no key is kept. */
static bool digest(const keda_http_tls *tls, unsigned char out[DIGEST_SIZE])
{
    const char *const texts[] = {tls->ca, tls->cert, tls->key, tls->key_password};
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned size = DIGEST_SIZE;
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

    for (size_t i = 0; ok && i < sizeof texts / sizeof texts[0]; i++) {
        const char *text = texts[i] != NULL ? texts[i] : "";
        ok = EVP_DigestUpdate(context, text, strlen(text) + 1) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(context, out, &size) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static keda_status check_once(http_tls_store *store, const keda_http_tls *tls, keda_error *err)
{
    unsigned char key[DIGEST_SIZE];
    keda_status rc;

    if (!digest(tls, key))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; i < store->nchecked; i++) {
        if (memcmp(store->checked[i], key, sizeof key) == 0)
            return check_version(tls->min_version, err);
    }
    if ((rc = http_tls_check(tls, err)) != KEDA_OK)
        return rc;
    memcpy(store->checked[store->next_checked], key, sizeof key);
    store->next_checked = (store->next_checked + 1) % MAX_CHECKED;
    if (store->nchecked < MAX_CHECKED)
        store->nchecked++;
    return KEDA_OK;
}

/* ---- the roots ------------------------------------------------------------------------------ */

static keda_status add_root_file(keda_buf *roots, const char *path)
{
    const size_t before = roots->size;
    keda_status rc = buf_read_file(roots, path, MAX_ROOTS_BYTES, NULL);

    if (rc == KEDA_ENOMEM)
        return rc;
    if (rc == KEDA_OK && roots->size > before && has_certificate(roots->data + before))
        return buf_putc(roots, '\n');
    if (roots->data != NULL)
        buf_truncate(roots, before);
    return KEDA_OK;
}

static keda_status add_root_dir(keda_buf *roots, const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    keda_status rc = KEDA_OK;
    char file[4096];

    if (dir == NULL)
        return KEDA_OK;
    while (rc == KEDA_OK && (entry = readdir(dir)) != NULL) {
        const int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);

        if (entry->d_name[0] != '.' && n > 0 && (size_t)n < sizeof file)
            rc = add_root_file(roots, file);
    }
    (void)closedir(dir);
    return rc;
}

/* curl replaces its bundle by what a request adds, but keeps its folder of roots beside it. Where
 * it has no folder, the bundle's text must be part of what is added. */
static keda_status add_system_roots(http_tls_store *store)
{
    CURL *easy = curl_easy_init();
    char *bundle = NULL, *folder = NULL;
    keda_status rc = KEDA_OK;

    if (easy == NULL)
        return KEDA_ENOMEM;
    (void)curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle);
    (void)curl_easy_getinfo(easy, CURLINFO_CAPATH, &folder);
    store->has_system_bundle = bundle != NULL && access(bundle, R_OK) == 0;
    if (store->has_system_bundle && (folder == NULL || access(folder, X_OK) != 0))
        rc = add_root_file(&store->roots, bundle);
    curl_easy_cleanup(easy);
    return rc;
}

keda_status http_tls_store_new(http_tls_store **out, const char *const *dirs, size_t ndirs,
                               int32_t min_version, keda_error *err)
{
    http_tls_store *store;
    keda_status rc = check_version(min_version, err);

    if (rc != KEDA_OK)
        return rc;
    store = mem_zalloc(1, sizeof *store);
    if (store == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    store->min_version = min_version != 0 ? min_version : 12;
    rc = add_system_roots(store);
    for (size_t i = 0; rc == KEDA_OK && i < ndirs; i++)
        rc = add_root_dir(&store->roots, dirs[i]);
    if (rc != KEDA_OK) {
        http_tls_store_free(store);
        return keda_error_set(err, rc, "out of memory");
    }
    *out = store;
    return KEDA_OK;
}

void http_tls_store_free(http_tls_store *store)
{
    if (store == NULL)
        return;
    keda_buf_clear(&store->roots);
    mem_free(store);
}

/* ---- curl's options ------------------------------------------------------------------------- */

static CURLcode set_blob(CURL *easy, CURLoption option, const char *text, size_t size)
{
    union {
        const char *in;
        void *out;
    } cast = {.in = text};
    struct curl_blob blob = {cast.out, size, CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, &blob);
}

static CURLcode set_roots(const http_tls_store *store, const char *ca, CURL *easy)
{
    keda_buf all = {0};
    CURLcode rc = CURLE_OUT_OF_MEMORY;

    if (!is_given(ca) && store->roots.size == 0) {
        /* Without the folder curl keeps the parsed bundle from one connection to the next. */
        return store->has_system_bundle ? curl_easy_setopt(easy, CURLOPT_CAPATH, NULL)
                                        : CURLE_OK;
    }
    if (!is_given(ca))
        return set_blob(easy, CURLOPT_CAINFO_BLOB, store->roots.data, store->roots.size);
    if (buf_append(&all, store->roots.data, store->roots.size) == KEDA_OK &&
        buf_puts(&all, ca) == KEDA_OK)
        rc = set_blob(easy, CURLOPT_CAINFO_BLOB, all.data, all.size);
    keda_buf_clear(&all);
    return rc;
}

static CURLcode set_pair(const keda_http_tls *tls, CURL *easy)
{
    CURLcode rc = set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert, strlen(tls->cert));

    if (rc == CURLE_OK)
        rc = set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key, strlen(tls->key));
    if (rc == CURLE_OK && is_given(tls->key_password))
        rc = curl_easy_setopt(easy, CURLOPT_KEYPASSWD, tls->key_password);
    return rc;
}

static long version_of(int32_t version)
{
    static const long versions[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1,
                                    CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};

    return versions[version - 10];
}

keda_status http_tls_apply(http_tls_store *store, const keda_http_tls *tls, CURL *easy,
                           keda_error *err)
{
    const keda_http_tls known = as_known(tls);
    const int32_t version = known.min_version != 0 ? known.min_version : store->min_version;
    CURLcode set;
    keda_status rc = KEDA_OK;

    if (is_given(known.ca) || has_pair(&known))
        rc = check_once(store, &known, err);
    else
        rc = check_version(known.min_version, err);
    if (rc != KEDA_OK)
        return rc;
    set = set_roots(store, known.ca, easy);
    if (set == CURLE_OK && has_pair(&known))
        set = set_pair(&known, easy);
    if (set == CURLE_OK && known.is_unsafe != 0) {
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (set == CURLE_OK)
        set = curl_easy_setopt(easy, CURLOPT_SSLVERSION, version_of(version));
    if (set != CURLE_OK)
        return keda_error_set(err, set == CURLE_OUT_OF_MEMORY ? KEDA_ENOMEM : KEDA_EUNSUPPORTED,
                              "TLS: %s", curl_easy_strerror(set));
    return KEDA_OK;
}
