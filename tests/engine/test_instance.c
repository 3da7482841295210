/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters by name, credentials read again (libkeda/engine/by_name.c, instance.c, trigger.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <keda/http.h>

#include "support/rig.h"

static rig r;

static void init(void)
{
    rig_open(&r);
}

static void fini(void)
{
    rig_close(&r);
}

TestSuite(instance, .init = init, .fini = fini);

/* ---- a type without a struct */

static const char *const allowed[] = {"red", "green", NULL};
static const keda_field inner[] = {
    {.name = "nested", .kind = KEDA_KIND_STRING, .flags = KEDA_OPTIONAL, .help = "In a group."},
};
static const keda_field fields[] = {
    {.name = "count", .kind = KEDA_KIND_INT64, .help = "A number."},
    {.name = "colour",
     .kind = KEDA_KIND_STRING,
     .fallback = "red",
     .allowed = allowed,
     .alias = {"color"},
     .help = "A colour."},
    {.name = "token",
     .kind = KEDA_KIND_STRING,
     .flags = KEDA_OPTIONAL | KEDA_SECRET,
     .from = {KEDA_FROM_AUTH, KEDA_FROM_ENV},
     .help = "A secret."},
    {.name = "list", .kind = KEDA_KIND_STRING_LIST, .flags = KEDA_OPTIONAL, .help = "A list."},
    {.kind = KEDA_KIND_GROUP, .group = inner, .ngroup = 1},
};

static char seen[512];

static void note(const keda_scaler *self)
{
    static const char *const names[] = {"count", "colour", "token", "list", "nested", "other"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = keda_param_string(self, names[i]);
        n += (size_t)snprintf(seen + n, sizeof seen - n, "%s=%s ", names[i],
                              value == NULL ? "(null)" : value);
    }
}

static keda_status by_name_specs(const void *meta, keda_spec_list *out, keda_error *err,
                                 void *user)
{
    (void)user;
    note(meta);
    return keda_spec_add_name(out, "by name", 10.0, 0.0, err);
}

static void by_name_poll(void *state, const void *meta, keda_poll *poll, void *user)
{
    (void)state;
    (void)user;
    cr_expect_eq(meta, keda_poll_scaler(poll));
    keda_poll_value(poll, 0, 35.0);
    keda_poll_done(poll);
}

static const keda_scaler_desc by_name = {
    .struct_size = sizeof(keda_scaler_desc),
    .type = "by-name",
    .summary = "Has no struct.",
    .fields = fields,
    .nfields = sizeof fields / sizeof fields[0],
    .field_size = sizeof(keda_field),
    .flags = KEDA_SCALER_PARAMS_BY_NAME,
    .specs = by_name_specs,
    .poll = by_name_poll,
};

static keda_status put_by_name(const char *metadata)
{
    char trigger[512];
    cr_assert_eq(keda_engine_register_scaler(r.engine, &by_name, NULL, &r.err), KEDA_OK, "%s",
                 r.err.text);
    (void)snprintf(trigger, sizeof trigger, "  - {type: by-name, metadata: %s}\n", metadata);
    return rig_put(&r, "file", rig_object("orders", NULL, trigger));
}

Test(instance, reads_parameters_by_name)
{
    cr_assert_eq(setenv("KEDA_TEST_TOKEN", "from-env", 1), 0);
    cr_assert_eq(put_by_name("{count: \"5\", color: green, tokenFromEnv: KEDA_TEST_TOKEN, "
                             "list: \"a,b\", nested: x}"),
                 KEDA_OK, "%s", rig_findings(&r));
    cr_expect_str_eq(seen,
                     "count=5 colour=green token=from-env list=a,b nested=x other=(null) ");
    rig_step(&r);
    cr_expect_eq(r.replicas, 4);
}

Test(instance, gives_defaults_by_name)
{
    cr_assert_eq(put_by_name("{count: \"5\"}"), KEDA_OK, "%s", rig_findings(&r));
    cr_expect_str_eq(seen,
                     "count=5 colour=red token=(null) list=(null) nested=(null) other=(null) ");
}

Test(instance, checks_parameters_by_name_all_the_same)
{
    cr_expect_eq(put_by_name("{count: many, colour: blue}"), KEDA_EINVAL);
    cr_expect_eq(keda_findings_errors(r.findings), 2, "%s", rig_findings(&r));
    cr_expect_not_null(strstr(rig_findings(&r), "metadata.count"));
    cr_expect_not_null(strstr(rig_findings(&r), "metadata.colour"));
}

Test(instance, gives_everything_to_a_type_without_a_table)
{
    keda_scaler_desc desc = by_name;
    desc.type = "free";
    desc.nfields = 0;
    desc.fields = NULL;
    cr_assert_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &r.err), KEDA_OK);
    cr_assert_eq(
        rig_put(&r, "file",
                rig_object("orders", NULL,
                           "  - {type: free, metadata: {other: this, count: \"x\"}}\n")),
        KEDA_OK, "%s", rig_findings(&r));
    cr_expect_str_eq(
        seen, "count=x colour=(null) token=(null) list=(null) nested=(null) other=this ");
}

/* ---- who asks */

static keda_scaler_info asked;

static keda_status open_and_describe(void *state, const void *meta, keda_scaler *self,
                                     keda_error *err, void *user)
{
    (void)state;
    (void)meta;
    (void)err;
    (void)user;
    asked.struct_size = sizeof asked;
    keda_scaler_describe(self, &asked);
    cr_expect_not_null(keda_scaler_http(self));
    keda_scaler_log(self, KEDA_LOG_INFO, "opened %d", 1);
    return KEDA_OK;
}

Test(instance, knows_for_whom_it_works)
{
    keda_scaler_desc desc = by_name;
    desc.open = open_and_describe;
    desc.type = "asks";
    cr_assert_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &r.err), KEDA_OK);
    cr_assert_eq(rig_put(&r, "file",
                         rig_object("orders", NULL,
                                    "  - {type: asks, name: main, metricType: Value, metadata: "
                                    "{count: \"1\"}}\n")),
                 KEDA_OK, "%s", rig_findings(&r));
    rig_step(&r);
    cr_expect_str_eq(asked.workload, "default/orders");
    cr_expect_str_eq(asked.trigger, "main");
    cr_expect_str_eq(asked.type, "asks");
    cr_expect_str_eq(asked.metric_type, "Value");
    cr_expect_eq(asked.index, 0);
    cr_expect(rig_logged(&r, "info opened 1 workload=default/orders trigger=main type=asks"),
              "%s", r.log.data);
}

/* ---- credentials */

#define ENV_AUTH                                                                               \
    "---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: auth}\n" \
    "spec: {env: [{parameter: password, name: KEDA_TEST_PASSWORD}]}\n"

static void put_with_env(void)
{
    static char text[4096];
    (void)snprintf(
        text, sizeof text, "%s%s",
        rig_object("orders", "  pollingInterval: 5\n",
                   "  - {type: script, metadata: {source: orders}, authenticationRef: "
                   "{name: auth}}\n"),
        ENV_AUTH);
    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK, "%s", rig_findings(&r));
}

Test(instance, reads_credentials_again_after_an_authentication_error)
{
    rig_source *orders = rig_source_of(&r, "orders");
    cr_assert_eq(setenv("KEDA_TEST_PASSWORD", "old", 1), 0);
    orders->value = 15;
    put_with_env();
    rig_run(&r, 10000);
    cr_assert_str_eq(orders->secret, "old");
    cr_assert_eq(setenv("KEDA_TEST_PASSWORD", "new", 1), 0);
    rig_run(&r, 20000);
    cr_expect_str_eq(orders->secret, "old", "not before they are refused");
    orders->fails = KEDA_EAUTH;
    rig_run(&r, 12000);
    cr_expect_str_eq(orders->secret, "new");
    cr_expect_eq(orders->nopened, 2);
    cr_expect_eq(orders->nclosed, 1);
}

Test(instance, reads_credentials_again_at_most_every_half_minute)
{
    rig_source *orders = rig_source_of(&r, "orders");
    cr_assert_eq(setenv("KEDA_TEST_PASSWORD", "one", 1), 0);
    orders->fails = KEDA_EAUTH;
    put_with_env();
    rig_run(&r, 8000);
    cr_assert_eq(setenv("KEDA_TEST_PASSWORD", "two", 1), 0);
    rig_run(&r, 15000);
    cr_expect_str_eq(orders->secret, "one", "they were read again a moment ago");
    rig_run(&r, 120000);
    cr_expect_str_eq(orders->secret, "two");
    cr_expect_eq(orders->nopened, 2, "the same credentials make no new instance");
}

Test(instance, needs_its_environment_variable)
{
    cr_assert_eq(unsetenv("KEDA_TEST_PASSWORD"), 0);
    static char text[4096];
    (void)snprintf(
        text, sizeof text, "%s%s",
        rig_object("orders", NULL,
                   "  - {type: script, metadata: {source: orders}, authenticationRef: "
                   "{name: auth}}\n"),
        ENV_AUTH);
    const keda_source source = {sizeof source, "try", text, strlen(text)};
    cr_expect_eq(rig_put(&r, "file", text), KEDA_EINVAL);
    cr_expect_not_null(strstr(r.err.text, "environment variable KEDA_TEST_PASSWORD is not set"),
                       "%s", r.err.text);
    cr_expect_eq(keda_engine_check(r.engine, &source, 1, sizeof source, NULL, &r.err), KEDA_OK,
                 "another machine may have it: %s", r.err.text);
}

static keda_status require_token(const void *meta, keda_spec_list *out, keda_error *err,
                                 void *user)
{
    (void)user;
    cr_expect_not_null(keda_param_string(meta, "token"),
                       "it is only asked when it is complete");
    return keda_spec_add_name(out, "token", 10.0, 0.0, err);
}

Test(instance, does_not_ask_for_what_a_missing_source_would_have_given)
{
    static const keda_field required[] = {{.name = "token",
                                           .kind = KEDA_KIND_STRING,
                                           .from = {KEDA_FROM_AUTH},
                                           .help = "A secret."}};
    static char text[4096];
    keda_scaler_desc desc = by_name;
    desc.type = "needs-token";
    desc.fields = required;
    desc.nfields = 1;
    desc.specs = require_token;
    cr_assert_eq(keda_engine_register_scaler(r.engine, &desc, NULL, &r.err), KEDA_OK);
    cr_assert_eq(unsetenv("KEDA_TEST_PASSWORD"), 0);
    (void)snprintf(text, sizeof text,
                   "%s---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\n"
                   "metadata: {name: auth}\n"
                   "spec: {env: [{parameter: token, name: KEDA_TEST_PASSWORD}]}\n",
                   rig_object("orders", NULL,
                              "  - {type: needs-token, metadata: {}, authenticationRef: {name: "
                              "auth}}\n"));
    cr_expect_eq(rig_put(&r, "file", text), KEDA_EINVAL);
    cr_expect_eq(keda_findings_errors(r.findings), 1, "%s", rig_findings(&r));
    cr_assert_eq(setenv("KEDA_TEST_PASSWORD", "there", 1), 0);
    cr_expect_eq(rig_put(&r, "file", text), KEDA_OK, "%s", rig_findings(&r));
}

Test(instance, names_authentications_it_cannot_have)
{
    cr_expect_eq(
        rig_put(&r, "file",
                rig_object("orders", NULL,
                           "  - {type: script, metadata: {source: x}, authenticationRef: "
                           "{name: all, kind: ClusterTriggerAuthentication}}\n")),
        KEDA_EINVAL);
    cr_expect_not_null(strstr(rig_findings(&r), "ClusterTriggerAuthentication"), "%s",
                       rig_findings(&r));
}
