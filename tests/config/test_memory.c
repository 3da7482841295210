/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of this room fails once: nothing leaks, nothing is half there, and it is said. */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "config/map.h"
#include "config/params.h"
#include "config/scaled_object.h"
#include "support/failing_allocator.h"

static const char source[] =
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\n"
    "spec:\n  scaleTargetRef: &t {name: web}\n"
    "  advanced:\n    scalingModifiers: {formula: k + 1, target: \"1\"}\n"
    "    horizontalPodAutoscalerConfig:\n      behavior:\n"
    "        scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 15}]}\n"
    "  fallback: {failureThreshold: 1, replicas: 1}\n"
    "  triggers:\n"
    "  - {type: kafka, name: k, metadata: {a: \"1\", b: \"2\"}, authenticationRef: {<<: *t}}\n"
    "---\n"
    "apiVersion: v1\nkind: List\nitems:\n"
    "- {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: cGFzcw==}, stringData: "
    "{l: m}}\n"
    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {k: v}}\n"
    "- {apiVersion: keda.sh/v1alpha1, kind: TriggerAuthentication, metadata: {name: t},\n"
    "   spec: {env: [{parameter: a, name: B}], secretTargetRef: [{parameter: a, name: b, key: "
    "c}]}}\n"
    "- {apiVersion: libkeda.io/v1alpha1, kind: ProcessPool, metadata: {name: p},\n"
    "   spec: {command: [w], env: [{name: A, value: b}], user: 5, limits: {nofile: 1}}}\n";

static keda_status read_document(const document *doc)
{
    scaled_object object = {0};
    trigger_auth auth = {0};
    key_values values = {0};
    keda_buf json = {0};
    keda_error err = KEDA_ERROR_INIT;
    keda_status rc = KEDA_OK;
    if (strcmp(doc->kind, "ScaledObject") == 0)
        rc = scaled_object_read(&object, doc, false, NULL, &err);
    else if (strcmp(doc->kind, "TriggerAuthentication") == 0)
        rc = trigger_auth_read(&auth, doc, false, NULL, &err);
    else if (strcmp(doc->kind, "Secret") == 0)
        rc = secret_read(&values, doc, NULL, &err);
    else if (strcmp(doc->kind, "ConfigMap") == 0)
        rc = config_map_read(&values, doc, NULL, &err);
    else if (strcmp(doc->kind, "ProcessPool") == 0)
        rc = process_pool_read(&json, doc, false, NULL, &err);
    if (rc == KEDA_OK)
        rc = document_json(doc, &json, &err);
    cr_expect_eq(err.code, (int32_t)rc);
    scaled_object_clear(&object);
    trigger_auth_clear(&auth);
    key_values_clear(&values);
    keda_buf_clear(&json);
    return rc;
}

static keda_status read_source(const char *text)
{
    documents docs = {0};
    keda_status rc = documents_read(&docs, text, strlen(text), "f", NULL, NULL);
    for (size_t i = 0; rc == KEDA_OK && i < docs.count; i++)
        rc = read_document(&docs.items[i]);
    documents_clear(&docs);
    return rc;
}

static void fail_each_allocation(const char *text)
{
    bool has_failed = true;
    size_t n = 1;
    for (; has_failed; n++) {
        failing_allocator_set(n);
        const keda_status rc = read_source(text);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "allocation %zu: %d", n, (int)rc);
        cr_assert_eq(failing_allocator_live(), 0, "allocation %zu", n);
    }
    cr_expect_gt(n, 20);
}

Test(memory, is_given_back_when_reading_documents_fails)
{
    fail_each_allocation(source);
}

Test(memory, is_given_back_when_reading_json_fails)
{
    fail_each_allocation("{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": "
                         "{\"name\": \"c\"}, \"data\": {\"a\": \"b\\n\", \"c\": \"d\"}}");
}

typedef struct meta {
    char *text;
    keda_string_list list;
    keda_int_list numbers;
    keda_map map, query;
} meta;

static const keda_field fields[] = {
    KEDA_FIELD_STRING(meta, text, .name = "text"),
    KEDA_FIELD_STRING_LIST(meta, list, .name = "list", .fallback = "a,b"),
    KEDA_FIELD_INT_LIST(meta, numbers, .name = "numbers", .range = '-'),
    KEDA_FIELD_MAP(meta, map, .name = "map"),
    KEDA_FIELD_URL_VALUES(meta, query, .name = "query"),
};

Test(memory, is_given_back_when_parsing_parameters_fails)
{
    keda_param given[] = {
        {"text", "x"}, {"numbers", "1-20"}, {"map", "a=1,b=2"}, {"query", "a&b=2"}};
    const keda_map metadata = {given, 4};
    const params_sources sources = {.metadata = &metadata};
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        meta m = {0};
        failing_allocator_set(n);
        const size_t nfailing =
            params_parse(fields, 5, sizeof fields[0], &sources, &m, NULL, NULL);
        has_failed = failing_allocator_has_failed();
        failing_allocator_set(0);
        cr_expect_eq(nfailing, has_failed ? PARAMS_NO_MEMORY : 0, "allocation %zu", n);
        params_clear(fields, 5, sizeof fields[0], &m);
        cr_assert_eq(failing_allocator_live(), 0, "allocation %zu", n);
    }
}
