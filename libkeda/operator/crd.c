/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda_crd_write: names, columns and the frame of a CustomResourceDefinition; the schema in it comes from
 * the tables by which documents are read (crd_schema.c).
 */
#include <keda/operator.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "operator/crd_schema.h"

typedef struct column {
    const char *name, *type, *path;
    bool is_wide; /* shown with -o wide only */
} column;

typedef struct definition {
    const char *kind, *plural, *singular, *scope, *help, *spec_help;
    const char *short_names[3]; /* NULL-terminated */
    const column *columns;
    size_t ncolumns;
} definition;

#define CONDITION(name)                                                                        \
    {                                                                                          \
        (name), "string", ".status.conditions[?(@.type==\"" name "\")].status", false          \
    }

static const column object_columns[] = {
    {"ScaleTargetKind", "string", ".status.scaleTargetKind", false},
    {"ScaleTargetName", "string", ".spec.scaleTargetRef.name", false},
    {"Min", "integer", ".spec.minReplicaCount", false},
    {"Max", "integer", ".spec.maxReplicaCount", false},
    CONDITION("Ready"),
    CONDITION("Active"),
    CONDITION("Fallback"),
    CONDITION("Paused"),
    {"Triggers", "string", ".status.triggersTypes", false},
    {"Authentications", "string", ".status.authenticationsTypes", false},
    {"Age", "date", ".metadata.creationTimestamp", false},
};

static const column auth_columns[] = {
    {"PodIdentity", "string", ".spec.podIdentity.provider", false},
    {"Secret", "string", ".spec.secretTargetRef[*].name", false},
    {"Env", "string", ".spec.env[*].name", false},
    {"VaultAddress", "string", ".spec.hashiCorpVault.address", false},
    {"ScaledObjects", "string", ".status.scaledobjects", true},
    {"ScaledJobs", "string", ".status.scaledjobs", true},
};

static const column cluster_auth_columns[] = {
    {"PodIdentity", "string", ".spec.podIdentity.provider", false},
    {"Secret", "string", ".spec.secretTargetRef[*].name", false},
    {"Env", "string", ".spec.env[*].name", false},
    {"FilePath", "string", ".spec.filePath", false},
    {"VaultAddress", "string", ".spec.hashiCorpVault.address", false},
    {"ScaledObjects", "string", ".status.scaledobjects", true},
    {"ScaledJobs", "string", ".status.scaledjobs", true},
};
#define COLUMNS(list) .columns = (list), .ncolumns = sizeof(list) / sizeof((list)[0])

static const definition definitions[] = {
    {.kind = "ScaledObject",
     .plural = "scaledobjects",
     .singular = "scaledobject",
     .scope = "Namespaced",
     .help = "Scales a workload by what event sources say.",
     .spec_help = "What is scaled, by what, and within which bounds.",
     .short_names = {"so"},
     COLUMNS(object_columns)},
    {.kind = "TriggerAuthentication",
     .plural = "triggerauthentications",
     .singular = "triggerauthentication",
     .scope = "Namespaced",
     .help = "Says where triggers of its namespace get their credentials.",
     .spec_help = "Where parameters of triggers come from; later sources win.",
     .short_names = {"ta", "triggerauth"},
     COLUMNS(auth_columns)},
    {.kind = "ClusterTriggerAuthentication",
     .plural = "clustertriggerauthentications",
     .singular = "clustertriggerauthentication",
     .scope = "Cluster",
     .help = "Says where triggers of any namespace get their credentials.",
     .spec_help = "Where parameters of triggers come from; later sources win.",
     .short_names = {"cta", "clustertriggerauth"},
     COLUMNS(cluster_auth_columns)},
};
enum { NDEFINITIONS = sizeof definitions / sizeof definitions[0] };

static const definition *find(const char *kind)
{
    for (size_t i = 0; i < NDEFINITIONS; i++) {
        if (strcmp(definitions[i].kind, kind) == 0)
            return &definitions[i];
    }
    return NULL;
}

static void put_names(crd_yaml *y, const definition *d)
{
    char list_kind[64];

    (void)snprintf(list_kind, sizeof list_kind, "%sList", d->kind);
    crd_open(y, "names");
    crd_text(y, "kind", d->kind);
    crd_text(y, "listKind", list_kind);
    crd_text(y, "plural", d->plural);
    crd_text(y, "singular", d->singular);
    crd_open(y, "shortNames");
    crd_close(y);
    for (const char *const *name = d->short_names; *name != NULL; name++)
        crd_text(y, NULL, *name);
    crd_close(y);
}

static void put_columns(crd_yaml *y, const definition *d)
{
    crd_open(y, "additionalPrinterColumns");
    crd_close(y);
    for (size_t i = 0; i < d->ncolumns; i++) {
        crd_open(y, NULL);
        crd_text(y, "name", d->columns[i].name);
        crd_text(y, "type", d->columns[i].type);
        crd_text(y, "jsonPath", d->columns[i].path);
        if (d->columns[i].is_wide)
            crd_int(y, "priority", 1);
        crd_close(y);
    }
}

static void put_typed(crd_yaml *y, const char *name, const char *type)
{
    crd_open(y, name);
    crd_text(y, "type", type);
    crd_close(y);
}

static void put_schema(crd_yaml *y, const definition *d)
{
    crd_open(y, "schema");
    crd_open(y, "openAPIV3Schema");
    crd_text(y, "description", d->help);
    crd_text(y, "type", "object");
    crd_open(y, "required");
    crd_close(y);
    crd_text(y, NULL, "spec");
    crd_open(y, "properties");
    put_typed(y, "apiVersion", "string");
    put_typed(y, "kind", "string");
    put_typed(y, "metadata", "object");
    crd_open(y, "spec");
    crd_put_map(y, schema_of_kind(d->kind), d->spec_help);
    crd_close(y);
    crd_open(y, "status");
    crd_put_map(y, crd_status_of(d->kind), "What has become of it.");
    crd_close(y);
    crd_close(y);
    crd_close(y);
    crd_close(y);
}

static void put_version(crd_yaml *y, const definition *d)
{
    crd_open(y, "versions");
    crd_close(y);
    crd_open(y, NULL);
    crd_text(y, "name", "v1alpha1");
    crd_true(y, "served");
    crd_true(y, "storage");
    crd_open(y, "subresources");
    crd_line(y, "      status: {}");
    crd_close(y);
    put_columns(y, d);
    put_schema(y, d);
    crd_close(y);
}

static void put_definition(crd_yaml *y, const definition *d)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s.keda.sh", d->plural);
    crd_line(y, "# SPDX-License-Identifier: Apache-2.0");
    crd_line(y, "---");
    crd_text(y, "apiVersion", "apiextensions.k8s.io/v1");
    crd_text(y, "kind", "CustomResourceDefinition");
    crd_open(y, "metadata");
    crd_text(y, "name", name);
    crd_close(y);
    crd_open(y, "spec");
    crd_text(y, "group", "keda.sh");
    crd_text(y, "scope", d->scope);
    put_names(y, d);
    put_version(y, d);
    crd_close(y);
}

keda_status keda_crd_write(const char *kind, keda_write_fn write, void *user, keda_error *err)
{
    crd_yaml y = {.write = write, .user = user};
    const definition *d = find(kind);

    assert(write != NULL);
    if (d == NULL)
        return keda_error_set(err, KEDA_ENOTFOUND, "there is no definition of \"%.64s\"", kind);
    put_definition(&y, d);
    if (y.status == KEDA_OK)
        return KEDA_OK;
    return keda_error_set(err, y.status, "the definition of %s could not be written", kind);
}

const char *keda_crd_kind(size_t i)
{
    return i < NDEFINITIONS ? definitions[i].kind : NULL;
}
