/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a text is JSON, for the modifiers that ask. The only strict reader of gjson; it differs from
 * RFC 8259 where the original does.
 */
#include "gjson_inside.h"

#include <string.h>

typedef struct checker {
    gjson_run *run;
    text_view json;
    size_t at;
} checker;

static bool is_at(const checker *c, const char *set)
{
    const char now = c->at < c->json.size ? c->json.data[c->at] : '\0';
    return now != '\0' && strchr(set, now) != NULL;
}

static bool take(checker *c, const char *set)
{
    const bool is_there = is_at(c, set);
    c->at += is_there ? 1 : 0;
    return is_there;
}

static void skip_blanks(checker *c)
{
    while (take(c, " \t\r\n"))
        continue;
}

static bool check_word(checker *c, const char *word)
{
    const bool is_same = gjson_is(gjson_cut(c->json, c->at, c->at + strlen(word)), word);
    c->at += strlen(word);
    return is_same;
}

static bool check_escape(checker *c)
{
    if (take(c, "\"\\/bfnrt"))
        return true;
    if (!take(c, "u"))
        return false;
    for (int i = 0; i < 4; i++)
        if (!take(c, "0123456789abcdefABCDEF"))
            return false;
    return true;
}

static bool check_string(checker *c)
{
    c->at++;
    while (c->at < c->json.size) {
        const unsigned char now = (unsigned char)c->json.data[c->at++];
        if (now == '"')
            return true;
        if (now < ' ' || (now == '\\' && !check_escape(c)))
            return false;
    }
    return false;
}

static bool check_digits(checker *c)
{
    bool has_digit = false;
    while (take(c, "0123456789"))
        has_digit = true;
    return has_digit;
}

static bool check_number(checker *c)
{
    (void)take(c, "-");
    if (!take(c, "0") && !check_digits(c))
        return false;
    if (take(c, ".") && !check_digits(c))
        return false;
    if (!take(c, "eE"))
        return true;
    (void)take(c, "+-");
    return check_digits(c);
}

static bool check_value(checker *c);

/* Behind the opening bracket; members until the closing one. */
static bool check_members(checker *c, const char *close, bool is_object)
{
    skip_blanks(c);
    if (take(c, close))
        return true;
    for (;;) {
        skip_blanks(c);
        if (is_object) {
            if (!is_at(c, "\"") || !check_string(c))
                return false;
            skip_blanks(c);
            if (!take(c, ":"))
                return false;
        }
        if (!check_value(c))
            return false;
        skip_blanks(c);
        if (take(c, close))
            return true;
        if (!take(c, ","))
            return false;
    }
}

static bool check_nested(checker *c, bool is_object)
{
    if (!gjson_enter(c->run))
        return false;
    c->at++;
    const bool is_good = check_members(c, is_object ? "}" : "]", is_object);
    gjson_leave(c->run);
    return is_good;
}

static bool check_value(checker *c)
{
    skip_blanks(c);
    if (is_at(c, "{["))
        return check_nested(c, is_at(c, "{"));
    if (is_at(c, "\""))
        return check_string(c);
    if (is_at(c, "t"))
        return check_word(c, "true");
    if (is_at(c, "f"))
        return check_word(c, "false");
    if (is_at(c, "n"))
        return check_word(c, "null");
    return is_at(c, "-0123456789") && check_number(c);
}

bool gjson_valid(gjson_run *run, text_view json)
{
    checker c = {run, json, 0};
    if (!gjson_work(run, json.size) || !check_value(&c))
        return false;
    skip_blanks(&c);
    return c.at == json.size && run->rc == KEDA_OK;
}
