/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules: shared objects that provide trigger types or kinds of endpoints, opened on first use.
 */
#ifndef ENGINE_MODULE_H
#define ENGINE_MODULE_H

#include "engine/engine.h"

/* The type or kind of that name, opening modules when needed. Errors: KEDA_EUNSUPPORTED when its
 * module is missing, refused or of another ABI; KEDA_ENOTFOUND, with the nearest known name. */
keda_status module_need_scaler(keda_engine *e, const char *type, scaler_type **out,
                               keda_error *err);
keda_status module_need_endpoint(keda_engine *e, const char *kind, endpoint_kind **out,
                                 keda_error *err);

#endif
