/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What adding and removing the finalizer have in common.
 */
#ifndef OPERATOR_FINALIZER_H
#define OPERATOR_FINALIZER_H

#include "observe/json_text.h"
#include "operator/operator.h"

bool op_has_finalizer(const keda_json *object);
/* "resourceVersion" and "finalizers" of a patch: those of others, and ours when asked. */
void op_finalizers_write(json_text *j, const keda_json *object, bool with_ours);
/* A patch of the object was refused, for whatever reason. */
void op_patch_failed(op_object *o, op_step step, const char *what, const keda_error *err);

#endif
