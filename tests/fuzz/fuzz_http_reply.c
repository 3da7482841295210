/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an HTTP answer, through a real connection to a scripted peer; and the same bytes as
 * an URL and as a Retry-After. Redirects are not followed: they would leave the machine.
 */
#include "support/http_rig.h"

#include "net/address.h"
#include "net/reply.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void answer_with(const uint8_t *data, size_t size)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;
    http_peer *peer = http_peer_open();
    http_rig_answer a = {.header_name = "Content-Type"};
    http_rig rig;

    http_peer_on(peer, &(http_peer_answer){.body = size > 0 ? (const char *)data : NULL,
                                           .body_size = size,
                                           .flags = HTTP_PEER_RAW});
    http_rig_open(&rig, peer, NULL);
    request.url = http_peer_url(peer, "/");
    request.max_redirects = -1;
    request.max_body_bytes = 65536;
    http_rig_ask(&rig, &request, &a);
    assert(a.times == 1);
    assert(a.has_reply == (a.err.code == KEDA_OK));
    assert(a.has_reply || a.err.text[0] != '\0');
    assert(a.body_size <= request.max_body_bytes);
    http_rig_answer_clear(&a);
    http_rig_close(&rig);
    http_peer_close(peer);
}

static void read_texts(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 1, 1), *url = NULL, label[64];
    http_address address = {0}, again = {0};

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    assert(http_retry_after_ms(text, 1769860800000) >= -1);
    http_address_label(text, label, sizeof label);
    if (http_address_parse(&address, text, NULL) == KEDA_OK) {
        assert(http_address_is_trusted(&address, &address));
        /* What is left is a URL without credentials. */
        assert(curl_url_get(address.parts, CURLUPART_URL, &url, 0) == CURLUE_OK);
        assert(http_address_parse(&again, url, NULL) == KEDA_OK);
        assert(again.user == NULL && again.password == NULL);
        curl_free(url);
        http_address_clear(&again);
        http_address_clear(&address);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_texts(data, size);
    answer_with(data, size);
    return 0;
}
