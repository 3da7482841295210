/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name server that never answers holds up nobody: neither a deadline, nor a cancel, nor the end
 * of the pool. The resolver of this program hangs for one name until it is let go.
 */
#include "support/http_rig.h"

#include <criterion/criterion.h>

#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

static sem_t let_go;
static atomic_int hanging;

typedef int (*resolve_fn)(const char *, const char *, const struct addrinfo *,
                          struct addrinfo **);

/* Takes the C library's place in this program, libcurl included. */
int getaddrinfo(const char *restrict node, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    resolve_fn next;

    if (node != NULL && strcmp(node, "stuck.test") == 0) {
        atomic_fetch_add(&hanging, 1);
        (void)sem_wait(&let_go);
        return EAI_AGAIN;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    return next(node, service, hints, out);
}

static bool one_hangs(void *user)
{
    (void)user;
    return atomic_load(&hanging) > 0;
}

struct stuck {
    http_rig rig;
    http_rig_answer answer;
    keda_http_call *call;
};

static void stuck_open(struct stuck *s)
{
    keda_http_request request = KEDA_HTTP_REQUEST_INIT;

    memset(s, 0, sizeof *s);
    cr_assert_eq(sem_init(&let_go, 0, 0), 0);
    http_rig_open(&s->rig, NULL, &(http_pool_options){.http_proxy = ""});
    request.url = "http://stuck.test/";
    request.timeout_ms = 60000;
    cr_assert_eq(
        keda_http_send(s->rig.http, &request, http_rig_done, &s->answer, &s->call, NULL),
        KEDA_OK);
    while (!one_hangs(NULL))
        cr_assert_eq(loop_step(s->rig.l, NULL), KEDA_OK);
}

static void stuck_close(struct stuck *s)
{
    http_rig_close(&s->rig);
    cr_expect_eq(atomic_load(&hanging), 1);
    (void)sem_post(&let_go);
}

Test(resolver, that_hangs_does_not_delay_the_deadline, .timeout = 20)
{
    struct stuck s;

    stuck_open(&s);
    fake_clock_advance(&s.rig.clock, 60000);
    cr_assert_eq(loop_step(s.rig.l, NULL), KEDA_OK);
    cr_expect_eq(s.answer.times, 1);
    cr_expect_eq(s.answer.err.code, KEDA_ETIMEOUT);
    stuck_close(&s);
}

Test(resolver, that_hangs_does_not_delay_a_cancel, .timeout = 20)
{
    struct stuck s;

    stuck_open(&s);
    keda_http_cancel(s.call);
    cr_expect_eq(s.answer.times, 0);
    stuck_close(&s);
}

Test(resolver, that_hangs_does_not_delay_the_end_of_the_pool, .timeout = 20)
{
    struct stuck s;

    stuck_open(&s);
    stuck_close(&s);
    cr_expect_eq(s.answer.times, 0);
}
