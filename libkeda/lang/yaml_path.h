/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A number located in a YAML text by keys joined with dots, as KEDA's metrics-api reads it. Documents of
 * Kubernetes are config's, which reports places; here only one number counts.
 */
#ifndef LANG_YAML_PATH_H
#define LANG_YAML_PATH_H

#include <stddef.h>

#include <keda/error.h>

/*
 * Follows the path through maps and lists of the first document; what follows a scalar in the path is
 * ignored. The scalar is an integer, a float, or a text that is a quantity.
 *
 * errors  KEDA_EPROTOCOL: not YAML, nothing there, or not a number; KEDA_ELIMIT; KEDA_ENOMEM
 */
KEDA_MUST_USE keda_status yaml_path_number(const char *text, size_t size, const char *path,
                                           double *out, keda_error *err);

#endif
