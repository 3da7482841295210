/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of one ScaledObject as one text (libkeda/operator/bundle.c, copy.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "operator/bundle.h"
#include "operator/copy.h"

static keda_json *parse(const char *text)
{
    keda_json *value = NULL;
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(keda_json_parse(&value, text, strlen(text), &err), KEDA_OK, "%s: %s", err.text,
                 text);
    return value;
}

static void expect_bundle(const keda_json *object, const bundle_part *parts, size_t nparts,
                          const char *expected)
{
    keda_buf text = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(bundle_write(&text, object, parts, nparts, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(text.data, expected);
    keda_buf_clear(&text);
}

static const char plain_text[] =
    "{\"metadata\":{\"name\":\"o\",\"namespace\":\"a\"},\"spec\":{\"scaleTargetRef\":{"
    "\"name\":\"web\"}}}";
#define PLAIN                                                                                  \
    "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":{"            \
    "\"name\":\"o\",\"namespace\":\"a\",\"annotations\":{}},\"spec\":{\"scaleTargetRef\":{"    \
    "\"name\":\"web\"}}}\n"

Test(bundle, keeps_of_an_object_what_the_engine_reads)
{
    keda_json *object =
        parse("{\"metadata\":{\"name\":\"o\",\"namespace\":\"a\",\"resourceVersion\":\"7\","
              "\"finalizers\":[\"f\"],\"annotations\":{\"autoscaling.keda.sh/paused\":\"true\","
              "\"kubectl.kubernetes.io/last\":\"x\",\"libkeda.io/polling-interval\":\"1s\","
              "\"notkeda.sh/a\":\"\",\"keda.sh/b\":\"\",\"keda.sh\":\"\"}},"
              "\"spec\":{\"advanced\":{\"restoreToOriginalReplicaCount\":true,"
              "\"scalingModifiers\":{\"target\":\"2\"}},\"minReplicaCount\":1},"
              "\"status\":{\"hpaName\":\"h\"}}");
    expect_bundle(
        object, NULL, 0,
        "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"ScaledObject\",\"metadata\":{"
        "\"name\":\"o\",\"namespace\":\"a\",\"annotations\":{"
        "\"autoscaling.keda.sh/paused\":\"true\",\"libkeda.io/polling-interval\":\"1s\","
        "\"keda.sh/b\":\"\"}},\"spec\":{\"advanced\":{\"scalingModifiers\":{\"target\":\"2\"}},"
        "\"minReplicaCount\":1}}\n");
    keda_json_free(object);
}

Test(bundle, keeps_of_a_secret_the_keys_that_are_asked_for)
{
    keda_json *object = parse(plain_text);
    keda_json *auth = parse(
        "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"secretTargetRef\":[{\"parameter\":\"p\","
        "\"name\":\"s\",\"key\":\"tls.key\"}]},\"status\":{\"scaledobjects\":\"o\"}}");
    keda_json *secret = parse("{\"type\":\"Opaque\",\"data\":{\"other\":\"MQ==\","
                              "\"tls.key\":\"Mg==\"}}");
    const bundle_part parts[] = {{NEED_AUTH, "a", "kafka", auth},
                                 {NEED_SECRET, "a", "s", secret},
                                 {NEED_CONFIG_MAP, "a", "s", secret},
                                 {NEED_SECRET, "a", "absent", NULL}};
    expect_bundle(
        object, parts, 4,
        PLAIN
        "{\"apiVersion\":\"keda.sh/v1alpha1\",\"kind\":\"TriggerAuthentication\","
        "\"metadata\":{\"name\":\"kafka\",\"namespace\":\"a\"},\"spec\":{"
        "\"secretTargetRef\":[{\"parameter\":\"p\",\"name\":\"s\",\"key\":\"tls.key\"}]}}\n"
        "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\","
        "\"namespace\":\"a\"},\"data\":{\"tls.key\":\"Mg==\"}}\n"
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"s\","
        "\"namespace\":\"a\"},\"data\":{}}\n");
    keda_json_free(secret);
    keda_json_free(auth);
    keda_json_free(object);
}

Test(bundle, names_a_cluster_authentication_without_namespace)
{
    keda_json *object = parse(plain_text);
    keda_json *auth = parse("{\"spec\":{}}");
    const bundle_part parts[] = {{NEED_CLUSTER_AUTH, "keda", "all", auth}};
    expect_bundle(object, parts, 1,
                  PLAIN "{\"apiVersion\":\"keda.sh/v1alpha1\","
                        "\"kind\":\"ClusterTriggerAuthentication\",\"metadata\":{"
                        "\"name\":\"all\"},\"spec\":{}}\n");
    keda_json_free(auth);
    keda_json_free(object);
}

#define CONTAINERS                                                                             \
    "\"containers\":[{\"name\":\"main\",\"envFrom\":[{\"secretRef\":{\"name\":\"whole\"}}],"   \
    "\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"m\","             \
    "\"key\":\"k\"}}}]},{\"name\":\"side\"}]"

Test(bundle, keeps_of_a_target_what_makes_its_environment)
{
    keda_json *object = parse(plain_text);
    keda_json *target =
        parse("{\"metadata\":{\"resourceVersion\":\"9\"},\"spec\":{\"replicas\":3,"
              "\"template\":{\"spec\":{\"restartPolicy\":\"Always\"," CONTAINERS
              "}}},\"status\":{\"replicas\":3}}");
    keda_json *values = parse("{\"data\":{\"j\":\"1\",\"k\":\"2\"}}");
    const bundle_part parts[] = {{NEED_TARGET, "a", "web", target},
                                 {NEED_SECRET, "a", "whole", values},
                                 {NEED_CONFIG_MAP, "a", "m", values}};
    expect_bundle(object, parts, 3,
                  PLAIN
                  "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{"
                  "\"name\":\"web\",\"namespace\":\"a\"},\"spec\":{\"template\":{\"spec\":"
                  "{" CONTAINERS "}}}}\n"
                  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"whole\","
                  "\"namespace\":\"a\"},\"data\":{\"j\":\"1\",\"k\":\"2\"}}\n"
                  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"m\","
                  "\"namespace\":\"a\"},\"data\":{\"k\":\"2\"}}\n");
    keda_json_free(values);
    keda_json_free(target);
    keda_json_free(object);
}

Test(bundle, takes_the_kind_of_the_target_from_the_object)
{
    keda_json *object = parse(
        "{\"metadata\":{\"name\":\"o\",\"namespace\":\"a\"},\"spec\":{\"scaleTargetRef\":{"
        "\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Rollout\",\"name\":\"r\"}}}");
    keda_json *target = parse("{\"spec\":{}}");
    const bundle_part parts[] = {{NEED_TARGET, "a", "r", target}};
    keda_buf text = {0};
    cr_assert_eq(bundle_write(&text, object, parts, 1, NULL), KEDA_OK);
    cr_expect(strstr(text.data, "\n{\"apiVersion\":\"argoproj.io/v1alpha1\","
                                "\"kind\":\"Rollout\",\"metadata\":{\"name\":\"r\"") != NULL);
    keda_buf_clear(&text);
    keda_json_free(target);
    keda_json_free(object);
}

Test(copy, compares_by_meaning)
{
    static const struct {
        const char *a, *b;
        bool are_equal;
    } cases[] = {
        {"{\"a\":1,\"b\":[true,null]}", "{\"b\":[true,null],\"a\":1}", true},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"{\"a\":1,\"c\":1}", "{\"a\":1,\"b\":1}", false},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1.0]", false}, /* an integer and a real are different texts */
        {"\"1\"", "1", false},
        {"true", "false", false},
        {"9007199254740993", "9007199254740992", false},
        {"{\"a.b\":\"x\"}", "{\"a.b\":\"x\"}", true},
        {"null", "null", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_json *a = parse(cases[i].a);
        keda_json *b = parse(cases[i].b);
        cr_expect_eq(copy_is_equal(a, b), cases[i].are_equal, "%s %s", cases[i].a, cases[i].b);
        keda_json_free(a);
        keda_json_free(b);
    }
}
