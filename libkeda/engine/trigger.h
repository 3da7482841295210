/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a trigger and keeping what it says: opening its instance, back-off, credentials read again,
 * readings, health and the log of its changes.
 */
#ifndef ENGINE_TRIGGER_H
#define ENGINE_TRIGGER_H

#include "engine/poll.h"
#include "engine/workload.h"

typedef enum trigger_answer {
    TRIGGER_ASKED,   /* the answer comes later */
    TRIGGER_REFUSED, /* it was not asked; why is in its health, its readings are unknown */
    TRIGGER_BUSY     /* its poll before has not ended; nothing has changed */
} trigger_answer;

trigger_answer trigger_ask(trigger *t, const poll_question *question);
/* What a poll said; poll is NULL when there was none. */
void trigger_keep(trigger *t, const keda_poll *poll, const keda_error *err);
/* Its last reading serves once more (useCachedMetrics). */
bool trigger_has_reading(const trigger *t);
/* Ends its instance; health and readings stay. */
void trigger_close(trigger *t);
/* Moves instance, health and readings from the same trigger of a workload that is replaced. */
void trigger_take_over(trigger *t, trigger *before);
void trigger_clear(trigger *t);

/* Points the reading of a metric at its items, after it was filled or moved. */
void metric_point(metric *m);

#endif
