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
