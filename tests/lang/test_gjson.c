/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gjson's paths: one line a rule, the bounds, and the n-th allocation that fails. The bulk is in
 * tests/vectors/gjson.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/gjson.h"
#include "support/failing_allocator.h"

struct row {
    const char *json, *path, *raw; /* raw NULL: missing */
};

static gjson_value find(const char *json, const char *path)
{
    keda_error err = KEDA_ERROR_INIT;
    gjson_value value = {.type = GJSON_NULL};
    cr_assert_eq(gjson_find(json, strlen(json), path, strlen(path), &value, &err), KEDA_OK,
                 "%s: %s", path, err.text);
    return value;
}

static void expect_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gjson_value value = find(rows[i].json, rows[i].path);
        char raw[512];
        (void)snprintf(raw, sizeof raw, "%.*s", (int)value.raw_size,
                       value.raw_size > 0 ? value.raw : "");
        cr_expect_eq(value.exists, rows[i].raw != NULL, "%s", rows[i].path);
        cr_expect_str_eq(raw, rows[i].raw != NULL ? rows[i].raw : "", "%s gave %s",
                         rows[i].path, raw);
        gjson_value_clear(&value);
    }
}
#define EXPECT_ROWS(rows) expect_rows(rows, sizeof(rows) / sizeof(rows)[0])

Test(gjson, follows_names_indexes_and_wildcards)
{
    static const struct row rows[] = {
        {"{\"a\":{\"b\":[1,{\"c\":2}]}}", "a.b.1.c", "2"},
        {"{\"a.b\":1}", "a\\.b", "1"},
        {"{\"a\":1,\"a\":2}", "a", "1"},
        {"{\"\":3}", "", "3"},
        {"{\"a\":{\"\":3}}", "a.", "3"},
        {"{\"\\u0061b\":4}", "ab", "4"},
        {"{\"queue-1\":5,\"queue-2\":6}", "q*-?", "5"},
        {"{\"axb\":5,\"a*b\":6}", "a\\*b", "6"},
        {"{\"caf\xc3\xa9\":7}", "caf?", "7"},
        {"{\"ab\":{\"x\":1},\"ac\":{\"y\":2}}", "a*.y", "2"},
        {"[1,2,3]", "01", "2"},
        {"[1,2,3]", "3", NULL},
        {"[1,2,3]", "-1", NULL},
        {"{\"0\":8}", "0", "8"},
        {"[1]", "a", NULL},
        {"{\"#\":9}", "#", "9"},
        {"", "a", NULL},
        {"5", "a", NULL},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, counts_collects_and_pipes)
{
    static const struct row rows[] = {
        {"[1,[2],{}]", "#", "3"},
        {"[]", "#", "0"},
        {"[{\"b\":1},{},{\"b\":[2,3]}]", "#.b", "[1,[2,3]]"},
        {"[{\"b\":[1]},{\"b\":[2,3]}]", "#.b.0", "[1,2]"},
        {"[{\"b\":[1]},{\"b\":[2,3]}]", "#.b|0", "[1]"},
        {"[{\"b\":[1]},{\"b\":[2,3]}]", "#.b|#", "2"},
        {"{\"a\":{\"b\":1}}", "a|b", "1"},
        {"{\"a\":1}\n{\"a\":2}\n[3]", "..#", "3"},
        {"{\"a\":1}\n{\"a\":2}", "..1.a", "2"},
        {"{\"a\":1}\n{\"a\":2}", "..#.a", "[1,2]"},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, filters_by_queries)
{
    static const char list[] = "[{\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":\"2\"},{\"n\":\"ab\","
                               "\"v\":3,\"on\":true}]";
    static const struct row rows[] = {
        {list, "#(n==\"b\").v", "\"2\""},
        {list, "#(n==b).v", "\"2\""},
        {list, "#(v>1)#.n", "[\"b\",\"ab\"]"},
        {list, "#(v>1)#|#", "2"},
        {list, "#(v>9)#", "[]"},
        {list, "#(v>9)", NULL},
        {list, "#(n%\"a*\")#.v", "[1,3]"},
        {list, "#(n!%\"a*\")#.v", "[\"2\"]"},
        {list, "#( v >= 3 ).n", "\"ab\""},
        {list, "#(on)#.v", "[3]"},
        {list, "#(on==true).v", "3"},
        {list, "#(on!=true).v", NULL},
        {list, "#(v<zzz)#", "[{\"n\":\"b\",\"v\":\"2\"}]"},
        {list, "#[n=\"a\"].v", "1"},
        {list, "#(n==\"a\"", NULL},
        {"[[1,2],[3]]", "#(#(>2)).0", "3"},
        {"[1,2,3]", "#(>=2)#", "[2,3]"},
        {"[false,true]", "#(<true)", "false"},
        {"[null,0,\"f\"]", "#(==~false)#", "[null,0,\"f\"]"},
        {"[NaN,1]", "#(!=1)#", "[NaN]"},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, applies_modifiers)
{
    static const struct row rows[] = {
        {"[1,2,3]", "@reverse", "[3,2,1]"},
        {"{\"a\":1,\"b\":2}", "@reverse", "{\"b\":2,\"a\":1}"},
        {"{\"a\":1,\"b\":2}", "@keys|1", "\"b\""},
        {"{\"a\":1,\"b\":2}", "@values|#", "2"},
        {"5", "@this", "5"},
        {"[1,[2,[3]],[]]", "@flatten", "[1,2,[3]]"},
        {"[1,[2,[3]]]", "@flatten:{\"deep\":true}", "[1,2,3]"},
        {"[{\"a\":1},{\"a\":2,\"b\":3}]", "@join", "{\"a\":2,\"b\":3}"},
        {"[{\"a\":1},{\"a\":2}]", "@join:{\"preserve\":true}", "{\"a\":1,\"a\":2}"},
        {"{ \"a\" : [ 1 , \" x\" ] }", "@ugly", "{\"a\":[1,\" x\"]}"},
        {"{\"b\":[1,2],\"a\":{}}", "@pretty", "{\n  \"b\": [1, 2],\n  \"a\": {}\n}\n"},
        {"{\"b\":1,\"a\":2}", "@pretty:{\"sortKeys\":true,\"indent\":\"\"}",
         "{\n\"a\": 2,\n\"b\": 1\n}\n"},
        {"[1,]", "@valid", NULL},
        {"[1]", "@valid.0", "1"},
        {"{\"a\":\"x\"}", "@tostr", "\"{\\\"a\\\":\\\"x\\\"}\""},
        {"\"[1,2]\"", "@fromstr|1", "2"},
        {"\"x\"", "@fromstr|a", NULL},
        {"{\"a\":[1,2],\"b\":[3]}", "@group", "[{\"a\":1,\"b\":3},{\"a\":2}]"},
        {"{\"a\":{\"x\":1},\"b\":[{\"x\":2}]}", "@dig:x", "[1,2]"},
        {"{\"@nope\":6}", "@nope", "6"},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, builds_multipaths_and_literals)
{
    static const struct row rows[] = {
        {"{\"a\":1,\"b\":[2]}", "[a,b.0,zz]", "[1,2]"},
        {"{\"a\":1,\"b\":[2]}", "{\"x\":a,b.0}", "{\"x\":1,\"0\":2}"},
        {"{\"a\":1}", "{a}.a", "1"},
        {"{\"a\":[1,2]}", "a.[0,1].1", "2"},
        {"{\"a\":1}", "[a", NULL},
        {"{}", "!5", "5"},
        {"{}", "!\"x\"", "\"x\""},
        {"{}", "!true", "true"},
        {"{\"!x\":1}", "!x", "1"},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, forgives_what_is_not_json)
{
    static const struct row rows[] = {
        {"junk {\"a\":1", "a", "1"},           {"{\"a\" 1 \"b\" 2}", "b", "2"},
        {"{\"a\":tru,\"b\":nul}", "a", "tru"}, {"[.5]", "0", "5"},
        {"{\"a\":\"open", "a", NULL},          {"[1,2", "#", "2"},
    };
    EXPECT_ROWS(rows);
}

Test(gjson, reads_strings_without_their_escapes)
{
    gjson_value value = find("{\"a\":\"\\u00e9\\ud83d\\ude00\\u0000\\n\\\"/\"}", "a");
    cr_expect_eq(value.type, GJSON_STRING);
    cr_assert_eq(value.text_size, 10);
    cr_expect_arr_eq(value.text, "\xc3\xa9\xf0\x9f\x98\x80\0\n\"/", 10);
    gjson_value_clear(&value);
    value = find("{\"a\":\"x\\q5\"}", "a");
    cr_assert_eq(value.text_size, 1);
    cr_expect_eq(value.text[0], 'x');
    gjson_value_clear(&value);
    value = find("{\"a\":\"\\ud800x\"}", "a");
    cr_assert_eq(value.text_size, 4);
    cr_expect_arr_eq(value.text, "\xef\xbf\xbdx", 4);
    gjson_value_clear(&value);
}

Test(gjson, gives_numbers_as_double_and_integer)
{
    static const struct {
        const char *json;
        double number;
        int64_t integer;
    } rows[] = {
        {"[1.9]", 1.9, 1},
        {"[-2.5e1]", -25.0, -25},
        {"[12abc]", 0.0, 0},
        {"[9007199254740993]", 9007199254740992.0, INT64_C(9007199254740993)},
        {"[-9223372036854775808]", -9223372036854775808.0, INT64_MIN},
        {"[99999999999999999999]", 1e20, INT64_MAX},
        {"[1e400]", (double)INFINITY, INT64_MAX},
        {"[-1e30]", -1e30, INT64_MIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        gjson_value value = find(rows[i].json, "0");
        double number = 0.0;
        cr_expect_eq(value.number, rows[i].number, "%s", rows[i].json);
        cr_expect_eq(value.integer, rows[i].integer, "%s", rows[i].json);
        cr_expect_eq(gjson_number(&value, &number, NULL), KEDA_OK);
        cr_expect_eq(number, rows[i].number, "%s", rows[i].json);
        gjson_value_clear(&value);
    }
}

Test(gjson, takes_numbers_and_quantities_as_numbers_and_nothing_else)
{
    static const char json[] =
        "{\"n\":2.5,\"q\":\"500m\",\"bad\":\" 5\",\"null\":null,\"t\":true,"
        "\"nul\":\"1\\u0000\",\"o\":{}}";
    static const char *const refused[] = {"bad", "null", "t", "nul", "o", "none"};
    double number = 0.0;
    gjson_value value = find(json, "n");
    cr_expect_eq(gjson_number(&value, &number, NULL), KEDA_OK);
    cr_expect_eq(number, 2.5);
    value = find(json, "q");
    cr_expect_eq(gjson_number(&value, &number, NULL), KEDA_OK);
    cr_expect_eq(number, 0.5);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        keda_error err = KEDA_ERROR_INIT;
        value = find(json, refused[i]);
        cr_expect_eq(gjson_number(&value, &number, &err), KEDA_EPROTOCOL, "%s", refused[i]);
        cr_expect_neq(err.text[0], '\0');
        gjson_value_clear(&value);
    }
}

/* --- bounds -------------------------------------------------------------------------------------- */

static char *repeat(const char *text, size_t n, const char *end)
{
    const size_t size = strlen(text);
    char *out = malloc(size * n + strlen(end) + 1);
    cr_assert_not_null(out);
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * size, text, size);
    memcpy(out + n * size, end, strlen(end) + 1);
    return out;
}

static void expect_limit(const char *json, const char *path)
{
    keda_error err = KEDA_ERROR_INIT;
    gjson_value value = {.type = GJSON_NULL};
    cr_expect_eq(gjson_find(json, strlen(json), path, strlen(path), &value, &err), KEDA_ELIMIT,
                 "%.60s", path);
    cr_expect_neq(err.text[0], '\0');
    cr_expect_null(value.raw);
    gjson_value_clear(&value);
}

Test(gjson, goes_a_thousand_levels_deep)
{
    char *json = repeat("{\"a\":", 1000, "1"), *path = repeat("a.", 999, "a");
    gjson_value value = find(json, path);
    cr_expect_eq(value.number, 1.0);
    gjson_value_clear(&value);
    free(path);
    free(json);
}

Test(gjson, refuses_what_is_nested_too_deeply)
{
    char *json = repeat("{\"a\":", 5000, "1"), *path = repeat("a.", 4999, "a");
    expect_limit(json, path);
    free(path);
    free(json);
    json = repeat("[", 5000, "");
    expect_limit(json, "@valid");
    expect_limit(json, "@pretty");
    expect_limit(json, "@dig:zz");
    expect_limit(json, "@flatten:{\"deep\":true}");
    free(json);
    path = repeat("@this|", 5000, "a");
    expect_limit("[[1]]", path);
    free(path);
}

Test(gjson, refuses_paths_that_take_too_long)
{
    char *json = repeat("[1,[2,[3,", 600, "4"), *list = repeat(" [1],", 20000, "");
    char *path = repeat("#(@dig:#(@dig:a))#|", 20, "0");
    list[0] = '[';
    expect_limit(json, path);
    expect_limit(json, "@dig:@pretty");
    free(path);
    path = repeat("[@this,@this]|", 40, "0");
    expect_limit("[1,2,3]", path);
    free(path);
    path = repeat("a,", 30000, "a]");
    path[0] = '[';
    expect_limit(list, path);
    free(path);
    free(list);
    free(json);
    expect_limit("{}", (path = repeat("x", 1 << 17, "")));
    free(path);
}

Test(gjson, matches_wildcards_without_blowing_up)
{
    char *name = repeat("a", 3000, "b"), *stars = repeat("*a", 1000, "*c");
    char *json = malloc(strlen(name) + 16);
    cr_assert_not_null(json);
    (void)snprintf(json, strlen(name) + 16, "{\"%s\":1}", name);
    gjson_value value = find(json, stars);
    cr_expect_not(value.exists);
    stars[strlen(stars) - 1] = 'b';
    value = find(json, stars);
    cr_expect(value.exists);
    free(json);
    free(stars);
    free(name);
}

/* --- memory -------------------------------------------------------------------------------------- */

Test(gjson, survives_every_allocation_that_fails)
{
    static const char json[] =
        "{\"a\":[{\"k\\n\":\"x\\ty\"},{\"k\":[1,[2]]}],\"b\":{\"p\":[1,2]}}";
    static const char *const paths[] = {
        "a.#.k\\n|@reverse|0",
        "a.#(k)#",
        "{a.0,\"x\":b}|@pretty:{\"sortKeys\":true}",
        "b|@group",
        "@dig:k",
        "a.1.k|@flatten:{\"deep\":true}",
        "a|@join",
        "@tostr",
        "a.#",
        "a.0.k\\n",
        "b.@values.0",
        "@ugly",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        bool has_failed = true;
        for (size_t n = 1; has_failed; n++) {
            keda_error err = KEDA_ERROR_INIT;
            gjson_value value = {.type = GJSON_NULL};
            failing_allocator_set(n);
            const keda_status rc =
                gjson_find(json, sizeof json - 1, paths[i], strlen(paths[i]), &value, &err);
            has_failed = failing_allocator_has_failed();
            cr_assert_eq(rc, has_failed ? KEDA_ENOMEM : KEDA_OK, "%s", paths[i]);
            gjson_value_clear(&value);
            cr_assert_eq(failing_allocator_live(), 0, "%s", paths[i]);
            cr_assert_lt(n, 500);
        }
    }
    failing_allocator_set(0);
}
