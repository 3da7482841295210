/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structural schemas from tables of members. For crd.c.
 */
#ifndef OPERATOR_CRD_SCHEMA_H
#define OPERATOR_CRD_SCHEMA_H

#include "config/schema.h"
#include "operator/crd_yaml.h"

/* The schema of a map by a table (NULL: of any map), below an open key. */
void crd_put_map(crd_yaml *y, const member_table *table, const char *help);

/* What the status of a kind holds. */
const member_table *crd_status_of(const char *kind);

#endif
