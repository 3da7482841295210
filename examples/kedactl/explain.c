/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl explain: why a workload has its number, told by the kedad that decided it, or by its journal.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kedactl.h"

/* "2026-01-31T12:00:00Z" to milliseconds since 1970; false when it is none. */
bool parse_utc(const char *text, int64_t *wall_ms)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

    if (end == NULL || *end != '\0')
        return false;
    *wall_ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

static int from_server(const kedactl *k, const char *workload, int64_t at_ms)
{
    char page[1024];
    char *body = NULL;

    if (!admin_page(page, sizeof page - 32, "/v1/explain", workload))
        return CLI_USAGE;
    if (at_ms >= 0)
        snprintf(page + strlen(page), 32, "?at=%lld", (long long)at_ms);
    const int rc = admin_get(k, page, &body);
    if (rc == CLI_OK)
        fputs(body, stdout);
    free(body);
    return rc;
}

int command_explain(kedactl *k)
{
    int64_t at_ms = -1;

    if (k->arguments[0] == NULL) {
        fputs("kedactl: explain: which workload?\n", stderr);
        return CLI_USAGE;
    }
    if (k->journal != NULL)
        return explain_from_journal(k, k->arguments[0]);
    /* A whole second: the decision that was in force at its end. */
    if (k->at != NULL && !parse_utc(k->at, &at_ms)) {
        fprintf(stderr, "kedactl: --at is a time such as 2026-01-31T12:00:00Z, not \"%s\"\n",
                k->at);
        return CLI_USAGE;
    }
    return from_server(k, k->arguments[0], at_ms < 0 ? -1 : at_ms + 999);
}
