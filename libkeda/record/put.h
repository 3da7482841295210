/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a journal's lines hold, as JSON text: what a workload is, what one decision was made from, and
 * what came out. The frame of a line is line.h's, which line when is track.c's.
 */
#ifndef RECORD_PUT_H
#define RECORD_PUT_H

#include "record/tables.h"

/* One decision with everything it was made from. All borrowed. */
typedef struct journal_entry {
    const char *workload; /* namespace/name */
    const keda_policy *policy;
    const char *const *names; /* one a metric; entries may be NULL */
    const keda_observation *seen;
    const keda_history *history;   /* before it hears of the decision */
    const keda_decision *decision; /* with its proposals */
    keda_outcome outcome;
    int64_t wall_ms;
} journal_entry;

/* `,"policy":{...},"names":[...],"history":{...}` */
void put_snapshot(pen *p, const journal_entry *entry);
/* `,"due":3,...,"readings":[...],"outcome":"written","result":{...}`: all but the times, so that
 * equal texts are equal decisions. */
void put_decision(pen *p, const journal_entry *entry);
/* `,"ages":[...],"failures":[...]` of the readings; lists of zeros are left out. */
void put_reading_times(pen *p, const keda_observation *seen);

/* Reading i of the observation. */
const keda_reading *reading_at(const keda_observation *seen, size_t i);
/* Proposal i of the decision. */
keda_proposal *proposal_at(const keda_decision *decision, size_t i);
/* Whether the decision's proposals say anything: the core fills them only when it looks at metrics. */
bool proposals_are_told(const keda_policy *policy, const keda_decision *decision);

#endif
