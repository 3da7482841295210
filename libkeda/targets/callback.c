/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callback: the simplest target, and the one for hosts that do the scaling themselves. Both functions
 * answer at once.
 */
#include "targets/callback.h"

#include <string.h>

#include "base/mem.h"

typedef struct callback_state {
    char *space;
    const char *name; /* lies behind space */
} callback_state;

static void clear(callback_state *state)
{
    mem_free(state->space);
    *state = (callback_state){0};
}

static keda_status callback_open(void *state, const keda_target_ref *ref, keda_target *self,
                                 keda_error *err, void *user)
{
    callback_state *mine = state;
    (void)self;
    (void)user;
    const char *space = ref->space == NULL ? "" : ref->space;
    const size_t space_size = strlen(space) + 1;
    const size_t name_size = strlen(ref->name) + 1;
    mine->space = mem_alloc(space_size + name_size);
    if (mine->space == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    memcpy(mine->space, space, space_size);
    mine->name = memcpy(mine->space + space_size, ref->name, name_size);
    return KEDA_OK;
}

static void callback_observe(void *state, keda_target_call *call, void *user)
{
    const callback_state *mine = state;
    const callback_host *host = user;
    const int32_t count = host->get(mine->space, mine->name, host->user);
    keda_replicas seen = KEDA_REPLICAS_INIT;
    if (count >= 0)
        seen.spec = seen.status = seen.total = seen.ready = count;
    keda_target_observed(call, &seen);
}

static void callback_scale(void *state, int32_t to, keda_target_call *call, void *user)
{
    const callback_state *mine = state;
    const callback_host *host = user;
    keda_error err = KEDA_ERROR_INIT;
    const keda_status rc = host->set(mine->space, mine->name, to, &err, host->user);
    if (rc == KEDA_OK) {
        keda_target_done(call);
        return;
    }
    if (err.code == KEDA_OK) /* the host gave no reason */
        (void)keda_error_set(&err, rc, "the host refused");
    keda_target_fail(call, &err);
}

static void callback_close(void *state, keda_target_call *call, void *user)
{
    (void)user;
    clear(state);
    keda_target_done(call);
}

const keda_target_desc keda_target_callback = {
    .struct_size = sizeof(keda_target_desc),
    .api_version = "libkeda.io/v1alpha1",
    .kind = "Callback",
    .summary = "Two functions of the host.",
    .state_size = sizeof(callback_state),
    .open = callback_open,
    .observe = callback_observe,
    .scale = callback_scale,
    .close = callback_close,
};
