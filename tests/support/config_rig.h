/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of configuration: a text read as documents, each by its kind's reader, and what was found as
 * lines.
 */
#ifndef TESTS_SUPPORT_CONFIG_RIG_H
#define TESTS_SUPPORT_CONFIG_RIG_H

#include <stdbool.h>

#include "config/document.h"

/* A source and its findings; config_rig_close clears both. */
typedef struct config_rig {
    documents docs;
    keda_findings *findings;
    keda_error err;
    keda_status rc;
    keda_buf lines;
} config_rig;

config_rig config_rig_read(const char *text, size_t size);
config_rig config_rig_text(const char *text); /* terminated */
void config_rig_close(config_rig *rig);

/* The only document; ends the test when there is another number of them. */
const document *config_rig_only(const config_rig *rig);

/* Reads every document of a known kind as its resource and forgets it; findings are added. */
void config_rig_resources(config_rig *rig, bool is_strict);

/* All findings so far, each as "3:14: error: spec.x: message" and a line end. */
const char *config_rig_lines(config_rig *rig);

#endif
