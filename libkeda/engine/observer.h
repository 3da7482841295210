/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One listener of this library's own beside the host's callback: the operator. Told on the engine's
 * thread; it may not change documents from inside.
 */
#ifndef ENGINE_OBSERVER_H
#define ENGINE_OBSERVER_H

#include <keda/observe.h>

typedef struct engine_observer {
    /* Before the host's callback. */
    void (*decided)(const keda_decision_record *record, void *user);
    /* Health of a trigger or of the target changed, between decisions too. */
    void (*changed)(const char *workload, void *user);
    /* A trigger was refused for its credentials (KEDA_EAUTH): at once, then every 30 s while it is. */
    void (*refused)(const char *workload, void *user);
    void *user;
} engine_observer;

#endif
