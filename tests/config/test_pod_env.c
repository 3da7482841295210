/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a pod template's container (libkeda/config/pod_*.c). spec: auth 3. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/map.h"
#include "config/pod_template.h"
#include "support/config_rig.h"

static keda_map secret; /* the only object: Secret s */

static const keda_map *object_of(bool is_secret, const char *name, void *user)
{
    (void)user;
    return is_secret && strcmp(name, "s") == 0 ? &secret : NULL;
}

/* "VALUE", "!why" or "-". */
static const char *resolved(const char *container, const char *name)
{
    static char out[512];
    const size_t size = strlen(container) + 256;
    char *text = calloc(1, size);
    pod_template t = {0};
    pod_env env = {0};
    const char *why = NULL;

    cr_assert_not_null(text);
    (void)snprintf(text, size,
                   "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
                   "spec: {template: {spec: {containers: [%s]}}}\n",
                   container);
    config_rig rig = config_rig_text(text);
    cr_assert(pod_template_is_in(config_rig_only(&rig)));
    cr_assert_eq(pod_template_read(&t, config_rig_only(&rig), NULL), KEDA_OK);
    secret = (keda_map){0};
    cr_assert_eq(map_set(&secret, "k", "v"), KEDA_OK);
    cr_assert_eq(pod_env_resolve(&env, pod_template_find(&t, NULL), object_of, NULL, NULL),
                 KEDA_OK);
    const char *value = pod_env_get(&env, name, &why);
    (void)snprintf(out, sizeof out, "%s%s", value == NULL && why != NULL ? "!" : "",
                   value != NULL ? value : (why != NULL ? why : "-"));
    pod_env_clear(&env);
    map_clear(&secret);
    pod_template_clear(&t);
    config_rig_close(&rig);
    free(text);
    return out;
}

Test(pod_env, follows_the_rules_of_a_kubelet)
{
    static const struct {
        const char *env, *name, *value;
    } rows[] = {
        {"{name: c, env: [{name: A, value: x}]}", "A", "x"},
        {"{name: c, env: [{name: A}]}", "A", ""},
        {"{name: c}", "A", "-"},
        {"{name: c, env: [{name: A, value: x}, {name: A, value: y}]}", "A", "y"},
        {"{name: c, env: [{name: U, value: u}, {name: A, value: \"amqp://$(U):x@h\"}]}", "A",
         "amqp://u:x@h"},
        {"{name: c, env: [{name: A, value: \"$(U)\"}, {name: U, value: u}]}", "A", "$(U)"},
        {"{name: c, env: [{name: U, value: u}, {name: A, value: \"$$(U)\"}]}", "A", "$(U)"},
        {"{name: c, env: [{name: A, value: \"$(U\"}]}", "A", "$(U"},
        {"{name: c, env: [{name: A, value: \"a$b\"}]}", "A", "a$b"},
        {"{name: c, env: [{name: A, value: \"$$A\"}]}", "A", "$A"},
        {"{name: c, env: [{name: A, value: \"end$\"}]}", "A", "end$"},
        {"{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}", "A", "v"},
        {"{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: none}}}]}", "A",
         ""},
        {"{name: c, env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k, optional: "
         "true}}}]}",
         "A", "-"},
        {"{name: c, env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}", "A",
         "-"},
        {"{name: c, envFrom: [{prefix: P_, secretRef: {name: s}}]}", "P_k", "v"},
        {"{name: c, envFrom: [{secretRef: {name: s}}], env: [{name: k, value: own}]}", "k",
         "own"},
        {"{name: c, envFrom: [{configMapRef: {name: m, optional: true}}]}", "A", "-"},
        {"{name: c, env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: k}}}]}", "A",
         "!the container's environment needs ConfigMap m, which does not exist"},
        {"{name: c, envFrom: [{secretRef: {name: x}}]}", "A",
         "!the container's environment needs Secret x, which does not exist"},
        {"{name: c, envFrom: [{secretRef: {name: x}}], env: [{name: A, value: y}]}", "A", "y"},
        {"{name: c, env: [{name: P, valueFrom: {secretKeyRef: {name: x, key: k}}}, "
         "{name: A, value: \"$(P)@h\"}]}",
         "A", "!the container's environment needs Secret x, which does not exist"},
        {"{name: c, envFrom: [{configMapRef: {name: m}}], env: [{name: A, value: \"$(P)\"}]}",
         "A", "!the container's environment needs ConfigMap m, which does not exist"},
        {"{name: c, env: [{name: A, value: \"$()$$$\"}]}", "A", "$()$$"},
        {"{name: c, env: [{name: U, value: \"$$(U)\"}, {name: A, value: \"$(U)\"}]}", "A",
         "$(U)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_str_eq(resolved(rows[i].env, rows[i].name), rows[i].value, "%s: %s",
                         rows[i].env, resolved(rows[i].env, rows[i].name));
}

/* Each variable is ten of the one before: without a bound they would be 10 GB. */
Test(pod_env, stays_within_what_a_process_can_have)
{
    static const char tens[] = "%s$(%c)$(%c)$(%c)$(%c)$(%c)$(%c)$(%c)$(%c)$(%c)$(%c)%s";
    char env[4096] = "{name: c, env: [{name: A, value: 0123456789}";

    for (char c = 'B'; c <= 'J'; c++) {
        const size_t n = strlen(env);
        const char p = (char)(c - 1);
        char begin[64];
        (void)snprintf(begin, sizeof begin, ", {name: %c, value: \"", c);
        (void)snprintf(env + n, sizeof env - n, tens, begin, p, p, p, p, p, p, p, p, p, p,
                       "\"}");
    }
    (void)snprintf(env + strlen(env), sizeof env - strlen(env), ", {name: Z, value: z}]}");
    cr_expect_str_eq(resolved(env, "A"), "0123456789");
    cr_expect_str_eq(resolved(env, "J"), "!the variable's value is too large");
    cr_expect_str_eq(resolved(env, "Z"), "z");
}

Test(pod_env, leaves_out_what_a_process_cannot_be_started_with)
{
    enum { VARIABLES = 10001, SIZE = VARIABLES * 32 };
    char *env = calloc(1, SIZE);
    cr_assert_not_null(env);
    size_t n = (size_t)snprintf(env, SIZE, "{name: c, env: [");
    for (int i = 0; i < VARIABLES; i++)
        n += (size_t)snprintf(env + n, SIZE - n, "{name: V%d, value: v},", i);
    (void)snprintf(env + n, SIZE - n, "]}");
    cr_expect_str_eq(resolved(env, "V9999"), "v");
    cr_expect_str_eq(resolved(env, "V10000"), "!the container's environment is too large");
    free(env);
}
