/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partitionLimitation: what it accepts, what it lets through.
 */
#include "scalers/rdkafka/limit.h"

#include <criterion/criterion.h>

static bool allows(const char *text, int32_t partition)
{
    kafka_limit limit = {false, NULL, 0};
    keda_error err = KEDA_ERROR_INIT;
    bool answer;

    cr_assert_eq(kafka_limit_parse(text, &limit, &err), KEDA_OK, "%s: %s", text, err.text);
    answer = kafka_limit_allows(&limit, partition);
    kafka_limit_clear(&limit);
    return answer;
}

static bool is_refused(const char *text)
{
    kafka_limit limit = {false, NULL, 0};
    keda_error err = KEDA_ERROR_INIT;

    return kafka_limit_parse(text, &limit, &err) == KEDA_EINVAL && limit.ranges == NULL;
}

Test(limit, allows_all_without_text)
{
    cr_assert(allows(NULL, 0));
    cr_assert(allows(" \t ", 77));
}

Test(limit, allows_numbers_and_ranges)
{
    static const int32_t named[] = {1, 2, 3, 4, 8, 10, 11, 12}, others[] = {0, 5, 7, 9, 13};

    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
        cr_assert(allows("1-4,8,10-12", named[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_not(allows("1-4,8,10-12", others[i]));
}

Test(limit, takes_blanks_and_a_plus)
{
    cr_assert(allows(" 2 , 4 - 6 ", 5));
    cr_assert(allows("+3", 3));
    cr_assert(allows("007", 7));
}

Test(limit, allows_nothing_by_a_range_that_runs_backwards)
{
    cr_assert_not(allows("3-1", 2));
    cr_assert_not(allows("3-1", 3));
    cr_assert(allows("3-1,2", 2));
}

Test(limit, holds_the_largest_range_without_unfolding_it)
{
    cr_assert(allows("0-2147483647", 2147483647));
}

Test(limit, refuses_what_is_no_partition)
{
    static const char *const texts[] = {
        ",",   " ,",  "1,",  "x",          "1-2-3",        "-1",  "1-", "-",
        "1 2", "1.0", "0x1", "2147483648", "1-2147483648", "--1", "+",  "1;2"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert(is_refused(texts[i]), "%s", texts[i]);
}
