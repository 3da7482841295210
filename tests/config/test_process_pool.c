/* SPDX-License-Identifier: Apache-2.0 */
/* ProcessPool to the JSON its target reads (libkeda/config/process_pool.c). */
#include <criterion/criterion.h>

#include "base/buf.h"
#include "config/scaled_object.h"
#include "support/config_rig.h"

#define FRAME "apiVersion: libkeda.io/v1alpha1\nkind: ProcessPool\nmetadata: {name: p}\n"

static void expect_json(const char *text, const char *expected)
{
    config_rig rig = config_rig_text(text);
    keda_buf json = {0};
    cr_expect_eq(process_pool_read(&json, config_rig_only(&rig), true, rig.findings, NULL),
                 KEDA_OK, "%s", config_rig_lines(&rig));
    cr_assert_not_null(json.data);
    cr_expect_str_eq(json.data, expected);
    keda_buf_clear(&json);
    config_rig_close(&rig);
}

Test(process_pool, fills_in_defaults)
{
    expect_json(FRAME "spec: {command: [worker]}\n",
                "{\"command\":[\"worker\"],\"env\":{},\"gracePeriodSeconds\":30,"
                "\"restart\":{\"minSeconds\":1,\"maxSeconds\":60},\"limits\":{}}");
}

Test(process_pool, writes_all_it_was_given)
{
    expect_json(
        FRAME "spec:\n"
              "  command: [python3, -c, \"print(\\\"a\\\\n\\\")\"]\n"
              "  env: {B: \"2\", A: \"x y\"}\n"
              "  workingDirectory: /srv\n  user: 1000\n  gracePeriodSeconds: 0\n"
              "  restart: {minSeconds: 2, maxSeconds: 2}\n"
              "  limits: {nofile: 1_024, core: unlimited}\n",
        "{\"command\":[\"python3\",\"-c\",\"print(\\\"a\\\\n\\\")\"],"
        "\"env\":{\"B\":\"2\",\"A\":\"x y\"},\"workingDirectory\":\"/srv\",\"user\":\"1000\","
        "\"gracePeriodSeconds\":0,\"restart\":{\"minSeconds\":2,\"maxSeconds\":2},"
        "\"limits\":{\"nofile\":1024,\"core\":\"unlimited\"}}");
}

Test(process_pool, reads_variables_as_containers_have_them)
{
    expect_json(FRAME "spec: {command: [w], env: [{name: A, value: \"1\"}, {name: B}, "
                      "{name: A, value: \"2\"}], user: nobody}\n",
                "{\"command\":[\"w\"],\"env\":{\"A\":\"2\",\"B\":\"\"},\"user\":\"nobody\","
                "\"gracePeriodSeconds\":30,\"restart\":{\"minSeconds\":1,\"maxSeconds\":60},"
                "\"limits\":{}}");
}

Test(process_pool, writes_nothing_after_an_error)
{
    config_rig rig = config_rig_text(FRAME "spec: {command: []}\n");
    keda_buf json = {0};
    cr_expect_eq(process_pool_read(&json, config_rig_only(&rig), false, NULL, NULL),
                 KEDA_EINVAL);
    cr_expect_eq(json.size, 0);
    keda_buf_clear(&json);
    config_rig_close(&rig);
}
