/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A door to a loop that may already be gone. What another thread holds for longer than the loop
 * lives (a poll that never ends) keeps a gate instead of the loop: posting through a closed gate
 * fails, and closing waits for those who are just inside.
 */
#ifndef LOOP_GATE_H
#define LOOP_GATE_H

#include "loop.h"

typedef struct loop_gate loop_gate;

keda_status loop_gate_new(loop_gate **out, loop *l, keda_error *err);
/* Frees a closed gate, or one that nobody else can reach. NULL is fine. */
void loop_gate_free(loop_gate *gate);
/* From now on nobody gets in; returns when everybody inside has left. Loop's thread. */
void loop_gate_close(loop_gate *gate);

/* Posts to the loop; false when it is gone, and then the task stays the caller's. Any thread. */
bool loop_gate_post(loop_gate *gate, loop_task *task);
/* True for the loop's own thread while the gate is open. Any thread. */
bool loop_gate_is_own_thread(loop_gate *gate);

/* Around what must not outlive the loop, such as a call of the host's. False when closed; then
 * there is nothing to leave. No lock is held in between. Any thread. */
bool loop_gate_enter(loop_gate *gate);
void loop_gate_leave(loop_gate *gate);

#endif
