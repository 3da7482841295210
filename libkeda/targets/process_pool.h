/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target kind ProcessPool: as many processes of one command on this machine as are wanted.
 */
#ifndef TARGETS_PROCESS_POOL_H
#define TARGETS_PROCESS_POOL_H

#include <keda/target.h>

#include "loop/loop.h"

/* What it is registered with as `user`; borrowed, lives as long as the registration. */
typedef struct process_pool_host {
    loop *loop;
    const char *plugin_path; /* where keda-child is looked for first; NULL: $KEDA_PLUGIN_PATH */
} process_pool_host;

/* `cancel` of a `close` kills what has not ended yet, and completes it. */
extern const keda_target_desc keda_target_process_pool;

#endif
