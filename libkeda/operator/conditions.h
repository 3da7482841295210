/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conditions of a status: Ready, Active, Fallback, Paused. For status.c.
 */
#ifndef OPERATOR_CONDITIONS_H
#define OPERATOR_CONDITIONS_H

#include "observe/json_text.h"
#include "operator/status.h"

/* The member "conditions". */
void conditions_put(json_text *j, const status_facts *facts);

#endif
