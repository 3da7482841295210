/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's side of keda/target.h for tests of one target alone: calls that note their
 * completion, a target that notes what it is told. Not to be linked with the engine.
 */
#ifndef SUPPORT_TARGET_RIG_H
#define SUPPORT_TARGET_RIG_H

#include <stdbool.h>

#include <keda/target.h>

struct keda_target {
    keda_buf log;     /* each record as "LEVEL text\n"; level as a digit */
    keda_buf trouble; /* what keda_target_trouble said last; data NULL: nothing is wrong */
    size_t ntroubles; /* calls of it */
    size_t nchanged;  /* calls of keda_target_changed */
    void (*on_log)(const char *text, void *user); /* may call the target again; NULL: nothing */
    void *user;
};

struct keda_target_call {
    size_t ncompletions;
    keda_replicas replicas; /* as observed */
    keda_error err;         /* code KEDA_OK: done */
};

void target_rig_clear(keda_target *target);

#endif
