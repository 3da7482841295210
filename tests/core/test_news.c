/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which decisions are worth telling beside the newest one that was kept (libkeda/core/news.c).
 */
#include "core/situation.h"

#include <keda/explain.h>

static keda_record record_of(uint32_t due, int32_t reason)
{
    keda_record record = KEDA_RECORD_INIT;
    record.due = due;
    record.reason = reason;
    record.to = 4;
    record.is_active = 1;
    return record;
}

Test(news, is_no_poll_behind_a_sync_that_tells_more)
{
    const keda_record sync = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    const keda_record poll = record_of(KEDA_DUE_POLL, KEDA_REASON_NO_SYNC);
    cr_assert(!keda_record_is_news(&poll, &sync));
    cr_assert(keda_record_is_news(&sync, &poll));
    cr_assert(keda_record_is_news(&poll, &poll), "it lengthens the run");
}

Test(news, is_a_poll_with_another_outcome)
{
    const keda_record poll = record_of(KEDA_DUE_POLL, KEDA_REASON_NO_SYNC);
    keda_record sync = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);

    sync.to = 5;
    cr_assert(keda_record_is_news(&poll, &sync));
    sync = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    sync.is_active = 0;
    cr_assert(keda_record_is_news(&poll, &sync));
    sync = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    sync.is_error = 1;
    cr_assert(keda_record_is_news(&poll, &sync));
    sync = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    sync.outcome = KEDA_OUTCOME_FAILED;
    cr_assert(keda_record_is_news(&poll, &sync));
}

Test(news, is_a_sync_with_other_metrics)
{
    keda_record_metric a = {.value_milli = 1000}, b = {.value_milli = 2000};
    keda_record kept = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    keda_record made = record_of(KEDA_DUE_SYNC | KEDA_DUE_POLL, KEDA_REASON_METRIC);

    kept.metrics = &a;
    made.metrics = &b;
    kept.nmetrics = made.nmetrics = 1;
    cr_assert(keda_record_is_news(&made, &kept));
    b.value_milli = 1000;
    cr_assert(!keda_record_is_news(&made, &kept));
    made.reason = KEDA_REASON_TOLERANCE;
    cr_assert(keda_record_is_news(&made, &kept));
}

Test(news, is_a_write_and_what_follows_at_the_same_instants)
{
    const keda_record kept = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    keda_record made = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);

    cr_assert(keda_record_is_news(&made, &kept), "it lengthens the run");
    made.due |= KEDA_DUE_POLL;
    cr_assert(!keda_record_is_news(&made, &kept));
    made.is_write = 1;
    cr_assert(keda_record_is_news(&made, &kept));
}

Test(news, looks_at_each_member_of_a_metric)
{
    keda_record_metric a[2] = {{.value_milli = 1}, {.value_milli = 2}}, b[2];
    keda_record kept = record_of(KEDA_DUE_SYNC, KEDA_REASON_METRIC);
    keda_record made = record_of(KEDA_DUE_SYNC | KEDA_DUE_POLL, KEDA_REASON_METRIC);

    kept.metrics = a;
    made.metrics = b;
    kept.nmetrics = made.nmetrics = 2;
    for (int member = 0; member < 3; member++) {
        memcpy(b, a, sizeof b);
        b[1].replicas = member == 0;
        b[1].state = member == 1;
        b[1].is_fallback = member == 2;
        cr_expect(keda_record_is_news(&made, &kept), "member %d", member);
    }
    memcpy(b, a, sizeof b);
    made.nmetrics = 1;
    cr_expect(keda_record_is_news(&made, &kept), "fewer of them");
    cr_expect(keda_record_is_news(&kept, &made), "more of them");
}
