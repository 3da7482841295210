/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes by way of the helper program keda-child, which sets parent-death signal and
 * process group; watched by pidfd, so the host's SIGCHLD stays the host's. Used by the process pool.
 */
#ifndef LOOP_CHILD_H
#define LOOP_CHILD_H

#include "loop.h"

typedef struct loop_child loop_child;

typedef struct loop_child_exit {
    int32_t is_signal; /* ended by a signal */
    int32_t code;      /* exit status, or the signal's number */
} loop_child_exit;

typedef struct loop_child_options {
    const char *helper;      /* path of keda-child */
    const char *const *argv; /* command, NULL-terminated */
    const char *const *env;  /* "NAME=value", NULL-terminated; the whole environment */
    const char *directory;   /* NULL: the host's */
    const char *run_as;      /* user name or number; NULL: the host's */
    const char *limits;      /* "nofile=64,as=1000000": setrlimit by name; NULL: none */
    void (*on_output)(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user);
    void (*on_exit)(loop_child *child, loop_child_exit how, void *user); /* last call */
    void *user;
} loop_child_options;

/* Starts; a command that cannot be executed is reported through on_exit with the reason as output,
 * code 126 or 127. */
keda_status loop_child_open(loop_child **out, loop *l, const loop_child_options *options,
                            keda_error *err);
int64_t loop_child_pid(const loop_child *child); /* of the command's process group */
/* Sends a signal to the whole group. */
void loop_child_signal(loop_child *child, int signal);
/* Kills what is left of the group and frees; no more callbacks. */
void loop_child_close(loop_child *child);

#endif
