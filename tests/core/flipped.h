/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Situations decided again with another reading, as <keda/explain.h> says a smallest change is to be
 * applied. Used by the tests of the flip and of the texts.
 */
#ifndef TESTS_CORE_FLIPPED_H
#define TESTS_CORE_FLIPPED_H

#include "core/situation.h"

#include <keda/explain.h>

#include <stdbool.h>

static inline bool flipped_is_known(const struct situation *s, size_t metric)
{
    return s->readings[metric].state == KEDA_READING_OK && s->readings[metric].nitems > 0;
}

/* Count with one item of that value, raw the same; in a fresh reading where it is not known. */
static inline int32_t flipped_count(struct situation *s, size_t metric, int64_t value)
{
    const keda_reading saved = s->readings[metric];
    const int64_t item = value;
    keda_proposal proposals[SITUATION_METRICS];
    keda_decision d = KEDA_DECISION_INIT;

    if (!flipped_is_known(s, metric))
        s->readings[metric] = (keda_reading)KEDA_READING_INIT;
    s->readings[metric].state = KEDA_READING_OK;
    s->readings[metric].items_milli = &item;
    s->readings[metric].nitems = 1;
    s->readings[metric].raw = (double)value / 1000.0;
    d.proposals = proposals;
    d.nproposals = SITUATION_METRICS;
    cr_assert_eq(keda_decide(&s->policy, &s->seen, s->history, &d), KEDA_OK);
    s->readings[metric] = saved;
    return d.to;
}

/* The stated change gives the stated count, and a thousandth less of one does not change it. */
static inline void flipped_check(struct situation *s, const keda_flip *flip)
{
    const size_t i = (size_t)flip->metric;
    const int64_t now = flipped_is_known(s, i) ? s->items[i][0] : -1;
    const int64_t less =
        flip->value_milli > now ? flip->value_milli - 1 : flip->value_milli + 1;

    cr_assert_neq(flip->to, s->decision.to);
    cr_assert_eq(flipped_count(s, i, flip->value_milli), flip->to);
    if (less != now && less >= 0)
        cr_assert_eq(flipped_count(s, i, less), s->decision.to);
}

#endif
