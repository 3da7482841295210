/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a source of documents: read, each document as its resource, strict and not, and as JSON,
 * which must read back to the same JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/document.h"
#include "config/scaled_object.h"

static void read_resource(const document *doc, bool is_strict, keda_findings *findings)
{
    scaled_object object = {0};
    trigger_auth auth = {0};
    key_values values = {0};
    keda_buf json = {0};
    keda_policy policy;
    if (scaled_object_read(&object, doc, is_strict, findings, NULL) == KEDA_OK)
        scaled_object_policy(&object, &policy);
    (void)trigger_auth_read(&auth, doc, is_strict, findings, NULL);
    (void)secret_read(&values, doc, findings, NULL);
    key_values_clear(&values);
    (void)config_map_read(&values, doc, findings, NULL);
    (void)process_pool_read(&json, doc, is_strict, findings, NULL);
    scaled_object_clear(&object);
    trigger_auth_clear(&auth);
    key_values_clear(&values);
    keda_buf_clear(&json);
}

/* Names given twice, and reals that JSON does not have, do not come back as they were. */
static void check_round_trip(const document *doc)
{
    documents again = {0};
    keda_buf json = {0}, second = {0};
    if (document_json(doc, &json, NULL) == KEDA_OK &&
        documents_read(&again, json.data, json.size, "", NULL, NULL) == KEDA_OK &&
        again.count == 1 && document_json(&again.items[0], &second, NULL) == KEDA_OK &&
        strcmp(json.data, second.data) != 0)
        abort();
    documents_clear(&again);
    keda_buf_clear(&json);
    keda_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    documents docs = {0};
    keda_findings *findings = NULL;
    if (keda_findings_new(&findings, NULL) != KEDA_OK)
        return 0;
    (void)documents_read(&docs, (const char *)data, size, "fuzz", findings, NULL);
    for (size_t i = 0; i < docs.count && i < 20; i++) {
        read_resource(&docs.items[i], i % 2 == 0, findings);
        check_round_trip(&docs.items[i]);
    }
    documents_clear(&docs);
    keda_findings_free(findings);
    return 0;
}
