/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl explain: why a workload has its number, told by the kedad that decided it, or by its journal.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kedactl.h"

/* ".25" as milliseconds, moving *text behind it; digits beyond are cut off. -1: there is none. */
static int32_t take_fraction(const char **text)
{
    int32_t ms = 0, unit = 100;
    const char *p = *text;

    if (*p != '.' || !isdigit((unsigned char)p[1]))
        return -1;
    for (p++; isdigit((unsigned char)*p); p++, unit /= 10)
        ms += (*p - '0') * unit;
    *text = p;
    return ms;
}

/* "+01:00" in seconds, or Z. */
static bool parse_offset(const char *text, int32_t *out)
{
    const char *p = text + 1;

    *out = 0;
    if (*text == 'Z')
        return *p == '\0';
    if ((*text != '+' && *text != '-') || strspn(p, "0123456789") != 2 || p[2] != ':' ||
        strspn(p + 3, "0123456789") != 2 || p[5] != '\0')
        return false;
    const int32_t hours = (p[0] - '0') * 10 + p[1] - '0';
    const int32_t minutes = (p[3] - '0') * 10 + p[4] - '0';
    *out = (hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
    return hours < 24 && minutes < 60;
}

bool parse_at(const char *text, int64_t *wall_ms)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    int32_t offset_s = 0;

    if (end == NULL)
        goto bad;
    const int32_t ms = take_fraction(&end);
    if (!parse_offset(end, &offset_s))
        goto bad;
    *wall_ms = ((int64_t)timegm(&parts) - offset_s) * 1000 + (ms < 0 ? 999 : ms);
    *wall_ms = *wall_ms > 0 ? *wall_ms : 0; /* nothing was decided before 1970 */
    return true;
bad:
    fputs("kedactl: --at is a time such as 2026-01-31T12:00:00Z, 2026-01-31T12:00:00.250Z or "
          "2026-01-31T13:00:00+01:00, not \"",
          stderr);
    cli_plain_text(stderr, text);
    fputs("\"\n", stderr);
    return false;
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
    if (k->at != NULL && !parse_at(k->at, &at_ms))
        return CLI_USAGE;
    return from_server(k, k->arguments[0], at_ms);
}
