/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a host under the name its certificate has. curl knows one name per host: it gets the certificate's
 * as the URL's, and where to connect and the Host header apart.
 */
#include "net/server_name.h"

#include "net/no_proxy.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

static keda_status no_memory(keda_error *err)
{
    return keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

static keda_status add(struct curl_slist **list, const char *line, keda_error *err)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        return no_memory(err);
    *list = longer;
    return KEDA_OK;
}

keda_status server_name_take(keda_http_call *call, const keda_http_tls *tls, keda_error *err)
{
    const char *name = http_tls_server_name(tls);

    if (name == NULL)
        return KEDA_OK;
    call->server_name = mem_strdup(name);
    return call->server_name != NULL ? KEDA_OK : no_memory(err);
}

static void forget_asked(keda_http_call *call)
{
    curl_url_cleanup(call->asked);
    curl_slist_free_all(call->connect_to);
    call->asked = NULL;
    call->connect_to = NULL;
}

void server_name_forget(keda_http_call *call)
{
    if (call->connect_to != NULL) {
        (void)curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, NULL);
        (void)curl_easy_setopt(call->easy, CURLOPT_NOPROXY, call->http->no_proxy);
    }
    forget_asked(call);
    mem_free(call->server_name);
    call->server_name = NULL;
}

/* Who is asked stays the host of the address, by its own name. */
static keda_status keep_host(keda_http_call *call, const char *host, const char *port,
                             keda_error *err)
{
    keda_buf line = {0};
    keda_status rc;

    for (const struct curl_slist *h = call->headers; h != NULL; h = h->next) {
        if (strncasecmp(h->data, "Host", 4) == 0 && (h->data[4] == ':' || h->data[4] == ';'))
            return KEDA_OK;
    }
    rc = text_equal(port, "443") ? buf_printf(&line, "Host: %s", host)
                                 : buf_printf(&line, "Host: %s:%s", host, port);
    rc = rc == KEDA_OK ? add(&call->headers, line.data, err) : no_memory(err);
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    keda_buf_clear(&line);
    return rc;
}

static keda_status ask_by_name(keda_http_call *call, const char *host, const char *port,
                               keda_error *err)
{
    const bool is_v6 = strchr(call->server_name, ':') != NULL;
    keda_buf text = {0};
    CURLUcode why = CURLUE_OUT_OF_MEMORY;
    keda_status rc = buf_printf(&text, is_v6 ? "[%s]" : "%s", call->server_name);

    if (rc == KEDA_OK)
        why = curl_url_set(call->asked, CURLUPART_HOST, text.data, 0);
    if (why != CURLUE_OK) {
        keda_buf_clear(&text);
        if (why == CURLUE_OUT_OF_MEMORY)
            return no_memory(err);
        return keda_error_set(err, KEDA_EINVAL, "TLS: server name: %s", curl_url_strerror(why));
    }
    buf_truncate(&text, 0);
    rc = buf_printf(&text, "::%s:%s", host, port);
    rc = rc == KEDA_OK ? add(&call->connect_to, text.data, err) : no_memory(err);
    keda_buf_clear(&text);
    /* curl would look for the certificate's name among the exceptions. */
    (void)curl_easy_setopt(call->easy, CURLOPT_NOPROXY,
                           no_proxy_has(call->http->no_proxy, host) ? "*" : "");
    return rc == KEDA_OK ? keep_host(call, host, port, err) : rc;
}

keda_status server_name_apply(keda_http_call *call, keda_error *err)
{
    char *host = NULL, *port = NULL;
    keda_status rc;

    (void)curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, NULL);
    forget_asked(call);
    call->asked = curl_url_dup(call->address.parts);
    if (call->asked == NULL ||
        curl_url_get(call->asked, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(call->asked, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        rc = no_memory(err);
    else
        rc = ask_by_name(call, host, port, err);
    (void)curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->connect_to);
    curl_free(host);
    curl_free(port);
    return rc;
}
