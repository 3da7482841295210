/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a ProcessPool's document (libkeda/targets/pool_spec.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/mem.h"
#include "support/failing_allocator.h"
#include "targets/pool_spec.h"

static pool_spec read_good(const char *json)
{
    pool_spec spec = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(pool_spec_read(&spec, json, &err), KEDA_OK, "%s", err.text);
    return spec;
}

Test(pool_spec, has_the_documented_defaults)
{
    pool_spec spec = read_good("{\"command\": [\"/bin/worker\"]}");
    cr_expect_str_eq(spec.command[0], "/bin/worker");
    cr_expect_null(spec.command[1]);
    cr_expect_null(spec.env[0]);
    cr_expect_null(spec.directory);
    cr_expect_null(spec.user);
    cr_expect_null(spec.limits);
    cr_expect_eq(spec.rules.grace_ms, 30000);
    cr_expect_eq(spec.rules.restart_min_ms, 1000);
    cr_expect_eq(spec.rules.restart_max_ms, 60000);
    pool_spec_clear(&spec);
    pool_spec_clear(&spec);
    pool_spec_clear(NULL);
}

Test(pool_spec, reads_every_member)
{
    pool_spec spec = read_good("{\"command\": [\"w\", \"--all\", \"\"], \"env\": {\"A\": "
                               "\"1=2\", \"B\": 7, \"C\": true,"
                               " \"D\": \"\"}, \"workingDirectory\": \"/srv\", \"user\": 1000, "
                               "\"gracePeriodSeconds\": 0,"
                               " \"restart\": {\"minSeconds\": 0.5, \"maxSeconds\": 5},"
                               " \"limits\": {\"nofile\": 64, \"as\": \"unlimited\"}}");
    cr_expect_str_eq(spec.command[1], "--all");
    cr_expect_str_eq(spec.command[2], "");
    cr_expect_str_eq(spec.env[0], "A=1=2");
    cr_expect_str_eq(spec.env[1], "B=7");
    cr_expect_str_eq(spec.env[2], "C=true");
    cr_expect_str_eq(spec.env[3], "D=");
    cr_expect_str_eq(spec.directory, "/srv");
    cr_expect_str_eq(spec.user, "1000");
    cr_expect_eq(spec.rules.grace_ms, 0);
    cr_expect_eq(spec.rules.restart_min_ms, 500);
    cr_expect_eq(spec.rules.restart_max_ms, 5000);
    cr_expect_str_eq(spec.limits, "nofile=64,as=unlimited");
    pool_spec_clear(&spec);
}

Test(pool_spec, takes_the_longest_times_a_document_may_give)
{
    pool_spec spec = read_good("{\"command\": [\"w\"], \"gracePeriodSeconds\": 2147483647}");
    cr_expect_eq(spec.rules.grace_ms, INT64_C(2147483647000));
    pool_spec_clear(&spec);
}

Test(pool_spec, refuses_what_it_cannot_use)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"command\": []}",
        "{\"command\": \"worker\"}",
        "{\"command\": [1]}",
        "{\"command\": [\"w\"], \"env\": [\"A=1\"]}",
        "{\"command\": [\"w\"], \"env\": {\"A\": {}}}",
        "{\"command\": [\"w\"], \"limits\": [1]}",
        "{\"command\": [\"w\"], \"gracePeriodSeconds\": -1}",
        "{\"command\": [\"w\"], \"gracePeriodSeconds\": 1e12}",
        "{\"command\": [\"w\"], \"restart\": {\"minSeconds\": \"soon\"}}",
        "{\"command\": [\"w\"], \"user\": {}}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pool_spec spec = {0};
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(pool_spec_read(&spec, bad[i], &err), KEDA_EINVAL, "%s", bad[i]);
        cr_expect_null(spec.command);
        cr_expect_str_not_empty(err.text);
    }
    pool_spec spec = {0};
    cr_expect_eq(pool_spec_read(&spec, NULL, NULL), KEDA_EINVAL);
}

static void expect_env(const char *const *host, const char *const *own, const char *expected)
{
    char seen[256] = "";
    pool_spec spec =
        read_good("{\"command\": [\"w\"], \"env\": {\"B\": \"spec\", \"KEDA_POOL\": \"x\"}}");
    const char **env = pool_environment(&spec, host, own);
    for (size_t i = 0; env[i] != NULL; i++) {
        strncat(seen, env[i], sizeof seen - strlen(seen) - 1);
        strncat(seen, " ", sizeof seen - strlen(seen) - 1);
    }
    cr_expect_str_eq(seen, expected);
    mem_free(env);
    pool_spec_clear(&spec);
}

Test(pool_spec, puts_the_environment_together_without_doubles)
{
    static const char *const host[] = {
        "A=host",       "B=host", "BB=host", "KEDA_REPLICA=9", "NOTIFY_SOCKET=/run/x",
        "LISTEN_FDS=3", NULL};
    static const char *const own[] = {"KEDA_POOL=jobs", "KEDA_REPLICA=0", NULL};
    expect_env(host, own, "A=host BB=host B=spec KEDA_POOL=jobs KEDA_REPLICA=0 ");
    expect_env(NULL, own, "B=spec KEDA_POOL=jobs KEDA_REPLICA=0 ");
    expect_env(host, NULL, "A=host BB=host KEDA_REPLICA=9 B=spec KEDA_POOL=x ");
}

Test(pool_spec, reports_when_memory_is_out_and_leaks_nothing)
{
    size_t n = 0;
    bool has_failed = true;
    while (has_failed && ++n < 200) {
        pool_spec spec = {0};
        keda_error err = KEDA_ERROR_INIT;
        failing_allocator_set(n);
        keda_status rc = pool_spec_read(&spec,
                                        "{\"command\": [\"w\"], \"env\": {\"A\": \"1\"}, "
                                        "\"user\": \"u\", \"limits\": {\"as\": 1}}",
                                        &err);
        has_failed = failing_allocator_has_failed();
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%zu: %s", n, err.text);
        cr_assert(has_failed == (spec.command == NULL));
        pool_spec_clear(&spec);
        cr_assert_eq(failing_allocator_live(), 0, "allocation %zu", n);
    }
    cr_expect_gt(n, 6);
}
