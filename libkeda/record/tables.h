/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of what a journal holds, and the bounds of what one is read with. docs/journal.md says
 * the same in words.
 */
#ifndef RECORD_TABLES_H
#define RECORD_TABLES_H

#include "core/history_io.h"
#include "record/members.h"

enum { JOURNAL_MAJOR = 1, JOURNAL_MINOR = 0 };
enum {
    JOURNAL_LINE_MAX = 16 * 1024 * 1024, /* bytes */
    JOURNAL_METRICS_MAX = 10000,
    JOURNAL_PODS_MAX = 100000,   /* of one reading */
    JOURNAL_RUN_MAX = 65536,     /* decisions in one line */
    JOURNAL_CELLS_MAX = 1 << 22, /* of one history */
    JOURNAL_ID_MAX = 1024        /* bytes of a workload's id */
};

extern const members table_policy, table_metric, table_rules, table_rate;
extern const members table_history;
extern const members table_observation, table_reading, table_pod;
extern const members table_decision, table_proposal; /* results */

/* Names of conditions, by keda_condition_type; and of the lists of a history. */
extern const char *const table_conditions[KEDA_COND_COUNT];
extern const char *const table_lists[HISTORY_KINDS];

/* "written" and the like; NULL for what is none. */
const char *table_outcome_name(int32_t outcome);

#endif
