/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a host is asked without the proxy, for calls where curl cannot tell because it knows the host by
 * another name. Pure. For request.c.
 */
#ifndef NET_NO_PROXY_H
#define NET_NO_PROXY_H

#include <stdbool.h>

/* list: as curl reads it: names with what lies below them, addresses, networks ("10.0.0.0/8"), separated by
 * commas or blanks; "*" alone: every host. host: as in a URL, IPv6 in brackets. */
bool no_proxy_has(const char *list, const char *host);

#endif
