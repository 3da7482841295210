/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of names behind groups and topics of a round.
 */
#include "scalers/rdkafka/names.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(names, numbers_names_in_the_order_added)
{
    kafka_names names = {NULL, 0, 0, NULL, 0};

    cr_assert_eq(kafka_names_find(&names, "a"), KAFKA_NO_NAME);
    cr_assert_eq(kafka_names_add(&names, "b"), 0);
    cr_assert_eq(kafka_names_add(&names, "a"), 1);
    cr_assert_eq(kafka_names_add(&names, "b"), 0);
    cr_assert_eq(kafka_names_add(&names, ""), 2);
    cr_assert_str_eq(names.items[1], "a");
    cr_assert_eq(names.count, 3);
    kafka_names_clear(&names);
    cr_assert_eq(kafka_names_find(&names, "a"), KAFKA_NO_NAME);
}

Test(names, finds_every_one_of_thousands)
{
    kafka_names names = {NULL, 0, 0, NULL, 0};
    char text[16];

    for (size_t i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "g%zu", i);
        cr_assert_eq(kafka_names_add(&names, text), i);
    }
    for (size_t i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "g%zu", i);
        cr_assert_eq(kafka_names_find(&names, text), i);
    }
    cr_assert_eq(kafka_names_find(&names, "g5000"), KAFKA_NO_NAME);
    kafka_names_clear(&names);
}
