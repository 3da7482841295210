/* SPDX-License-Identifier: Apache-2.0 */
/* Two operators on one cluster: at most one acts, and another takes over when it cannot. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "engine/engine.h"
#include "kube/queue.h"
#include "support/operator_rig.h"

static kube_peer *peer;
static operator_rig a, b;

static void open_one(operator_rig *o, const char *identity)
{
    operator_rig_init(o, peer);
    o->options.is_leader_elected = 1;
    o->options.identity = identity;
    rig_source_of(&o->r, "web")->value = 20;
    operator_rig_start(o);
}

static void open_both(void)
{
    peer = kube_peer_open();
    open_one(&a, "a");
    operator_rig_settle(&a);
    open_one(&b, "b");
    operator_rig_deploy(&a, "web", 2);
    operator_rig_put(&a, "web", "", "");
}

static void close_both(void)
{
    if (a.op != NULL)
        operator_rig_crash(&a);
    operator_rig_crash(&b);
    kube_peer_close(peer);
}

TestSuite(leader, .init = open_both, .fini = close_both, .timeout = 120);

static int32_t is_leader(const operator_rig *o)
{
    keda_operator_status status = {.struct_size = sizeof status};
    keda_operator_get_status(o->op, &status);
    return status.is_leader;
}

static size_t at_work(const operator_rig *o)
{
    return keda_engine_workload_count(o->r.engine);
}

Test(leader, acts_alone)
{
    keda_operator_status status = {.struct_size = sizeof status};

    operator_rigs_run(&a, &b, 30000);
    cr_expect_eq(is_leader(&a), 1);
    cr_expect_eq(is_leader(&b), 0);
    cr_expect_eq(at_work(&a), 1);
    cr_expect_eq(at_work(&b), 0);
    keda_operator_get_status(b.op, &status);
    cr_expect_str_eq(status.holder, "a");
    cr_expect_eq(status.nscaled_objects, 0);
}

Test(leader, is_followed_at_once_when_it_stops)
{
    operator_rigs_run(&a, &b, 30000);
    operator_rig_stop(&a, 3000);
    cr_expect_eq(at_work(&a), 0);
    operator_rig_crash(&a);
    operator_rig_run(&b, 5000);
    cr_expect_eq(is_leader(&b), 1);
    cr_expect_eq(at_work(&b), 1);
    cr_expect_eq(operator_rig_replicas(&b, "web"), 2);
}

Test(leader, is_followed_after_its_lease_when_it_crashes)
{
    operator_rigs_run(&a, &b, 30000);
    operator_rig_crash(&a);
    operator_rig_run(&b, 10000);
    cr_expect_eq(at_work(&b), 0, "the lease is not over");
    operator_rig_run(&b, 15000);
    cr_expect_eq(is_leader(&b), 1);
    cr_expect_eq(at_work(&b), 1);
    cr_expect_eq(operator_rig_replicas(&b, "web"), 2);
}

Test(leader, leaves_everything_when_it_cannot_renew)
{
    operator_rigs_run(&a, &b, 30000);
    kube_peer_fail(peer, "leases", 500, 0, 0);
    operator_rigs_run(&a, &b, 14000);
    cr_expect_eq(is_leader(&a), 0);
    cr_expect_eq(at_work(&a), 0);
    cr_expect(rig_logged(&a.r, "not leading any more"));
    kube_peer_heal(peer);
    operator_rigs_run(&a, &b, 60000);
    cr_expect_eq(is_leader(&a) + is_leader(&b), 1);
    cr_expect_eq(at_work(&a) + at_work(&b), 1);
    cr_expect_eq(operator_rig_replicas(&b, "web"), 2);
}

Test(leader, takes_back_what_is_under_way_when_it_cannot_renew)
{
    operator_rig_crash(&a);
    open_one(&a, "a");
    a.kube_options.timeout_ms = 60000;
    operator_rig_put(&a, "web", ",\"annotations\":{\"libkeda.io/sync-interval\":\"1s\"}", "");
    operator_rig_restart(&a);
    operator_rigs_run(&a, &b, 30000);
    cr_assert_eq(at_work(&a), 1);
    kube_peer_silence(peer, true);
    rig_source_of(&a.r, "web")->value = 40;
    operator_rigs_run(&a, &b, 5000);
    cr_assert_gt(a.kube->queue->nflying, 0);
    operator_rigs_run(&a, &b, 11000);
    cr_expect_eq(is_leader(&a), 0);
    cr_expect_null(a.r.engine->ending.first, "no write of its own is on its way");
    kube_peer_silence(peer, false);
    operator_rigs_run(&a, &b, 60000);
    cr_expect_eq(at_work(&a) + at_work(&b), 1);
}

Test(leader, changes_without_a_scale_or_a_status)
{
    operator_rigs_run(&a, &b, 60000);
    const size_t scales = kube_peer_requests(peer, "web/scale");
    const size_t writes = kube_peer_writes(peer);
    operator_rig_crash(&a);
    operator_rig_run(&b, 120000);
    cr_expect_eq(at_work(&b), 1);
    cr_expect_eq(kube_peer_requests(peer, "web/scale"), scales);
    cr_expect_eq(kube_peer_writes(peer), writes);
}

/* A process that was frozen wakes with all its timers due, the oldest first. */
Test(leader, writes_nothing_when_it_wakes_after_its_lease)
{
    enum { NOBJECTS = 10 }; /* more than the rate limit lets be written in time */
    char name[16];

    operator_rig_crash(&a);
    open_one(&a, "a");
    a.kube_options.qps = 1.0;
    a.kube_options.burst = 1;
    for (int i = 0; i < NOBJECTS; i++) {
        (void)snprintf(name, sizeof name, "o%d", i);
        operator_rig_deploy(&a, name, 2);
        operator_rig_put(&a, name, "", "");
    }
    operator_rig_restart(&a);
    operator_rigs_run(&a, &b, 40000);
    cr_assert_eq(is_leader(&a), 1);
    cr_assert_gt(keda_kube_events_waiting(a.kube, NULL), 0);
    operator_rig_run(&b, 40000); /* and a stands still */
    cr_assert_eq(is_leader(&b), 1);
    const size_t writes = kube_peer_writes(peer);
    fake_clock_advance(&a.r.clock, 40000);
    operator_rig_settle(&a);
    cr_expect_eq(is_leader(&a), 0);
    cr_expect_eq(kube_peer_writes(peer), writes, "%s", kube_peer_last_body(peer, "PATCH"));
    cr_expect_eq(at_work(&a), 0);
    cr_expect_eq(keda_kube_events_waiting(a.kube, NULL), 0, "they would be written later");
}
