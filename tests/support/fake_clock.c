/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of tests: time passes when the test says so and at no other time.
 */
#include "fake_clock.h"

static int64_t now_ms(void *user)
{
    fake_clock *fake = user;
    return atomic_load(&fake->now_ms);
}

static int64_t wall_ms(void *user)
{
    fake_clock *fake = user;
    return atomic_load(&fake->wall_ms);
}

void fake_clock_init(fake_clock *fake)
{
    atomic_init(&fake->now_ms, 1000000);
    atomic_init(&fake->wall_ms, INT64_C(1769860800000));
    fake->clock = (keda_clock){
        .struct_size = sizeof(keda_clock),
        .now_ms = now_ms,
        .wall_ms = wall_ms,
        .user = fake,
    };
}

void fake_clock_advance(fake_clock *fake, int64_t ms)
{
    atomic_fetch_add(&fake->now_ms, ms);
    atomic_fetch_add(&fake->wall_ms, ms);
}

void fake_clock_set_wall(fake_clock *fake, int64_t time_ms)
{
    atomic_store(&fake->wall_ms, time_ms);
}
