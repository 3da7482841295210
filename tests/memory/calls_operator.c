/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/operator.h. */
#include "memory/every_call.h"

static void connected(world *w)
{
    world_engine(w);
    world_client(w);
    world_need(w, keda_engine_on_kube(w->engine, w->kube, NULL, 0, &w->err));
}

static keda_status make(world *w)
{
    static const char *const namespaces[] = {"default"};
    keda_operator_options options = KEDA_OPERATOR_OPTIONS_INIT;

    options.namespaces = namespaces;
    options.nnamespaces = 1;
    options.is_leader_elected = 1;
    return keda_operator_new(&w->operator, w->engine, w->kube, &options, &w->err);
}

static void made(world *w)
{
    connected(w);
    world_need(w, make(w));
    world_step(w, 0);
}

static void stopped(void *user)
{
    (void)user;
}

static keda_status stop(world *w)
{
    keda_operator_stop(w->operator, 100, stopped, NULL);
    return KEDA_OK;
}

static keda_status free_operator(world *w)
{
    keda_operator_free(w->operator);
    w->operator= NULL;
    return KEDA_OK;
}

static keda_status get_status(world *w)
{
    keda_operator_status status = {.struct_size = sizeof status};

    keda_operator_get_status(w->operator, & status);
    return status.holder != NULL ? KEDA_OK : KEDA_EINVAL;
}

static keda_status metrics(world *w)
{
    return keda_operator_metrics(w->operator, world_write, NULL, &w->err);
}

static keda_status crd_write(world *w)
{
    return keda_crd_write("ScaledObject", world_write, NULL, &w->err);
}

static keda_status crd_kind(world *w)
{
    (void)w;
    return keda_crd_kind(0) != NULL ? KEDA_OK : KEDA_EINVAL;
}

static const every_call rows[] = {
    FAILS(keda_operator_new, connected, make, world_end),
    QUIET(keda_operator_stop, made, stop, world_end),
    GOES_ON(keda_operator_free, made, free_operator, world_end, "it ends all the same"),
    QUIET(keda_operator_get_status, made, get_status, world_end),
    FAILS(keda_operator_metrics, made, metrics, world_end),
    QUIET(keda_crd_write, NULL, crd_write, world_end),
    QUIET(keda_crd_kind, NULL, crd_kind, world_end),
};
const every_table calls_operator = {rows, sizeof rows / sizeof rows[0]};
