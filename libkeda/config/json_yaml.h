/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON value as YAML in block style, for people. Texts which YAML could take for something else are
 * in double quotes.
 */
#ifndef CONFIG_JSON_YAML_H
#define CONFIG_JSON_YAML_H

#include <jansson.h>

#include <keda/error.h>

/* Appends a map or list, each member on lines of its own. Errors: KEDA_ENOMEM. */
KEDA_MUST_USE keda_status json_yaml_put(keda_buf *out, json_t *value);

#endif
