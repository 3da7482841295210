/* SPDX-License-Identifier: Apache-2.0 */
/* The CustomResourceDefinitions (libkeda/operator/crd.c and its parts). */
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "config/document.h"
#include "operator/crd_yaml.h"

#include <keda/operator.h>

static void write_definition(const char *kind, keda_buf *text)
{
    keda_error err = KEDA_ERROR_INIT;
    cr_assert_eq(keda_crd_write(kind, buf_write, text, &err), KEDA_OK, "%s", err.text);
}

Test(crd, names_each_kind_once)
{
    static const char *const kinds[] = {"ScaledObject", "TriggerAuthentication",
                                        "ClusterTriggerAuthentication"};
    for (size_t i = 0; i < 3; i++)
        cr_expect_str_eq(keda_crd_kind(i), kinds[i]);
    cr_expect_null(keda_crd_kind(3));
    cr_expect_null(keda_crd_kind(SIZE_MAX));
}

Test(crd, knows_no_other_kind)
{
    keda_buf text = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(keda_crd_write("ScaledJob", buf_write, &text, &err), KEDA_ENOTFOUND);
    cr_expect_eq(text.size, 0);
    cr_expect(strstr(err.text, "ScaledJob") != NULL);
}

/* After a change: build/bin/kedactl crd KIND > packaging/crds/FILE */
Test(crd, is_what_is_packaged)
{
    const char *kind = NULL;
    for (size_t i = 0; (kind = keda_crd_kind(i)) != NULL; i++) {
        char path[512], name[64] = "";
        keda_buf written = {0}, packaged = {0};
        for (size_t c = 0; kind[c] != '\0'; c++)
            name[c] = (char)tolower((unsigned char)kind[c]);
        (void)snprintf(path, sizeof path, "%s/packaging/crds/keda.sh_%ss.yaml", KEDA_SOURCE_DIR,
                       name);
        write_definition(kind, &written);
        cr_assert_eq(buf_read_file(&packaged, path, 1 << 20, NULL), KEDA_OK, "%s", path);
        cr_expect(written.size == packaged.size &&
                      memcmp(written.data, packaged.data, written.size) == 0,
                  "%s differs from what is written for %s", path, kind);
        keda_buf_clear(&written);
        keda_buf_clear(&packaged);
    }
}

/* ---- as a tree */

typedef struct definition {
    documents docs;
    const node *version, *schema; /* spec.versions[0], its openAPIV3Schema */
} definition;

static definition read_definition(const char *kind)
{
    definition d = {0};
    keda_buf text = {0};
    keda_error err = KEDA_ERROR_INIT;
    write_definition(kind, &text);
    cr_assert_eq(documents_read(&d.docs, text.data, text.size, kind, NULL, &err), KEDA_OK, "%s",
                 err.text);
    cr_assert_eq(d.docs.count, 1);
    d.version = node_get(node_get(d.docs.items[0].root, "spec"), "versions")->items[0];
    d.schema = node_get(node_get(d.version, "schema"), "openAPIV3Schema");
    keda_buf_clear(&text);
    return d;
}

static const char *text_at(const node *map, const char *key)
{
    const node *value = node_get(map, key);
    return value == NULL || value->text == NULL ? "" : value->text;
}

static void expect_structural(const node *schema, const char *name)
{
    const char *type = text_at(schema, "type");
    const bool is_either = node_get(schema, "x-kubernetes-int-or-string") != NULL;
    const bool is_open = node_get(schema, "x-kubernetes-preserve-unknown-fields") != NULL;
    const node *properties = node_get(schema, "properties");
    const node *values = node_get(schema, "additionalProperties");
    const node *items = node_get(schema, "items");

    cr_expect(is_either || type[0] != '\0', "%s has no type", name);
    cr_expect(!is_open || strcmp(type, "object") == 0, "%s is open and no object", name);
    cr_expect((strcmp(type, "array") == 0) == (items != NULL), "%s: items", name);
    cr_expect((properties == NULL && values == NULL) || strcmp(type, "object") == 0, "%s",
              name);
    cr_expect(properties == NULL || values == NULL, "%s has properties and others", name);
    for (size_t i = 0; properties != NULL && i < properties->nitems; i++)
        expect_structural(properties->items[i], properties->items[i]->key);
    if (values != NULL)
        expect_structural(values, name);
    if (items != NULL)
        expect_structural(items, name);
    const node *required = node_get(schema, "required");
    for (size_t i = 0; required != NULL && i < required->nitems; i++)
        cr_expect(node_get(properties, required->items[i]->text) != NULL, "%s requires %s",
                  name, required->items[i]->text);
}

Test(crd, has_a_structural_schema)
{
    for (size_t i = 0; keda_crd_kind(i) != NULL; i++) {
        definition d = read_definition(keda_crd_kind(i));
        expect_structural(d.schema, keda_crd_kind(i));
        documents_clear(&d.docs);
    }
}

/* The schema of a place such as "spec.triggers[].type". */
static const node *schema_at(const node *schema, const char *path)
{
    while (schema != NULL && *path != '\0') {
        char name[64];
        const size_t size = strcspn(path, ".[");
        (void)snprintf(name, sizeof name, "%.*s", (int)size, path);
        schema = node_get(node_get(schema, "properties"), name);
        path += size;
        if (*path == '[') {
            schema = node_get(schema, "items");
            path += 2;
        }
        path += *path == '.' ? 1 : 0;
    }
    return schema;
}

typedef struct rule {
    const char *path, *key, *value; /* value NULL: the key must not be there */
} rule;

static void expect_rules(const char *kind, const rule *rules, size_t n)
{
    definition d = read_definition(kind);
    for (size_t i = 0; i < n; i++) {
        const node *place = schema_at(d.schema, rules[i].path);
        cr_assert(place != NULL, "%s", rules[i].path);
        const node *value = node_get(place, rules[i].key);
        if (rules[i].value == NULL)
            cr_expect(value == NULL, "%s %s", rules[i].path, rules[i].key);
        else
            cr_expect_str_eq(text_at(place, rules[i].key), rules[i].value, "%s %s",
                             rules[i].path, rules[i].key);
    }
    documents_clear(&d.docs);
}

/* spec: admission 2 */
Test(crd, has_the_rules_of_a_scaled_object)
{
    static const rule rules[] = {
        {"spec.pollingInterval", "minimum", "1"},
        {"spec.cooldownPeriod", "minimum", "0"},
        {"spec.initialCooldownPeriod", "minimum", "0"},
        {"spec.idleReplicaCount", "minimum", "0"},
        {"spec.minReplicaCount", "minimum", "0"},
        {"spec.minReplicaCount", "maximum", NULL},
        {"spec.maxReplicaCount", "minimum", "1"},
        {"spec.maxReplicaCount", "format", "int32"},
        {"spec.scaleTargetRef.name", "minLength", "1"},
        {"spec.triggers", "minItems", "1"},
        {"spec.triggers[].type", "minLength", "1"},
        {"spec.triggers[].metadata", "type", "object"},
        {"spec.triggers[].metricType", "enum", NULL},
        {"spec.triggers[].authenticationRef.name", "minLength", NULL},
        {"spec.fallback.failureThreshold", "minimum", "0"},
        {"spec.fallback.replicas", "minimum", "0"},
        {"spec.fallback.behavior", "default", "static"},
        {"spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp."
         "stabilizationWindowSeconds",
         "maximum", "3600"},
        {"spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown."
         "stabilizationWindowSeconds",
         "minimum", "0"},
        /* the HPA's own types have no such bounds in the schema */
        {"spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.policies[].value",
         "minimum", NULL},
        {"spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.policies[].type", "enum",
         NULL},
        {"spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleUp.tolerance",
         "x-kubernetes-int-or-string", "true"},
        {"status.conditions[].message", "type", "string"},
        {"status", "x-kubernetes-preserve-unknown-fields", "true"},
    };
    expect_rules("ScaledObject", rules, sizeof rules / sizeof rules[0]);
}

Test(crd, has_the_rules_of_an_authentication)
{
    static const rule rules[] = {
        {"spec.secretTargetRef[].key", "minLength", NULL},
        {"spec.filePath", "type", "string"},
        {"spec.hashiCorpVault.secrets", "minItems", "1"},
        {"spec.azureKeyVault.secrets", "minItems", "1"},
        {"spec.gcpSecretManager.secrets", "minItems", "1"},
        {"spec.awsSecretManager.secrets", "minItems", "1"},
        {"spec.awsSecretManager.podIdentity", "x-kubernetes-preserve-unknown-fields", "true"},
        {"spec.boundServiceAccountToken[].serviceAccountName", "type", "string"},
        {"spec.oauth2.type", "default", "clientCredentials"},
        {"spec.oauth2.scopes", "type", "array"},
        {"spec.oauth2.tokenUrlParams", "type", "object"},
    };
    expect_rules("TriggerAuthentication", rules, sizeof rules / sizeof rules[0]);
    expect_rules("ClusterTriggerAuthentication", rules, sizeof rules / sizeof rules[0]);
}

/* "a,b" of a list of texts. */
static void expect_list(const node *list, const char *expected)
{
    keda_buf text = {0};
    for (size_t i = 0; list != NULL && i < list->nitems; i++)
        (void)buf_printf(&text, "%s%s", i == 0 ? "" : ",", list->items[i]->text);
    cr_expect_str_eq(text.data == NULL ? "" : text.data, expected);
    keda_buf_clear(&text);
}

Test(crd, lists_what_is_required_and_allowed)
{
    static const struct {
        const char *kind, *path, *key, *values;
    } cases[] = {
        {"ScaledObject", "", "required", "spec"},
        {"ScaledObject", "spec", "required", "scaleTargetRef,triggers"},
        {"ScaledObject", "spec.scaleTargetRef", "required", "name"},
        {"ScaledObject", "spec.triggers[]", "required", "type,metadata"},
        {"ScaledObject", "spec.triggers[].authenticationRef", "required", "name"},
        {"ScaledObject", "spec.triggers[].authenticationRef.kind", "enum",
         "TriggerAuthentication,ClusterTriggerAuthentication"},
        {"ScaledObject", "spec.fallback", "required", "failureThreshold,replicas"},
        {"ScaledObject", "spec.fallback.behavior", "enum",
         "static,currentReplicas,currentReplicasIfHigher,currentReplicasIfLower,"
         "scalingModifiers"},
        {"ScaledObject", "spec.advanced.scalingModifiers.metricType", "enum",
         "AverageValue,Value"},
        {"TriggerAuthentication", "spec", "required", ""},
        {"TriggerAuthentication", "spec.podIdentity.provider", "enum",
         "azure-workload,gcp,aws,aws-eks,none"},
        {"TriggerAuthentication", "spec.podIdentity.identityOwner", "enum", "keda,workload"},
        {"TriggerAuthentication", "spec.hashiCorpVault.authentication", "enum",
         "token,kubernetes"},
        {"TriggerAuthentication", "spec.hashiCorpVault.secrets[].type", "enum",
         ",secretV2,secret,pki"},
        {"TriggerAuthentication", "spec.oauth2.type", "enum", "clientCredentials"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        definition d = read_definition(cases[i].kind);
        expect_list(node_get(schema_at(d.schema, cases[i].path), cases[i].key),
                    cases[i].values);
        documents_clear(&d.docs);
    }
}

/* spec: scaledobject 1, auth 1 */
Test(crd, shows_the_columns_of_upstream)
{
    static const struct {
        const char *kind, *columns, *short_names;
    } cases[] = {
        {"ScaledObject",
         "ScaleTargetKind,ScaleTargetName,Min,Max,Ready,Active,Fallback,Paused,Triggers,"
         "Authentications,Age",
         "so"},
        {"TriggerAuthentication",
         "PodIdentity,Secret,Env,VaultAddress,ScaledObjects,ScaledJobs", "ta,triggerauth"},
        {"ClusterTriggerAuthentication",
         "PodIdentity,Secret,Env,FilePath,VaultAddress,ScaledObjects,ScaledJobs",
         "cta,clustertriggerauth"},
    };
    for (size_t i = 0; i < 3; i++) {
        keda_buf text = {0};
        definition d = read_definition(cases[i].kind);
        const node *columns = node_get(d.version, "additionalPrinterColumns");
        for (size_t c = 0; c < columns->nitems; c++)
            (void)buf_printf(&text, "%s%s", c == 0 ? "" : ",",
                             text_at(columns->items[c], "name"));
        cr_expect_str_eq(text.data, cases[i].columns);
        expect_list(
            node_get(node_get(node_get(d.docs.items[0].root, "spec"), "names"), "shortNames"),
            cases[i].short_names);
        keda_buf_clear(&text);
        documents_clear(&d.docs);
    }
}

static keda_status refuse(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    ++*(int *)user;
    return KEDA_ELIMIT;
}

Test(crd, stops_when_nothing_more_can_be_written)
{
    int calls = 0;
    cr_expect_eq(keda_crd_write("ScaledObject", refuse, &calls, NULL), KEDA_ELIMIT);
    cr_expect_eq(calls, 1);
}

Test(crd, quotes_what_is_not_a_plain_text)
{
    static const struct {
        const char *value, *line;
    } cases[] = {
        {"plain text; with \"quotes\"", "k: plain text; with \"quotes\"\n"},
        {"", "k: \"\"\n"},
        {"true", "k: \"true\"\n"},
        {"No", "k: \"No\"\n"},
        {"1s", "k: \"1s\"\n"},
        {"a: b", "k: \"a: b\"\n"},
        {"a #b", "k: \"a #b\"\n"},
        {"!has(\"x\\\")", "k: \"!has(\\\"x\\\\\\\")\"\n"},
        {"a\nb", "k: \"a\\nb\"\n"},
        {".a[?(@.b==\"c\")]", "k: .a[?(@.b==\"c\")]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_buf text = {0};
        crd_yaml y = {.write = buf_write, .user = &text};
        crd_text(&y, "k", cases[i].value);
        cr_expect_str_eq(text.data, cases[i].line);
        keda_buf_clear(&text);
    }
}
