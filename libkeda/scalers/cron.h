/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cron trigger's parameters and its one question, for cron.c and for tests of it.
 */
#ifndef SCALERS_CRON_H
#define SCALERS_CRON_H

#include <keda/scaler.h>

#include "lang/cron.h"

typedef struct cron_meta {
    char *timezone, *start, *end;
    int64_t desired;
} cron_meta;

/* What holds from now until the next start or end, whichever comes first. */
typedef struct cron_window {
    cron_firing start, end; /* the next ones */
    bool is_active;
} cron_window;

/* Errors: those of the time zone, with its name. */
KEDA_MUST_USE keda_status cron_window_at(cron_window *out, const cron_meta *meta, int64_t now_s,
                                         keda_error *err);

extern const keda_scaler_desc keda_scaler_cron;

#endif
