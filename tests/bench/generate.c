/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `hpa-generate SEED COUNT` writes COUNT random sequences of HPA reconciles (README.md: the format),
 * the same for the same seed everywhere; `hpa-generate SEED timing` writes those that are timed. Knows
 * neither rules nor library: counts follow from what each side decides. Values whose result is a
 * double outside its integer, where the original depends on the machine, are left out.
 */
#include "input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static uint64_t state;

/* SplitMix64. */
static uint64_t random_bits(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number of least..most. */
static int64_t between(int64_t least, int64_t most)
{
    return least + (int64_t)(random_bits() % (uint64_t)(most - least + 1));
}

static bool chance(int percent)
{
    return between(0, 99) < percent;
}

static int64_t one_of(const int64_t *list, size_t n)
{
    return list[random_bits() % n];
}
#define ONE_OF(list) one_of(list, LENGTH(list))

/* What the steps of a sequence go by. */
struct plan {
    int64_t least, most;
    bool has_min_zero;
    size_t nmetrics;
    struct {
        bool is_object, is_value;
        int64_t target, load; /* load: pods wanted, walking */
    } metrics[INPUT_MAX_METRICS];
};

/* --- policies --------------------------------------------------------------------------------- */

static void print_rates(void)
{
    static const int64_t pods[] = {1, 1, 2, 4, 10, 100, INT32_MAX};
    static const int64_t percents[] = {1, 5, 10, 10, 20, 33, 40, 50, 70, 80, 90, 99, 100, 900};
    static const int64_t periods[] = {1, 5, 14, 15, 16, 30, 45, 60, 120, 300, 1800};
    const int64_t n = chance(20) ? 0 : between(1, INPUT_MAX_RATES);

    printf(" %" PRId64, n);
    for (int64_t i = 0; i < n; i++) {
        const bool is_pods = chance(50);
        const int64_t value = is_pods ? ONE_OF(pods) : ONE_OF(percents);
        const int64_t period = ONE_OF(periods);
        printf(" %d %" PRId64 " %" PRId64, is_pods ? KEDA_RATE_PODS : KEDA_RATE_PERCENT, value,
               period);
    }
}

static void print_direction(void)
{
    static const int64_t windows[] = {-1, -1, 0, 0, 0, 1, 15, 30, 60, 300, 3600};
    static const int64_t selects[] = {0, 0, 0, 1, 1, 2, 2, 2, 3};
    static const int64_t tolerances[] = {-1, -1, -1, 0, 10, 50, 70, 100, 333, 1000, 1500};

    if (chance(20)) {
        printf(" 0");
        return;
    }
    const int64_t window = ONE_OF(windows);
    const int64_t selected = ONE_OF(selects);
    printf(" 1 %" PRId64 " %" PRId64 " %" PRId64, window, selected, ONE_OF(tolerances));
    print_rates();
}

static void print_metrics(struct plan *plan)
{
    static const int64_t targets[] = {1,    7,    100,  333,  500,   1000,   1000,
                                      1500, 2000, 5000, 9999, 10000, 100000, 1234567};

    plan->nmetrics = (size_t)(chance(55) ? 1 : between(2, INPUT_MAX_METRICS));
    printf(" %zu", plan->nmetrics);
    for (size_t i = 0; i < plan->nmetrics; i++) {
        plan->metrics[i].is_object = chance(15);
        plan->metrics[i].is_value = chance(35);
        plan->metrics[i].target = ONE_OF(targets);
        plan->metrics[i].load = between(0, plan->most + 1);
        printf(" %d %d %" PRId64, plan->metrics[i].is_object, plan->metrics[i].is_value,
               plan->metrics[i].target);
    }
}

static void print_policy(struct plan *plan)
{
    static const int64_t most[] = {1, 2, 3, 5, 8, 10, 10, 20, 30, 50, 100, 100, 1000};
    static const int64_t tolerances[] = {100, 100, 100, 0, 10, 50, 200, 333, 999};
    static const int64_t windows[] = {300, 300, 300, 0, 15, 45, 60, 600, 3600};

    plan->most = ONE_OF(most);
    plan->least = chance(40) ? 1 : between(1, plan->most);
    if (plan->has_min_zero && chance(80))
        plan->least = 0;
    const bool is_unset = plan->least == 1 && chance(30);
    const int64_t tolerance = ONE_OF(tolerances);
    const int64_t window = ONE_OF(windows);
    printf("P %" PRId64 " %" PRId64 " %d %" PRId64 " %" PRId64 " %d",
           is_unset ? -1 : plan->least, plan->most, plan->has_min_zero, tolerance, window,
           chance(60));
    print_direction();
    print_direction();
    print_metrics(plan);
    putchar('\n');
}

/* --- steps ------------------------------------------------------------------------------------ */

static int64_t elapsed_ms(void)
{
    static const int64_t gaps[] = {0,     1,     999,   1000,  1001,   5000,   14999,  15001,
                                   30000, 45000, 60000, 60001, 120000, 300000, 300001, 3600000};
    const int64_t which = between(0, 99);
    if (which < 60)
        return 15000;
    return which < 75 ? between(14000, 17000) : ONE_OF(gaps);
}

/* A whole reading of `load` pods' work: even, at a border of tolerance, or a little off. */
static int64_t even_reading(int64_t target, int64_t load)
{
    static const int64_t permille[] = {900, 1100, 899, 1101, 667, 1333, 950, 1050, 500, 2000};
    const int64_t even = target * load;
    if (chance(40))
        return even;
    if (chance(50))
        return even * ONE_OF(permille) / 1000;
    return even + between(-target, target);
}

/* Of a Value target the reading is not the pods' sum: its ratio to the target counts. */
static int64_t ratio_reading(int64_t target)
{
    static const int64_t permille[] = {0,    1,    100,  333,  500,  667,  900,  899,  950,
                                       1000, 1000, 1001, 1100, 1101, 1333, 1500, 2000, 7000};
    const int64_t even = target * ONE_OF(permille);
    return even / 1000 + between(-1, 1);
}

static int64_t odd_reading(const struct plan *plan, bool is_object)
{
    static const int64_t small[] = {0, 0, 1, -1, -1000, -5000000};
    static const int64_t huge[] = {
        INT64_MAX,     INT64_MAX - 1,          INT64_MAX / 2 + 1,
        INT64_MIN,     INT64_C(1) << 53,       (INT64_C(1) << 53) + 1,
        INT64_MIN / 2, INT64_C(2147483647000), 1000000000000000};
    if (is_object || plan->has_min_zero || chance(50))
        return ONE_OF(small);
    return ONE_OF(huge);
}

static void print_items(const struct plan *plan, size_t i)
{
    const bool is_object = plan->metrics[i].is_object;
    const int64_t n = is_object || chance(75) ? 1 : between(2, INPUT_MAX_ITEMS);
    const int64_t target = plan->metrics[i].target;
    const int64_t whole = plan->metrics[i].is_value
                              ? ratio_reading(target)
                              : even_reading(target, plan->metrics[i].load);

    printf(" %" PRId64, n);
    for (int64_t item = 0; item < n; item++) {
        const int64_t part = item == 0 ? whole - whole / n * (n - 1) : whole / n;
        printf(" %" PRId64, chance(4) ? odd_reading(plan, is_object) : part);
    }
}

static void print_reading(struct plan *plan, size_t i)
{
    int64_t load = plan->metrics[i].load;
    if (chance(30))
        load += between(-3, 3);
    else if (chance(30))
        load = between(0, plan->most + plan->most / 4 + 1);
    plan->metrics[i].load = load < 0 ? 0 : load;
    if (chance(5))
        printf(" -1");
    else if (!plan->metrics[i].is_object && chance(2))
        printf(" 0");
    else
        print_items(plan, i);
}

/* Pods the selector finds; only Value targets count them, and the original takes long over many. */
static int64_t pods_of(const struct plan *plan)
{
    bool has_value = false;
    for (size_t i = 0; i < plan->nmetrics; i++)
        has_value = has_value || plan->metrics[i].is_value;
    if (!has_value)
        return 0;
    return chance(20) ? between(0, INPUT_MAX_PODS) : -1;
}

static int flags_of(void)
{
    int flags = chance(2) ? INPUT_GET_FAILS : 0;
    if (chance(4))
        flags |= INPUT_WRITE_FAILS;
    if (chance(1))
        flags |= INPUT_FORGET;
    return flags;
}

/* The first step sets the count most often, so that sequences begin anywhere within their bounds. */
static void print_step(struct plan *plan, int64_t now_ms, bool is_first)
{
    const int64_t far = plan->most + plan->most / 3 + 2;
    const int64_t count = chance(is_first ? 70 : 6) ? between(0, far) : -1;
    const int64_t status = chance(10) ? between(0, far) : -1;
    const int64_t pods = pods_of(plan);
    const int64_t ready = chance(80) ? 100 : between(0, 100);

    printf("T %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %d", now_ms, count,
           status, pods, ready, flags_of());
    for (size_t i = 0; i < plan->nmetrics; i++)
        print_reading(plan, i);
    putchar('\n');
}

static void print_sequence(uint64_t id)
{
    struct plan plan = {.has_min_zero = chance(5)};
    const int64_t nsteps = chance(5) ? between(13, 60) : between(1, 12);
    int64_t now_ms = 0;

    const int64_t count = between(plan.has_min_zero ? 0 : 1, 10);
    printf("S %" PRIu64 " %" PRId64 " %" PRId64 "\n", id, count, nsteps);
    for (int64_t i = 0; i < nsteps; i++) {
        if (i == 0 || chance(5))
            print_policy(&plan);
        print_step(&plan, now_ms, i == 0);
        now_ms += elapsed_ms();
    }
}

/* --- what is timed ---------------------------------------------------------------------------- */

/* An hour of a queue's worker: one external metric, behaviours, a load that wanders. */
static void print_timed_sequence(uint64_t id)
{
    int64_t load = between(1, 60);

    printf("S %" PRIu64 " 5 240\n", id);
    printf(
        "P 1 100 0 100 300 1 1 0 1 -1 2 %d 4 15 %d 100 15 1 300 1 -1 1 %d 10 60 1 0 0 5000\n",
        KEDA_RATE_PODS, KEDA_RATE_PERCENT, KEDA_RATE_PERCENT);
    for (int64_t i = 0; i < 240; i++) {
        load += between(-2, 2);
        if (chance(3))
            load = between(1, 90);
        load = load < 1 ? 1 : load;
        printf("T %" PRId64 " -1 -1 0 100 0 1 %" PRId64 "\n", i * 15000,
               load * 5000 + between(-2500, 2500));
    }
}

int main(int argc, char **argv)
{
    enum { TIMED_SEQUENCES = 16 };

    if (argc != 3) {
        fprintf(stderr, "usage: hpa-generate SEED COUNT|timing\n");
        return 2;
    }
    const bool is_timing = strcmp(argv[2], "timing") == 0;
    const uint64_t count = is_timing ? TIMED_SEQUENCES : strtoull(argv[2], NULL, 10);
    state = strtoull(argv[1], NULL, 10);
    printf("libkeda-hpa-inputs 1\n");
    for (uint64_t id = 0; id < count; id++) {
        if (is_timing)
            print_timed_sequence(id);
        else
            print_sequence(id);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
