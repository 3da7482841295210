/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock which stands still until a test moves it. Both times move together; wall time may also be
 * set apart, as an administrator would. Thread: any.
 */
#ifndef SUPPORT_FAKE_CLOCK_H
#define SUPPORT_FAKE_CLOCK_H

#include <stdatomic.h>

#include <keda/base.h>

typedef struct fake_clock {
    keda_clock clock; /* hand out &fake.clock */
    _Atomic int64_t now_ms;
    _Atomic int64_t wall_ms;
} fake_clock;

/* Starts at now_ms 1,000,000 and 2026-01-31T12:00:00Z. Must not move in memory afterwards. */
void fake_clock_init(fake_clock *fake);
void fake_clock_advance(fake_clock *fake, int64_t ms);
void fake_clock_set_wall(fake_clock *fake, int64_t wall_ms);

#endif
