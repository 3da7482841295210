/* SPDX-License-Identifier: Apache-2.0 */
/* Names of metrics (libkeda/lang/metric_name.c). More of them are in tests/vectors/metric_name. */
#include <criterion/criterion.h>

#include "lang/metric_name.h"

Test(metric_name, normalizes_seven_characters_and_nothing_else)
{
    char name[] = "A/b.c:d%e(f)g h_i,j+k\xc3\xa9";
    metric_name_normalize(name);
    cr_expect_str_eq(name, "A-b-c-d-e-f-g h_i,j+k\xc3\xa9");
}

Test(metric_name, puts_the_index_in_front_and_takes_it_off_again)
{
    keda_buf out = {0};
    cr_assert_eq(metric_name_prefixed(&out, 10, "kafka-t"), KEDA_OK);
    cr_expect_str_eq(out.data, "s10-kafka-t");
    cr_expect_str_eq(metric_name_without_index(out.data, 10), "kafka-t");
    cr_expect_null(metric_name_without_index(out.data, 1));
    cr_expect_null(metric_name_without_index("s-1-x", -1));
    cr_expect_null(metric_name_without_index("s1", 1));
    keda_buf_clear(&out);
}

Test(metric_name, escapes_queues_as_a_query_does)
{
    keda_buf out = {0};
    cr_assert_eq(metric_name_query_escape(&out, "a/b.c d~\xc3\xa9"), KEDA_OK);
    cr_expect_str_eq(out.data, "a%2Fb.c+d~%C3%A9");
    keda_buf_clear(&out);
}

Test(metric_name, spells_schedules)
{
    keda_buf out = {0};
    cr_assert_eq(metric_name_cron(&out, "Europe/Berlin", "0 8 * * 1-5", "*/5,7 18 ? * 1-5"),
                 KEDA_OK);
    cr_expect_str_eq(out.data, "cron-Europe-Berlin-08xx1-5-xSl5Cm718Qmx1-5");
    keda_buf_clear(&out);
}
