/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulation's life: made from a plan, given its traces, asked for what came out. How it runs is in
 * run.c.
 */
#include "simulate/simulation.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "simulate/moment.h"

#define HAS(opts, member)                                                                      \
    ((opts) != NULL &&                                                                         \
     (opts)->struct_size >= offsetof(keda_simulation_options, member) +                        \
                                sizeof(((keda_simulation_options *)0)->member))
#define OPT(opts, member, fallback) (HAS(opts, member) ? (opts)->member : (fallback))

/* ---- making */

static bool is_count(double value, double most)
{
    return value >= 0.0 && value <= most;
}

static keda_status check_options(const keda_simulation_options *o, keda_error *err)
{
    if (o->duration_ms < 0 || o->duration_ms > MOMENT_MAX_MS)
        return keda_error_set(err, KEDA_EINVAL, "the duration must be up to a hundred years");
    if (o->replicas < 0 || o->partitions < 0)
        return keda_error_set(err, KEDA_EINVAL, "replicas and partitions must not be negative");
    if (!is_count(o->service_rate, TRACE_MAX_VALUE) || !is_count(o->backlog, TRACE_MAX_VALUE))
        return keda_error_set(err, KEDA_EINVAL,
                              "the service rate and the backlog must be from 0 to 1e15");
    if (o->startup_ms < 0 || o->pause_ms < 0 || o->startup_ms > MOMENT_MAX_MS ||
        o->pause_ms > MOMENT_MAX_MS)
        return keda_error_set(err, KEDA_EINVAL,
                              "start-up and pause must be up to a hundred years");
    return KEDA_OK;
}

static keda_status take_options(keda_simulation *s, const keda_simulation_options *opts,
                                keda_error *err)
{
    if (opts != NULL && opts->struct_size < sizeof opts->struct_size)
        return keda_error_set(err, KEDA_EINVAL, "a struct of a wrong size");
    s->options = (keda_simulation_options){.struct_size = sizeof s->options,
                                           .duration_ms = OPT(opts, duration_ms, 0),
                                           .start_wall_ms = OPT(opts, start_wall_ms, 0),
                                           .phase_ms = OPT(opts, phase_ms, 0),
                                           .has_replicas = OPT(opts, has_replicas, 0),
                                           .replicas = OPT(opts, replicas, 0),
                                           .seed = OPT(opts, seed, 0),
                                           .service_rate = OPT(opts, service_rate, 0.0),
                                           .backlog = OPT(opts, backlog, 0.0),
                                           .startup_ms = OPT(opts, startup_ms, 0),
                                           .pause_ms = OPT(opts, pause_ms, 0),
                                           .partitions = OPT(opts, partitions, 0)};
    return check_options(&s->options, err);
}

static keda_status take_plan(keda_simulation *s, const keda_engine *e, const char *id,
                             keda_error *err)
{
    s->plan.struct_size = sizeof s->plan;
    keda_status rc = keda_engine_plan(e, id, &s->plan, err);
    if (rc != KEDA_OK)
        return rc;
    s->triggers = mem_zalloc(s->plan.ntriggers, sizeof *s->triggers);
    if (s->triggers == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (size_t i = 0; rc == KEDA_OK && i < s->plan.ntriggers; i++) {
        s->triggers[i].struct_size = sizeof *s->triggers;
        rc = keda_engine_plan_trigger(e, s->plan.workload, i, &s->triggers[i], err);
    }
    s->names = (names){.triggers = s->triggers,
                       .ntriggers = s->plan.ntriggers,
                       .metrics = s->plan.metrics,
                       .nmetrics = s->plan.policy->nmetrics};
    return rc;
}

static keda_status make_room(keda_simulation *s, keda_error *err)
{
    const size_t ntriggers = s->plan.ntriggers, nmetrics = s->plan.policy->nmetrics;
    const int64_t poll_ms = s->plan.polling_interval_ms, sync_ms = s->plan.sync_interval_ms;

    s->history_size = keda_history_size(s->plan.policy, poll_ms < sync_ms ? poll_ms : sync_ms);
    s->queues = mem_zalloc(ntriggers + 1, sizeof *s->queues);
    s->queue_of = mem_zalloc(ntriggers, sizeof *s->queue_of);
    s->was_asked = mem_zalloc(ntriggers, sizeof *s->was_asked);
    s->lags = mem_zalloc(ntriggers, sizeof *s->lags);
    s->readings = mem_zalloc(nmetrics, sizeof *s->readings);
    s->proposals = mem_zalloc(nmetrics, sizeof *s->proposals);
    s->history = mem_zalloc(1, s->history_size);
    if (s->queues == NULL || s->queue_of == NULL || s->was_asked == NULL || s->lags == NULL ||
        s->readings == NULL || s->proposals == NULL || s->history == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    const keda_status rc = feeds_init(&s->feeds, ntriggers, err);
    return rc == KEDA_OK ? tally_init(&s->tally, ntriggers, err) : rc;
}

/* At rest: KEDA's idle count, or the least one. */
static int32_t replicas_at_start(const keda_simulation *s)
{
    const keda_policy *policy = s->plan.policy;

    if (s->options.has_replicas)
        return s->options.replicas;
    if (policy->idle_replicas >= 0)
        return policy->idle_replicas;
    return policy->min_replicas > 0 ? policy->min_replicas : 0;
}

keda_status keda_simulation_new(keda_simulation **out, const keda_engine *e, const char *id,
                                const keda_simulation_options *opts, keda_error *err)
{
    keda_simulation *s = mem_zalloc(1, sizeof *s);
    keda_status rc;

    if (s == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = take_options(s, opts, err)) != KEDA_OK ||
        (rc = take_plan(s, e, id, err)) != KEDA_OK || (rc = make_room(s, err)) != KEDA_OK) {
        keda_simulation_free(s);
        return rc;
    }
    s->start_replicas = replicas_at_start(s);
    *out = s;
    return KEDA_OK;
}

void keda_simulation_free(keda_simulation *s)
{
    if (s == NULL)
        return;
    feeds_clear(&s->feeds);
    tally_clear(&s->tally);
    mem_free(s->triggers);
    mem_free(s->queues);
    mem_free(s->queue_of);
    mem_free(s->was_asked);
    mem_free(s->lags);
    mem_free(s->readings);
    mem_free(s->proposals);
    mem_free(s->history);
    mem_free(s);
}

/* ---- traces */

keda_status keda_simulation_add_trace(keda_simulation *s, const char *id, const char *text,
                                      size_t size, keda_error *err)
{
    trace *t = mem_zalloc(1, sizeof *t);
    if (t == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    keda_status rc = trace_read(t, &s->names, id, text, size, err);
    if (rc == KEDA_OK && (rc = feeds_add_trace(&s->feeds, t, err)) != KEDA_OK)
        rc = keda_error_wrap(err, rc, "%s", id);
    trace_clear(t);
    mem_free(t);
    return rc;
}

keda_status keda_simulation_add_generator(keda_simulation *s, const char *text, keda_error *err)
{
    generator g;
    int32_t trigger = NAMES_NONE;
    keda_status rc = generator_parse(&g, text, err);

    if (rc != KEDA_OK)
        return rc;
    if (g.trigger[0] != '\0' && (trigger = names_find(&s->names, g.trigger)) == NAMES_NONE)
        rc = names_unknown(&s->names, g.trigger, err);
    if (!g.has_seed) /* each its own */
        g.seed = s->options.seed + s->feeds.ngenerators;
    const bool is_rate = g.meaning == GENERATOR_RATE ||
                         (g.meaning == GENERATOR_UNSAID && s->options.service_rate > 0.0);
    if (rc == KEDA_OK)
        rc = feeds_add_generator(&s->feeds, &g, trigger, is_rate, err);
    return rc == KEDA_OK ? rc : keda_error_wrap(err, rc, "generator \"%.60s\"", text);
}

/* ---- times */

keda_status keda_simulation_parse_time(const char *text, int64_t *ms, int32_t *is_wall,
                                       keda_error *err)
{
    const moment_kind kind = moment_parse(text, ms);

    if (kind == MOMENT_BAD && moment_is_too_long(text))
        return keda_error_set(err, KEDA_EINVAL, "\"%.60s\" is " MOMENT_LONG, text);
    if (kind == MOMENT_BAD || (kind == MOMENT_WALL && is_wall == NULL))
        return keda_error_set(err, KEDA_EINVAL, "expected %s, not \"%.60s\"",
                              is_wall == NULL ? MOMENT_SPANS : MOMENT_FORMS, text);
    if (is_wall != NULL)
        *is_wall = kind == MOMENT_WALL;
    return KEDA_OK;
}

void keda_simulation_format_time(int64_t ms, char *buf, size_t size)
{
    char text[32];

    moment_format(ms > 0 ? ms : 0, text, sizeof text);
    (void)text_copy(buf, size, text);
}

/* ---- what came out */

keda_status simulation_needs_run(const keda_simulation *s, keda_error *err)
{
    return s->has_run ? KEDA_OK : keda_error_set(err, KEDA_EINVAL, "it has not run");
}

static keda_status copy_out(void *out, const void *all, size_t all_size, keda_error *err)
{
    size_t size = *(size_t *)out;

    if (size < sizeof size)
        return keda_error_set(err, KEDA_EINVAL, "a struct of a wrong size");
    memcpy(out, all, size < all_size ? size : all_size);
    memcpy(out, &size, sizeof size); /* the caller's own */
    return KEDA_OK;
}

keda_status keda_simulation_summarize(const keda_simulation *s, keda_simulation_summary *out,
                                      keda_error *err)
{
    const keda_status rc = simulation_needs_run(s, err);
    return rc == KEDA_OK ? copy_out(out, &s->tally.sum, sizeof s->tally.sum, err) : rc;
}

keda_status keda_simulation_event_at(const keda_simulation *s, size_t i,
                                     keda_simulation_event *out, keda_error *err)
{
    if (!s->has_run || i >= s->tally.nchanges)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no change number %zu", i);
    const tally_change *c = &s->tally.changes[i];
    const keda_simulation_event all = {.struct_size = sizeof all,
                                       .at_ms = c->at_ms,
                                       .from = c->from,
                                       .to = c->to,
                                       .reason = c->reason,
                                       .lag = c->lag,
                                       .text = c->text >= 0 ? s->tally.texts[c->text] : ""};
    return copy_out(out, &all, sizeof all, err);
}
