/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking triggers up by what people call them. An own name wins over s<index>.
 */
#include "simulate/names.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

static bool has_name(const keda_plan_trigger *t)
{
    return t->name != NULL && t->name[0] != '\0';
}

static int32_t by_index(const names *n, const char *text)
{
    int64_t index;

    if (text[0] != 's' || !num_parse_json_i64(text + 1, &index) || index < 0 ||
        (uint64_t)index >= n->ntriggers)
        return NAMES_NONE;
    return (int32_t)index;
}

static int32_t by_metric(const names *n, const char *text)
{
    for (size_t t = 0; t < n->ntriggers; t++)
        for (size_t m = 0; m < n->triggers[t].nmetrics; m++)
            if (strcmp(n->metrics[n->triggers[t].first_metric + m], text) == 0)
                return (int32_t)t;
    return NAMES_NONE;
}

int32_t names_find(const names *n, const char *text)
{
    for (size_t t = 0; t < n->ntriggers; t++)
        if (has_name(&n->triggers[t]) && strcmp(n->triggers[t].name, text) == 0)
            return (int32_t)t;
    const int32_t index = by_index(n, text);
    return index != NAMES_NONE ? index : by_metric(n, text);
}

void names_label(const names *n, size_t trigger, char *out, size_t size)
{
    if (has_name(&n->triggers[trigger]))
        (void)text_copy(out, size, n->triggers[trigger].name);
    else
        (void)snprintf(out, size, "s%zu", trigger);
    text_cut_broken_end(out);
}

keda_status names_unknown(const names *n, const char *text, keda_error *err)
{
    enum { MOST = 8, LABEL = 64 };
    char labels[MOST][LABEL], list[MOST * (LABEL + 2) + 8];
    const char *pointers[MOST];
    size_t at = 0, count = n->ntriggers < MOST ? n->ntriggers : MOST;

    list[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        names_label(n, i, labels[i], LABEL);
        pointers[i] = labels[i];
        at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", i == 0 ? "" : ", ",
                               labels[i]);
    }
    const char *near = text_nearest(text, pointers, count);
    return keda_error_set(err, KEDA_EINVAL,
                          "no trigger is called \"%.64s\"%s%s%s: expected %s%s", text,
                          near != NULL ? ", did you mean \"" : "", near != NULL ? near : "",
                          near != NULL ? "\"" : "", list,
                          n->ntriggers > MOST ? " or another trigger, s<index>" : "");
}
