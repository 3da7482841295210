/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document of a ProcessPool as its target reads it: what to run and how. Checked and defaulted by
 * config before, so a mistake here is reported, not explained.
 */
#ifndef TARGETS_POOL_SPEC_H
#define TARGETS_POOL_SPEC_H

#include <keda/error.h>

#include "targets/pool_plan.h"

typedef struct pool_spec {
    char **command;  /* NULL-terminated */
    char **env;      /* "NAME=value", NULL-terminated */
    char *directory; /* NULL: the host's */
    char *user;      /* NULL: the host's */
    char *limits;    /* as loop/child.h takes them; NULL: none */
    pool_rules rules;
} pool_spec;

/* *out is written only on success; pool_spec_clear. Errors: KEDA_EINVAL, KEDA_ENOMEM. */
keda_status pool_spec_read(pool_spec *out, const char *spec_json, keda_error *err);
void pool_spec_clear(pool_spec *spec);

/* The environment of one worker: the host's, without what its service manager meant for it alone;
 * then the spec's; then `own`. An array to be freed by mem_free, of borrowed texts; NULL: no memory. */
const char **pool_environment(const pool_spec *spec, const char *const *host,
                              const char *const *own);

#endif
