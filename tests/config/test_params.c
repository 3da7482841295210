/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters by field table: what is said when they are wrong, and what the vectors do not show
 * (libkeda/config/params.c, lookup.c, convert.c, unknown.c). */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "config/map.h"
#include "config/params.h"

typedef struct tls {
    char *ca;
    bool is_unsafe;
} tls;

typedef struct meta {
    char *topic, *password, *mode_text;
    int32_t mode, count;
    int64_t interval_ns, big;
    double target;
    bool flag;
    keda_string_list servers;
    keda_int_list partitions;
    keda_map labels, query;
    tls tls;
} meta;

static const char *const modes[] = {"none", "plaintext", "scram_sha256", NULL};
static const char *const auth_modes[] = {"bearer", "basic", NULL};

static const keda_field tls_fields[] = {
    KEDA_FIELD_STRING(tls, ca, .name = "ca", .from = {KEDA_FROM_AUTH}),
    KEDA_FIELD_BOOL(tls, is_unsafe, .name = "unsafeSsl", .fallback = "false"),
};

static const keda_field fields[] = {
    KEDA_FIELD_STRING(meta, topic, .name = "topic", .alias = {"topicName"},
                      .from = {KEDA_FROM_METADATA, KEDA_FROM_ENV}),
    KEDA_FIELD_STRING(meta, password, .name = "password", .flags = KEDA_OPTIONAL | KEDA_SECRET,
                      .from = {KEDA_FROM_AUTH}),
    KEDA_FIELD_CHOICE(meta, mode, .name = "sasl", .fallback = "none", .allowed = modes,
                      .from = {KEDA_FROM_METADATA, KEDA_FROM_AUTH}),
    KEDA_FIELD_STRING(meta, mode_text, .name = "mode", .flags = KEDA_OPTIONAL, .allowed = modes,
                      .exclusive = auth_modes),
    KEDA_FIELD_INT32(meta, count, .name = "count", .flags = KEDA_OPTIONAL),
    KEDA_FIELD_INT64(meta, big, .name = "big", .flags = KEDA_OPTIONAL,
                     .announced = "use count instead"),
    KEDA_FIELD_DURATION(meta, interval_ns, .name = "interval", .fallback = "30s"),
    KEDA_FIELD_DOUBLE(meta, target, .name = "lagThreshold", .flags = KEDA_TARGET_FIELD),
    KEDA_FIELD_BOOL(meta, flag, .name = "old", .deprecated = "use flag instead"),
    KEDA_FIELD_STRING_LIST(meta, servers, .name = "servers", .flags = KEDA_OPTIONAL),
    KEDA_FIELD_INT_LIST(meta, partitions, .name = "partitions", .flags = KEDA_OPTIONAL,
                        .range = '-'),
    KEDA_FIELD_MAP(meta, labels, .name = "labels", .flags = KEDA_OPTIONAL),
    KEDA_FIELD_URL_VALUES(meta, query, .name = "query", .flags = KEDA_OPTIONAL),
    KEDA_FIELD_GROUP(meta, tls, tls_fields, 2, .flags = KEDA_OPTIONAL),
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

/* What was given, what came of it, what was said. */
typedef struct bench {
    keda_map metadata, auth, env;
    bool is_metric_source;
    meta meta;
    size_t nfailing;
    keda_buf said;
} bench;

static void note(const char *name, keda_severity severity, const char *message, void *user)
{
    cr_assert_eq(buf_printf(user, "%s%s: %s\n", severity == KEDA_SEVERITY_WARNING ? "~" : "",
                            name, message),
                 KEDA_OK);
}

static void put(keda_map *map, const char *name, const char *value)
{
    cr_assert_eq(map_add(map, name, value), KEDA_OK);
}

static void run(bench *b)
{
    const params_sources sources = {&b->metadata, &b->auth, &b->env, b->is_metric_source};
    cr_assert_eq(buf_puts(&b->said, ""), KEDA_OK);
    b->nfailing =
        params_parse(fields, NFIELDS, sizeof fields[0], &sources, &b->meta, note, &b->said);
}

static void done(bench *b)
{
    params_clear(fields, NFIELDS, sizeof fields[0], &b->meta);
    map_clear(&b->metadata);
    map_clear(&b->auth);
    map_clear(&b->env);
    keda_buf_clear(&b->said);
}

/* A bench whose required parameters are there. */
static bench good(void)
{
    bench b = {0};
    put(&b.metadata, "topic", " t\n");
    put(&b.metadata, "lagThreshold", "5");
    return b;
}

Test(params, converts_every_kind)
{
    bench b = good();
    put(&b.metadata, "sasl", "plaintext");
    put(&b.metadata, "count", "-7");
    put(&b.metadata, "interval", "1500");
    put(&b.metadata, "servers", "a, b,,c");
    put(&b.metadata, "partitions", "1-3,7");
    put(&b.metadata, "labels", "a=1, b = 2");
    put(&b.metadata, "query", "a=1&a=%32&b");
    put(&b.metadata, "unsafeSsl", "T");
    put(&b.auth, "password", " secret ");
    put(&b.auth, "ca", "pem");
    run(&b);
    cr_assert_eq(b.nfailing, 0, "%s", b.said.data);
    cr_expect_str_eq(b.meta.topic, "t");
    cr_expect_str_eq(b.meta.password, "secret");
    cr_expect_eq(b.meta.mode, 1);
    cr_expect_eq(b.meta.count, -7);
    cr_expect_eq(b.meta.interval_ns, 1500000000);
    cr_expect_float_eq(b.meta.target, 5.0, 0.0);
    cr_expect_eq(b.meta.servers.count, 4);
    cr_expect_str_eq(b.meta.servers.items[2], "");
    cr_expect_eq(b.meta.partitions.count, 4);
    cr_expect_eq(b.meta.partitions.items[3], 7);
    cr_expect_str_eq(params_map_get(&b.meta.labels, "b"), "2");
    cr_expect_eq(b.meta.query.count, 3);
    cr_expect_str_eq(b.meta.query.items[1].value, "2");
    cr_expect_str_eq(b.meta.tls.ca, "pem");
    cr_expect(b.meta.tls.is_unsafe);
    done(&b);
}

Test(params, fills_in_defaults_and_leaves_the_rest_zero)
{
    bench b = good();
    run(&b);
    cr_expect_eq(b.nfailing, 0);
    cr_expect_str_eq(b.said.data, "");
    cr_expect_eq(b.meta.mode, 0);
    cr_expect_eq(b.meta.interval_ns, 30000000000);
    cr_expect_null(b.meta.password);
    cr_expect_null(b.meta.tls.ca); /* optional with its group */
    done(&b);
}

Test(params, says_all_that_is_wrong_at_once)
{
    bench b = {0};
    put(&b.metadata, "sasl", "plaintex");
    put(&b.metadata, "mode", "none,none");
    put(&b.metadata, "count", "5.0");
    put(&b.metadata, "big", "99999999999999999999");
    put(&b.metadata, "interval", "1d");
    put(&b.metadata, "lagThreshold", ".5");
    put(&b.metadata, "old", "true");
    put(&b.metadata, "partitions", "1-2-3");
    put(&b.metadata, "labels", "a=b=c");
    put(&b.metadata, "query", "a;b");
    put(&b.metadata, "unsafeSsl", "yes");
    run(&b);
    cr_expect_str_eq(
        b.said.data,
        "topic: is required: set topic or topicName in the trigger's metadata, or topicFromEnv "
        "or "
        "topicNameFromEnv in the trigger's metadata\n"
        "sasl: \"plaintex\" is not one of: none, plaintext, scram_sha256; did you mean "
        "\"plaintext\"?\n"
        "~mode: \"none,none\" is 2 values where one is expected\n"
        "count: \"5.0\" is not a whole number\n"
        "~big: is deprecated: use count instead\n"
        "big: \"99999999999999999999\" is out of range\n"
        "interval: \"1d\" is not a duration such as 30s, 1m30s or milliseconds as a plain "
        "number\n"
        "lagThreshold: \".5\" is not a number\n"
        "old: is no longer supported: use flag instead\n"
        "partitions: \"1-2-3\" is not a list of whole numbers and ranges such as 1-3\n"
        "labels: \"a=b=c\" is not a list of name=value\n"
        "query: \"a;b\" is not a URL query: separate with &, not with ;\n"
        "unsafeSsl: \"yes\" is not a boolean such as true or false\n");
    cr_expect_eq(b.nfailing, 11);
    cr_expect_str_eq(b.meta.mode_text, "none,none");
    cr_expect_eq(b.meta.count, 0);
    done(&b);
}

Test(params, hides_values_that_do_not_come_from_the_metadata)
{
    bench b = good();
    put(&b.auth, "sasl", "s3cret");
    run(&b);
    cr_expect_str_eq(
        b.said.data,
        "sasl: the value (not shown) is not one of: none, plaintext, scram_sha256\n");
    done(&b);
}

Test(params, asks_for_no_target_inside_a_formula)
{
    bench b = {.is_metric_source = true};
    put(&b.metadata, "topicFromEnv", "TOPIC");
    put(&b.env, "TOPIC", "t");
    run(&b);
    cr_expect_eq(b.nfailing, 0, "%s", b.said.data);
    cr_expect_str_eq(b.meta.topic, "t");
    done(&b);
}

Test(params, refuses_ranges_that_name_too_many_numbers)
{
    bench b = good();
    put(&b.metadata, "partitions", "0-9223372036854775807");
    run(&b);
    cr_expect_str_eq(b.said.data,
                     "partitions: \"0-9223372036854775807\" names too many numbers\n");
    done(&b);
}

Test(params, cuts_long_values_in_messages)
{
    char text[300];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    bench b = good();
    put(&b.metadata, "count", text);
    run(&b);
    cr_expect_lt(b.said.size, 150);
    cr_expect_not_null(strstr(b.said.data, "xxx...\" is not a whole number"));
    done(&b);
}

Test(params, reports_names_that_no_field_has)
{
    bench b = good();
    put(&b.metadata, "lagTreshold", "5");
    put(&b.metadata, "topicNmeFromEnv", "X");
    put(&b.metadata, "topicNameFromEnv", "X");
    put(&b.metadata, "countFromEnv", "X");
    put(&b.metadata, "password", "X");
    put(&b.metadata, "somethingElse", "X");
    put(&b.metadata, "unsafessl", "true");
    params_unknown(fields, NFIELDS, sizeof fields[0], &b.metadata, note, &b.said);
    cr_expect_str_eq(b.said.data,
                     "~lagTreshold: unknown parameter; did you mean \"lagThreshold\"?\n"
                     "~topicNmeFromEnv: unknown parameter; did you mean \"topicNameFromEnv\"?\n"
                     "~countFromEnv: count cannot come from the environment\n"
                     "~password: is not read from the trigger's metadata\n"
                     "~somethingElse: unknown parameter\n"
                     "~unsafessl: unknown parameter; did you mean \"unsafeSsl\"?\n");
    done(&b);
}

/* A field as a module of an older release has it: shorter, with other things behind. */
Test(params, walks_tables_by_their_element_size)
{
    struct {
        keda_field field;
        char later[24];
    } table[2] = {
        {.field = KEDA_FIELD_STRING(meta, topic, .name = "topic")},
        {.field = KEDA_FIELD_INT32(meta, count, .name = "count")},
    };
    bench b = good();
    put(&b.metadata, "count", "3");
    const params_sources sources = {.metadata = &b.metadata};
    cr_expect_eq(
        params_parse(&table[0].field, 2, sizeof table[0], &sources, &b.meta, NULL, NULL), 0);
    cr_expect_str_eq(b.meta.topic, "t");
    cr_expect_eq(b.meta.count, 3);
    params_clear(&table[0].field, 2, sizeof table[0], &b.meta);
    cr_expect_null(b.meta.topic);
    done(&b);
}

Test(map, replaces_in_place_and_copies)
{
    keda_map map = {0}, copy = {0};
    for (int i = 0; i < 20; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "k%d", i);
        cr_assert_eq(map_set(&map, name, "v"), KEDA_OK);
    }
    cr_assert_eq(map_set(&map, "k3", "w"), KEDA_OK);
    cr_expect_eq(map.count, 20);
    cr_assert_eq(map_copy(&copy, &map), KEDA_OK);
    map_clear(&map);
    cr_expect_str_eq(copy.items[3].value, "w");
    cr_expect_null(params_map_get(&copy, "k99"));
    map_clear(&copy);
    map_clear(NULL);
}
