/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/target.h: called from where an author of a target calls them. */
#include "memory/every_call.h"

#include <criterion/criterion.h>

static void on_probe(world *w)
{
    world_engine_logging(w);
    world_need(w, world_put_probe(w));
    world_step(w, 0);
    cr_assert_not_null(w->target);
}

static keda_status step_asking(world *w, enum moment moment,
                               keda_status (*in_call)(world *w, void *call, keda_error *err))
{
    w->moment = moment;
    w->in_call = in_call;
    w->replicas = 0;
    for (int i = 0; i < 4; i++)
        world_step(w, 15000);
    return w->moment == IN_NOTHING ? KEDA_OK : KEDA_EINVAL;
}

static keda_status in_observe(world *w, void *call, keda_error *err)
{
    keda_replicas seen = KEDA_REPLICAS_INIT;

    (void)err;
    seen.spec = seen.status = 0;
    world_arm(w);
    keda_target_observed(call, &seen);
    world_disarm(w);
    w->moment = IN_NOTHING;
    return KEDA_OK;
}

static keda_status observed(world *w)
{
    return step_asking(w, IN_OBSERVE, in_observe);
}

static keda_status in_scale(world *w, void *call, keda_error *err)
{
    (void)err;
    world_arm(w);
    keda_target_done(call);
    world_disarm(w);
    w->moment = IN_NOTHING;
    return KEDA_OK;
}

static keda_status done(world *w)
{
    return step_asking(w, IN_SCALE, in_scale);
}

static keda_status in_failing(world *w, void *call, keda_error *err)
{
    keda_error why = KEDA_ERROR_INIT;

    (void)err;
    (void)keda_error_set_text(&why, KEDA_EUNAVAILABLE, "away");
    world_arm(w);
    keda_target_fail(call, &why);
    world_disarm(w);
    w->moment = IN_NOTHING;
    return KEDA_OK;
}

static keda_status fail(world *w)
{
    return step_asking(w, IN_SCALE, in_failing);
}

static keda_status changed(world *w)
{
    keda_target_changed(w->target);
    return KEDA_OK;
}

static keda_status trouble(world *w)
{
    keda_target_trouble(w->target, "workers end at once");
    return KEDA_OK;
}

static keda_status log_target(world *w)
{
    keda_target_log(w->target, KEDA_LOG_WARN, "%s", "is slow");
    return KEDA_OK;
}

#define QUIET_INSIDE(name, function)                                                           \
    {                                                                                          \
        .symbol = #name, .open = on_probe, .call = (function), .close = world_end,             \
        .is_quiet = true, .arms = true                                                         \
    }

static const every_call rows[] = {
    QUIET_INSIDE(keda_target_observed, observed),
    QUIET_INSIDE(keda_target_done, done),
    {.symbol = "keda_target_fail",
     .open = on_probe,
     .call = fail,
     .close = world_end,
     .instead = "the failure is known by its code alone",
     .arms = true},
    QUIET(keda_target_changed, on_probe, changed, world_end),
    GOES_ON(keda_target_trouble, on_probe, trouble, world_end, "the text is not kept"),
    QUIET(keda_target_log, on_probe, log_target, world_end),
};
const every_table calls_target = {rows, sizeof rows / sizeof rows[0]};
