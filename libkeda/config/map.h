/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling and freeing the public keda_map. Zeroed memory is an empty map; every value counts as secret
 * when it is freed.
 */
#ifndef CONFIG_MAP_H
#define CONFIG_MAP_H

#include <keda/scaler.h>

#include "text_block.h"

/* Appends copies; a name may occur several times. Errors: KEDA_ENOMEM, the map is as before. */
KEDA_MUST_USE keda_status map_add(keda_map *map, const char *name, const char *value);
/* The same for parts of texts. */
KEDA_MUST_USE keda_status map_add_n(keda_map *map, const char *name, size_t name_size,
                                    const char *value, size_t value_size);
/* Replaces the value of a name in its place, or appends. */
KEDA_MUST_USE keda_status map_set(keda_map *map, const char *name, const char *value);
/* Copies of all. Errors: KEDA_ENOMEM, out is then empty. */
KEDA_MUST_USE keda_status map_copy(keda_map *out, const keda_map *from);
void map_clear(keda_map *map);
/* Puts its texts, or only their sizes, into a block (text_block.h); of such a map only items is freed. */
void map_take_texts(keda_map *map, text_block *all);

#endif
