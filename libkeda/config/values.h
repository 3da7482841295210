/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of a member table. For reader.c.
 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "reader.h"

void values_string(reader *r, const member *m, const node *value,
                   char **out); /* NULL: only checked */
void values_bool(reader *r, const node *value, bool *out);

#endif
