/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TriggerAuthentication and ClusterTriggerAuthentication: where parameters come from, as entries. A
 * source that cannot be read yet is an error, since scaling without credentials would be wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "auth_tables.h"
#include "scaled_object.h"
#include "schema.h"

/* Entries while they are read: in document order, then sorted into the order of evaluation. */
typedef struct entries {
    auth_entry *items;
    size_t count, capacity;
    auth_source source;
} entries;

static void entry_clear(auth_entry *entry)
{
    mem_free(entry->parameter);
    mem_free(entry->name);
    mem_free(entry->key);
    mem_free(entry->container);
    *entry = (auth_entry){0};
}

static void add_entry(reader *r, entries *all, const node *map, const member *members, size_t n)
{
    auth_entry entry = {.source = all->source, .line = map->line, .column = map->column};
    void *items = all->items;
    reader_members(r, map, members, n, &entry);
    if (mem_grow(&items, &all->capacity, all->count, sizeof *all->items, NULL) != KEDA_OK) {
        entry_clear(&entry);
        reader_out_of_memory(r);
        return;
    }
    all->items = items;
    all->items[all->count++] = entry;
}

#define TEXT_IS_NEEDED (MEMBER_REQUIRED | MEMBER_NOT_EMPTY | MEMBER_OWN_RULES)

static const member reference_members[] = {
    {.name = "parameter",
     .kind = MEMBER_STRING,
     .flags = TEXT_IS_NEEDED,
     .offset = offsetof(auth_entry, parameter),
     .help = "Parameter of the trigger which the value is for."},
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = TEXT_IS_NEEDED,
     .offset = offsetof(auth_entry, name),
     .help = "Name of the object."},
    {.name = "key",
     .kind = MEMBER_STRING,
     .flags = TEXT_IS_NEEDED,
     .offset = offsetof(auth_entry, key),
     .help = "Key in it."},
};
static const member_table reference_table = {MEMBER_TABLE(reference_members)};

static void read_reference(reader *r, const node *map, void *out)
{
    if (reader_is(r, map, NODE_MAP))
        add_entry(r, out, map, reference_members, reference_table.count);
}

static const member variable_members[] = {
    {.name = "parameter",
     .kind = MEMBER_STRING,
     .flags = TEXT_IS_NEEDED,
     .offset = offsetof(auth_entry, parameter),
     .help = "Parameter of the trigger which the value is for."},
    {.name = "name",
     .kind = MEMBER_STRING,
     .flags = TEXT_IS_NEEDED,
     .offset = offsetof(auth_entry, name),
     .help = "Name of the variable."},
    {.name = "containerName",
     .kind = MEMBER_STRING,
     .offset = offsetof(auth_entry, container),
     .help = "Container of the target's pods; the first when unset."},
};
static const member_table variable_table = {MEMBER_TABLE(variable_members)};

static void read_variable(reader *r, const node *map, void *out)
{
    if (reader_is(r, map, NODE_MAP))
        add_entry(r, out, map, variable_members, variable_table.count);
}

static void read_env(reader *r, const node *list, void *out)
{
    ((entries *)out)->source = AUTH_ENV;
    reader_items(r, list, read_variable, out);
}

static void read_config_maps(reader *r, const node *list, void *out)
{
    ((entries *)out)->source = AUTH_CONFIG_MAP;
    reader_items(r, list, read_reference, out);
}

static void read_secrets(reader *r, const node *list, void *out)
{
    ((entries *)out)->source = AUTH_SECRET;
    reader_items(r, list, read_reference, out);
}

/* ---- pod identity: T1 to T5 ---- */

/* The text of a member; NULL when absent or no string. */
static const char *text_of(const node *map, const char *name)
{
    const node *value = node_get(map, name);
    return value != NULL && value->type == NODE_STRING ? value->text : NULL;
}

static bool is_filled(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool is_empty(const char *text)
{
    return text != NULL && text[0] == '\0';
}

static void check_azure(reader *r, const node *map)
{
    const char *tenant = text_of(map, "identityTenantId");
    if (is_empty(text_of(map, "identityId")))
        reader_error_in(r, map, "identityId",
                        "must not be empty; leave it out for the default");
    if (is_filled(text_of(map, "identityAuthorityHost"))) {
        if (!is_filled(tenant))
            reader_error_in(r, map, "identityTenantId",
                            "is required with identityAuthorityHost");
    } else if (is_empty(tenant)) {
        reader_error_in(r, map, "identityTenantId",
                        "must not be empty; leave it out for the default");
    }
}

static void check_aws(reader *r, const node *map)
{
    const bool has_role = is_filled(text_of(map, "roleArn"));
    if (has_role && text_equal(text_of(map, "identityOwner"), "workload"))
        reader_error_in(r, map, "roleArn", "cannot be set with identityOwner workload");
    if (is_filled(text_of(map, "externalID")) && !has_role)
        reader_error_in(r, map, "externalID", "needs roleArn");
}

static const char *const providers[] = {"azure-workload", "gcp",  "aws",
                                        "aws-eks",        "none", NULL};
static const char *const owners[] = {"keda", "workload", NULL};

static const member identity_members[] = {
    {.name = "provider",
     .kind = MEMBER_TEXT,
     .flags = MEMBER_REQUIRED,
     .allowed = providers,
     .help = "Whose identity is used."},
    {.name = "identityId",
     .kind = MEMBER_TEXT,
     .help = "Client id; the process's own when unset."},
    {.name = "identityTenantId", .kind = MEMBER_TEXT, .help = "Tenant of an Azure identity."},
    {.name = "identityAuthorityHost",
     .kind = MEMBER_TEXT,
     .help = "Authority of an Azure identity; needs the tenant."},
    {.name = "roleArn", .kind = MEMBER_TEXT, .help = "AWS role to be assumed."},
    {.name = "externalID", .kind = MEMBER_TEXT, .help = "Given when the role is assumed."},
    {.name = "identityOwner",
     .kind = MEMBER_TEXT,
     .allowed = owners,
     .help = "keda when unset; workload: the role of the target's service account."},
};
const member_table auth_identity_table = {MEMBER_TABLE(identity_members), .is_open = true};

static void read_identity(reader *r, const node *map, void *out)
{
    (void)out;
    const size_t before = r->report.nerrors;
    reader_members(r, map, identity_members, auth_identity_table.count, NULL);
    const bool is_known = r->report.nerrors == before;
    const char *provider = text_of(map, "provider");
    if (text_equal(provider, "azure-workload"))
        check_azure(r, map);
    else if (text_equal(provider, "aws"))
        check_aws(r, map);
    if (is_known && !text_equal(provider, "none"))
        reader_error_in(r, map, "provider", "\"%.64s\" is not supported yet", provider);
}

/* ---- oauth2: T6 ---- */

static bool is_http_url(const char *url)
{
    const char *host = text_has_prefix(url, "http://")    ? url + 7
                       : text_has_prefix(url, "https://") ? url + 8
                                                          : "";
    const size_t size = strcspn(host, "/?#");
    const char *at = memchr(host, '@', size); /* credentials are no host */
    const size_t skipped = at == NULL ? 0 : (size_t)(at - host) + 1;
    return size > skipped && host[skipped] != ':';
}

static void check_oauth2(reader *r, const node *map)
{
    const char *url = text_of(map, "tokenUrl");
    if (!is_filled(text_of(map, "clientId")))
        reader_error_in(r, map, "clientId", "is required");
    if (!is_filled(url))
        reader_error_in(r, map, "tokenUrl", "is required");
    else if (!is_http_url(url))
        reader_error_in(r, map, "tokenUrl", "must be an http or https URL with a host");
}

static const char *const grant_types[] = {"clientCredentials", NULL};

static const member oauth2_members[] = {
    {.name = "type",
     .kind = MEMBER_TEXT,
     .allowed = grant_types,
     .fallback = "clientCredentials",
     .help = "Kind of grant."},
    {.name = "clientId", .kind = MEMBER_TEXT, .help = "Who asks for a token."},
    {.name = "clientSecret",
     .shape = MEMBER_AS_MAP,
     .table = &auth_secret_value_table,
     .help = "Its secret."},
    {.name = "tokenUrl", .kind = MEMBER_TEXT, .help = "Where tokens come from: http or https."},
    {.name = "scopes", .shape = MEMBER_AS_TEXTS, .help = "Scopes of the token."},
    {.name = "tokenUrlParams",
     .shape = MEMBER_AS_STRINGS,
     .help = "Further parameters of the request."},
};
static const member_table oauth2_table = {MEMBER_TABLE(oauth2_members), .is_open = true};

static void read_oauth2(reader *r, const node *map, void *out)
{
    (void)out;
    reader_members(r, map, oauth2_members, oauth2_table.count, NULL);
    check_oauth2(r, map);
}

/* ---- the documents ---- */

static const member spec_members[] = {
    {.name = "secretTargetRef",
     .kind = MEMBER_LIST,
     .read = read_secrets,
     .table = &reference_table,
     .help = "Values from keys of Secrets."},
    {.name = "configMapTargetRef",
     .kind = MEMBER_LIST,
     .read = read_config_maps,
     .table = &reference_table,
     .help = "Values from keys of ConfigMaps."},
    {.name = "env",
     .kind = MEMBER_LIST,
     .read = read_env,
     .table = &variable_table,
     .help = "Values from the environment of the target's containers."},
    {.name = "podIdentity",
     .kind = MEMBER_MAP,
     .read = read_identity,
     .table = &auth_identity_table,
     .help = "Identity of a cloud instead of credentials."},
    {.name = "filePath",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_TEXT,
     .help = "File with a JSON map of all values."},
    {.name = "hashiCorpVault",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_MAP,
     .table = &auth_vault_table,
     .help = "Values from HashiCorp Vault."},
    {.name = "azureKeyVault",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_MAP,
     .table = &auth_azure_table,
     .help = "Values from Azure Key Vault."},
    {.name = "gcpSecretManager",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_MAP,
     .table = &auth_gcp_table,
     .help = "Values from Google Cloud's Secret Manager."},
    {.name = "awsSecretManager",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_MAP,
     .table = &auth_aws_table,
     .help = "Values from AWS Secrets Manager."},
    {.name = "boundServiceAccountToken",
     .flags = MEMBER_UNSUPPORTED,
     .shape = MEMBER_AS_LIST,
     .table = &auth_token_table,
     .help = "Tokens of service accounts."},
    {.name = "oauth2",
     .kind = MEMBER_MAP,
     .flags = MEMBER_UNSUPPORTED,
     .read = read_oauth2,
     .table = &oauth2_table,
     .help = "Parameters of an OAuth 2 client."},
};
const member_table trigger_auth_table = {MEMBER_TABLE(spec_members)};

static void read_spec(reader *r, const node *map, void *out)
{
    reader_members(r, map, spec_members, trigger_auth_table.count, out);
}

static const member top_members[] = {
    {.name = "apiVersion"},
    {.name = "kind"},
    {.name = "metadata"},
    {.name = "spec", .kind = MEMBER_MAP, .flags = MEMBER_REQUIRED, .read = read_spec},
    {.name = "status"},
};

/* Later sources overwrite: env, then ConfigMaps, then Secrets; within one as written. */
static void sort_entries(entries *all)
{
    static const auth_source order[] = {AUTH_ENV, AUTH_CONFIG_MAP, AUTH_SECRET};
    for (size_t rank = 0, done = 0; rank < sizeof order / sizeof order[0]; rank++)
        for (size_t i = done; i < all->count; i++) {
            if (all->items[i].source != order[rank])
                continue;
            const auth_entry entry = all->items[i];
            memmove(&all->items[done + 1], &all->items[done], (i - done) * sizeof entry);
            all->items[done++] = entry;
        }
}

keda_status trigger_auth_read(trigger_auth *out, const document *doc, bool is_strict,
                              keda_findings *findings, keda_error *err)
{
    reader r;
    entries all = {0};
    trigger_auth auth = {0};
    const bool is_cluster = strcmp(doc->kind, "ClusterTriggerAuthentication") == 0;
    reader_init(&r, doc, is_strict, findings);
    reader_frame(&r, "keda.sh/v1alpha1");
    reader_members(&r, doc->root, top_members, sizeof top_members / sizeof top_members[0],
                   &all);
    sort_entries(&all);
    auth.space = mem_strdup(is_cluster ? "" : doc->space);
    auth.name = mem_strdup(doc->name);
    auth.entries = all.items;
    auth.count = all.count;
    if (auth.space == NULL || auth.name == NULL)
        reader_out_of_memory(&r);
    const keda_status rc = reader_status(&r, err);
    *out = (trigger_auth){0};
    if (rc == KEDA_OK)
        *out = auth;
    else
        trigger_auth_clear(&auth);
    return rc;
}

void trigger_auth_clear(trigger_auth *auth)
{
    if (auth == NULL)
        return;
    for (size_t i = 0; i < auth->count; i++)
        entry_clear(&auth->entries[i]);
    mem_free(auth->entries);
    mem_free(auth->space);
    mem_free(auth->name);
    *auth = (trigger_auth){0};
}
