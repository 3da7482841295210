/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading documents for tests.
 */
#include "support/config_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "config/scaled_object.h"

static void need(bool is_ok, const char *what)
{
    if (is_ok)
        return;
    fprintf(stderr, "config rig: %s\n", what);
    abort();
}

config_rig config_rig_read(const char *text, size_t size)
{
    config_rig rig = {.err = KEDA_ERROR_INIT};
    need(keda_findings_new(&rig.findings, NULL) == KEDA_OK, "out of memory");
    rig.rc = documents_read(&rig.docs, text, size, "", rig.findings, &rig.err);
    return rig;
}

config_rig config_rig_text(const char *text)
{
    return config_rig_read(text, strlen(text));
}

void config_rig_close(config_rig *rig)
{
    documents_clear(&rig->docs);
    keda_findings_free(rig->findings);
    keda_buf_clear(&rig->lines);
}

const document *config_rig_only(const config_rig *rig)
{
    need(rig->docs.count == 1, "not one document");
    return &rig->docs.items[0];
}

static void read_resource(config_rig *rig, const document *doc, bool is_strict)
{
    scaled_object object = {0};
    trigger_auth auth = {0};
    key_values values = {0};
    keda_buf json = {0};
    if (strcmp(doc->kind, "ScaledObject") == 0)
        (void)scaled_object_read(&object, doc, is_strict, rig->findings, NULL);
    else if (strstr(doc->kind, "TriggerAuthentication") != NULL)
        (void)trigger_auth_read(&auth, doc, is_strict, rig->findings, NULL);
    else if (strcmp(doc->kind, "Secret") == 0)
        (void)secret_read(&values, doc, rig->findings, NULL);
    else if (strcmp(doc->kind, "ConfigMap") == 0)
        (void)config_map_read(&values, doc, rig->findings, NULL);
    else if (strcmp(doc->kind, "ProcessPool") == 0)
        (void)process_pool_read(&json, doc, is_strict, rig->findings, NULL);
    scaled_object_clear(&object);
    trigger_auth_clear(&auth);
    key_values_clear(&values);
    keda_buf_clear(&json);
}

void config_rig_resources(config_rig *rig, bool is_strict)
{
    for (size_t i = 0; i < rig->docs.count; i++)
        read_resource(rig, &rig->docs.items[i], is_strict);
}

const char *config_rig_lines(config_rig *rig)
{
    buf_truncate(&rig->lines, 0);
    need(buf_puts(&rig->lines, "") == KEDA_OK, "out of memory");
    for (size_t i = 0; i < keda_findings_count(rig->findings); i++) {
        const keda_finding *f = keda_findings_at(rig->findings, i);
        need(buf_printf(&rig->lines, "%d:%d: %s: %s%s%s\n", (int)f->line, (int)f->column,
                        f->severity == KEDA_SEVERITY_ERROR ? "error" : "warning", f->path,
                        f->path[0] != '\0' ? ": " : "", f->message) == KEDA_OK,
             "out of memory");
    }
    return rig->lines.data;
}
