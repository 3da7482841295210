/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of what an authentication may take its values from. For auth.c and auth_tables.c.
 */
#ifndef CONFIG_AUTH_TABLES_H
#define CONFIG_AUTH_TABLES_H

#include "reader.h"

extern const member_table auth_identity_table, auth_secret_value_table;
extern const member_table auth_vault_table, auth_azure_table, auth_gcp_table, auth_aws_table;
extern const member_table auth_token_table; /* of each item */

#endif
