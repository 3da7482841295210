/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an element meets a query's condition. What it is compared with is text: a number's side of
 * it that cannot be read is 0.
 */
#include "gjson_inside.h"

#include <strings.h>

#include "gofloat.h"

/* Whether an order (negative, 0, positive) satisfies an operator. */
static bool holds(text_view op, int order)
{
    const bool has_equal = op.size == 2;
    if (gjson_is(op, "="))
        return order == 0;
    if (gjson_is(op, "!="))
        return order != 0;
    if (gjson_starts(op, '<'))
        return order < 0 || (has_equal && order == 0);
    return gjson_starts(op, '>') && (order > 0 || (has_equal && order == 0));
}

static bool string_matches(gjson_run *run, const gjson_query *query, text_view value,
                           text_view str)
{
    if (gjson_is(query->op, "%"))
        return gjson_glob(run, str, value);
    if (gjson_is(query->op, "!%"))
        return !gjson_glob(run, str, value);
    return gjson_work(run, str.size) && holds(query->op, gjson_compare(str, value));
}

/* Nothing holds for what is not a number, save "!=". */
static bool number_matches(const gjson_query *query, text_view value, double number)
{
    double other = 0.0;
    if (gofloat_parse(value.data, value.size, &other) == KEDA_EINVAL)
        other = 0.0;
    if (number < other)
        return holds(query->op, -1);
    if (number > other)
        return holds(query->op, 1);
    return number == other ? holds(query->op, 0) : gjson_is(query->op, "!=");
}

/* false is before true; only "==" and "!=" look at words that are neither. */
static bool bool_matches(const gjson_query *query, text_view value, bool is_true)
{
    const bool is_same = gjson_is(value, is_true ? "true" : "false");
    if (gjson_is(query->op, "=") || gjson_is(query->op, "!="))
        return gjson_is(query->op, "=") == is_same;
    if (gjson_is(query->op, is_true ? ">" : "<"))
        return gjson_is(value, is_true ? "false" : "true");
    return gjson_is(query->op, is_true ? ">=" : "<=");
}

static bool is_falsish(const gjson_item *item)
{
    static const char *const words[] = {"0", "f", "false"};
    for (size_t i = 0; item->type == GJSON_STRING && i < 3; i++)
        if (item->str.size == gjson_literal(words[i]).size &&
            strncasecmp(item->str.data, words[i], item->str.size) == 0)
            return true;
    return item->type == GJSON_NULL || item->type == GJSON_FALSE ||
           (item->type == GJSON_NUMBER && !gjson_truth(item));
}

/* "~true" and its like compare what a value amounts to; another word compares with nothing. */
static bool tilde(text_view word, gjson_item *item)
{
    bool is_so;
    if (gjson_is(word, "*"))
        is_so = gjson_exists(item);
    else if (gjson_is(word, "null"))
        is_so = item->type == GJSON_NULL;
    else if (gjson_is(word, "true"))
        is_so = gjson_truth(item);
    else if (gjson_is(word, "false"))
        is_so = is_falsish(item);
    else
        return false;
    *item = (gjson_item){.type = is_so ? GJSON_TRUE : GJSON_FALSE};
    return true;
}

bool gjson_matches(gjson_run *run, const gjson_query *query, gjson_item item)
{
    text_view value = query->value;
    if (gjson_starts(value, '~')) {
        if (!tilde(gjson_rest(value, 1), &item))
            return false;
        value = gjson_literal("true");
    }
    if (!gjson_exists(&item))
        return false;
    if (query->op.size == 0)
        return true;
    if (item.type == GJSON_STRING)
        return string_matches(run, query, value, item.str);
    if (item.type == GJSON_NUMBER)
        return number_matches(query, value, item.number);
    if (item.type == GJSON_TRUE || item.type == GJSON_FALSE)
        return bool_matches(query, value, item.type == GJSON_TRUE);
    return false;
}
