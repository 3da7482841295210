/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deviations from upstream by name, as an option lists them.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

static bool is_name(const char *text, size_t size, const char *name)
{
    return strlen(name) == size && strncmp(text, name, size) == 0;
}

static bool find(const char *text, size_t size, uint32_t *bits)
{
    uint32_t all = 0;

    for (size_t i = 0; keda_deviation_name(i) != NULL; i++) {
        all |= (uint32_t)1 << i;
        if (is_name(text, size, keda_deviation_name(i))) {
            *bits |= (uint32_t)1 << i;
            return true;
        }
    }
    if (is_name(text, size, "default"))
        *bits |= (uint32_t)KEDA_DEVIATIONS_DEFAULT;
    else if (is_name(text, size, "all"))
        *bits |= all;
    else
        return is_name(text, size, "none");
    return true;
}

bool cli_deviations(const char *program, const char *list, uint32_t *out)
{
    *out = 0;
    for (const char *p = list;; p++) {
        const size_t size = strcspn(p, ",");
        if (!find(p, size, out)) {
            fprintf(stderr,
                    "%s: there is no deviation named \"%.*s\"; they are default, all, none",
                    program, (int)size, p);
            for (size_t i = 0; keda_deviation_name(i) != NULL; i++)
                fprintf(stderr, ", %s", keda_deviation_name(i));
            fputc('\n', stderr);
            return false;
        }
        p += size;
        if (*p == '\0')
            return true;
    }
}
