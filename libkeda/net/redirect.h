/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an answer sends a call elsewhere, and what the next request may carry. For http.c.
 */
#ifndef NET_REDIRECT_H
#define NET_REDIRECT_H

#include "net/pool.h"

/* Looks at a transfer that is over. *is_followed: the call's options are those of the next request.
 * Else the answer is the caller's. Errors: KEDA_EPROTOCOL after too many, or to where HTTP does not
 * reach. */
keda_status redirect_follow(keda_http_call *call, bool *is_followed, keda_error *err);

#endif
