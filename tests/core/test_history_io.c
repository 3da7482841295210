/* SPDX-License-Identifier: Apache-2.0 */
/* Histories written down and made again (libkeda/core/history_io.c). */
#include "core/situation.h"

#include "core/history_io.h"

#include <stdlib.h>

static const keda_rate_policy four = {KEDA_RATE_PODS, 4, 60, 0};

/* A situation with all four lists in use. */
static void make_busy(struct situation *s)
{
    situation_open(s, 1);
    s->up.policies = s->down.policies = &four;
    s->up.npolicies = s->down.npolicies = 1;
    s->down.stabilization_s = 0;
    s->policy.has_behavior = 1;
    s->policy.scale_up = &s->up;
    s->policy.scale_down = &s->down;
    for (int i = 0; i < 12; i++) {
        situation_read(s, 0, i < 6 ? 200.0 : 20.0);
        s->decision = (keda_decision)KEDA_DECISION_INIT;
        s->decision.proposals = s->proposals;
        s->decision.nproposals = 1;
        cr_assert_eq(keda_decide(&s->policy, &s->seen, s->history, &s->decision), KEDA_OK);
        s->decision.limit_window_ms = 15000; /* as with a short sync interval */
        keda_history_apply(s->history, &s->decision, KEDA_OUTCOME_WRITTEN);
        if (s->decision.is_write)
            s->seen.spec_replicas = s->decision.to;
        s->seen.now_ms += 15000;
    }
}

Test(history_io, makes_the_same_history_again)
{
    struct situation s;
    history_state state, again;

    make_busy(&s);
    history_export(s.history, &state);
    for (int kind = 0; kind < HISTORY_KINDS; kind++)
        cr_assert_gt(state.lists[kind].n, 0, "list %d", kind);
    const size_t size = history_bytes_of(state.capacity);
    cr_assert_leq(size, sizeof s.memory);
    keda_history *made = malloc(size);
    cr_assert_not_null(made);
    cr_assert(history_import(made, &state));
    history_export(made, &again);
    for (int kind = 0; kind < HISTORY_KINDS; kind++) {
        const struct history_list a = state.lists[kind], b = again.lists[kind];
        cr_assert_eq(a.n, b.n);
        cr_assert_eq(memcmp(a.time_ms, b.time_ms, a.n * sizeof *a.time_ms), 0);
        cr_assert_eq(memcmp(a.value, b.value, a.n * sizeof *a.value), 0);
        state.lists[kind] = again.lists[kind] = (struct history_list){0};
    }
    cr_assert_eq(memcmp(&state, &again, sizeof state), 0);
    free(made);
}

Test(history_io, keeps_flags_and_an_empty_history)
{
    struct situation s;
    history_state state;
    char bytes[512];
    keda_history *made = (void *)&s.memory;

    situation_open(&s, 1);
    keda_history_set_last_active(s.history, 1, 77);
    s.history->is_truncated = 1;
    s.history->has_recs = 1;
    s.history->hpa_current = 3;
    s.history->hpa_desired = 4;
    s.history->conditions[KEDA_COND_PAUSED] =
        (keda_condition){KEDA_CONDITION_FALSE, KEDA_CAUSE_SCALED_OBJECT_UNPAUSED};
    memcpy(bytes, s.history, sizeof(keda_history));
    history_export(s.history, &state);
    cr_assert(history_import(made, &state));
    cr_assert_eq(memcmp(bytes, made, sizeof(keda_history)), 0);
}

Test(history_io, refuses_lists_beyond_the_capacity)
{
    static const int64_t times[3] = {1, 2, 3};
    static const int32_t values[3] = {1, 2, 3};
    struct situation s;
    history_state state = {.capacity = 2};

    situation_open(&s, 1);
    state.lists[HISTORY_UP] = (struct history_list){times, values, 2};
    cr_assert(history_import(s.history, &state));
    cr_assert_not(s.history->is_truncated);
    state.lists[HISTORY_COUNTS] = (struct history_list){times, values, 1};
    cr_assert_not(history_import(s.history, &state));
    cr_assert_eq(history_list_of(s.history, HISTORY_UP).n, 0);
    state.capacity = 3;
    cr_assert(history_import(s.history, &state));
}

Test(history_io, knows_no_history_beyond_its_bounds)
{
    cr_assert_eq(history_bytes_of(-1), 0);
    cr_assert_eq(history_bytes_of((int64_t)HISTORY_MAX_CELLS + 1), 0);
    cr_assert_eq(history_bytes_of(0), sizeof(keda_history));
    cr_assert_eq(history_bytes_of(3), sizeof(keda_history) + 40);
    cr_assert_gt(history_bytes_of(HISTORY_MAX_CELLS), 0);
}
