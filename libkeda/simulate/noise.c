/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A counter-based generator: the state of number i is mixed from seed and i alone.
 */
#include "simulate/noise.h"

#include <math.h>

#include "base/clock.h"

static clock_random random_of(uint64_t seed, uint64_t number)
{
    clock_random r;
    clock_random_seed(&r, seed * UINT64_C(0x9e3779b97f4a7c15) ^ (number + 1));
    (void)clock_random_next(&r);
    return r;
}

/* Knuth: as many as fit before the product of uniforms falls below e^-mean. */
static double count_by_product(clock_random *r, double mean)
{
    const double least = exp(-mean);
    double product = clock_random_unit(r), n = 0.0;

    while (product > least) {
        product *= clock_random_unit(r);
        n += 1.0;
    }
    return n;
}

/* Many events are as good as normally distributed. */
static double count_by_normal(clock_random *r, double mean)
{
    const double pi = 3.14159265358979323846;
    const double radius = sqrt(-2.0 * log(1.0 - clock_random_unit(r)));
    const double n =
        floor(mean + sqrt(mean) * radius * cos(2.0 * pi * clock_random_unit(r)) + 0.5);
    return n > 0.0 ? n : 0.0;
}

double noise_poisson(uint64_t seed, uint64_t number, double mean)
{
    enum { MANY = 60 };
    clock_random r = random_of(seed, number);

    if (mean <= 0.0)
        return 0.0;
    return mean < MANY ? count_by_product(&r, mean) : count_by_normal(&r, mean);
}
