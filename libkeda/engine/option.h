/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member of the caller's keda_engine_options; what lies beyond its size, or is zero, has the
 * default. For what is made with the engine.
 */
#ifndef ENGINE_OPTION_H
#define ENGINE_OPTION_H

#include <keda/engine.h>

#define HAS(opts, member)                                                                      \
    ((opts) != NULL && (opts)->struct_size >= offsetof(keda_engine_options, member) +          \
                                                  sizeof(((keda_engine_options *)0)->member))
#define OPT(opts, member, fallback)                                                            \
    (HAS(opts, member) && (opts)->member != 0 ? (opts)->member : (fallback))
#define POINTER(opts, member) (HAS(opts, member) ? (opts)->member : NULL)

#endif
