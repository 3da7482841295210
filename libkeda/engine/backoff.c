/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of waiting; sets no timer.
 */
#include "engine/backoff.h"

enum { FIRST_MS = 1000, LAST_MS = 60000, LAST_DOUBLING = 6, HINT_LIMIT_MS = 3600000 };

void backoff_failed(backoff *b, int64_t now_ms, int64_t retry_after_ms, clock_random *random)
{
    const int32_t doublings = b->failures < LAST_DOUBLING ? b->failures : LAST_DOUBLING;
    int64_t step_ms = (int64_t)FIRST_MS << doublings;

    step_ms = step_ms < LAST_MS ? step_ms : LAST_MS;
    const double spread = 0.8 + 0.4 * clock_random_unit(random);
    int64_t wait_ms = (int64_t)((double)step_ms * spread);
    if (retry_after_ms > HINT_LIMIT_MS)
        retry_after_ms = HINT_LIMIT_MS;
    if (wait_ms < retry_after_ms)
        wait_ms = retry_after_ms;
    if (b->failures < INT32_MAX)
        b->failures++;
    b->until_ms = now_ms + wait_ms;
}

void backoff_reset(backoff *b)
{
    *b = (backoff){0};
}

int64_t backoff_left_ms(const backoff *b, int64_t now_ms)
{
    if (b->failures == 0 || b->until_ms <= now_ms)
        return 0;
    return b->until_ms - now_ms;
}

bool backoff_counts(int32_t status)
{
    return status == KEDA_EUNAVAILABLE || status == KEDA_ETIMEOUT || status == KEDA_ELIMIT ||
           status == KEDA_EPROTOCOL || status == KEDA_EAUTH;
}
