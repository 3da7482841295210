/* SPDX-License-Identifier: Apache-2.0 */
/* Metric specs as a trigger type adds them (libkeda/config/metrics.c). */
#include <criterion/criterion.h>

#include <math.h>

#include "config/metrics.h"

Test(metrics, names_and_rounds_what_is_added)
{
    keda_spec_list list = {.trigger_index = 2};
    cr_expect_eq(keda_spec_add(&list, 2.5004, 0.1, NULL, "kafka-%s", "my.topic/1%"), KEDA_OK);
    cr_expect_eq(keda_spec_add_integer(&list, 7, 3.0, NULL, "n"), KEDA_OK);
    cr_expect_eq(keda_spec_add_integer(&list, INT64_MAX, 0.0, NULL, "n"), KEDA_OK);
    cr_expect_eq(keda_spec_add_name(&list, "a%sb", 1.0, 0.0, NULL), KEDA_OK);
    cr_assert_eq(list.count, 4);
    cr_expect_str_eq(list.items[0].name, "s2-kafka-my-topic-1-");
    cr_expect_eq(list.items[0].target_milli, 2500);
    cr_expect_float_eq(list.items[0].activation, 0.1, 0.0);
    cr_expect_eq(list.items[1].target_milli, 7000);
    cr_expect_eq(list.items[2].target_milli, INT64_MAX);
    cr_expect_str_eq(list.items[3].name, "s2-a-sb");
    spec_list_clear(&list);
    spec_list_clear(NULL);
    cr_expect_eq(list.count, 0);
}

Test(metrics, refuses_targets_that_come_out_as_zero)
{
    keda_spec_list list = {0};
    keda_error err = KEDA_ERROR_INIT;
    const double bad[] = {0.0, -1.0, 0.0004, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(keda_spec_add(&list, bad[i], 0.0, &err, "n"), KEDA_EINVAL);
    cr_expect_eq(keda_spec_add_integer(&list, 0, 0.0, &err, "n"), KEDA_EINVAL);
    cr_expect_eq(keda_spec_add_integer(&list, -5, 0.0, &err, "n"), KEDA_EINVAL);
    cr_expect_eq(list.count, 0);
    cr_expect_str_eq(err.text, "the target must be greater than zero");
    spec_list_clear(&list);
}

Test(metrics, accepts_a_missing_target_inside_a_formula)
{
    keda_spec_list list = {.is_metric_source = 1};
    cr_expect_eq(keda_spec_add(&list, 0.0, 0.0, NULL, "n"), KEDA_OK);
    cr_expect_eq(keda_spec_add_integer(&list, 0, 0.0, NULL, "n"), KEDA_OK);
    cr_expect_eq(list.items[1].target_milli, 0);
    spec_list_clear(&list);
}

Test(metrics, knows_two_types_of_targets)
{
    int32_t type = -1;
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(metric_type_parse("", &type, NULL), KEDA_OK);
    cr_expect_eq(type, KEDA_TARGET_AVERAGE_VALUE);
    cr_expect_eq(metric_type_parse("Value", &type, NULL), KEDA_OK);
    cr_expect_eq(type, KEDA_TARGET_VALUE);
    cr_expect_eq(metric_type_parse("AverageValue", &type, NULL), KEDA_OK);
    cr_expect_eq(type, KEDA_TARGET_AVERAGE_VALUE);
    cr_expect_eq(metric_type_parse("Utilization", &type, &err), KEDA_EINVAL);
    cr_expect_str_eq(err.text, "must be \"AverageValue\" or \"Value\", not \"Utilization\"");
}
