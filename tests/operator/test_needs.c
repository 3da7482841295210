/* SPDX-License-Identifier: Apache-2.0 */
/* Which other objects a ScaledObject needs (libkeda/operator/needs.c, refs.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "operator/needs.h"

static keda_json *parse(const char *text)
{
    keda_json *value = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(keda_json_parse(&value, text, strlen(text), &err), KEDA_OK, "%s: %s", err.text,
                 text);
    return value;
}

/* "2//cluster 1/a/kafka": kind/namespace/name of each, in order. */
static void expect_needs(const needs *n, const char *expected)
{
    keda_buf text = {0};
    for (size_t i = 0; i < n->count; i++)
        (void)buf_printf(&text, "%s%d/%s/%s", i == 0 ? "" : " ", (int)n->items[i].kind,
                         n->items[i].space, n->items[i].name);
    cr_expect_str_eq(text.data == NULL ? "" : text.data, expected);
    keda_buf_clear(&text);
}

static void expect_of_object(const char *spec, const char *expected)
{
    char text[2048];
    needs found = {0};
    (void)snprintf(text, sizeof text, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"o\"},%s}",
                   spec);
    keda_json *object = parse(text);
    cr_expect_eq(needs_of_object(&found, object, NULL), KEDA_OK);
    expect_needs(&found, expected);
    needs_clear(&found);
    keda_json_free(object);
}

Test(needs, of_an_object_are_its_authentications_each_once)
{
    expect_of_object("\"spec\":{\"triggers\":["
                     "{\"authenticationRef\":{\"name\":\"kafka\"}},"
                     "{\"authenticationRef\":{\"name\":\"all\","
                     "\"kind\":\"ClusterTriggerAuthentication\"}},"
                     "{\"authenticationRef\":{\"name\":\"kafka\","
                     "\"kind\":\"TriggerAuthentication\"}},"
                     "{\"authenticationRef\":{\"name\":\"odd\",\"kind\":\"Other\"}},"
                     "{\"authenticationRef\":{\"name\":\"\"}},{}]}",
                     "1/a/kafka 2//all");
}

Test(needs, of_an_object_are_its_target_when_metadata_names_a_variable)
{
    expect_of_object("\"spec\":{\"scaleTargetRef\":{\"name\":\"web\"},\"triggers\":["
                     "{\"metadata\":{\"topic\":\"t\"}},"
                     "{\"metadata\":{\"a\":\"x\",\"hostFromEnv\":\"H\"}}]}",
                     "5/a/web");
    expect_of_object("\"spec\":{\"scaleTargetRef\":{\"name\":\"web\"},\"triggers\":["
                     "{\"metadata\":{\"FromEnvironment\":\"t\"}}]}",
                     "");
}

Test(needs, of_an_object_of_any_other_shape_are_none)
{
    expect_of_object("\"spec\":null", "");
    expect_of_object("\"spec\":{\"triggers\":{\"a\":1}}", "");
    expect_of_object("\"spec\":{\"triggers\":[1,null,{\"authenticationRef\":[]}]}", "");
    expect_of_object("\"spec\":{\"triggers\":[{\"metadata\":{\"xFromEnv\":\"H\"}}]}", "");
}

static const char object_text[] =
    "{\"metadata\":{\"namespace\":\"a\"},\"spec\":{\"scaleTargetRef\":{\"name\":\"web\"}}}";

Test(needs, of_an_authentication_lie_in_the_given_namespace)
{
    needs found = {0};
    keda_json *object = parse(object_text);
    keda_json *auth =
        parse("{\"spec\":{\"configMapTargetRef\":[{\"parameter\":\"p\",\"name\":\"m\","
              "\"key\":\"k\"}],\"secretTargetRef\":[{\"name\":\"s\",\"key\":\"k\"},"
              "{\"name\":\"s\",\"key\":\"l\"},{\"key\":\"none\"}]}}");
    cr_expect_eq(needs_of_auth(&found, auth, "keda", object, NULL), KEDA_OK);
    expect_needs(&found, "3/keda/s 4/keda/m");
    needs_clear(&found);
    keda_json_free(auth);
    auth = parse("{\"spec\":{\"env\":[{\"parameter\":\"p\",\"name\":\"V\"}]}}");
    cr_expect_eq(needs_of_auth(&found, auth, "keda", object, NULL), KEDA_OK);
    expect_needs(&found, "5/a/web");
    needs_clear(&found);
    keda_json_free(auth);
    keda_json_free(object);
}

static const char target_text[] =
    "{\"spec\":{\"template\":{\"spec\":{\"containers\":["
    "{\"name\":\"main\",\"envFrom\":[{\"secretRef\":{\"name\":\"s-all\"}},"
    "{\"configMapRef\":{\"name\":\"m-all\"},\"prefix\":\"P_\"}],"
    "\"env\":[{\"name\":\"A\",\"value\":\"x\"},"
    "{\"name\":\"B\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s-one\",\"key\":\"k\"}}},"
    "{\"name\":\"C\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"m-one\",\"key\":\"k\"}}},"
    "{\"name\":\"D\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"x\"}}}]},"
    "{\"name\":\"side\",\"envFrom\":[{\"secretRef\":{\"name\":\"s-side\"}}]},"
    "{\"name\":\"third\",\"envFrom\":[{\"secretRef\":{\"name\":\"s-third\"}}]}]}}}}";

static void expect_of_target(const char *container, const char *auth_text, const char *expected)
{
    char text[512];
    needs found = {0};
    (void)snprintf(text, sizeof text,
                   "{\"metadata\":{\"namespace\":\"a\"},\"spec\":{\"scaleTargetRef\":{"
                   "\"name\":\"web\"%s%s%s}}}",
                   container == NULL ? "" : ",\"envSourceContainerName\":\"",
                   container == NULL ? "" : container, container == NULL ? "" : "\"");
    keda_json *object = parse(text);
    keda_json *target = parse(target_text);
    keda_json *auth = parse(auth_text);
    const keda_json *auths[] = {auth};
    cr_expect_eq(needs_of_target(&found, target, object, auths, 1, NULL), KEDA_OK);
    expect_needs(&found, expected);
    needs_clear(&found);
    keda_json_free(auth);
    keda_json_free(target);
    keda_json_free(object);
}

Test(needs, of_a_target_are_those_of_the_containers_that_count)
{
    expect_of_target(NULL, "{}", "3/a/s-all 4/a/m-all 3/a/s-one 4/a/m-one");
    expect_of_target("side", "{}", "3/a/s-side");
    expect_of_target("none", "{}", "");
    expect_of_target("side",
                     "{\"spec\":{\"env\":[{\"name\":\"V\",\"containerName\":\"third\"}]}}",
                     "3/a/s-side 3/a/s-third");
    /* an entry that names no container means the first */
    expect_of_target("side", "{\"spec\":{\"env\":[{\"name\":\"V\"}]}}",
                     "3/a/s-all 4/a/m-all 3/a/s-one 4/a/m-one 3/a/s-side");
}

Test(needs, are_added_once)
{
    needs found = {0};
    cr_expect_eq(needs_add(&found, NEED_SECRET, "a", "s", NULL), KEDA_OK);
    cr_expect_eq(needs_add(&found, NEED_SECRET, "a", "s", NULL), KEDA_OK);
    cr_expect_eq(needs_add(&found, NEED_SECRET, "b", "s", NULL), KEDA_OK);
    cr_expect_eq(needs_add(&found, NEED_CONFIG_MAP, "a", "s", NULL), KEDA_OK);
    cr_expect_eq(found.count, 3);
    needs_clear(&found);
    needs_clear(&found);
    needs_clear(NULL);
}
