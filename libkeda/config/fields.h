/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking a field table whose elements may be of another release's size. For params.c and its
 * neighbours.
 */
#ifndef CONFIG_FIELDS_H
#define CONFIG_FIELDS_H

#include <keda/scaler.h>

enum { FIELD_NAMES = 4, FIELD_SOURCES = 3 };

/* Element i, members the table does not have being zero. */
keda_field field_at(const keda_field *fields, size_t field_size, size_t i);
/* Name number i, the alias behind it; NULL beyond the last. */
const char *field_name(const keda_field *field, size_t i);
/* Source number i in the order searched, KEDA_FROM_UNSET beyond the last. */
int32_t field_source(const keda_field *field, size_t i);
bool field_has_source(const keda_field *field, int32_t source);

#endif
