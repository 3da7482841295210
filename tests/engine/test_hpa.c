/* SPDX-License-Identifier: Apache-2.0 */
/* keda_engine_hpa: texts of the documents given, whatever is at work; what stands in the way is found. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "support/rig.h"

static rig r;
static keda_buf out;
static keda_findings *findings;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    keda_findings_free(findings);
    keda_buf_clear(&out);
    rig_close(&r);
}

TestSuite(engine_hpa, .init = open_rig, .fini = close_rig, .timeout = 60);

static keda_status ask(const char *text, bool is_json)
{
    const keda_source source = {
        .struct_size = sizeof source, .id = "file", .text = text, .size = strlen(text)};
    const keda_hpa_options options = {.struct_size = sizeof options,
                                      .is_json = is_json ? 1 : 0,
                                      .write = buf_write,
                                      .user = &out};

    keda_buf_clear(&out);
    keda_findings_free(findings);
    findings = NULL;
    cr_assert_eq(keda_findings_new(&findings, NULL), KEDA_OK);
    r.err = (keda_error)KEDA_ERROR_INIT;
    return keda_engine_hpa(r.engine, &source, 1, sizeof source, &options, findings, &r.err);
}

static bool has(const char *part)
{
    return out.data != NULL && strstr(out.data, part) != NULL;
}

static const char *both(void)
{
    static char text[8192];
    (void)snprintf(text, sizeof text, "%s---\n%s", rig_object("a", NULL, NULL),
                   rig_object("b", NULL, NULL));
    return text;
}

Test(engine_hpa, writes_one_document_for_each_object)
{
    cr_assert_eq(ask(both(), false), KEDA_OK, "%s", r.err.text);
    const char *end = strstr(out.data, "---\n");
    cr_assert_not_null(end);
    cr_expect(has("name: keda-hpa-a\n") && has("name: keda-hpa-b\n"));
    cr_expect(strstr(end, "keda-hpa-a") == NULL);
    cr_assert_eq(ask(both(), true), KEDA_OK);
    cr_expect_eq(out.data[0], '{');
    cr_expect(strstr(out.data, "}\n{") != NULL);
}

Test(engine_hpa, does_not_mind_what_is_at_work_and_changes_nothing)
{
    const char *text = rig_object("a", NULL, NULL);

    cr_assert_eq(rig_put(&r, "file", text), KEDA_OK);
    rig_run(&r, 1000);
    const size_t ndecisions = r.ndecisions;
    cr_assert_eq(ask(text, false), KEDA_OK, "%s", r.err.text);
    cr_expect(has("name: keda-hpa-a\n"));
    cr_assert_eq(ask(rig_object("b", NULL, NULL), false), KEDA_OK);
    cr_expect(has("name: keda-hpa-b\n"));
    cr_expect_eq(keda_engine_workload_count(r.engine), 1);
    rig_run(&r, 60000);
    cr_expect_gt(r.ndecisions, ndecisions);
    cr_expect_eq(rig_source_of(&r, "b")->nopened, 0);
}

Test(engine_hpa, writes_nothing_when_one_object_is_wrong)
{
    char text[8192];

    (void)snprintf(text, sizeof text, "%s---\n%s", rig_object("a", NULL, NULL),
                   rig_object("b", NULL, "  - {type: nothing, metadata: {}}\n"));
    cr_expect_eq(ask(text, false), KEDA_ENOTFOUND, "%s", r.err.text);
    cr_expect_eq(out.size, 0);
    cr_expect_eq(keda_findings_errors(findings), 1);
}

Test(engine_hpa, needs_to_know_every_metric)
{
    static const char text[] =
        "apiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata: {name: auth}\n"
        "spec: {env: [{parameter: password, name: KEDA_TEST_NO_SUCH_VARIABLE}]}\n---\n";
    char all[8192];

    (void)snprintf(all, sizeof all, "%s%s", text,
                   rig_object("a", NULL,
                              "  - {type: script, metadata: {source: a}, authenticationRef: "
                              "{name: auth}}\n"));
    cr_expect_eq(ask(all, false), KEDA_EINVAL);
    cr_expect_eq(out.size, 0);
    cr_expect(strstr(r.err.text, "trigger 0 is not complete") != NULL, "%s", r.err.text);
}

Test(engine_hpa, needs_a_container_that_the_target_has)
{
    static const char deployment[] =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec: {template: {spec: {containers: [{name: app}, {name: side}]}}}\n---\n";
    static const char object[] =
        "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: web}\n"
        "spec: {scaleTargetRef: {name: web, envSourceContainerName: %s}, triggers: [{type: "
        "script, metadata: {source: a}}]}\n";
    static const char *const names[] = {"side", "nope"};
    char text[2048];

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, "%s", deployment);
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), object, names[i]);
        cr_expect_eq(ask(text, false), i == 0 ? KEDA_OK : KEDA_EINVAL, "%s", r.err.text);
    }
    cr_expect(strstr(r.err.text, "has no container nope") != NULL, "%s", r.err.text);
}

static keda_status refuse(const char *bytes, size_t size, void *user)
{
    (void)bytes;
    (void)size;
    (void)user;
    return KEDA_ELIMIT;
}

Test(engine_hpa, hands_on_what_its_writer_says)
{
    const char *text = rig_object("a", NULL, NULL);
    const keda_source source = {
        .struct_size = sizeof source, .id = "file", .text = text, .size = strlen(text)};
    keda_hpa_options options = {.struct_size = sizeof options, .write = refuse};
    keda_error err = KEDA_ERROR_INIT;

    cr_expect_eq(keda_engine_hpa(r.engine, &source, 1, sizeof source, &options, NULL, &err),
                 KEDA_ELIMIT);
    cr_expect_eq(err.code, KEDA_ELIMIT);
    options.write = NULL;
    cr_expect_eq(keda_engine_hpa(r.engine, &source, 1, sizeof source, &options, NULL, NULL),
                 KEDA_EINVAL);
    cr_expect_eq(keda_engine_hpa(r.engine, &source, 1, sizeof source, NULL, NULL, NULL),
                 KEDA_EINVAL);
}
