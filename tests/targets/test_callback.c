/* SPDX-License-Identifier: Apache-2.0 */
/* The target of two functions (libkeda/targets/callback.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/mem.h"
#include "support/target_rig.h"
#include "targets/callback.h"

static int32_t count;
static keda_status answer;
static const char *reason;

static int32_t get(const char *space, const char *name, void *user)
{
    cr_expect_str_eq(space, "default");
    cr_expect_str_eq(name, "web");
    cr_expect_eq(user, &count);
    return count;
}

static keda_status set(const char *space, const char *name, int32_t to, keda_error *err,
                       void *user)
{
    cr_expect_str_eq(space, "default");
    cr_expect_str_eq(name, "web");
    cr_expect_eq(user, &count);
    if (answer == KEDA_OK)
        count = to;
    else if (reason != NULL)
        return keda_error_set(err, answer, "%s", reason);
    return answer;
}

static callback_host host = {.get = get, .set = set, .user = &count};
static keda_target self;
static void *state;

static void open_target(void)
{
    const keda_target_ref ref = {.struct_size = sizeof ref, .space = "default", .name = "web"};
    state = mem_zalloc(1, keda_target_callback.state_size);
    cr_assert_eq(keda_target_callback.open(state, &ref, &self, NULL, &host), KEDA_OK);
}

static void close_target(void)
{
    keda_target_call call = {0};
    keda_target_callback.close(state, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    mem_free(state);
}

TestSuite(callback, .init = open_target, .fini = close_target);

Test(callback, observes_what_the_host_says)
{
    keda_target_call call = {0};
    count = 4;
    keda_target_callback.observe(state, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    cr_expect_eq(call.replicas.spec, 4);
    cr_expect_eq(call.replicas.status, 4);
    cr_expect_eq(call.replicas.ready, 4);
}

Test(callback, passes_on_that_the_count_is_unknown)
{
    keda_target_call call = {0};
    count = -7;
    keda_target_callback.observe(state, &call, &host);
    cr_expect_eq(call.replicas.spec, -1);
    cr_expect_eq(call.replicas.ready, -1);
}

Test(callback, sets_the_count)
{
    keda_target_call call = {0};
    keda_target_callback.scale(state, 9, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    cr_expect_eq(call.err.code, KEDA_OK);
    cr_expect_eq(count, 9);
}

Test(callback, passes_the_failure_of_the_host_on)
{
    keda_target_call call = {0};
    answer = KEDA_ECONFLICT;
    reason = "changed meanwhile";
    keda_target_callback.scale(state, 9, &call, &host);
    cr_expect_eq(call.ncompletions, 1);
    cr_expect_eq(call.err.code, KEDA_ECONFLICT);
    cr_expect_str_eq(call.err.text, "changed meanwhile");
}

Test(callback, gives_a_failure_without_reason_one)
{
    keda_target_call call = {0};
    answer = KEDA_EUNAVAILABLE;
    keda_target_callback.scale(state, 9, &call, &host);
    cr_expect_eq(call.err.code, KEDA_EUNAVAILABLE);
    cr_expect_str_not_empty(call.err.text);
}
