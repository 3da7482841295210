/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses and answers partitionLimitation (KEDA: kafka scaler): numbers and ranges between commas, blanks
 * around each number; a range that runs backwards names nothing.
 */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* A decimal number of 32 bits with blanks around it and perhaps a plus, filling [text, end). */
static bool parse_number(const char *text, const char *end, int32_t *out)
{
    int64_t value = 0;

    while (text < end && is_blank(*text))
        text++;
    while (end > text && is_blank(end[-1]))
        end--;
    if (text < end && *text == '+')
        text++;
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
        if (value > INT32_MAX)
            return false;
    }
    *out = (int32_t)value;
    return true;
}

static bool parse_range(const char *text, const char *end, kafka_range *out)
{
    const char *dash = memchr(text, '-', (size_t)(end - text));

    if (dash == NULL) {
        if (!parse_number(text, end, &out->first))
            return false;
        out->last = out->first;
        return true;
    }
    return parse_number(text, dash, &out->first) && parse_number(dash + 1, end, &out->last);
}

static size_t count_parts(const char *text)
{
    size_t parts = 1;

    for (; *text != '\0'; text++)
        parts += *text == ',';
    return parts;
}

keda_status kafka_limit_parse(const char *text, kafka_limit *out, keda_error *err)
{
    kafka_limit limit = {true, NULL, 0};

    if (text == NULL || text[strspn(text, " \t\r\n")] == '\0') {
        *out = (kafka_limit){false, NULL, 0};
        return KEDA_OK;
    }
    if ((limit.ranges = calloc(count_parts(text), sizeof(*limit.ranges))) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    for (const char *part = text;; part++) {
        const char *end = part + strcspn(part, ",");
        if (!parse_range(part, end, &limit.ranges[limit.count++])) {
            kafka_limit_clear(&limit);
            return keda_error_set(
                err, KEDA_EINVAL,
                "partitionLimitation: \"%.*s\" is neither a partition nor a range "
                "such as 5-8",
                (int)(end - part > 40 ? 40 : end - part), part);
        }
        if (*end == '\0')
            break;
        part = end;
    }
    *out = limit;
    return KEDA_OK;
}

void kafka_limit_clear(kafka_limit *limit)
{
    if (limit == NULL)
        return;
    free(limit->ranges);
    *limit = (kafka_limit){false, NULL, 0};
}

bool kafka_limit_allows(const kafka_limit *limit, int32_t partition)
{
    if (!limit->is_set)
        return true;
    for (size_t i = 0; i < limit->count; i++) {
        if (partition >= limit->ranges[i].first && partition <= limit->ranges[i].last)
            return true;
    }
    return false;
}
