/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target kind Callback: the host's own two functions say and set the count.
 */
#ifndef TARGETS_CALLBACK_H
#define TARGETS_CALLBACK_H

#include <keda/target.h>

/* What it is registered with as `user`; borrowed, lives as long as the registration. Members as in
 * keda_callback_target of keda/engine.h. */
typedef struct callback_host {
    int32_t (*get)(const char *space, const char *name, void *user);
    keda_status (*set)(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user);
    void *user;
} callback_host;

extern const keda_target_desc keda_target_callback;

#endif
