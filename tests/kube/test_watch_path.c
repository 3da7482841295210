/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a collection, and how long failures make it wait.
 */
#include "kube/watch_path.h"

#include <criterion/criterion.h>

Test(watch_path, asks_for_pages)
{
    const watch_scope all = {.path = "/api/v1/pods"};
    const watch_scope some = {.path = "/api/v1/pods",
                              .label_selector = "a=b,c in (d)",
                              .field_selector = "x!=\xc3\xa4"};
    keda_buf first = {0}, next = {0}, narrow = {0};

    cr_assert_eq(watch_list_path(&first, &all, 500, NULL), KEDA_OK);
    cr_expect_str_eq(first.data, "/api/v1/pods?limit=500");
    cr_assert_eq(watch_list_path(&next, &all, 2, "ey+/J=="), KEDA_OK);
    cr_expect_str_eq(next.data, "/api/v1/pods?limit=2&continue=ey%2B%2FJ%3D%3D");
    cr_assert_eq(watch_list_path(&narrow, &some, 1, NULL), KEDA_OK);
    cr_expect_str_eq(narrow.data, "/api/v1/pods?limit=1&labelSelector=a%3Db%2Cc%20in%20%28d%29"
                                  "&fieldSelector=x%21%3D%C3%A4");
    keda_buf_clear(&first);
    keda_buf_clear(&next);
    keda_buf_clear(&narrow);
}

Test(watch_path, asks_for_a_watch_with_bookmarks)
{
    const watch_scope some = {.path = "/api/v1/pods", .label_selector = "a"};
    keda_buf out = {0};

    cr_assert_eq(watch_stream_path(&out, &some, "77", 333), KEDA_OK);
    cr_expect_str_eq(out.data, "/api/v1/pods?watch=true&allowWatchBookmarks=true"
                               "&timeoutSeconds=333&resourceVersion=77&labelSelector=a");
    keda_buf_clear(&out);
}

Test(watch_path, waits_longer_with_every_failure)
{
    static const struct {
        int32_t failures, http_status;
        int64_t retry_after_ms;
        double chance;
        int64_t expected_ms;
    } cases[] = {
        {1, 0, -1, 0.5, 500},
        {1, 0, -1, 0.0, 400},
        {2, 0, -1, 0.5, 1000},
        {3, 503, -1, 0.5, 2000},
        {5, 0, -1, 0.5, 8000},
        {6, 0, -1, 0.5, 15000},
        {6, 0, -1, 0.0, 12000},
        {INT32_MAX, 0, -1, 0.5, 15000},
        {1, 404, -1, 0.0, 5000},
        {6, 404, -1, 0.5, 15000},
        {1, 429, 3000, 0.5, 3000},
        {5, 429, 3000, 0.5, 8000},
        {1, 503, 86400000, 0.5, 300000},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_error err = KEDA_ERROR_INIT;

        err.http_status = cases[i].http_status;
        err.retry_after_ms = cases[i].retry_after_ms;
        cr_expect_eq(watch_delay_ms(cases[i].failures, &err, cases[i].chance),
                     cases[i].expected_ms, "case %zu", i);
    }
}
