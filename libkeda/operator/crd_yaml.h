/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML line by line: maps and lists in block style, quotes where a text needs them. For crd*.c.
 */
#ifndef OPERATOR_CRD_YAML_H
#define OPERATOR_CRD_YAML_H

#include <stdbool.h>

#include <keda/error.h>

typedef struct crd_yaml {
    keda_write_fn write;
    void *user;
    keda_status status; /* of the first failed write; nothing is written after it */
    size_t depth;
    bool is_item; /* the next line begins an item of a list */
} crd_yaml;

/* "key:", and what follows lies below, until crd_close. key NULL: an item. */
void crd_open(crd_yaml *y, const char *key);
void crd_close(crd_yaml *y);
void crd_text(crd_yaml *y, const char *key, const char *value); /* key NULL: an item */
void crd_int(crd_yaml *y, const char *key, int64_t value);
void crd_true(crd_yaml *y, const char *key);
/* A line as it is, at the left edge. */
void crd_line(crd_yaml *y, const char *line);

#endif
