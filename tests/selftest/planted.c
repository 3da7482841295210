/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planted faults, each of which a plain Criterion run reports as success or mistakes for something else.
 * tests/selftest/run.sh expects run-criterion.sh to turn every one red. Built with the address sanitizer
 * and, unlike all other tests, as a position-independent program.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

Test(planted, passes)
{
    cr_assert(1);
}

Test(planted, leaks)
{
    void *volatile lost = malloc(10);
    lost = NULL;
    cr_assert_null(lost);
}

Test(planted, is_skipped)
{
    cr_skip_test("no broker");
}

struct literal {
    const char *name;
};

ParameterizedTestParameters(planted, reads_a_literal)
{
    static struct literal parameters[] = {{"one"}, {"two"}};
    return cr_make_param_array(struct literal, parameters, 2);
}

ParameterizedTest(struct literal *parameter, planted, reads_a_literal)
{
    cr_assert(parameter->name[0] != '\0');
}
