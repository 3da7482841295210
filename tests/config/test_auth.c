/* SPDX-License-Identifier: Apache-2.0 */
/* TriggerAuthentication, Secret and ConfigMap (libkeda/config/auth.c, secret.c). What is refused is in
 * data/. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "config/params.h"
#include "config/scaled_object.h"
#include "support/config_rig.h"

#define AUTH   "apiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: a}\n"
#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n"

Test(auth, has_entries_in_the_order_of_evaluation)
{
    config_rig rig =
        config_rig_text(AUTH "spec:\n"
                             "  secretTargetRef: [{parameter: p1, name: s, key: a}, "
                             "{parameter: p2, name: s, key: b}]\n"
                             "  configMapTargetRef: [{parameter: p3, name: c, key: d}]\n"
                             "  env: [{parameter: p4, name: E}, {parameter: p5, name: F}]\n");
    trigger_auth auth;
    cr_assert_eq(trigger_auth_read(&auth, config_rig_only(&rig), true, rig.findings, NULL),
                 KEDA_OK, "%s", config_rig_lines(&rig));
    static const char *const order[] = {"p4", "p5", "p3", "p1", "p2"};
    cr_assert_eq(auth.count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_expect_str_eq(auth.entries[i].parameter, order[i]);
    cr_expect_eq(auth.entries[0].source, AUTH_ENV);
    cr_expect_str_eq(auth.entries[0].name, "E");
    cr_expect_null(auth.entries[0].key);
    cr_expect_eq(auth.entries[2].source, AUTH_CONFIG_MAP);
    cr_expect_eq(auth.entries[3].source, AUTH_SECRET);
    cr_expect_str_eq(auth.entries[3].key, "a");
    cr_expect_eq(auth.entries[3].line, 5);
    cr_expect_str_eq(auth.space, "default");
    trigger_auth_clear(&auth);
    trigger_auth_clear(NULL);
    config_rig_close(&rig);
}

Test(auth, has_no_namespace_when_it_is_the_cluster_s)
{
    config_rig rig = config_rig_text("apiVersion: keda.sh/v1alpha1\n"
                                     "kind: ClusterTriggerAuthentication\nmetadata: {name: a}\n"
                                     "spec: {env: [{parameter: p, name: E}]}\n");
    trigger_auth auth;
    cr_assert_eq(trigger_auth_read(&auth, config_rig_only(&rig), true, NULL, NULL), KEDA_OK);
    cr_expect_str_eq(auth.space, "");
    trigger_auth_clear(&auth);
    config_rig_close(&rig);
}

Test(secret, decodes_data_and_prefers_string_data)
{
    config_rig rig = config_rig_text(SECRET "stringData: {b: plain, c: \"\"}\n"
                                            "data: {a: cGFzcw==, b: b3RoZXI=, e: }\n");
    key_values kv;
    cr_assert_eq(secret_read(&kv, config_rig_only(&rig), rig.findings, NULL), KEDA_OK, "%s",
                 config_rig_lines(&rig));
    cr_expect_str_eq(kv.space, "shop");
    cr_expect_str_eq(kv.name, "s");
    cr_expect_eq(kv.values.count, 4);
    cr_expect_str_eq(params_map_get(&kv.values, "a"), "pass");
    cr_expect_str_eq(params_map_get(&kv.values, "b"), "plain");
    cr_expect_str_eq(params_map_get(&kv.values, "c"), "");
    cr_expect_str_eq(params_map_get(&kv.values, "e"), "");
    key_values_clear(&kv);
    key_values_clear(NULL);
    config_rig_close(&rig);
}

/* Every value here says "hidden", so that a message which repeats one is seen. */
Test(secret, never_shows_what_it_holds)
{
    static const char *const bodies[] = {
        "data: {k: hidden!}\n",
        "data: {k: [hidden]}\nstringData: {k: {hidden: hidden}}\n",
        "data: hidden\nstringData: [hidden]\n",
        "stringData: {k: !!int hidden}\n",
        "stringData: {k: *hidden}\n",
        "stringData: {k: &hidden hidden, k: hidden}\n",
        "stringData: {k: 'hidden\n",
        "stringData: {k: \"hidden\\q\"}\n",
        "data: {k: 123456789}\nstringData: {k: 123456789, l: true, m: 1.5}\n",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        keda_buf text = {0};
        cr_assert_eq(buf_printf(&text, SECRET "%s", bodies[i]), KEDA_OK);
        config_rig rig = config_rig_text(text.data);
        config_rig_resources(&rig, false);
        const char *lines = config_rig_lines(&rig);
        cr_expect_gt(keda_findings_errors(rig.findings), 0, "%s", bodies[i]);
        /* The name of an anchor is a name. */
        cr_expect(strstr(lines, "hidden") == NULL || strstr(bodies[i], "*hidden") != NULL, "%s",
                  lines);
        cr_expect_null(strstr(lines, "123456789"), "%s", lines);
        config_rig_close(&rig);
        keda_buf_clear(&text);
    }
}

Test(config_map, gives_its_data)
{
    config_rig rig = config_rig_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
                                     "data: {ca.crt: \"x\\n\"}\nbinaryData: {b: AAAA}\n");
    key_values kv;
    cr_assert_eq(config_map_read(&kv, config_rig_only(&rig), rig.findings, NULL), KEDA_OK);
    cr_expect_eq(kv.values.count, 1);
    cr_expect_str_eq(params_map_get(&kv.values, "ca.crt"), "x\n");
    key_values_clear(&kv);
    config_rig_close(&rig);
}
