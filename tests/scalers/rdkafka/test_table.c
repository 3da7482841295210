/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules between parameters, metric specs, and what an instance asks its endpoint for.
 */
#include "scalers/rdkafka/conf.h"
#include "scalers/rdkafka/host.h"
#include "scalers/rdkafka/meta.h"

#include <criterion/criterion.h>
#include <string.h>

static char server[] = "b:9092";
static char *servers[] = {server};

/* A literal where the table would put its own copy. */
static char *text(const char *literal)
{
    return (char *)(uintptr_t)literal;
}

/* bootstrapServers b:9092, consumerGroup g, topic t, and the defaults. */
static kafka_meta base(void)
{
    return (kafka_meta){
        .servers = {servers, 1},
        .group = text("g"),
        .topic = text("t"),
        .lag_threshold = 10,
        .offset_reset_policy = text("latest"),
        .version = text("1.0.0"),
        .full_metadata = true,
        .tls = text("disable"),
        .sasl = text("none"),
        .token_provider = text("bearer"),
        .kerberos_service = text("kafka"),
    };
}

static keda_error problem;

static bool passes(kafka_meta m)
{
    keda_error_clear(&problem);
    return keda_scaler_kafka.check(&m, &problem, NULL) == KEDA_OK;
}

#define assert_refused(m, words)                                                               \
    do {                                                                                       \
        cr_assert_not(passes(m));                                                              \
        cr_assert_eq(problem.code, KEDA_EINVAL);                                               \
        cr_assert_not_null(strstr(problem.text, words), "said: %s", problem.text);             \
    } while (0)

Test(table, passes_the_defaults)
{
    cr_assert(passes(base()));
}

Test(table, refuses_thresholds_out_of_range)
{
    kafka_meta m = base();

    m.lag_threshold = 0;
    assert_refused(m, "lagThreshold");
    m.lag_threshold = -1;
    assert_refused(m, "lagThreshold");
    m = base();
    m.activation_lag_threshold = -1;
    assert_refused(m, "activationLagThreshold");
}

Test(table, names_every_broken_rule)
{
    kafka_meta m = base();

    m.lag_threshold = 0;
    m.version = text("1.2");
    m.sasl = text("plaintext");
    assert_refused(m, "lagThreshold");
    cr_assert_not_null(strstr(problem.text, "version"));
    cr_assert_not_null(strstr(problem.text, "username"));
    cr_assert_not_null(strstr(problem.text, "password"));
}

Test(table, checks_the_partitions_even_without_topic)
{
    kafka_meta m = base();

    m.topic = NULL;
    m.partition_limitation = text("1,2");
    cr_assert(passes(m));
    m.partition_limitation = text("1,x");
    assert_refused(m, "partitionLimitation");
}

Test(table, takes_versions_as_the_original_does)
{
    static const char *const good[] = {"1.0.0", "2.8.0", "99.1.0", "0.10.2.0", "3.12345.1"};
    static const char *const bad[] = {"1.2.3.4",
                                      "1.0",
                                      "0.10.0",
                                      "1.0.0 x",
                                      "v1.0.0",
                                      "1..0.0",
                                      "01.2.3",
                                      "1.0.a",
                                      "1.0.0.",
                                      ".1.0.0",
                                      "1.0.99999999999999999999"};
    kafka_meta m = base();

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        m.version = text(good[i]);
        cr_assert(passes(m), "%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        m.version = text(bad[i]);
        assert_refused(m, "version");
    }
}

Test(table, refuses_limits_that_exclude_each_other)
{
    kafka_meta m = base();

    m.allow_idle = m.limit_to_lagging = true;
    assert_refused(m, "allowIdleConsumers");
    m = base();
    m.ensure_even = m.limit_to_lagging = true;
    assert_refused(m, "ensureEvenDistributionOfPartitions");
    m = base();
    m.ensure_even = m.allow_idle = true;
    cr_assert(passes(m));
}

Test(table, needs_topic_for_limits_and_narrow_metadata)
{
    kafka_meta m = base();

    m.topic = NULL;
    cr_assert(passes(m));
    m.limit_to_lagging = true;
    assert_refused(m, "limitToPartitionsWithLag needs topic");
    m.limit_to_lagging = false;
    m.ensure_even = true;
    assert_refused(m, "needs topic");
    m.ensure_even = false;
    m.full_metadata = false;
    assert_refused(m, "fullMetadata");
    m.topic = text("t");
    cr_assert(passes(m));
}

Test(table, needs_user_and_password_for_a_login)
{
    static const char *const logins[] = {"plaintext", "scram_sha256", "scram_sha512",
                                         "oauthbearer"};

    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        kafka_meta m = base();
        m.sasl = text(logins[i]);
        m.token_endpoint = text("https://idp/token");
        m.username = text("u");
        assert_refused(m, "password");
        m.password = text("p");
        cr_assert(passes(m), "%s: %s", logins[i], problem.text);
        m.username = NULL;
        assert_refused(m, "username");
    }
}

Test(table, needs_both_certificate_and_key_or_none)
{
    kafka_meta m = base();

    m.key = text("K");
    cr_assert(passes(m), "nothing is checked without TLS");
    m.tls = text("enable");
    m.ca = text("A");
    assert_refused(m, "key needs cert");
    m.cert = text("C");
    cr_assert(passes(m));
    m.key = NULL;
    assert_refused(m, "cert needs key");
}

Test(table, checks_what_an_oauthbearer_login_needs)
{
    kafka_meta m = base();

    m.sasl = text("oauthbearer");
    m.username = m.password = text("x");
    assert_refused(m, "oauthTokenEndpointUri");
    m.token_endpoint = text("https://idp/token");
    cr_assert(passes(m));
    m.oauth_extensions = text("a=1,b=2");
    cr_assert(passes(m));
    m.oauth_extensions = text("a=1=2");
    assert_refused(m, "oauthExtensions");
    m.oauth_extensions = text("a=1,b");
    assert_refused(m, "oauthExtensions");
    m.oauth_extensions = text("a=1,");
    assert_refused(m, "oauthExtensions");
}

Test(table, checks_what_an_aws_msk_iam_login_needs)
{
    kafka_meta m = base();

    m.sasl = text("oauthbearer");
    m.token_provider = text("aws_msk_iam");
    m.aws_key_id = text("AK");
    m.aws_secret = text("SK");
    m.aws_region = text("eu-west-1");
    assert_refused(m, "tls: enable");
    m.tls = text("enable");
    cr_assert(passes(m));
    m.aws_secret = NULL;
    assert_refused(m, "awsSecretAccessKey");
    m.aws_role = text("arn");
    cr_assert(passes(m));
    m.aws_role = NULL;
    m.identity_owner = text("operator");
    cr_assert(passes(m));
    m.aws_region = NULL;
    assert_refused(m, "awsRegion");
}

Test(table, checks_what_a_gssapi_login_needs)
{
    kafka_meta m = base();

    m.sasl = text("gssapi");
    m.username = text("u");
    m.realm = text("R");
    m.kerberos_config = text("[libdefaults]");
    assert_refused(m, "either password or keytab");
    m.password = text("p");
    cr_assert(passes(m));
    m.keytab = text("k");
    assert_refused(m, "either password or keytab");
    m.password = NULL;
    cr_assert(passes(m));
    m.realm = NULL;
    assert_refused(m, "realm");
    m.realm = text("R");
    m.kerberos_config = NULL;
    assert_refused(m, "kerberosConfig");
}

Test(table, shows_no_secret_in_its_errors)
{
    kafka_meta m = base();

    m.sasl = text("gssapi");
    m.password = m.keytab = m.username = text("hunter2");
    cr_assert_not(passes(m));
    cr_assert_null(strstr(problem.text, "hunter2"));
}

Test(table, names_the_metric_after_topic_or_group)
{
    kafka_meta m = base();
    keda_spec_list list = {.count = 0};

    m.activation_lag_threshold = 3;
    cr_assert_eq(keda_scaler_kafka.specs(&m, &list, &problem, NULL), KEDA_OK);
    cr_assert_str_eq(list.name, "kafka-t");
    cr_assert_eq(list.target, 10);
    cr_assert_eq(list.activation, 3.0);
    m.topic = NULL;
    cr_assert_eq(keda_scaler_kafka.specs(&m, &list, &problem, NULL), KEDA_OK);
    cr_assert_str_eq(list.name, "kafka-g-topics");
    cr_assert_eq(list.count, 2);
}

/* ---- open ------------------------------------------------------------------------------------- */

static keda_endpoint endpoint;
static keda_scaler self = {.endpoint = &endpoint};

static keda_status open_close(const kafka_meta *m)
{
    kafka_state state;
    keda_status rc;

    memset(&state, 0, sizeof(state));
    keda_error_clear(&problem);
    rc = keda_scaler_kafka.open(&state, m, &self, &problem, NULL);
    if (rc == KEDA_OK)
        cr_assert_eq(state.endpoint, &endpoint);
    keda_scaler_kafka.close(&state, NULL);
    return rc;
}

Test(open, gives_one_endpoint_to_every_order_of_the_same_servers)
{
    char a[] = "a:1", b[] = "b:2", empty[] = "";
    char *first[] = {b, a, empty}, *second[] = {a, b, a};
    kafka_meta m = base();
    char before[sizeof(self.params)];

    m.servers = (keda_string_list){first, 3};
    cr_assert_eq(open_close(&m), KEDA_OK);
    cr_assert_str_eq(self.params, "bootstrap.servers=a:1,b:2\nsecurity.protocol=plaintext\n");
    memcpy(before, self.params, sizeof(before));
    m.servers = (keda_string_list){second, 3};
    cr_assert_eq(open_close(&m), KEDA_OK);
    cr_assert_str_eq(self.params, before);
}

Test(open, refuses_servers_that_are_none)
{
    char empty[] = "";
    char *list[] = {empty, empty};
    kafka_meta m = base();

    m.servers = (keda_string_list){list, 2};
    cr_assert_eq(open_close(&m), KEDA_EINVAL);
}

Test(open, maps_each_login_and_encryption)
{
    static const struct {
        const char *sasl, *tls, *expected;
    } rows[] = {
        {"none", "disable", "security.protocol=plaintext\n"},
        {"none", "enable", "security.protocol=ssl\n"},
        {"plaintext", "disable", "security.protocol=sasl_plaintext\nsasl.mechanisms=PLAIN\n"},
        {"plaintext", "enable", "security.protocol=sasl_ssl\nsasl.mechanisms=PLAIN\n"},
        {"scram_sha256", "enable",
         "security.protocol=sasl_ssl\nsasl.mechanisms=SCRAM-SHA-256\n"},
        {"scram_sha512", "disable",
         "security.protocol=sasl_plaintext\nsasl.mechanisms=SCRAM-SHA-512\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kafka_meta m = base();
        m.sasl = text(rows[i].sasl);
        m.tls = text(rows[i].tls);
        m.username = text("u");
        m.password = text("p");
        cr_assert_eq(open_close(&m), KEDA_OK);
        cr_assert_not_null(strstr(self.params, rows[i].expected), "%s", self.params);
        cr_assert_eq(strstr(self.params, "sasl.username=u\nsasl.password=p\n") != NULL,
                     strcmp(rows[i].sasl, "none") != 0);
    }
}

Test(open, passes_certificates_only_with_tls)
{
    kafka_meta m = base();

    m.ca = text("CA");
    m.cert = text("CERT");
    m.key = text("KEY");
    m.key_password = text("PW");
    m.unsafe_ssl = true;
    cr_assert_eq(open_close(&m), KEDA_OK);
    cr_assert_null(strstr(self.params, "ssl."));
    m.tls = text("enable");
    cr_assert_eq(open_close(&m), KEDA_OK);
    cr_assert_not_null(strstr(self.params, "ssl.ca.pem=CA\nssl.certificate.pem=CERT\n"
                                           "ssl.key.pem=KEY\nssl.key.password=PW\n"
                                           "enable.ssl.certificate.verification=false\n"
                                           "ssl.endpoint.identification.algorithm=none\n"));
}

Test(open, says_which_login_is_not_supported)
{
    kafka_meta m = base();

    m.sasl = text("oauthbearer");
    m.token_provider = text("aws_msk_iam");
    cr_assert_eq(open_close(&m), KEDA_EUNSUPPORTED);
    cr_assert_not_null(strstr(problem.text, "aws_msk_iam"));
    m.sasl = text("gssapi");
    cr_assert_eq(open_close(&m), KEDA_EUNSUPPORTED);
    cr_assert_not_null(strstr(problem.text, "gssapi"));
}

Test(open, warns_of_a_list_where_one_value_is_meant)
{
    kafka_meta m = base();

    m.offset_reset_policy = text("latest,earliest");
    cr_assert_eq(open_close(&m), KEDA_OK);
    cr_assert_not_null(strstr(self.log, "offsetResetPolicy"));
}

/* ---- the endpoint's configuration ------------------------------------------------------------------ */

static keda_status conf_of(const keda_param *params, size_t count)
{
    rd_kafka_conf_t *conf = NULL;
    keda_status rc;

    keda_error_clear(&problem);
    rc = kafka_conf_new(&conf, params, count, &problem);
    if (conf != NULL)
        rd_kafka_conf_destroy(conf);
    return rc;
}

Test(conf, reads_up_to_the_high_watermark_and_creates_no_topic)
{
    const keda_param params[] = {{"bootstrap.servers", "b:1"}};
    rd_kafka_conf_t *conf = NULL;
    static const keda_param expected[] = {{"client.id", "libkeda"},
                                          {"isolation.level", "read_uncommitted"},
                                          {"allow.auto.create.topics", "false"},
                                          {"enable.auto.commit", "false"},
                                          {"bootstrap.servers", "b:1"}};

    cr_assert_eq(kafka_conf_new(&conf, params, 1, &problem), KEDA_OK);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        char value[64] = "";
        size_t size = sizeof(value);
        cr_assert_eq(rd_kafka_conf_get(conf, expected[i].name, value, &size), RD_KAFKA_CONF_OK);
        cr_assert_str_eq(value, expected[i].value, "%s", expected[i].name);
    }
    rd_kafka_conf_destroy(conf);
}

Test(conf, adds_the_authority_to_those_of_the_system)
{
    const char *pem = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";
    const keda_param params[] = {{"ssl.ca.pem", pem}};
    rd_kafka_conf_t *conf = NULL;
    static char value[1 << 21];
    size_t size = sizeof(value);

    cr_assert_eq(kafka_conf_new(&conf, params, 1, &problem), KEDA_OK);
    cr_assert_eq(rd_kafka_conf_get(conf, "ssl.ca.pem", value, &size), RD_KAFKA_CONF_OK);
    cr_assert_not_null(strstr(value, "\nours\n"));
    rd_kafka_conf_destroy(conf);
}

Test(conf, says_what_is_wrong_with_certificates_and_keys)
{
    static const struct {
        keda_param params[2];
        size_t count;
        const char *said;
    } rows[] = {
        {{{"ssl.ca.pem", "CAPEM"}}, 1, "ca: no PEM certificate"},
        {{{"ssl.certificate.pem", "C"}}, 1, "cert: no PEM certificate"},
        {{{"ssl.key.pem", "K"}}, 1, "key: no PEM private key"},
        {{{"ssl.key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----"}}, 1, "needs keyPassword"},
        {{{"no.such.property", "hunter2"}}, 1, "no.such.property: refused"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(conf_of(rows[i].params, rows[i].count), KEDA_EINVAL);
        cr_assert_not_null(strstr(problem.text, rows[i].said), "said: %s", problem.text);
        cr_assert_null(strstr(problem.text, "hunter2"));
    }
}
