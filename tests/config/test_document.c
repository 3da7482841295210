/* SPDX-License-Identifier: Apache-2.0 */
/* Texts to trees: YAML, JSON, places, limits (libkeda/config/document.c, tree.c, yaml.c, json.c). */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support/config_rig.h"

#define FRAME "apiVersion: v1\nkind: X\nmetadata: {name: d}\n"

/* The document as sorted JSON, without its frame. */
static void expect_json(const char *yaml, const char *json)
{
    static const char head[] =
        "{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"d\"},\"v\":";
    keda_buf text = {0}, out = {0};
    cr_assert_eq(buf_printf(&text, FRAME "%s", yaml), KEDA_OK);
    config_rig rig = config_rig_text(text.data);
    cr_assert_eq(rig.rc, KEDA_OK, "%s: %s", yaml, config_rig_lines(&rig));
    cr_assert_eq(document_json(config_rig_only(&rig), &out, NULL), KEDA_OK);
    cr_assert_eq(strncmp(out.data, head, sizeof head - 1), 0, "%s", out.data);
    out.data[out.size - 1] = '\0';
    cr_expect_str_eq(out.data + sizeof head - 1, json, "%s gave %s", yaml,
                     out.data + sizeof head - 1);
    keda_buf_clear(&out);
    keda_buf_clear(&text);
    config_rig_close(&rig);
}

static void expect_lines(const char *text, const char *lines)
{
    config_rig rig = config_rig_text(text);
    cr_expect_str_eq(config_rig_lines(&rig), lines, "%s\ngave\n%s", text,
                     config_rig_lines(&rig));
    cr_expect_eq(rig.rc, lines[0] == '\0' ? KEDA_OK : KEDA_EINVAL);
    config_rig_close(&rig);
}

Test(document, resolves_plain_scalars_as_kubectl_does)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"true", "true"},
        {"True", "true"},
        {"yes", "true"},
        {"on", "true"},
        {"y", "true"},
        {"no", "false"},
        {"Off", "false"},
        {"N", "false"},
        {"yEs", "\"yEs\""},
        {"~", "null"},
        {"null", "null"},
        {"", "null"},
        {"NULL", "null"},
        {"nil", "\"nil\""},
        {"5", "5"},
        {"-5", "-5"},
        {"+5", "5"},
        {"0", "0"},
        {"-0", "0"},
        {"010", "8"},
        {"0o10", "8"},
        {"0x1F", "31"},
        {"0b101", "5"},
        {"1_000", "1000"},
        {"0x", "\"0x\""},
        {"1.5", "1.5"},
        {"1e3", "1e3"},
        {".5", "\".5\""},
        {"1.", "\"1.\""},
        {"1:30", "\"1:30\""},
        {"1.2.3", "\"1.2.3\""},
        {".inf", "\".inf\""},
        {"'5'", "\"5\""},
        {"\"yes\"", "\"yes\""},
        {"a b", "\"a b\""},
        {"5m", "\"5m\""},
        {"2001-01-01", "\"2001-01-01\""},
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"9223372036854775808", "9223372036854775808"},
        {"!!str 5", "\"5\""},
        {"!!int 5", "5"},
        {"!!float 5", "5"},
        {"! 5", "\"5\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[64];
        (void)snprintf(yaml, sizeof yaml, "v: %s\n", cases[i].text);
        expect_json(yaml, cases[i].json);
    }
}

Test(document, keeps_the_text_and_the_value_of_numbers)
{
    config_rig rig =
        config_rig_text(FRAME "a: .5\nb: .inf\nc: 0x10\nd: -.INF\ne: .nan\nf: no\n");
    const node *root = config_rig_only(&rig)->root;
    cr_expect_eq(node_get(root, "a")->type, NODE_REAL);
    cr_expect_float_eq(node_get(root, "a")->real, 0.5, 0.0);
    cr_expect_eq(isinf(node_get(root, "b")->real), 1);
    cr_expect_eq(node_get(root, "c")->integer, 16);
    cr_expect_str_eq(node_get(root, "c")->text, "0x10");
    cr_expect_lt(node_get(root, "d")->real, 0.0);
    cr_expect(isnan(node_get(root, "e")->real));
    cr_expect_str_eq(node_get(root, "f")->text, "no");
    cr_expect_not(node_get(root, "f")->boolean);
    config_rig_close(&rig);
}

Test(document, knows_the_place_of_names_and_values)
{
    config_rig rig = config_rig_text(FRAME "a:\n  - x\n  - {b: \"\xc3\xa9\", c: 5}\n");
    const node *list = node_get(config_rig_only(&rig)->root, "a");
    cr_expect_eq(list->key_line, 4);
    cr_expect_eq(list->key_column, 1);
    cr_expect_eq(list->line, 5);
    cr_expect_eq(list->items[0]->line, 5);
    cr_expect_eq(list->items[0]->column, 5);
    const node *c = node_get(list->items[1], "c"); /* columns count characters */
    cr_expect_eq(c->key_column, 14);
    cr_expect_eq(c->column, 17);
    config_rig_close(&rig);
}

Test(document, reads_block_scalars_and_folded_lines)
{
    expect_json("v: |\n  a\n  b\n", "\"a\\u000ab\\u000a\"");
    expect_json("v: >-\n  a\n  b\n", "\"a b\"");
    expect_json("v: |-\n  5\n", "\"5\"");
}

Test(document, repeats_anchored_values_at_aliases)
{
    expect_json("v: [&a {x: 1}, *a, &b t, *b]\n", "[{\"x\":1},{\"x\":1},\"t\",\"t\"]");
    expect_json("v: [&a 1, *a, &a 2, *a]\n", "[1,1,2,2]");
}

Test(document, merges_maps_without_overwriting)
{
    expect_json("v: [&a {x: 1, y: 2}, {<<: *a, x: 3}]\n",
                "[{\"x\":1,\"y\":2},{\"x\":3,\"y\":2}]");
    expect_json("v: [&a {x: 1, y: 2}, {x: 3, <<: *a}]\n",
                "[{\"x\":1,\"y\":2},{\"x\":3,\"y\":2}]");
    expect_json("v: [&a {x: 1}, &b {x: 2, z: 3}, {<<: [*a, *b]}]\n",
                "[{\"x\":1},{\"x\":2,\"z\":3},{\"x\":1,\"z\":3}]");
    expect_json("v: {<<: &a {x: &i 1}, q: *i, r: *a}\n", "{\"q\":1,\"r\":{\"x\":1},\"x\":1}");
    expect_json("v: {\"<<\": 1}\n", "{\"<<\":1}");
    expect_lines(FRAME "v: {<<: 5}\n", "4:9: error: << needs a map or a list of maps\n");
    expect_lines(FRAME "v: {<<: [{}, 5]}\n", "4:9: error: << needs a map or a list of maps\n");
}

Test(document, refuses_aliases_of_nothing_and_of_themselves)
{
    expect_lines(FRAME "v: *a\n", "4:4: error: nothing is named &a above\n");
    expect_lines(FRAME "v: &a [*a]\n", "4:8: error: *a is inside of what it names\n");
    expect_lines(FRAME "v: &a x\n---\n" FRAME "v: *a\n",
                 "9:4: error: nothing is named &a above\n");
}

Test(document, names_both_lines_of_a_name_given_twice)
{
    expect_lines(FRAME "v:\n  a: 1\n  b: 2\n  a: 3\n",
                 "7:3: error: \"a\" is given twice: in line 5 and in line 7\n");
    expect_lines("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"d\"},\n\"v\":{"
                 "\"a\":1,\n"
                 "\"a\":2}}",
                 "3:1: error: \"a\" is given twice: in line 2 and in line 3\n");
}

Test(document, says_where_the_syntax_is_broken)
{
    expect_lines("a: [1, 2\n",
                 "2:1: error: while parsing a flow sequence: did not find expected "
                 "',' or ']'\n");
    expect_lines("a:\n\tb: 1\n", "2:1: error: a tab cannot indent here: use blanks\n");
    expect_lines("a: 'x\n",
                 "2:1: error: while scanning a quoted scalar: found unexpected end of "
                 "stream\n");
    expect_lines("{\"a\": 1,, \"b\": 2}", "1:9: error: while parsing a flow node: did not find "
                                          "expected node content\n");
    expect_lines(FRAME "v: !thing 5\n", "4:4: error: the tag !thing means nothing here\n");
    expect_lines(FRAME "v: !!int x\n",
                 "4:4: error: the value is not what its tag !!int says\n");
    expect_lines(FRAME "v: !!set {a}\n",
                 "4:4: error: the tag tag:yaml.org,2002:set means nothing here\n");
    expect_lines(FRAME "? [a]\n: b\n", "4:3: error: a name must be a text, not a list\n");
    expect_lines(FRAME "v: \"a\\0b\"\n",
                 "4:4: error: a text must not contain a NUL character\n");
}

Test(document, refuses_bytes_that_are_no_text)
{
    config_rig rig = config_rig_read("a: \xff\xfe", 5);
    cr_expect_eq(rig.rc, KEDA_EINVAL);
    cr_expect_not_null(strstr(rig.err.text, "not a text in UTF-8"), "%s", rig.err.text);
    config_rig_close(&rig);
    rig = config_rig_read("a: \0b", 5);
    cr_expect_eq(rig.rc, KEDA_EINVAL);
    config_rig_close(&rig);
}

Test(document, reads_several_documents_and_skips_empty_ones)
{
    config_rig rig =
        config_rig_text("---\n---\n# nothing\n---\n" FRAME "---\n~\n---\n" FRAME "...\n");
    cr_expect_eq(rig.rc, KEDA_OK);
    cr_expect_eq(rig.docs.count, 2);
    config_rig_close(&rig);
    rig = config_rig_text("");
    cr_expect_eq(rig.rc, KEDA_OK);
    cr_expect_eq(rig.docs.count, 0);
    config_rig_close(&rig);
}

Test(document, unfolds_lists_of_documents)
{
    config_rig rig = config_rig_text(
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: A, metadata: {name: a}}\n"
        "- apiVersion: w\n  kind: BList\n  items: [{metadata: {name: b, namespace: s}}]\n"
        "- {apiVersion: v1, kind: List, items: }\n");
    cr_expect_eq(rig.rc, KEDA_OK, "%s", config_rig_lines(&rig));
    cr_assert_eq(rig.docs.count, 2);
    cr_expect_str_eq(rig.docs.items[0].object, "A/default/a");
    cr_expect_str_eq(rig.docs.items[1].object, "B/s/b");
    cr_expect_str_eq(rig.docs.items[1].api_version, "w");
    cr_expect_eq(rig.docs.items[1].root->line, 7);
    config_rig_close(&rig);
}

Test(document, keeps_good_documents_beside_bad_ones)
{
    config_rig rig = config_rig_text(FRAME "---\n5\n---\n" FRAME);
    cr_expect_eq(rig.rc, KEDA_EINVAL);
    cr_expect_eq(rig.docs.count, 2);
    cr_expect_eq(rig.err.line, 5);
    config_rig_close(&rig);
}

Test(document, reads_json_with_all_its_escapes)
{
    config_rig rig = config_rig_text(
        "\xef\xbb\xbf{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"d\"},\n"
        "\t\"v\": [\"\\u00e9\\ud83d\\ude00\\/\\\"\\\\\\n\", 1, -2.5e3, true, false, null, {}, "
        "[]]}\n"
        "{\"apiVersion\":\"v1\",\"kind\":\"Y\",\"metadata\":{\"name\":\"m\"}}");
    cr_assert_eq(rig.rc, KEDA_OK, "%s", config_rig_lines(&rig));
    cr_assert_eq(rig.docs.count, 2);
    const node *v = node_get(rig.docs.items[0].root, "v");
    cr_assert_eq(v->nitems, 8);
    cr_expect_str_eq(v->items[0]->text, "\xc3\xa9\xf0\x9f\x98\x80/\"\\\n");
    cr_expect_eq(v->items[1]->integer, 1);
    cr_expect_float_eq(v->items[2]->real, -2500.0, 0.0);
    cr_expect_eq(v->items[3]->type, NODE_BOOL);
    cr_expect_eq(v->items[5]->type, NODE_NULL);
    cr_expect_eq(v->key_line, 2);
    cr_expect_eq(v->key_column, 2);
    config_rig_close(&rig);
}

Test(document, leaves_what_is_not_quite_json_to_yaml)
{
    config_rig rig =
        config_rig_text("{apiVersion: v1, \"kind\": 'X', metadata: {name: d}, v: 0x10}");
    cr_expect_eq(rig.rc, KEDA_OK, "%s", config_rig_lines(&rig));
    cr_expect_eq(node_get(config_rig_only(&rig)->root, "v")->integer, 16);
    config_rig_close(&rig);
    expect_lines("{\"a\": \"\\ud800\"}",
                 "1:10: error: while parsing a quoted scalar: found invalid Unicode character "
                 "escape code\n");
}

/* ---- limits ---- */

static void expect_error(keda_buf *take_text, const char *part)
{
    config_rig rig = config_rig_read(take_text->data, take_text->size);
    cr_expect_eq(rig.rc, KEDA_EINVAL);
    cr_expect_not_null(strstr(rig.err.text, part), "%s instead of %s", rig.err.text, part);
    config_rig_close(&rig);
    keda_buf_clear(take_text);
}

static void repeat(keda_buf *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(buf_puts(out, text), KEDA_OK);
}

Test(document, refuses_a_bomb_of_aliases)
{
    keda_buf text = {0};
    cr_assert_eq(buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"), KEDA_OK);
    for (int i = 1; i < 10; i++) {
        cr_assert_eq(buf_printf(&text, "a%d: &a%d [", i, i), KEDA_OK);
        for (int j = 0; j < 10; j++)
            cr_assert_eq(buf_printf(&text, "%s*a%d", j > 0 ? ", " : "", i - 1), KEDA_OK);
        cr_assert_eq(buf_puts(&text, "]\n"), KEDA_OK);
    }
    expect_error(&text, "more than 1000000 values");
}

Test(document, refuses_aliases_of_large_texts)
{
    keda_buf text = {0};
    cr_assert_eq(buf_puts(&text, "a: &a \""), KEDA_OK);
    repeat(&text, "0123456789abcdef", 65536);
    cr_assert_eq(buf_puts(&text, "\"\nb:\n"), KEDA_OK);
    repeat(&text, "- *a\n", 100);
    expect_error(&text, "aliases repeat more than 16777216 bytes");
}

Test(document, refuses_deep_nesting)
{
    keda_buf text = {0};
    repeat(&text, "[", 100000);
    expect_error(&text, "nested deeper than 100 levels");
    repeat(&text, "{\"a\":", 100000);
    expect_error(&text, "nested deeper than 100 levels");
    repeat(&text, "- ", 1000);
    expect_error(&text, "nested deeper than 100 levels");
    for (int i = 1; i < 200; i++) /* each level an alias, none of them deep by itself */
        cr_assert_eq(
            buf_printf(&text, i == 1 ? "a%d: &a%d [x]\n" : "a%d: &a%d [*a%d]\n", i, i, i - 1),
            KEDA_OK);
    expect_error(&text, "nested deeper than 100 levels");
}

Test(document, refuses_large_sources_and_many_values)
{
    keda_buf text = {0};
    repeat(&text, "# 0123456789abc\n", 1 << 20);
    repeat(&text, "\n", 1);
    expect_error(&text, "larger than 16777216 bytes");
    repeat(&text, "[1", 1);
    repeat(&text, ",1", 1000001);
    repeat(&text, "]", 1);
    expect_error(&text, "more than 1000000 values");
}

Test(document, refuses_many_anchors_and_large_merges)
{
    keda_buf text = {0};
    for (int i = 0; i < 1001; i++)
        cr_assert_eq(buf_printf(&text, "- &a%d x\n", i), KEDA_OK);
    expect_error(&text, "more than 1000 anchors");
    cr_assert_eq(buf_puts(&text, "a: &a\n"), KEDA_OK);
    for (int i = 0; i < 1001; i++)
        cr_assert_eq(buf_printf(&text, "  k%d: x\n", i), KEDA_OK);
    cr_assert_eq(buf_puts(&text, "b: {<<: *a}\n"), KEDA_OK);
    expect_error(&text, "a map of more than 1000 names");
    repeat(&text, FRAME "a: &b {}\n? &a k\n: v\n", 1);
    expect_error(&text, "a name cannot have an anchor");
}

Test(document, stops_counting_findings_at_some_point)
{
    keda_buf text = {0};
    repeat(&text, "5\n---\n", 3000);
    config_rig rig = config_rig_read(text.data, text.size);
    cr_expect_eq(keda_findings_count(rig.findings), 1001);
    cr_expect_not_null(strstr(keda_findings_at(rig.findings, 1000)->message, "not shown"));
    config_rig_close(&rig);
    keda_buf_clear(&text);
}

Test(document, survives_random_bytes)
{
    unsigned state = 1;
    for (int round = 0; round < 3000; round++) {
        static const char bits[] = "{}[]:,-&*<!|>'\"%@`#? \n\t\\ab01~.\xc3\xa9";
        char text[48];
        for (size_t i = 0; i < sizeof text; i++) {
            state = state * 1103515245u + 12345u;
            text[i] =
                round % 3 == 0 ? (char)(state >> 16) : bits[(state >> 16) % (sizeof bits - 1)];
        }
        config_rig rig = config_rig_read(text, sizeof text);
        config_rig_close(&rig);
    }
}

Test(document, writes_equal_texts_for_equal_contents)
{
    config_rig a = config_rig_text(FRAME "b: 1\na: [x, 2]\n");
    config_rig b =
        config_rig_text("{\"a\": [\"x\", 2], \"metadata\": {\"name\": \"d\"}, \"kind\": \"X\", "
                        "\"b\": 1, \"apiVersion\": \"v1\"}");
    keda_buf ja = {0}, jb = {0};
    cr_assert_eq(document_json(config_rig_only(&a), &ja, NULL), KEDA_OK);
    cr_assert_eq(document_json(config_rig_only(&b), &jb, NULL), KEDA_OK);
    cr_expect_str_eq(ja.data, jb.data);
    keda_buf_clear(&ja);
    keda_buf_clear(&jb);
    config_rig_close(&a);
    config_rig_close(&b);
}

Test(document, works_without_a_list_of_findings)
{
    documents docs = {0};
    keda_error err = KEDA_ERROR_INIT;
    cr_expect_eq(documents_read(&docs, "a: [", 4, "f.yaml", NULL, &err), KEDA_EINVAL);
    cr_expect_eq(strncmp(err.text, "f.yaml:2: while", 15), 0, "%s", err.text);
    documents_clear(&docs);
    documents_clear(NULL);
    cr_expect_null(node_get(NULL, "a"));
}
