/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes by way of the helper program keda-child, which is the command's parent, kills all
 * its descendants when the command ends or the host is gone, and is itself watched by pidfd, so
 * that the host's SIGCHLD stays the host's. Used by the process pool.
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
    const char *helper;      /* path of keda-child, see base/paths.h */
    const char *const *argv; /* command, NULL-terminated; looked up in the PATH of env */
    const char *const *env;  /* "NAME=value", NULL-terminated; the whole environment */
    const char *directory;   /* NULL: the host's */
    const char *run_as;      /* user name or number; NULL: the host's */
    const char *limits; /* "nofile=64,as=unlimited": setrlimit by name; NULL: none. Names: as,
                              * core, cpu, data, fsize, memlock, nofile, nproc, stack */
    /* One line without its end; a line above 4 KiB comes in pieces. */
    void (*on_output)(loop_child *child, const char *line, size_t size, bool is_stderr,
                      void *user);
    void (*on_exit)(loop_child *child, loop_child_exit how, void *user); /* last call */
    void *user;
} loop_child_options;

/* Starts; options are borrowed for the call. A command that cannot be executed is reported through
 * on_exit, code 126 or 127; the reason is loop_child_failure's. */
keda_status loop_child_open(loop_child **out, loop *l, const loop_child_options *options,
                            keda_error *err);
/* Of the command, and of its process group; 0 until the helper has told. */
int64_t loop_child_pid(const loop_child *child);
/* Why the command could not be executed, in on_exit; the helper's words, valid until the child is
 * closed. NULL: it was executed. */
const char *loop_child_failure(const loop_child *child);
/* Sends a signal to the whole group; SIGKILL to every descendant. Nothing when it has ended. */
void loop_child_signal(loop_child *child, int signal);
/* Kills what is left of it and frees; no more callbacks. To be called after on_exit, too; safe in
 * callbacks. The loop reaps the process in its own time, loop_free at the latest. */
void loop_child_close(loop_child *child);

#endif
