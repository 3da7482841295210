/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs at the end of a step, from the loop itself: nothing below it on the stack uses what it frees.
 */
#include "engine/reaper.h"

#include "engine/instance.h"
#include "engine/workload.h"

static void reap(loop_after *after, void *user)
{
    keda_engine *e = user;
    (void)after;
    workload_reap(e);
    (void)instance_reap(e);
}

void reaper_wake(keda_engine *e)
{
    loop_after_add(e->loop, &e->reaper, reap, e);
}
