/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the helper program with its pipes; what happens afterwards is child.c's. For this room
 * alone.
 */
#ifndef LOOP_SPAWN_H
#define LOOP_SPAWN_H

#include <sys/types.h>

#include "child.h"

typedef struct spawned {
    pid_t pid;     /* the helper's */
    int pidfd;     /* of the helper */
    int control;   /* datagrams, see targets/child/keda_child.c */
    int output[2]; /* read ends: standard output, standard error */
} spawned;

keda_status spawn_helper(spawned *out, const loop_child_options *options, keda_error *err);

/* Closes what is open and leaves -1. */
void spawn_close_fd(int *fd);

#endif
