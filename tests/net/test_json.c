/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda/json.h: types, paths, order, numbers, bounds, and what its errors say.
 */
#include <keda/json.h>

#include "base/buf.h"

#include <criterion/criterion.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static keda_json *parse(const char *text)
{
    keda_json *root = NULL;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(keda_json_parse(&root, text, strlen(text), &err), KEDA_OK, "%s: %s", text,
                 err.text);
    return root;
}

Test(json, knows_the_type_of_every_value)
{
    static const struct {
        const char *text;
        int32_t type;
    } cases[] = {
        {"null", KEDA_JSON_NULL},   {"true", KEDA_JSON_BOOL}, {"false", KEDA_JSON_BOOL},
        {"-7", KEDA_JSON_INTEGER},  {"7.0", KEDA_JSON_REAL},  {"7e2", KEDA_JSON_REAL},
        {"\"\"", KEDA_JSON_STRING}, {"[]", KEDA_JSON_ARRAY},  {" {} \n", KEDA_JSON_OBJECT}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_json *root = parse(cases[i].text);
        cr_expect_eq(keda_json_type_of(root), cases[i].type, "%s", cases[i].text);
        keda_json_free(root);
    }
    cr_expect_eq(keda_json_type_of(NULL), KEDA_JSON_NULL);
    keda_json_free(NULL);
}

Test(json, finds_values_by_path)
{
    static const struct {
        const char *path;
        int64_t value; /* 0: nothing there */
    } cases[] = {{"data.result.1.value", 2},
                 {"data.result.0.value", 1},
                 {"a\\.b", 3},
                 {"a\\\\b.c", 4},
                 {"0", 5},
                 {"data..x", 6},
                 {"a.b", 0},
                 {"data.result.2.value", 0},
                 {"data.result.-1", 0},
                 {"data.result.01x", 0},
                 {"data.result.", 0},
                 {"nothing", 0},
                 {"0.0", 0},
                 {"data.result.99999999999999999999", 0}};
    keda_json *root =
        parse("{\"data\":{\"result\":[{\"value\":1},{\"value\":2}],\"\":{\"x\":6}},"
              "\"a.b\":3,\"a\\\\b\":{\"c\":4},\"0\":5}");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t found = 0;
        (void)keda_json_int64(keda_json_get(root, cases[i].path), &found);
        cr_expect_eq(found, cases[i].value, "%s", cases[i].path);
    }
    cr_expect_eq(keda_json_get(root, ""), root);
    cr_expect_null(keda_json_get(NULL, "a"));
    keda_json_free(root);
}

Test(json, walks_members_in_the_order_of_the_text)
{
    static const char *const names[] = {"zeta", "alpha", "mid", "beta"};
    keda_json *root = parse("{\"zeta\":0,\"alpha\":1,\"mid\":2,\"beta\":3}");
    keda_json *other = parse("{\"x\":9}");
    const char *key = NULL;
    int64_t n = -1;

    cr_assert_eq(keda_json_count(root), 4);
    for (size_t i = 0; i < 8; i++) { /* forwards, then backwards */
        const size_t at = i < 4 ? i : 7 - i;

        cr_assert(keda_json_int64(keda_json_at(root, at, &key), &n));
        cr_expect_eq(n, (int64_t)at);
        cr_expect_str_eq(key, names[at]);
        cr_assert(keda_json_int64(keda_json_at(other, 0, &key), &n));
        cr_expect_eq(n, 9);
    }
    cr_expect_null(keda_json_at(root, 4, &key));
    cr_expect_null(key);
    keda_json_free(root);
    cr_assert(keda_json_int64(keda_json_at(other, 0, NULL), &n));
    keda_json_free(other);
}

Test(json, walks_a_large_object_in_linear_time)
{
    enum { MEMBERS = 200000 }; /* a square of this would not end within the test's time */
    keda_buf text = {0};
    keda_json *root;
    int64_t sum = 0;

    cr_assert_eq(buf_puts(&text, "{"), KEDA_OK);
    for (int i = 0; i < MEMBERS; i++)
        cr_assert_eq(buf_printf(&text, "%s\"k%d\":%d", i > 0 ? "," : "", i, i), KEDA_OK);
    cr_assert_eq(buf_puts(&text, "}"), KEDA_OK);
    root = parse(text.data);
    for (size_t i = 0; i < keda_json_count(root); i++) {
        int64_t n = 0;
        cr_assert(keda_json_int64(keda_json_at(root, i, NULL), &n));
        sum += n;
    }
    cr_expect_eq(sum, (int64_t)MEMBERS * (MEMBERS - 1) / 2);
    keda_json_free(root);
    keda_buf_clear(&text);
}

Test(json, walks_arrays_and_nothing_else)
{
    keda_json *root = parse("[10,[20,21],\"text\"]");
    const char *key = "unchanged";

    cr_expect_eq(keda_json_count(root), 3);
    cr_expect_eq(keda_json_count(keda_json_at(root, 1, &key)), 2);
    cr_expect_null(key);
    cr_expect_eq(keda_json_count(keda_json_at(root, 2, NULL)), 0);
    cr_expect_null(keda_json_at(keda_json_at(root, 2, NULL), 0, NULL));
    cr_expect_null(keda_json_at(NULL, 0, NULL));
    cr_expect_eq(keda_json_count(NULL), 0);
    keda_json_free(root);
}

Test(json, reads_numbers_also_from_strings)
{
    static const struct {
        const char *text;
        bool is_number;
        double value;
    } cases[] = {
        {"42", true, 42.0},          {"-1.5e2", true, -150.0}, {"\"3.25\"", true, 3.25},
        {"\"abc\"", false, 0.0},     {"\"\"", false, 0.0},     {"\"0x10\"", false, 0.0},
        {"\"1 \"", false, 0.0},      {"true", false, 0.0},     {"null", false, 0.0},
        {"[1]", false, 0.0},         {"\"nan\"", false, 0.0},  {"\"1e999\"", false, 0.0},
        {"\"1\\u0000\"", false, 0.0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_json *root = parse(cases[i].text);
        double value = 0.0;

        cr_expect_eq(keda_json_double(root, &value), cases[i].is_number, "%s", cases[i].text);
        cr_expect_float_eq(value, cases[i].value, 0.0, "%s", cases[i].text);
        keda_json_free(root);
    }
}

Test(json, keeps_integers_exact)
{
    static const int64_t values[] = {0, -1, INT64_MAX, INT64_MIN, 9007199254740993};
    keda_json *root = parse("[0,-1,9223372036854775807,-9223372036854775808,9007199254740993]");
    int64_t n;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        cr_assert(keda_json_int64(keda_json_at(root, i, NULL), &n));
        cr_expect_eq(n, values[i]);
    }
    keda_json_free(root);
    root = parse("[1.0,\"1\"]");
    cr_expect_not(keda_json_int64(keda_json_at(root, 0, NULL), &n));
    cr_expect_not(keda_json_int64(keda_json_at(root, 1, NULL), &n));
    keda_json_free(root);
}

Test(json, turns_only_integers_beyond_64_bits_into_reals)
{
    keda_json *root = parse("{\"big\":9223372036854775808,\"text\":\"[99999999999999999999\","
                            "\"small\":-99999999999999999999999999,\"exact\":9007199254740993,"
                            "\"real\":0.12345678901234567890123456}");
    int64_t n;
    double value;

    cr_assert(keda_json_int64(keda_json_get(root, "exact"), &n));
    cr_expect_eq(n, 9007199254740993);
    cr_expect_not(keda_json_int64(keda_json_get(root, "big"), &n));
    cr_assert(keda_json_double(keda_json_get(root, "big"), &value));
    cr_expect_float_eq(value, 9223372036854775808.0, 0.0);
    cr_assert(keda_json_double(keda_json_get(root, "small"), &value));
    cr_expect_float_eq(value, -99999999999999999999999999.0, 0.0);
    cr_expect_str_eq(keda_json_string(keda_json_get(root, "text")), "[99999999999999999999");
    keda_json_free(root);
}

Test(json, gives_texts_and_booleans_and_nothing_for_others)
{
    keda_json *root = parse("[\"a\\u00e9\\ud83d\\ude00\",true,false,\"a\\u0000b\",1]");
    bool b = false;

    cr_expect_str_eq(keda_json_string(keda_json_at(root, 0, NULL)),
                     "a\xc3\xa9\xf0\x9f\x98\x80");
    cr_expect_null(keda_json_string(keda_json_at(root, 1, NULL)));
    cr_expect_null(keda_json_string(keda_json_at(root, 3, NULL)));
    cr_expect_null(keda_json_string(NULL));
    cr_expect(keda_json_bool(keda_json_at(root, 1, NULL), &b));
    cr_expect(b);
    cr_expect(keda_json_bool(keda_json_at(root, 2, NULL), &b));
    cr_expect_not(b);
    cr_expect_not(keda_json_bool(keda_json_at(root, 4, NULL), &b));
    cr_expect_not(keda_json_bool(NULL, &b));
    keda_json_free(root);
}

Test(json, says_where_a_text_is_wrong)
{
    static const struct {
        const char *text;
        int32_t line, column;
    } cases[] = {{"{\n  \"a\": 1,\n  \"b\": x\n}", 3, 8},
                 {"[1,\n2", 2, 1},
                 {"", 1, 0},
                 {"[1] 2", 1, 5},
                 {"{\"a\":99999999999999999999,\n\"b\":}", 2, 5},
                 {"[1e999]", 1, 6},
                 {"\"\xff\"", 1, 1}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_json *root = NULL;
        keda_error err = KEDA_ERROR_INIT;
        char place[64];

        cr_assert_eq(keda_json_parse(&root, cases[i].text, strlen(cases[i].text), &err),
                     KEDA_EINVAL, "%s", cases[i].text);
        cr_expect_null(root);
        cr_expect_eq(err.line, cases[i].line, "%s: line %d", cases[i].text, err.line);
        cr_expect_eq(err.column, cases[i].column, "%s: column %d", cases[i].text, err.column);
        (void)snprintf(place, sizeof place, "line %d column %d: ", err.line, err.column);
        cr_expect(strncmp(err.text, place, strlen(place)) == 0, "%s", err.text);
    }
}

Test(json, does_not_quote_the_text_in_errors)
{
    static const char text[] = "{\"access_token\": hunter2}";
    keda_json *root = NULL;
    keda_error err = KEDA_ERROR_INIT;

    cr_assert_eq(keda_json_parse(&root, text, strlen(text), &err), KEDA_EINVAL);
    cr_expect_null(strstr(err.text, "hunter2"), "%s", err.text);
    cr_expect_null(strstr(err.text, "near"), "%s", err.text);
}

static keda_status nested(size_t levels, char open, char close, keda_error *err)
{
    keda_buf text = {0};
    keda_json *root = NULL;
    keda_status rc;

    cr_assert_eq(buf_puts(&text, "\n  "), KEDA_OK);
    for (size_t i = 0; i < levels; i++)
        cr_assert_eq(open == '{' ? buf_puts(&text, "{\"[[\\\"[\":") : buf_putc(&text, open),
                     KEDA_OK);
    cr_assert_eq(buf_puts(&text, open == '{' ? "1" : ""), KEDA_OK);
    for (size_t i = 0; i < levels && close != 0; i++)
        cr_assert_eq(buf_putc(&text, close), KEDA_OK);
    rc = keda_json_parse(&root, text.data, text.size, err);
    keda_json_free(root);
    keda_buf_clear(&text);
    return rc;
}

Test(json, refuses_depth_bombs_and_takes_200_levels)
{
    keda_error err = KEDA_ERROR_INIT;

    cr_expect_eq(nested(200, '[', ']', &err), KEDA_OK, "%s", err.text);
    cr_expect_eq(nested(200, '{', '}', &err), KEDA_OK, "%s", err.text);
    cr_expect_eq(nested(201, '{', '}', &err), KEDA_ELIMIT);
    cr_expect_eq(nested(1000000, '[', 0, &err), KEDA_ELIMIT);
    cr_expect_eq(err.line, 2);
    cr_expect_eq(err.column, 203); /* two blanks, 200 brackets, then this one */
}

Test(json, refuses_more_than_16_mebibytes)
{
    const size_t limit = (size_t)16 * 1024 * 1024;
    keda_error err = KEDA_ERROR_INIT;
    keda_json *root = NULL;
    char *text = malloc(limit + 1);

    cr_assert_not_null(text);
    memset(text, ' ', limit + 1);
    text[0] = '1';
    cr_expect_eq(keda_json_parse(&root, text, limit, &err), KEDA_OK, "%s", err.text);
    keda_json_free(root);
    root = NULL;
    cr_expect_eq(keda_json_parse(&root, text, limit + 1, &err), KEDA_ELIMIT);
    cr_expect_null(root);
    free(text);
}

Test(json, takes_bytes_that_are_not_terminated)
{
    static const char bytes[] = {'[', '1', ']', '2'};
    keda_json *root = NULL;

    cr_assert_eq(keda_json_parse(&root, bytes, 3, NULL), KEDA_OK);
    keda_json_free(root);
}

Test(json, last_of_two_equal_names_wins)
{
    keda_json *root = parse("{\"a\":1,\"a\":2}");
    int64_t n = 0;

    cr_assert(keda_json_int64(keda_json_get(root, "a"), &n));
    cr_expect_eq(n, 2);
    keda_json_free(root);
}

Test(json, get_double_says_what_stood_at_the_path)
{
    static const struct {
        const char *text, *path;
        keda_status code;
        const char *message;
    } cases[] = {
        {"{\"a\":[1]}", "a", KEDA_EPROTOCOL, "a: expected a number, found an array"},
        {"{\"a\":\"secret\"}", "a", KEDA_EPROTOCOL, "a: expected a number, found a text"},
        {"{\"a\":null}", "a.b", KEDA_EPROTOCOL, "a.b: expected a number, found nothing"},
        {"{\"a\":null}", "a", KEDA_EPROTOCOL, "a: expected a number, found null"},
        {"true", "", KEDA_EPROTOCOL, "the answer: expected a number, found a boolean"},
        {"{\"a\":", "a", KEDA_EPROTOCOL,
         "not JSON: line 1 column 5: unexpected token near end of file"}};
    double value = 0.0;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        keda_error err = KEDA_ERROR_INIT;

        cr_expect_eq(keda_json_get_double(cases[i].text, strlen(cases[i].text), cases[i].path,
                                          &value, &err),
                     cases[i].code);
        cr_expect_eq(err.code, (int32_t)cases[i].code);
        cr_expect_str_eq(err.text, cases[i].message);
    }
    cr_expect_eq(keda_json_get_double("{\"a\":[\"2.5\"]}", 13, "a.0", &value, NULL), KEDA_OK);
    cr_expect_float_eq(value, 2.5, 0.0);
}

static void expect_written(const char *text, const char *expected)
{
    keda_json *root = parse(text), *again;
    keda_error err = KEDA_ERROR_INIT;
    keda_buf out = {0};

    cr_expect_eq(keda_json_write(root, buf_write, &out, &err), KEDA_OK, "%s", err.text);
    cr_expect_str_eq(out.data, expected);
    again = parse(out.data);
    cr_expect_eq(keda_json_type_of(again), keda_json_type_of(root));
    keda_json_free(again);
    keda_json_free(root);
    keda_buf_clear(&out);
}

Test(json, writes_compactly_what_it_read)
{
    static const char *const same[] = {
        "null",
        "true",
        "false",
        "-9223372036854775808",
        "0.1",
        "[]",
        "{}",
        "{\"z\":1,\"a\":[1,[],{\"b\":null}],\"m\":{\"k\":\"v\",\"\":2.5}}",
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f \xc3\xa4 \xf0\x9f\x98\x80\"",
        "\"a\\u0000b\"",
    };
    static const struct {
        const char *text, *expected;
    } others[] = {
        {" [ 1 , 2.0 ]\n", "[1,2.0]"},
        {"\"\\u00e4\\/\\u007f\"", "\"\xc3\xa4/\x7f\""},
        {"[1e300,-0.0,1E2]", "[1e+300,-0.0,100.0]"},
        {"[18446744073709551616]", "[1.8446744073709552e+19]"},
    };

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        expect_written(same[i], same[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        expect_written(others[i].text, others[i].expected);
}

Test(json, writes_an_absent_value_as_null)
{
    keda_buf out = {0};

    cr_expect_eq(keda_json_write(NULL, buf_write, &out, NULL), KEDA_OK);
    cr_expect_str_eq(out.data, "null");
    keda_buf_clear(&out);
}

static keda_status refuse_second(const char *bytes, size_t size, void *user)
{
    int *calls = user;

    (void)bytes;
    (void)size;
    return ++*calls < 2 ? KEDA_OK : KEDA_ELIMIT;
}

Test(json, stops_writing_when_it_is_refused)
{
    keda_json *root = parse("[1,{\"a\":2},[3,4]]");
    keda_error err = KEDA_ERROR_INIT;
    int calls = 0;

    cr_expect_eq(keda_json_write(root, refuse_second, &calls, &err), KEDA_ELIMIT);
    cr_expect_eq(err.code, KEDA_ELIMIT);
    cr_expect_eq(calls, 2);
    keda_json_free(root);
}
