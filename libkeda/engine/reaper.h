/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frees what has been given up, when no other frame of the engine is left that could still hold it.
 */
#ifndef ENGINE_REAPER_H
#define ENGINE_REAPER_H

#include "engine/engine.h"

void reaper_wake(keda_engine *e);

#endif
