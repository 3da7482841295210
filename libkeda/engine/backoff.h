/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How soon a failing peer is asked again: 1 s, doubling to 60 s, give or take a fifth; the first
 * success resets it. Used by endpoints, by triggers without one, and for opening either.
 */
#ifndef ENGINE_BACKOFF_H
#define ENGINE_BACKOFF_H

#include <stdbool.h>

#include "base/clock.h"

typedef struct backoff {
    int32_t failures; /* in a row */
    int64_t until_ms; /* not before; monotonic */
} backoff;

/* retry_after_ms: what the peer asked for, negative when it gave no hint. */
void backoff_failed(backoff *b, int64_t now_ms, int64_t retry_after_ms, clock_random *random);
void backoff_reset(backoff *b);
/* Milliseconds still to wait; 0: may be asked. */
int64_t backoff_left_ms(const backoff *b, int64_t now_ms);
/* True for failures that say the peer is not well, rather than that one question was wrong. */
bool backoff_counts(int32_t status);

#endif
