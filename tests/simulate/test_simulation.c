/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs (libkeda/simulate/run.c, simulation.c, tally.c), also beside the engine itself. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>

#include <keda/simulate.h>

#include "base/buf.h"
#include "engine/workload.h"
#include "support/rig.h"

static rig r;
static keda_simulation *sim;
static keda_simulation_options options = KEDA_SIMULATION_OPTIONS_INIT;
static keda_error err;

/* A workload `a`, whose trigger s0 is named orders and has target 10 unless told. */
static void begin(const char *spec, const char *triggers)
{
    static const char own[] = "  - {type: script, name: orders, metadata: {source: a}}\n";

    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", spec, triggers == NULL ? own : triggers)),
                 KEDA_OK, "%s", r.err.text);
    cr_assert_eq(keda_simulation_new(&sim, r.engine, NULL, &options, &err), KEDA_OK, "%s",
                 err.text);
}

static void end(void)
{
    keda_simulation_free(sim);
    rig_close(&r);
}

static void add(const char *text)
{
    cr_assert_eq(keda_simulation_add_trace(sim, "t.csv", text, strlen(text), &err), KEDA_OK,
                 "%s", err.text);
}

static void generate(const char *text)
{
    cr_assert_eq(keda_simulation_add_generator(sim, text, &err), KEDA_OK, "%s", err.text);
}

static keda_simulation_summary ran(void)
{
    keda_simulation_summary sum = {.struct_size = sizeof sum};
    cr_assert_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(keda_simulation_summarize(sim, &sum, &err), KEDA_OK);
    return sum;
}

static keda_simulation_event event_at(size_t i)
{
    keda_simulation_event event = {.struct_size = sizeof event};
    cr_assert_eq(keda_simulation_event_at(sim, i, &event, &err), KEDA_OK, "event %zu", i);
    return event;
}

/* ---- the schedule and the sums */

Test(simulation, polls_alone_at_zero_and_syncs_above)
{
    begin(NULL, NULL);
    add("t,orders\n0,0\n60,30\n120,30\n");
    const keda_simulation_summary sum = ran();
    cr_expect_eq(sum.duration_ms, 120000);
    cr_expect_eq(sum.polls, 5, "0, 30, 60, 90, 120");
    cr_expect_eq(sum.syncs, 5, "with the activation, 75, 90, 105, 120; not %lld",
                 (long long)sum.syncs);
    cr_expect_eq(sum.steps, 7);
    cr_expect_eq(event_at(0).at_ms, 60000);
    cr_expect_eq(event_at(0).to, 3);
    cr_expect_str_eq(keda_reason_name(event_at(0).reason), "Activated");
    cr_expect_neq(strstr(event_at(0).text, "0 -> 3"), NULL, "%s", event_at(0).text);
    cr_expect_float_eq(sum.replica_seconds, 180, 1e-9);
    cr_expect_float_eq(sum.zero_seconds, 60, 1e-9);
    cr_expect_float_eq(sum.mean_replicas, 1.5, 1e-9);
    cr_expect_float_eq(sum.mean_lag, 15, 1e-9);
    end();
}

Test(simulation, begins_at_rest_or_where_it_is_told)
{
    begin("  minReplicaCount: 2\n", NULL);
    generate("constant(0)");
    cr_expect_eq(ran().least_replicas, 2);
    keda_simulation_free(sim);
    options.has_replicas = 1;
    options.replicas = 9;
    cr_assert_eq(keda_simulation_new(&sim, r.engine, "default/a", &options, &err), KEDA_OK);
    generate("constant(0)");
    const keda_simulation_summary sum = ran();
    cr_expect_eq(sum.peak_replicas, 9);
    cr_expect_eq(sum.final_replicas, 2);
    cr_expect_eq(sum.duration_ms, 3600000, "an hour, for generators");
    cr_expect_eq(sum.scale_downs, 1);
    end();
}

Test(simulation, counts_what_is_not_known_and_never_takes_it_for_zero)
{
    begin("  cooldownPeriod: 0\n", NULL);
    add("t,orders\n0,50\n60,error\n120,\n600,50\n");
    const keda_simulation_summary sum = ran();
    cr_expect_eq(sum.scale_downs, 0);
    cr_expect_eq(sum.final_replicas, 5);
    cr_expect_eq(sum.unknown_steps, 36, "a sync every 15 s, not %lld",
                 (long long)sum.unknown_steps);
    end();
}

Test(simulation, counts_what_is_wanted_beyond_the_bounds)
{
    begin("  maxReplicaCount: 4\n", NULL);
    add("t,orders\n0,40\n60,70\n120,70\n");
    const keda_simulation_summary sum = ran();
    cr_expect_float_eq(sum.unmet_seconds, 60, 1e-9);
    cr_expect_float_eq(sum.unmet_replica_seconds, 180, 1e-9);
    cr_expect_float_eq(sum.peak_lag, 70, 0);
    end();
}

Test(simulation, serves_arrivals)
{
    options.service_rate = 5;
    options.startup_ms = 10000;
    begin("  maxReplicaCount: 4\n", NULL);
    generate("step:from=10,to=0,at=10m");
    const keda_simulation_summary sum = ran();
    cr_expect(sum.has_arrivals);
    cr_expect_float_eq(sum.arrived, 6000, 1e-6);
    cr_expect_float_eq(sum.served, 6000, 1e-6);
    cr_expect_eq(sum.peak_replicas, 4);
    cr_expect_eq(sum.final_replicas, 0);
    cr_expect_gt(sum.waiting_seconds, 0);
    cr_expect_float_eq(sum.mean_waiting_s, sum.waiting_seconds / 6000, 1e-9);
    cr_expect_lt(sum.working_seconds, sum.replica_seconds);
    end();
}

Test(simulation, gives_triggers_without_their_own_the_shared_trace)
{
    begin(NULL, "  - {type: script, name: x, metadata: {source: a}}\n"
                "  - {type: script, name: z, metadata: {source: b, target: \"20\"}}\n");
    add("t,x\n0,0\n60,0\n");
    generate("constant:value=100,as=value");
    const keda_simulation_summary sum = ran();
    cr_expect_eq(sum.peak_replicas, 5, "of z");
    end();
}

/* ---- traces that do not fit */

Test(simulation, needs_a_trace_for_every_trigger)
{
    begin(NULL, "  - {type: script, name: x, metadata: {source: a}}\n"
                "  - {type: script, metadata: {source: b}}\n");
    cr_expect_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_EINVAL);
    add("t,x\n0,0\n60,0\n");
    keda_error_clear(&err);
    cr_expect_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_EINVAL);
    cr_expect_neq(strstr(err.text, "trigger s1"), NULL, "%s", err.text);
    end();
}

Test(simulation, needs_a_service_rate_for_arrivals)
{
    begin(NULL, NULL);
    add("t,rate\n0,5\n60,5\n");
    cr_expect_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_EINVAL);
    cr_expect_neq(strstr(err.text, "service rate"), NULL, "%s", err.text);
    end();
}

Test(simulation, keeps_what_it_has_when_a_trace_is_refused)
{
    begin(NULL, NULL);
    add("t,orders\n0,50\n60,50\n");
    cr_expect_eq(keda_simulation_add_trace(sim, "b", "t,rate:orders\n0,1\n", 18, &err),
                 KEDA_EINVAL);
    cr_expect_eq(keda_simulation_add_trace(sim, "b", "t,orders\n0,x\n", 13, &err), KEDA_EINVAL);
    cr_expect_eq(keda_simulation_add_generator(sim, "constant:value=1,trigger=no", &err),
                 KEDA_EINVAL);
    cr_expect_eq(ran().final_replicas, 5);
    end();
}

Test(simulation, refuses_options_without_sense)
{
    keda_simulation_options bad[] = {options, options, options, options, options};
    keda_simulation *none = NULL;

    begin(NULL, NULL);
    bad[0].duration_ms = -1;
    bad[1].replicas = -1;
    bad[2].service_rate = (double)NAN;
    bad[3].startup_ms = -1;
    bad[4].backlog = 1e300;
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(keda_simulation_new(&none, r.engine, NULL, &bad[i], &err), KEDA_EINVAL,
                     "%zu", i);
    cr_expect_eq(keda_simulation_new(&none, r.engine, "default/b", NULL, &err), KEDA_ENOTFOUND);
    cr_expect_eq(none, NULL);
    end();
}

Test(simulation, has_an_end_however_much_is_asked_for)
{
    options.duration_ms = INT64_C(3155760000000);
    begin("  minReplicaCount: 1\n", NULL);
    generate("constant(1)");
    cr_expect_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_ELIMIT, "%s", err.text);
    cr_expect_neq(strstr(err.text, "10000000 decisions"), NULL, "%s", err.text);
    end();
}

Test(simulation, says_that_it_has_not_run)
{
    keda_simulation_summary sum = {.struct_size = sizeof sum};
    keda_simulation_event event = {.struct_size = sizeof event};

    begin(NULL, NULL);
    cr_expect_eq(keda_simulation_summarize(sim, &sum, &err), KEDA_EINVAL);
    cr_expect_eq(keda_simulation_event_at(sim, 0, &event, &err), KEDA_ENOTFOUND);
    cr_expect_eq(keda_simulation_expect(sim, "x", "maxReplicas: 1", 14, NULL, NULL, &err),
                 KEDA_EINVAL);
    cr_expect_eq(keda_simulation_plot_svg(sim, NULL, NULL, buf_write, NULL, &err), KEDA_EINVAL);
    cr_expect_eq(keda_simulation_plot_text(sim, NULL, 80, 0, buf_write, NULL, &err),
                 KEDA_EINVAL);
    end();
}

/* ---- steps */

static keda_status stop_at_once(const keda_simulation_step *step, void *user)
{
    (void)step;
    ++*(int *)user;
    return KEDA_ECANCELED;
}

Test(simulation, is_ended_by_its_callback)
{
    int n = 0;

    begin(NULL, NULL);
    generate("constant(1)");
    cr_expect_eq(keda_simulation_run(sim, stop_at_once, &n, &err), KEDA_ECANCELED);
    cr_expect_eq(n, 1);
    end();
}

static keda_status write_step(const keda_simulation_step *step, void *user)
{
    const keda_decision *d = step->decision;
    return buf_printf(user, "%lld %u %d>%d %s %.17g %d %d %s\n", (long long)step->at_ms, d->due,
                      (int)d->from, (int)d->to, keda_reason_name(d->reason), step->lag,
                      (int)step->wanted, (int)step->working, step->text);
}

Test(simulation, gives_the_same_every_time)
{
    keda_buf first = {0}, second = {0};

    options.service_rate = 3;
    options.startup_ms = 20000;
    options.duration_ms = 20000000;
    begin(NULL, NULL);
    generate("poisson:mean=9,seed=4");
    generate("burst:base=0,peak=30,every=1h,for=7m");
    cr_assert_eq(keda_simulation_run(sim, write_step, &first, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(keda_simulation_run(sim, write_step, &second, &err), KEDA_OK);
    cr_expect_str_eq(first.data, second.data);
    cr_expect_gt(first.size, 50000);
    keda_buf_clear(&first);
    keda_buf_clear(&second);
    end();
}

/* ---- beside the engine */

typedef struct decided {
    int64_t at_ms;
    uint32_t due;
    int32_t from, to, reason;
} decided;

enum { MANY = 4000 };
static decided engine_did[MANY], sim_did[MANY];
static size_t nengine, nsim;
static int64_t begun_ms;

static void keep_engine(rig *of, const keda_decision_record *record)
{
    const keda_decision *d = record->decision;
    (void)of;
    cr_assert_lt(nengine, MANY);
    engine_did[nengine++] =
        (decided){record->seen->now_ms - begun_ms, d->due, d->from, d->to, d->reason};
}

static keda_status keep_sim(const keda_simulation_step *step, void *user)
{
    const keda_decision *d = step->decision;
    (void)user;
    cr_assert_lt(nsim, MANY);
    sim_did[nsim++] = (decided){step->at_ms, d->due, d->from, d->to, d->reason};
    return KEDA_OK;
}

/* What a source says from one moment to the next; a few of them not known. */
static double value_at(int i)
{
    return i % 97 > 90 ? -1.0 : (i / 40) % 3 == 0 ? 0.0 : 20.0 + (i * 37) % 90;
}

static void step_engine(rig_source *source, int i)
{
    const double value = value_at(i);
    source->fails = value < 0 ? KEDA_EPROTOCOL : KEDA_OK;
    source->value = value;
    rig_run(&r, 5000);
}

static void beside_the_engine(const char *spec, const char *triggers)
{
    enum { STEPS = 1500 };
    keda_buf text = {0};

    rig_open(&r);
    r.on_decision = keep_engine;
    begun_ms = r.clock.now_ms;
    step_engine(rig_source_of(&r, "a"), 0); /* nothing runs yet; the source is there */
    fake_clock_advance(&r.clock, -5000);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", spec, triggers)), KEDA_OK, "%s", r.err.text);
    const workload *w = table_find(&r.engine->workloads, "default/a");
    options.phase_ms = (w->phase_ms - begun_ms) % 86400000;
    cr_assert_eq(keda_simulation_new(&sim, r.engine, NULL, &options, &err), KEDA_OK);
    cr_assert_eq(buf_puts(&text, "t,s0\n"), KEDA_OK);
    for (int i = 0; i < STEPS; i++) {
        /* The engine asks within (t, t + 5 s]; its source fails not between two of its moments. */
        const double value = value_at(i);
        cr_assert_eq(buf_printf(&text, i == 0 ? "%d," : "%d.001,", i * 5), KEDA_OK);
        cr_assert_eq(value < 0 ? buf_puts(&text, "error\n") : buf_printf(&text, "%g\n", value),
                     KEDA_OK);
        step_engine(rig_source_of(&r, "a"), i);
    }
    add(text.data);
    cr_assert_eq(keda_simulation_run(sim, keep_sim, NULL, &err), KEDA_OK, "%s", err.text);
    for (size_t i = 0; i < nsim; i++)
        cr_assert(
            engine_did[i].at_ms == sim_did[i].at_ms && engine_did[i].due == sim_did[i].due &&
                engine_did[i].from == sim_did[i].from && engine_did[i].to == sim_did[i].to &&
                engine_did[i].reason == sim_did[i].reason,
            "decision %zu: engine %lld %u %d>%d %s, simulation %lld %u %d>%d %s", i,
            (long long)engine_did[i].at_ms, engine_did[i].due, engine_did[i].from,
            engine_did[i].to, keda_reason_name(engine_did[i].reason),
            (long long)sim_did[i].at_ms, sim_did[i].due, sim_did[i].from, sim_did[i].to,
            keda_reason_name(sim_did[i].reason));
    cr_expect_gt(nsim, 300);
    (void)event_at(10); /* there is something to compare */
    keda_buf_clear(&text);
    end();
}

Test(simulation, decides_as_the_engine_does)
{
    beside_the_engine("  cooldownPeriod: 60\n", NULL);
}

Test(simulation, decides_as_the_engine_does_with_cached_readings)
{
    beside_the_engine("  pollingInterval: 40\n  cooldownPeriod: 45\n  idleReplicaCount: 0\n"
                      "  minReplicaCount: 2\n",
                      "  - {type: script, useCachedMetrics: true, metadata: {source: a}}\n");
}

Test(simulation, decides_as_the_engine_does_with_behaviours)
{
    beside_the_engine(
        "  maxReplicaCount: 30\n  cooldownPeriod: 100\n"
        "  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: "
        "{stabilizationWindowSeconds: 45, policies: [{type: Pods, value: 2, periodSeconds: "
        "30}]}, scaleUp: {policies: [{type: Percent, value: 50, periodSeconds: 30}]}}}}\n",
        NULL);
}
