/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elections by a Lease (libkeda/kube/lease.c), against an API server in memory. Each member has a link of its
 * own to it, which can be cut; all share one clock.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/kube.h"
#include "support/fake_clock.h"
#include "support/kube_peer.h"
#include "support/relay.h"

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/default/leases"

enum { MEMBERS = 3 };

typedef struct member {
    char identity[32];
    loop *l;
    relay *link;
    keda_kube *kube;
    keda_kube_lease *lease;
    bool is_held;
    int nchanged, nreleased;
    char holder[64];
    bool closes, leaves; /* at the next change */
} member;

static fake_clock fake;
static kube_peer *peer;
static member members[MEMBERS];
static member *const a = &members[0], *const b = &members[1];
static keda_buf logged;
static keda_error err;

/* ---- the world */

static void on_log(int32_t level, const char *message, const keda_log_pair *pairs,
                   size_t npairs, void *user)
{
    (void)level;
    (void)pairs;
    (void)npairs;
    (void)user;
    cr_assert_eq(buf_printf(&logged, "%s\n", message), KEDA_OK);
}

static size_t times_logged(const char *text)
{
    size_t n = 0;

    for (const char *at = logged.data; at != NULL && (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static void open_world(void)
{
    fake_clock_init(&fake);
    peer = kube_peer_open();
    err = (keda_error)KEDA_ERROR_INIT;
}

static void open_client(member *m)
{
    const int port = (int)strtol(strrchr(kube_peer_url(peer), ':') + 1, NULL, 10);
    keda_kube_options opts = KEDA_KUBE_OPTIONS_INIT;
    char text[512];

    m->link = relay_open(port);
    (void)snprintf(text, sizeof text,
                   "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                   "clusters: [{name: c, cluster: {server: \"http://127.0.0.1:%d\"}}]\n"
                   "users: [{name: u, user: {token: t}}]\n"
                   "contexts: [{name: c, context: {cluster: c, user: u}}]\n",
                   relay_port(m->link));
    opts.kubeconfig_text = text;
    opts.log = on_log;
    cr_assert_eq(loop_new(&m->l, &fake.clock, &err), KEDA_OK, "%s", err.text);
    cr_assert_eq(kube_new(&m->kube, m->l, &opts, &err), KEDA_OK, "%s", err.text);
}

/* As a crash does: whatever was under way on the link still is. */
static void kill_member(member *m)
{
    keda_kube_lease_close(m->lease);
    m->lease = NULL;
    m->is_held = false;
    if (m->kube == NULL)
        return;
    keda_kube_close(m->kube);
    loop_free(m->l);
    m->kube = NULL;
}

static void bury(member *m)
{
    kill_member(m);
    relay_close(m->link);
    m->link = NULL;
}

static void close_world(void)
{
    for (size_t i = 0; i < MEMBERS; i++)
        bury(&members[i]);
    kube_peer_close(peer);
    keda_buf_clear(&logged);
}

TestSuite(lease, .init = open_world, .fini = close_world, .timeout = 120);

static bool step_all(void)
{
    bool was_busy = kube_peer_step(peer);

    for (size_t i = 0; i < MEMBERS; i++) {
        member *m = &members[i];
        if (m->link != NULL)
            was_busy = relay_step(m->link) || was_busy;
        if (m->kube == NULL)
            continue;
        struct pollfd one = {.fd = loop_fd(m->l), .events = POLLIN};
        was_busy = poll(&one, 1, 0) > 0 || loop_next_due_ms(m->l) == 0 || was_busy;
        cr_assert_eq(loop_step(m->l, &err), KEDA_OK, "%s", err.text);
    }
    return was_busy;
}

/* What one sends on loopback, the next can read at once: quiet is when nobody has had anything to do for a while. */
static void settle(void)
{
    for (int quiet = 0; quiet < 3;)
        quiet = step_all() ? 0 : quiet + 1;
}

static void pass(int64_t ms)
{
    fake_clock_advance(&fake, ms);
    settle();
}

/* In small steps, as time goes. */
static void live(int64_t ms)
{
    for (; ms > 0; ms -= 100)
        pass(ms < 100 ? ms : 100);
}

/* ---- members */

static void on_released(void *user)
{
    member *m = user;
    m->nreleased++;
}

static void leave(member *m)
{
    m->is_held = false;
    keda_kube_lease_release(m->lease, on_released, m);
    cr_assert_eq(m->nreleased, 0, "inside the call");
}

static size_t holders(void)
{
    size_t n = 0;

    for (size_t i = 0; i < MEMBERS; i++)
        n += members[i].is_held;
    return n;
}

static void on_changed(int32_t is_held, const char *holder, void *user)
{
    member *m = user;

    cr_assert_eq(m->nreleased, 0, "it has left");
    m->nchanged++;
    m->is_held = is_held != 0;
    (void)snprintf(m->holder, sizeof m->holder, "%s", holder);
    cr_assert_leq(holders(), 1, "%s holds it too", m->identity);
    if (m->closes) {
        m->is_held = false;
        keda_kube_lease_close(m->lease);
        m->lease = NULL;
    }
    if (m->leaves)
        leave(m);
    m->closes = m->leaves = false;
}

static keda_kube_lease_options options_of(member *m)
{
    keda_kube_lease_options opts = KEDA_KUBE_LEASE_OPTIONS_INIT;

    opts.name = "one";
    opts.identity = m->identity;
    opts.changed = on_changed;
    opts.user = m;
    return opts;
}

static void join(member *m, const char *identity)
{
    *m = (member){0};
    (void)snprintf(m->identity, sizeof m->identity, "%s", identity);
    open_client(m);
    const keda_kube_lease_options opts = options_of(m);
    cr_assert_eq(keda_kube_lease_open(&m->lease, m->kube, &opts, &err), KEDA_OK, "%s",
                 err.text);
    cr_assert_eq(m->nchanged, 0, "inside the call");
}

static void join_both(void)
{
    join(a, "a");
    pass(0);
    cr_assert(a->is_held);
    join(b, "b");
    pass(0);
    cr_assert_not(b->is_held);
}

static const char *spec(const char *name)
{
    static char out[4][128];
    static size_t next;
    char *text = out[next++ % 4], path[64];
    keda_json *object = NULL;
    const char *json = kube_peer_get(peer, "Lease", "default", "one");
    int64_t number;

    cr_assert_not_null(json);
    cr_assert_eq(keda_json_parse(&object, json, strlen(json), &err), KEDA_OK);
    (void)snprintf(path, sizeof path, "spec.%s", name);
    const keda_json *value = keda_json_get(object, path);
    if (keda_json_int64(value, &number))
        (void)snprintf(text, 128, "%d", (int)number);
    else
        (void)snprintf(text, 128, "%s",
                       keda_json_string(value) == NULL ? "" : keda_json_string(value));
    keda_json_free(object);
    return text;
}

static void put_lease(const char *holder)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":"
                   "{\"name\":\"one\",\"namespace\":\"default\"},\"spec\":{\"holderIdentity\":"
                   "\"%s\",\"leaseDurationSeconds\":15,\"leaseTransitions\":3}}",
                   holder);
    kube_peer_put(peer, text);
}

/* ---- taking and keeping */

Test(lease, is_taken_where_nobody_has_it)
{
    join(a, "a");
    pass(0);
    cr_expect(a->is_held);
    cr_expect_str_eq(a->holder, "a");
    cr_expect_eq(a->nchanged, 1);
    cr_expect_str_eq(spec("holderIdentity"), "a");
    cr_expect_str_eq(spec("leaseDurationSeconds"), "15");
    cr_expect_str_eq(spec("leaseTransitions"), "0");
    cr_expect_str_eq(spec("acquireTime"), "2026-01-31T12:00:00.000000Z");
    cr_expect_str_eq(spec("renewTime"), "2026-01-31T12:00:00.000000Z");
}

Test(lease, is_renewed_every_two_seconds)
{
    join(a, "a");
    pass(0);
    for (int i = 1; i <= 20; i++) {
        pass(1999);
        cr_expect_eq(kube_peer_requests(peer, "PATCH " LEASES), (size_t)i - 1);
        pass(1);
        cr_expect_eq(kube_peer_requests(peer, "PATCH " LEASES), (size_t)i);
    }
    cr_expect_eq(kube_peer_requests(peer, "GET "), 1);
    cr_expect_eq(a->nchanged, 1);
    cr_expect_str_eq(spec("acquireTime"), "2026-01-31T12:00:00.000000Z");
    cr_expect_str_eq(spec("renewTime"), "2026-01-31T12:00:40.000000Z");
    cr_expect_str_eq(spec("leaseTransitions"), "0");
}

Test(lease, of_another_is_waited_for_and_its_holder_known)
{
    join_both();
    live(60000);
    cr_expect_str_eq(b->holder, "a");
    cr_expect_eq(b->nchanged, 1);
    cr_expect(a->is_held);
    const size_t asked = kube_peer_requests(peer, "GET " LEASES) - 2;
    cr_expect_geq(asked, 24); /* 60 s in steps of 1.6 to 2.4 s, looked at every 0.1 s */
    cr_expect_leq(asked, 38);
}

Test(lease, is_taken_over_when_its_holder_has_been_silent_for_its_duration)
{
    join_both();
    live(20000);
    kill_member(a);
    const int64_t died_ms = fake.now_ms;
    while (!b->is_held)
        live(100);
    /* Seen at the latest 2.4 s after it was renewed, looked at again every 1.6 to 2.4 s. */
    cr_expect_geq(fake.now_ms - died_ms, 13000);
    cr_expect_leq(fake.now_ms - died_ms, 20000);
    cr_expect_str_eq(spec("holderIdentity"), "b");
    cr_expect_str_eq(spec("leaseTransitions"), "1");
    cr_expect_str_eq(spec("acquireTime"), spec("renewTime"));
}

Test(lease, of_a_former_self_is_taken_at_once)
{
    put_lease("a");
    join(a, "a");
    pass(0);
    cr_expect(a->is_held);
    cr_expect_str_eq(spec("leaseTransitions"), "3");
}

Test(lease, that_was_given_back_is_taken_at_once)
{
    put_lease("");
    join(a, "a");
    pass(0);
    cr_expect(a->is_held);
    cr_expect_str_eq(spec("leaseTransitions"), "4");
}

/* ---- losing */

Test(lease, is_lost_exactly_at_the_deadline_without_a_server)
{
    join_both();
    pass(2000); /* the last good renewal */
    kube_peer_silence(peer, true);
    pass(9999);
    cr_expect(a->is_held);
    pass(1);
    cr_expect_not(a->is_held);
    cr_expect_str_eq(a->holder, "");
    cr_expect_not(b->is_held);
    kube_peer_silence(peer, false);
    live(60000);
    cr_expect_eq(holders(), 1);
}

Test(lease, deadline_counts_from_when_the_renewal_was_sent)
{
    join(a, "a");
    pass(0);
    relay_set(a->link, RELAY_KEEP);
    pass(2000);
    pass(5000);
    relay_set(a->link, RELAY_PASS); /* it is renewed as of five seconds ago */
    pass(0);
    cr_expect_eq(kube_peer_requests(peer, "PATCH " LEASES), 1);
    relay_set(a->link, RELAY_LOSE_ALL);
    pass(4999);
    cr_expect(a->is_held);
    pass(1);
    cr_expect_not(a->is_held);
}

Test(lease, survives_answers_that_are_lost)
{
    join_both();
    relay_set(a->link, RELAY_LOSE_ANSWERS);
    pass(2000);
    relay_set(a->link, RELAY_PASS);
    kube_peer_fail(peer, "PATCH " LEASES, 500, 0, 2);
    live(20000);
    cr_expect_eq(holders(), 1);
}

Test(lease, is_lost_at_once_when_another_has_it)
{
    join(a, "a");
    pass(0);
    put_lease("z");
    pass(1999);
    cr_expect(a->is_held);
    pass(1);
    cr_expect_not(a->is_held);
    cr_expect_str_eq(a->holder, "z");
    live(14000);
    cr_expect_not(a->is_held);
    live(6000);
    cr_expect(a->is_held);
    cr_expect_eq(a->nchanged, 3);
}

Test(lease, is_kept_when_it_is_touched_or_deleted)
{
    join(a, "a");
    pass(0);
    put_lease("a");
    pass(2000);
    cr_expect_str_eq(spec("renewTime"), "2026-01-31T12:00:02.000000Z");
    kube_peer_delete(peer, "Lease", "default", "one");
    pass(2000);
    cr_expect_str_eq(spec("renewTime"), "2026-01-31T12:00:04.000000Z");
    cr_expect_eq(a->nchanged, 1);
}

Test(lease, conflicts_without_end_do_not_make_it_hasty)
{
    join(a, "a");
    pass(0);
    kube_peer_fail(peer, "PATCH " LEASES, 409, 0, 0);
    live(10100);
    cr_expect_not(a->is_held);
    cr_expect_leq(kube_peer_requests(peer, LEASES), 20);
}

Test(lease, refusals_are_logged_at_changes)
{
    put_lease("");
    kube_peer_fail(peer, "PATCH " LEASES, 403, 0, 0);
    join(a, "a");
    live(30000);
    cr_expect_eq(times_logged("the lease cannot be used"), 1);
    cr_expect_eq(times_logged("the lease can be used again"), 0);
    kube_peer_heal(peer);
    live(3000);
    cr_expect(a->is_held);
    cr_expect_eq(times_logged("the lease can be used again"), 1);
}

/* ---- leaving */

Test(lease, is_followed_at_once_when_it_is_released)
{
    join_both();
    live(20000);
    leave(a);
    live(2400);
    cr_expect_eq(a->nreleased, 1);
    cr_expect(b->is_held);
    cr_expect_str_eq(spec("leaseTransitions"), "1");
    live(30000);
    cr_expect_eq(a->nreleased, 1);
}

Test(lease, says_so_when_it_is_released)
{
    join(a, "a");
    pass(0);
    leave(a);
    pass(0);
    cr_expect_eq(a->nreleased, 1);
    cr_expect_str_eq(spec("holderIdentity"), "");
    cr_expect_str_eq(spec("leaseDurationSeconds"), "1");
    cr_expect_eq(a->nchanged, 1);
}

Test(lease, release_ends_although_there_is_no_server)
{
    join_both();
    kube_peer_silence(peer, true);
    leave(a);
    leave(b); /* which has nothing to give back */
    pass(0);
    cr_expect_eq(a->nreleased, 0);
    cr_expect_eq(b->nreleased, 1);
    live(3000);
    cr_expect_eq(a->nreleased, 1);
    cr_expect_eq(times_logged("the lease was not given back"), 1);
}

Test(lease, release_gives_back_what_a_renewal_under_way_has_kept)
{
    join(a, "a");
    pass(0);
    relay_set(a->link, RELAY_LOSE_ANSWERS);
    pass(2000);
    cr_expect_str_eq(spec("renewTime"), "2026-01-31T12:00:02.000000Z");
    leave(a);
    relay_set(a->link, RELAY_PASS);
    pass(0);
    cr_expect_eq(a->nreleased, 1);
    cr_expect_str_eq(spec("holderIdentity"), "");
}

Test(lease, release_gives_back_what_a_request_under_way_has_taken)
{
    join(a, "a");
    relay_set(a->link, RELAY_KEEP);
    put_lease("");
    pass(0);
    relay_set(a->link, RELAY_PASS);
    while (kube_peer_requests(peer, "GET " LEASES) == 0)
        (void)step_all();
    relay_set(a->link, RELAY_LOSE_ANSWERS);
    pass(0);
    relay_set(a->link, RELAY_PASS);
    leave(a);
    pass(0);
    cr_expect_eq(a->nreleased, 1);
    cr_expect_str_eq(spec("holderIdentity"), "");
}

Test(lease, can_be_closed_and_released_inside_its_callback)
{
    join(a, "a");
    a->closes = true;
    live(30000);
    cr_expect_eq(a->nchanged, 1);
    join(b, "b");
    b->leaves = true;
    live(30000);
    cr_expect_eq(b->nchanged, 1);
    cr_expect_eq(b->nreleased, 1);
    /* Which of the changes it was in: that another has it, or that it has it itself. */
    cr_expect_str_eq(spec("holderIdentity"), "a");
}

Test(lease, can_be_closed_at_any_moment)
{
    for (int steps = 0; steps < 12; steps++) {
        join(a, "a");
        for (int i = 0; i < steps; i++) {
            (void)kube_peer_step(peer);
            (void)relay_step(a->link);
            cr_assert_eq(loop_step(a->l, &err), KEDA_OK);
        }
        if (steps % 2 == 0)
            leave(a);
        keda_kube_lease_close(a->lease);
        a->lease = NULL;
        const int before = a->nchanged;
        a->is_held = false;
        live(1000);
        cr_expect_eq(a->nchanged, before);
        cr_expect_eq(a->nreleased, 0);
        bury(a);
    }
}

Test(lease, options_that_cannot_work_are_refused)
{
    open_client(a);
    for (int i = 0; i < 9; i++) {
        keda_kube_lease_options opts = options_of(b);
        char longest[300];
        opts.identity = "b";
        memset(longest, 'x', sizeof longest - 1);
        longest[sizeof longest - 1] = '\0';
        if (i == 0)
            opts.name = NULL;
        if (i == 1)
            opts.name = "..";
        if (i == 2)
            opts.identity = "";
        if (i == 3)
            opts.identity = longest;
        if (i == 4)
            opts.space = "";
        if (i == 5)
            opts.retry_ms = 10000;
        if (i == 6)
            opts.renew_deadline_ms = 15000;
        if (i == 7)
            opts.duration_ms = -1;
        if (i == 8)
            opts.struct_size = 8;
        keda_kube_lease *lease = NULL;
        cr_expect_eq(keda_kube_lease_open(&lease, a->kube, &opts, &err), KEDA_EINVAL, "%d", i);
        cr_expect_null(lease);
    }
    cr_expect_eq(keda_kube_lease_open(&a->lease, a->kube, NULL, &err), KEDA_EINVAL);
    keda_kube_lease_close(NULL);
}

/* ---- never two */

static size_t at_random(clock_random *random, size_t n)
{
    return (size_t)(clock_random_unit(random) * (double)n);
}

static void be_born(member *m, int nth)
{
    char identity[32];

    (void)snprintf(identity, sizeof identity, "member-%d", nth);
    join(m, identity);
}

static void misfortune(clock_random *random, int nth)
{
    static const int answers[] = {500, 503, 409, 401, 404};
    member *m = &members[at_random(random, MEMBERS)];

    switch (at_random(random, 6)) {
    case 0:
        bury(m);
        be_born(m, nth);
        break;
    case 1:
        if (m->nreleased == 0)
            leave(m);
        settle();
        bury(m);
        be_born(m, nth);
        break;
    case 2:
        kube_peer_fail(peer, "leases", answers[at_random(random, 5)], 0,
                       1 + (int)at_random(random, 4));
        break;
    case 3:
        relay_set(m->link, RELAY_PASS);
        break;
    default:
        relay_set(m->link, (enum relay_mode)at_random(random, RELAY_MODES));
    }
}

/* on_changed looks after the rule. */
static void go_through(uint64_t seed)
{
    clock_random random;

    clock_random_seed(&random, seed);
    for (int i = 0; i < MEMBERS; i++)
        be_born(&members[i], i);
    for (int i = 0; i < 150; i++) {
        if (clock_random_unit(&random) < 0.15)
            misfortune(&random, 100 + i);
        fake_clock_advance(&fake, 1 + (int64_t)at_random(&random, 1500));
        settle();
    }
    kube_peer_heal(peer);
    for (size_t i = 0; i < MEMBERS; i++)
        relay_set(members[i].link, RELAY_PASS);
    for (int i = 0; i < 120; i++) {
        fake_clock_advance(&fake, 500);
        settle();
    }
    cr_expect_eq(holders(), 1, "seed %d", (int)seed);
    for (size_t i = 0; i < MEMBERS; i++)
        bury(&members[i]);
}

Test(lease, is_never_held_by_two_whatever_the_network_does)
{
    for (uint64_t seed = 1; seed <= 25; seed++)
        go_through(seed);
}
