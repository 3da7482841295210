/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers lag and replicas over time and every change with its reason.
 */
#include <stdlib.h>
#include <string.h>

#include "demo.h"

static bool grow(void **items, size_t *capacity, size_t count, size_t item)
{
    if (count < *capacity)
        return true;
    const size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
    void *more = realloc(*items, wanted * item);
    if (more == NULL)
        return false;
    *items = more;
    *capacity = wanted;
    return true;
}

bool story_point_add(story *s, int64_t at_ms, double lag, int replicas)
{
    void *points = s->points;
    if (!grow(&points, &s->points_capacity, s->npoints, sizeof *s->points))
        return false;
    s->points = points;
    s->points[s->npoints++] = (story_point){at_ms, lag, replicas};
    if (replicas > s->peak)
        s->peak = replicas;
    if (lag > s->peak_lag)
        s->peak_lag = lag;
    return true;
}

bool story_mark_add(story *s, int64_t at_ms, int from, int to, const char *why)
{
    void *marks = s->marks;
    if (!grow(&marks, &s->marks_capacity, s->nmarks, sizeof *s->marks))
        return false;
    s->marks = marks;
    story_mark *mark = &s->marks[s->nmarks++];
    *mark = (story_mark){.at_ms = at_ms, .from = from, .to = to};
    snprintf(mark->why, sizeof mark->why, "%s", why);
    return true;
}

void story_clear(story *s)
{
    free(s->points);
    free(s->marks);
    memset(s, 0, sizeof *s);
}
