/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of names with a number each, from 0 in the order added: groups and topics of a round, topics of
 * the metadata cache. A round may hold thousands, so finding one must not walk over all.
 */
#ifndef SCALERS_RDKAFKA_NAMES_H
#define SCALERS_RDKAFKA_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define KAFKA_NO_NAME SIZE_MAX

typedef struct kafka_names {
    char **items; /* owned copies */
    size_t count, capacity;
    size_t *slots; /* number + 1 of a name, 0 when free */
    size_t nslots;
} kafka_names;

/* Number of the name, or KAFKA_NO_NAME. */
size_t kafka_names_find(const kafka_names *names, const char *name);
/* Number of the name, which is added when new; KAFKA_NO_NAME when out of memory. */
size_t kafka_names_add(kafka_names *names, const char *name);
void kafka_names_clear(kafka_names *names);

#endif
