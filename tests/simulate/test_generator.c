/* SPDX-License-Identifier: Apache-2.0 */
/* Generators: how they are written, and what they give (libkeda/simulate/generator*.c, noise.c). */
#include <criterion/criterion.h>

#include <math.h>

#include "simulate/generator.h"
#include "simulate/noise.h"

static generator made(const char *text)
{
    generator g;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(generator_parse(&g, text, &err), KEDA_OK, "%s: %s", text, err.text);
    return g;
}

Test(generator, gives_its_shape)
{
    static const struct {
        const char *text;
        int64_t at_ms;
        double value;
    } rows[] = {
        {"constant:value=5", 0, 5},
        {"constant(5)", 99000, 5},
        {"ramp:from=0,to=500,over=10m", 0, 0},
        {"ramp:from=0,to=500,over=10m", 300000, 250},
        {"ramp:from=0,to=500,over=10m", 700000, 500},
        {"ramp(0,500,10m,1m)", 30000, 0},
        {"ramp(0,500,10m,1m)", 360000, 250},
        {"ramp:from=10,to=0,over=10", 5000, 5},
        {"step:from=1,to=9,at=1m", 59999, 1},
        {"step:from=1,to=9,at=1m", 60000, 9},
        {"step:from=1,to=9,at=1m,until=2m", 120000, 1},
        {"sine:mean=10,amplitude=5,period=1h", 0, 10},
        {"sine:mean=10,amplitude=5,period=1h", 900000, 15},
        {"sine:mean=1,amplitude=5,period=1h", 2700000, 0},
        {"sine:mean=10,amplitude=5,period=1h,phase=15m", 0, 15},
        {"burst:base=1,peak=9,every=10m,for=1m", 0, 9},
        {"burst:base=1,peak=9,every=10m,for=1m", 60000, 1},
        {"burst:base=1,peak=9,every=10m,for=1m,at=30s", 0, 1},
        {"burst:base=1,peak=9,every=10m,for=1m,at=30s", 630000, 9},
        {"poisson:mean=0", 5000, 0},
        {" ramp : from = 0 , to = 500 , over = 10m ", 300000, 250},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const generator g = made(rows[i].text);
        cr_expect_float_eq(generator_value(&g, rows[i].at_ms), rows[i].value, 1e-9,
                           "%s at %lld: %g", rows[i].text, (long long)rows[i].at_ms,
                           generator_value(&g, rows[i].at_ms));
    }
}

/* Between two moments that it names, the value of the middle is the mean. */
Test(generator, names_the_moments_at_which_it_changes)
{
    static const char *const texts[] = {
        "constant(5)",   "ramp(0,500,10m,1m)",  "step(1,9,1m,2m)",
        "sine(10,5,1h)", "burst(1,9,10m,1m,7)", "poisson(3,2s)",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const generator g = made(texts[i]);
        for (int64_t at = 0, n = 0; at < 3600000 && n < 5000; n++) {
            const int64_t next = generator_next(&g, at);
            cr_assert_gt(next, at, "%s at %lld", texts[i], (long long)at);
            const int64_t end = next < 3600000 ? next : 3600000;
            const double third = generator_value(&g, at + (end - at) / 4);
            const double last = generator_value(&g, at + 3 * (end - at) / 4);
            cr_expect_float_eq((third + last) / 2, generator_value(&g, at + (end - at) / 2),
                               0.05, "%s at %lld", texts[i], (long long)at);
            at = next;
        }
    }
}

Test(generator, says_where_it_is_wrong_and_what_was_expected)
{
    static const struct {
        const char *text, *says;
        int32_t column;
    } rows[] = {
        {"", "expected constant, ramp", 1},
        {"saw:a=1", "expected constant, ramp", 1},
        {"ramp", "ramp needs to", 5},
        {"ramp:to=5", "ramp needs over", 10},
        {"ramp:to=five,over=1m", "to must be a number", 9},
        {"ramp:to=-5,over=1m", "to must be a number", 9},
        {"ramp:to=1e16,over=1m", "to must be a number", 9},
        {"ramp:to=NaN,over=1m", "to must be a number", 9},
        {"ramp:to=5,over=long", "over must be seconds", 16},
        {"ramp:to=5,over=0", "longer than nothing", 16},
        {"ramp:to=5,to=6,over=1m", "given twice", 14},
        {"ramp:to=5,ovr=1m", "expected one of from, to, over, after", 15},
        {"ramp(0,5,1m", "expected )", 12},
        {"ramp(0,5,1m)x", "expected )", 12},
        {"ramp(0,5,1m,0,0,0)", "not so many", 15},
        {"burst(0,5,1m,2m)", "for must not be longer", 16},
        {"step(0,5,2m,1m)", "until must be later", 15},
        {"poisson:mean=1,seed=x", "seed must be", 21},
        {"poisson:mean=1,as=lag", "as must be value or rate", 19},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        generator g;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(generator_parse(&g, rows[i].text, &err), KEDA_EINVAL, "%s", rows[i].text);
        cr_expect_neq(strstr(err.text, rows[i].says), NULL, "%s: %s", rows[i].text, err.text);
        cr_expect_eq(err.column, rows[i].column, "%s: %s", rows[i].text, err.text);
    }
}

Test(generator, takes_meaning_trigger_and_seed)
{
    const generator g = made("poisson:mean=4,as=rate,trigger=orders,seed=7");

    cr_expect_eq(g.meaning, GENERATOR_RATE);
    cr_expect_str_eq(g.trigger, "orders");
    cr_expect(g.has_seed && g.seed == 7);
    cr_expect_eq(made("constant:value=1,as=value").meaning, GENERATOR_VALUE);
    cr_expect_eq(made("constant:value=1").meaning, GENERATOR_UNSAID);
}

/* Mean and variance of a Poisson distribution are equal; both ways of drawing give it. */
Test(noise, has_the_mean_and_the_variance)
{
    static const double means[] = {0.5, 5, 59, 61, 1000};
    enum { N = 20000 };

    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        double sum = 0, squares = 0;
        for (uint64_t n = 0; n < N; n++) {
            const double x = noise_poisson(1, n, means[i]);
            sum += x;
            squares += x * x;
        }
        const double mean = sum / N, variance = squares / N - mean * mean;
        cr_expect_float_eq(mean / means[i], 1.0, 0.03, "mean %g of %g", mean, means[i]);
        cr_expect_float_eq(variance / means[i], 1.0, 0.06, "variance %g", variance);
    }
}

Test(noise, depends_on_seed_and_number_alone)
{
    const double first = noise_poisson(1, 5, 1000);
    size_t same = 0;

    (void)noise_poisson(9, 9, 3);
    cr_expect_float_eq(noise_poisson(1, 5, 1000), first, 0);
    for (uint64_t n = 0; n < 100; n++)
        same += noise_poisson(1, n, 1e6) == noise_poisson(2, n, 1e6);
    cr_expect_lt(same, 5);
}
