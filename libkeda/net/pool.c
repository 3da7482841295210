/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One curl multi handle on the loop: its sockets are watches, its next deadline a timer. Makes and
 * frees the pool and keeps spare easy handles; what a call is lies in http.c.
 */
#include "net/pool.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* Never proxied, as Go does it; curl alone would ask the proxy for them. */
#define LOOPBACK "localhost,127.0.0.0/8,::1"

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready;

static void init_curl(void)
{
    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- easy handles --------------------------------------------------------------------------- */

CURL *pool_take_handle(keda_http *http)
{
    return http->nspare > 0 ? http->spare[--http->nspare] : curl_easy_init();
}

void pool_give_handle(keda_http *http, CURL *easy)
{
    if (easy == NULL)
        return;
    if (http->nspare == POOL_SPARE_HANDLES) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    http->spare[http->nspare++] = easy;
}

/* ---- curl's events -------------------------------------------------------------------------- */

void pool_collect(keda_http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        const CURLcode result = message->data.result; /* the message dies with its handle */
        char *call = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        call_on_transfer_done((keda_http_call *)(void *)call, result);
    }
}

static void on_ready(loop_watch *watch, int events, void *user)
{
    const http_socket *s = user;
    keda_http *http = s->http; /* curl may end the socket */
    int bits = 0, running;

    (void)watch;
    if (events & LOOP_READABLE)
        bits |= CURL_CSELECT_IN;
    if (events & LOOP_WRITABLE)
        bits |= CURL_CSELECT_OUT;
    (void)curl_multi_socket_action(http->multi, s->fd, bits, &running);
    pool_collect(http);
}

static void on_timer(loop_timer *timer, void *user)
{
    keda_http *http = user;
    int running;

    (void)timer;
    (void)curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    pool_collect(http);
}

/* Without memory for the timer the calls' own deadlines remain, so failure is not reported: it
 * would end every other call of the pool. The same holds for sockets below. */
static int set_timer(CURLM *multi, long timeout_ms, void *user)
{
    keda_http *http = user;

    (void)multi;
    if (timeout_ms < 0)
        loop_timer_cancel(http->l, &http->timer);
    else
        (void)loop_timer_set(http->l, &http->timer, loop_now_ms(http->l) + timeout_ms, on_timer,
                             http, NULL);
    return 0;
}

static void socket_free(http_socket *s)
{
    keda_http *http = s->http;

    loop_watch_close(s->watch);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        http->sockets = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    mem_free(s);
}

static void socket_new(keda_http *http, curl_socket_t fd, int events)
{
    http_socket *s = mem_zalloc(1, sizeof *s);

    if (s == NULL)
        return;
    s->http = http;
    s->fd = fd;
    if (loop_watch_open(&s->watch, http->l, fd, events, on_ready, s, NULL) != KEDA_OK) {
        mem_free(s);
        return;
    }
    s->next = http->sockets;
    if (s->next != NULL)
        s->next->prev = s;
    http->sockets = s;
    (void)curl_multi_assign(http->multi, fd, s);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
    http_socket *s = socket_user;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s != NULL)
            socket_free(s);
        return 0;
    }
    if (what & CURL_POLL_IN)
        events |= LOOP_READABLE;
    if (what & CURL_POLL_OUT)
        events |= LOOP_WRITABLE;
    if (s == NULL)
        socket_new(user, fd, events);
    else
        (void)loop_watch_set(s->watch, events, NULL);
    return 0;
}

/* ---- the pool ------------------------------------------------------------------------------- */

/* The first variable that is set; "" when none is. */
static const char *from_environment(const char *const names[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL)
            return value;
    }
    return "";
}

/* As Go and curl together: HTTP_PROXY is not read in a CGI program, where a client can set it. */
static const char *find_http_proxy(void)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    static const char *const cgi_unsafe[] = {"http_proxy", "HTTP_PROXY", "all_proxy",
                                             "ALL_PROXY"};

    return getenv("REQUEST_METHOD") != NULL ? from_environment(names, 3)
                                            : from_environment(cgi_unsafe, 4);
}

static const char *find_https_proxy(void)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    return from_environment(names, 4);
}

static keda_status list_exceptions(keda_http *http, const char *given)
{
    static const char *const names[] = {"no_proxy", "NO_PROXY"};
    const char *direct = given != NULL ? given : from_environment(names, 2);
    keda_buf list = {0};
    keda_status rc;

    if (text_equal(direct, "*")) /* curl knows it alone only */
        rc = buf_puts(&list, direct);
    else
        rc = buf_printf(&list, "%s,%s", LOOPBACK, direct);
    http->no_proxy = list.data;
    return rc;
}

static keda_status find_proxies(keda_http *http, const http_pool_options *opts, keda_error *err)
{
    const char *plain = opts->http_proxy != NULL ? opts->http_proxy : find_http_proxy();
    keda_status rc = KEDA_OK;

    http->http_proxy = mem_strdup(plain);
    http->https_proxy = mem_strdup(find_https_proxy());
    if (http->http_proxy == NULL || http->https_proxy == NULL)
        rc = KEDA_ENOMEM;
    else if (*http->http_proxy != '\0' || *http->https_proxy != '\0')
        rc = list_exceptions(http, opts->no_proxy);
    return rc == KEDA_OK ? rc : keda_error_set(err, rc, "out of memory");
}

const char *pool_proxy(const keda_http *http, bool is_tls)
{
    return is_tls ? http->https_proxy : http->http_proxy;
}

static void ask_curl(keda_http *http)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    http->encoding = curl->features & CURL_VERSION_LIBZ ? "gzip" : NULL;
    http->can_share_h2c = curl->version_num >= 0x080000;
}

static keda_status open_multi(keda_http *http, const http_pool_options *opts, keda_error *err)
{
    const size_t kept = opts->max_connections > 0 ? opts->max_connections : 1000;

    (void)pthread_once(&curl_once, init_curl);
    if (curl_ready != CURLE_OK)
        return keda_error_set(err, KEDA_EINTERNAL, "libcurl: %s",
                              curl_easy_strerror(curl_ready));
    http->multi = curl_multi_init();
    if (http->multi == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    (void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    (void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    (void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    (void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    (void)curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)kept);
    return KEDA_OK;
}

keda_status http_pool_new(keda_http **out, loop *l, const http_pool_options *opts,
                          keda_error *err)
{
    static const http_pool_options defaults;
    keda_http *http = mem_zalloc(1, sizeof *http);
    keda_status rc;

    assert(out != NULL && l != NULL);
    if (http == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (opts == NULL)
        opts = &defaults;
    http->l = l;
    http->timeout_ms = opts->timeout_ms > 0 ? opts->timeout_ms : 3000;
    http->idle_ms = opts->idle_ms > 0 ? opts->idle_ms : 90000;
    http->is_keep_alive_off = opts->is_keep_alive_off;
    ask_curl(http);
    if ((rc = open_multi(http, opts, err)) != KEDA_OK)
        goto out;
    if ((rc = find_proxies(http, opts, err)) != KEDA_OK)
        goto out;
    rc = http_tls_store_new(&http->tls, opts->ca_dirs, opts->nca_dirs, opts->min_tls_version,
                            err);
    if (rc != KEDA_OK)
        goto out;
    *out = http;
    http = NULL;
out:
    http_pool_free(http);
    return rc;
}

int64_t http_pool_timeout_ms(const keda_http *http)
{
    return http->timeout_ms;
}

void http_pool_free(keda_http *http)
{
    if (http == NULL)
        return;
    while (http->calls != NULL)
        call_drop(http->calls);
    while (http->nspare > 0)
        curl_easy_cleanup(http->spare[--http->nspare]);
    if (http->multi != NULL)
        (void)curl_multi_cleanup(http->multi); /* closes the kept connections */
    while (http->sockets != NULL)
        socket_free(http->sockets);
    loop_timer_cancel(http->l, &http->timer);
    http_tls_store_free(http->tls);
    mem_free_secret(http->http_proxy);
    mem_free_secret(http->https_proxy);
    mem_free(http->no_proxy);
    mem_free(http);
}
