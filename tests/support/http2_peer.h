/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scripted HTTP peer speaking HTTP/2 without TLS. It does not read what requests say: each one
 * appears as GET or, with a body, POST of "/stream/ID". A scripted header "Trailer-X: v" is sent as
 * the trailer x. Small answers only.
 */
#ifndef SUPPORT_HTTP2_PEER_H
#define SUPPORT_HTTP2_PEER_H

#include "support/http_peer.h"

http_peer *http2_peer_open(void); /* closed by http_peer_close */

#endif
