/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in YAML: which scalars are numbers, how a path is walked, and what is refused. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/yaml_path.h"

static keda_status find(const char *text, const char *path, double *out, keda_error *err)
{
    return yaml_path_number(text, strlen(text), path, out, err);
}

Test(yaml_path, reads_scalars_as_the_original_does)
{
    static const struct {
        const char *scalar;
        double value;
    } rows[] = {
        {"42", 42.0},
        {"-4", -4.0},
        {"+7", 7.0},
        {"010", 8.0},
        {"08", 8.0},
        {"0x1F", 31.0},
        {"0o17", 15.0},
        {"0b101", 5.0},
        {"1_000", 1000.0},
        {"3.75", 3.75},
        {".5", 0.5},
        {"5.", 5.0},
        {"1e20", 1e20},
        {"1_0.5", 10.5},
        {"-9223372036854775808", -9223372036854775808.0},
        {"\"17\"", 17.0},
        {"'2Mi'", 2097152.0},
        {"1.5k", 1500.0},
        {"99999999999999999999", 1e20},
        {"!!int \"5\"", 5.0},
        {"500m", 0.5},
        {".inf", (double)INFINITY},
        {"-.INF", -(double)INFINITY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        double value = 0.0;
        keda_error err = KEDA_ERROR_INIT;
        (void)snprintf(text, sizeof text, "a: %s\n", rows[i].scalar);
        cr_expect_eq(find(text, "a", &value, &err), KEDA_OK, "%s: %s", text, err.text);
        cr_expect_eq(value, rows[i].value, "%s: %g", text, value);
    }
}

Test(yaml_path, walks_maps_lists_aliases_and_merges)
{
    static const char text[] =
        "queue:\n  arr: [5, 6]\n  1: 11\n  0x10: 12\n  1.5: 13\n  ~: 14\n  True: 15\n"
        "items:\n  - name: x\n    v: 3\nbase: &b {p: 1, q: 2}\n"
        "more: {<<: *b, q: 9}\nboth:\n  <<: [{z: 4}, *b]\n"
        "same: *b\n7: 8\n\"a b\": 1\n---\nqueue: 5\n";
    static const struct {
        const char *path;
        double value;
    } rows[] = {
        {"queue.arr.0", 5.0},  {"queue.arr.1", 6.0},  {"queue.1", 11.0},    {"queue.16", 12.0},
        {"items.0.v", 3.0},    {"more.p", 1.0},       {"more.q", 9.0},      {"both.z", 4.0},
        {"both.p", 1.0},       {"same.q", 2.0},       {"7", 8.0},           {"a b", 1.0},
        {"queue.1.x.y", 11.0}, {"queue.<nil>", 14.0}, {"queue.true", 15.0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 0.0;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(find(text, rows[i].path, &value, &err), KEDA_OK, "%s: %s", rows[i].path,
                     err.text);
        cr_expect_eq(value, rows[i].value, "%s: %g", rows[i].path, value);
    }
}

Test(yaml_path, refuses_what_is_no_number)
{
    static const struct {
        const char *text, *path;
    } rows[] = {
        {"", "a"},
        {"- 1\n- 2\n", "0"},
        {"5", "a"},
        {"a: [\n", "a"},
        {"a: 1\na: 2\n", "a"},
        {"? [x]\n: 1\na: 1\n", "a"},
        {"a: true\n", "a"},
        {"a: ~\n", "a"},
        {"a:\n", "a"},
        {"a: abc\n", "a"},
        {"a: 1:30\n", "a"},
        {"a: 2024-01-01\n", "a"},
        {"a: 18446744073709551615\n", "a"},
        {"a: {}\n", "a"},
        {"a: [1]\n", "a"},
        {"a: [1]\n", "a.1"},
        {"a: [1]\n", "a.[0]"},
        {"a: [1]\n", "a.00"},
        {"a: 1\n", "b"},
        {"a: 1\n", ""},
        {"a: *x\n", "a"},
        {"a: 1\n<<: 5\n", "a"},
        {"a: 1\n<<: [5]\n", "a"},
        {"~: 1\n", "~"},
        {"a: \"5\\0\"\n", "a"},
        {"a: &x [*x]\n", "a.0.0.0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 0.0;
        keda_error err = KEDA_ERROR_INIT;
        cr_expect_eq(find(rows[i].text, rows[i].path, &value, &err), KEDA_EPROTOCOL, "%s",
                     rows[i].text);
        cr_expect_neq(err.text[0], '\0');
    }
}

Test(yaml_path, bounds_the_names_of_a_map)
{
    const size_t count = 8000, size = count * 16;
    char *text = malloc(size);
    cr_assert_not_null(text);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, size - used, "k%zu: 1\n", i);
    double value = 0.0;
    cr_expect_eq(yaml_path_number(text, used, "k1", &value, NULL), KEDA_ELIMIT);
    free(text);
}
