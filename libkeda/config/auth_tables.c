/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of values which are refused when they are read (MEMBER_UNSUPPORTED): their tables serve schemas
 * alone. Open, so that a member we do not name is kept. (spec: auth 2.1)
 */
#include "auth_tables.h"

#define TEXT(title, about)                                                                     \
    {                                                                                          \
        .name = (title), .kind = MEMBER_TEXT, .help = (about)                                  \
    }
#define OPEN_TABLE(list)                                                                       \
    {                                                                                          \
        MEMBER_TABLE(list), .is_open = true                                                    \
    }
#define PARAMETER TEXT("parameter", "Parameter of the trigger which the value is for.")
#define MAP(title, of, about)                                                                  \
    {                                                                                          \
        .name = (title), .shape = MEMBER_AS_MAP, .table = &(of), .help = (about)               \
    }
#define SECRETS(of)                                                                            \
    {                                                                                          \
        .name = "secrets", .shape = MEMBER_AS_LIST, .min = 1, .table = &(of),                  \
        .help = "What is read, and the parameters it is for."                                  \
    }

/* ---- valueFrom.secretKeyRef */

static const member key_members[] = {TEXT("name", "Name of the Secret."),
                                     TEXT("key", "Key in it.")};
static const member_table key_table = OPEN_TABLE(key_members);
static const member value_from_members[] = {MAP("secretKeyRef", key_table, "Key of a Secret.")};
static const member_table value_from_table = OPEN_TABLE(value_from_members);
static const member secret_value_members[] = {
    MAP("valueFrom", value_from_table, "Where the value lies.")};
const member_table auth_secret_value_table = OPEN_TABLE(secret_value_members);

/* ---- HashiCorp Vault */

static const char *const vault_logins[] = {"token", "kubernetes", NULL};
static const char *const vault_types[] = {"", "secretV2", "secret", "pki", NULL};
static const member vault_credential_members[] = {
    TEXT("token", "Token of Vault."),
    TEXT("serviceAccount", "File with the token of a service account."),
    TEXT("serviceAccountName", "Service account whose token is asked for.")};
static const member_table vault_credential_table = OPEN_TABLE(vault_credential_members);
static const member vault_secret_members[] = {
    PARAMETER,
    TEXT("path", "Path in Vault."),
    TEXT("key", "Key of what lies there."),
    {.name = "type",
     .kind = MEMBER_TEXT,
     .allowed = vault_types,
     .help = "Kind of secret engine; found out when empty."},
    {.name = "pkiData",
     .shape = MEMBER_AS_MAP,
     .help = "What a certificate is asked for with."}};
static const member_table vault_secret_table = OPEN_TABLE(vault_secret_members);
static const member vault_members[] = {
    TEXT("address", "URL of Vault."),
    TEXT("namespace", "Namespace of Vault."),
    {.name = "authentication",
     .kind = MEMBER_TEXT,
     .allowed = vault_logins,
     .help = "How to log in."},
    TEXT("role", "Role for the login by a service account."),
    TEXT("mount", "Mount of that login."),
    MAP("credential", vault_credential_table, "What to log in with."),
    SECRETS(vault_secret_table)};
const member_table auth_vault_table = OPEN_TABLE(vault_members);

/* ---- Azure Key Vault */

static const member azure_credentials_members[] = {
    TEXT("clientId", "Client id."), TEXT("tenantId", "Tenant."),
    MAP("clientSecret", auth_secret_value_table, "Client secret.")};
static const member_table azure_credentials_table = OPEN_TABLE(azure_credentials_members);
static const member azure_cloud_members[] = {
    TEXT("type", "Name of the cloud."),
    TEXT("keyVaultResourceURL", "Resource of a private cloud."),
    TEXT("activeDirectoryEndpoint", "Authority of a private cloud.")};
static const member_table azure_cloud_table = OPEN_TABLE(azure_cloud_members);
static const member azure_secret_members[] = {PARAMETER, TEXT("name", "Name of the secret."),
                                              TEXT("version", "The latest when empty.")};
static const member_table azure_secret_table = OPEN_TABLE(azure_secret_members);
static const member azure_members[] = {
    TEXT("vaultUri", "URL of the vault."),
    MAP("credentials", azure_credentials_table, "Credentials of an application."),
    MAP("podIdentity", auth_identity_table, "Identity instead of credentials."),
    MAP("cloud", azure_cloud_table, "Which of Azure's clouds."), SECRETS(azure_secret_table)};
const member_table auth_azure_table = OPEN_TABLE(azure_members);

/* ---- Google Cloud's Secret Manager */

static const member gcp_credentials_members[] = {
    MAP("clientSecret", auth_secret_value_table, "Key file of a service account.")};
static const member_table gcp_credentials_table = OPEN_TABLE(gcp_credentials_members);
static const member gcp_secret_members[] = {PARAMETER, TEXT("id", "Id of the secret."),
                                            TEXT("version", "The latest when empty.")};
static const member_table gcp_secret_table = OPEN_TABLE(gcp_secret_members);
static const member gcp_members[] = {
    MAP("credentials", gcp_credentials_table, "Credentials of a service account."),
    MAP("podIdentity", auth_identity_table, "Identity instead of credentials."),
    SECRETS(gcp_secret_table)};
const member_table auth_gcp_table = OPEN_TABLE(gcp_members);

/* ---- AWS Secrets Manager */

static const member aws_credentials_members[] = {
    MAP("accessKey", auth_secret_value_table, "Access key id."),
    MAP("accessSecretKey", auth_secret_value_table, "Secret access key."),
    MAP("accessToken", auth_secret_value_table, "Session token.")};
static const member_table aws_credentials_table = OPEN_TABLE(aws_credentials_members);
static const member aws_secret_members[] = {
    PARAMETER, TEXT("name", "Name of the secret."), TEXT("versionId", "Version by its id."),
    TEXT("versionStage", "Version by its stage."),
    TEXT("secretKey", "Member of a secret that is a JSON map.")};
static const member_table aws_secret_table = OPEN_TABLE(aws_secret_members);
static const member aws_members[] = {
    TEXT("region", "Region."),
    MAP("credentials", aws_credentials_table, "Credentials of a user."),
    MAP("podIdentity", auth_identity_table, "Identity instead of credentials."),
    SECRETS(aws_secret_table)};
const member_table auth_aws_table = OPEN_TABLE(aws_members);

/* ---- tokens of service accounts */

static const member token_members[] = {PARAMETER,
                                       TEXT("serviceAccountName", "Whose token is asked for.")};
const member_table auth_token_table = OPEN_TABLE(token_members);
