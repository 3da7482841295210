/* SPDX-License-Identifier: Apache-2.0 */
/* JSON piece by piece (libkeda/observe/json_text.c). */
#include <criterion/criterion.h>

#include <math.h>

#include "base/buf.h"
#include "observe/json_text.h"

Test(json_text, puts_commas_where_they_belong)
{
    keda_buf text = {0};
    json_text j;
    json_text_init(&j, buf_write, &text);
    json_text_open(&j, NULL, '{');
    json_text_int(&j, "a", -5);
    json_text_open(&j, "list", '[');
    json_text_open(&j, NULL, '{');
    json_text_close(&j, '}');
    json_text_bool(&j, NULL, true);
    json_text_null(&j, NULL);
    json_text_close(&j, ']');
    json_text_double(&j, "d", 0.1);
    json_text_double(&j, "n", (double)NAN);
    json_text_string(&j, "s", NULL);
    json_text_close(&j, '}');
    cr_expect_eq(j.status, KEDA_OK);
    cr_expect_str_eq(text.data,
                     "{\"a\":-5,\"list\":[{},true,null],\"d\":0.1,\"n\":null,\"s\":\"\"}");
    keda_buf_clear(&text);
}

Test(json_text, escapes_what_a_string_must_not_hold)
{
    keda_buf text = {0};
    json_text j;
    json_text_init(&j, buf_write, &text);
    json_text_string(&j, NULL, "a\"b\\c\n\r\t\x01\x1f\xc3\xa9");
    cr_expect_str_eq(text.data, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\xc3\xa9\"");
    keda_buf_clear(&text);
}

Test(json_text, leaves_a_value_to_the_caller)
{
    keda_buf text = {0};
    json_text j;
    json_text_init(&j, buf_write, &text);
    json_text_open(&j, NULL, '{');
    json_text_key(&j, "a");
    cr_expect_eq(j.write("[1]", 3, j.user), KEDA_OK);
    json_text_int(&j, "b", 2);
    json_text_close(&j, '}');
    cr_expect_str_eq(text.data, "{\"a\":[1],\"b\":2}");
    keda_buf_clear(&text);
}
