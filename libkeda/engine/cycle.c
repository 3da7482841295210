/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole cycle, in the order in which it happens. Nothing here knows a kind of trigger or target,
 * and nothing here decides: keda_decide does.
 */
#include "engine/cycle.h"

#include "base/mem.h"
#include "engine/ask.h"
#include "engine/records.h"
#include "engine/report.h"
#include "engine/trigger.h"

/* Asks the triggers and the target; what falls due while a cycle runs is its next one's. */
void cycle_start(workload *w, uint32_t due)
{
    cycle *c = &w->cycle;

    if (c->is_running) {
        c->due_next |= due;
        return;
    }
    c->is_running = true;
    c->due = due;
    c->conflicts = 0;
    c->write = CYCLE_NO_WRITE;
    c->deadline_ms = engine_now_ms(w->engine) + ask_limit_ms(w);
    c->pending = 1; /* this function's own, so that answers at once do not end it early */
    c->pending += ask_triggers(w);
    c->pending += ask_count(w);
    if (--c->pending == 0)
        cycle_decide(w);
}

/* Goes on with what fell due meanwhile. */
static void end(workload *w)
{
    cycle *c = &w->cycle;
    const uint32_t due = c->due_next;

    mem_free(c->choice);
    c->choice = NULL;
    c->is_running = false;
    c->due_next = 0;
    if (due != 0 && !w->is_gone)
        cycle_start(w, due);
}

/* Keeps one answer. Deadlines answer too, so that the last one always comes. */
void cycle_on_reading(workload *w, const cycle_reading *reading)
{
    if (w->is_gone)
        return;
    if (reading->trigger != NULL)
        trigger_keep(reading->trigger, reading->poll, reading->err);
    else
        ask_keep_count(w, reading->err);
    if (--w->cycle.pending == 0)
        cycle_decide(w);
}

static void choose(workload *w, choice *made)
{
    workload_policy(w, &made->policy);
    ask_observe(w, &made->seen);
    made->decision = (keda_decision)KEDA_DECISION_INIT;
    made->decision.proposals = made->proposals;
    made->decision.nproposals = w->nmetrics;
    if (keda_decide(&made->policy, &made->seen, w->history, &made->decision) != KEDA_OK)
        made->decision.is_write = 0;
    w->last = (last_decision){.to = made->decision.to,
                              .reason = made->decision.reason,
                              .has_composite = made->decision.has_composite,
                              .composite_milli = made->decision.composite_milli};
    for (size_t i = 0; i < w->nmetrics; i++)
        w->metrics[i].is_fallback = made->proposals[i].is_fallback != 0;
}

/* From what is known now; unknown stays unknown. */
void cycle_decide(workload *w)
{
    cycle *c = &w->cycle;

    if (w->is_gone)
        return;
    if (c->choice == NULL)
        c->choice = mem_zalloc(1, sizeof *c->choice + w->nmetrics * sizeof(keda_proposal));
    if (c->choice == NULL) {
        report_undecided(w);
        end(w);
        return;
    }
    choose(w, c->choice);
    cycle_apply(w, NULL);
}

/* Writes what was decided and, once that has ended, remembers it: the first time it asks the target,
 * and comes here again with the outcome. */
void cycle_apply(workload *w, const keda_error *write_err)
{
    cycle *c = &w->cycle;
    const keda_decision *decision = &c->choice->decision;

    if (decision->is_write && c->write == CYCLE_NO_WRITE && !w->engine->settings.is_dry_run) {
        c->write = CYCLE_WRITING;
        ask_write(w, decision->to);
        return;
    }
    if (write_err != NULL && write_err->code == KEDA_ECONFLICT && ask_count_again(w))
        return;
    keda_outcome outcome = KEDA_OUTCOME_NOT_WRITTEN;
    if (c->write == CYCLE_WRITING)
        outcome = write_err == NULL ? KEDA_OUTCOME_WRITTEN : KEDA_OUTCOME_FAILED;
    records_note(w, outcome);
    ask_keep_failures(w);
    keda_history_apply(w->history, decision, outcome);
    report_decision(w, outcome, write_err);
    end(w);
}
