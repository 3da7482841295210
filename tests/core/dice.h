/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small seeded generator, the same on every machine, for the random tests of this folder.
 */
#ifndef TESTS_CORE_DICE_H
#define TESTS_CORE_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint32_t roll(struct dice *dice)
{
    dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(dice->state >> 33);
}

/* lo..hi, both included. */
static inline int32_t between(struct dice *dice, int32_t lo, int32_t hi)
{
    return lo + (int32_t)(roll(dice) % (uint32_t)(hi - lo + 1));
}

static inline bool chance(struct dice *dice, int32_t percent)
{
    return between(dice, 0, 99) < percent;
}

#endif
