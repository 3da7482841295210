/* SPDX-License-Identifier: Apache-2.0 */
/* Handing over log records (libkeda/base/log.c). */
#include <criterion/criterion.h>

#include "base/log.h"

struct seen {
    int32_t level;
    size_t npairs;
    int ncalls;
};

static void look(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                 void *user)
{
    struct seen *seen = user;
    seen->level = level;
    seen->npairs = npairs;
    seen->ncalls++;
    cr_expect_str_eq(message, "scaled");
    for (size_t i = 0; i < npairs; i++)
        cr_expect_str_eq(pairs[i].key, i == 0 ? "workload" : "to");
    if (npairs == 2) {
        cr_expect_str_eq(pairs[0].value, "");
        cr_expect_str_eq(pairs[1].value, "4");
    }
}

Test(log, hands_over_pairs_in_order)
{
    struct seen seen = {0};
    const log_sink sink = {.fn = look, .user = &seen};
    log_write(&sink, KEDA_LOG_INFO, "scaled", "workload", (const char *)NULL, "to", "4", NULL);
    cr_expect_eq(seen.level, KEDA_LOG_INFO);
    cr_expect_eq(seen.npairs, 2);
    log_write(&sink, KEDA_LOG_WARN, "scaled", NULL);
    cr_expect_eq(seen.npairs, 0);
    cr_expect_eq(seen.ncalls, 2);
}

Test(log, is_silent_without_a_function)
{
    const log_sink silence = {0};
    log_write(&silence, KEDA_LOG_INFO, "scaled", "to", "4", NULL);
    log_write(NULL, KEDA_LOG_INFO, "scaled", "to", "4", NULL);
}
