/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of tests/vectors/scaled_object_spec/admission.jsonl, as upstream's webhook judged them: its
 * checks of a single object and its warnings. The API server's schema comes before the webhook and was
 * not applied there; it is here, so more may be refused, but only for a reason of the schema's.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "config/tree.h"
#include "support/config_rig.h"

static bool has_text(const node *list, const char *text)
{
    for (size_t i = 0; list != NULL && i < list->nitems; i++)
        if (text_equal(list->items[i]->text, text))
            return true;
    return false;
}

static bool has_check_of_one_object(const node *expected)
{
    static const char *const checks[] = {"triggers", "replica_bounds", "fallback", "names"};
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (has_text(node_get(expected, "failing_checks"), checks[i]))
            return true;
    return false;
}

static bool is_warned(const keda_findings *findings, const char *path)
{
    for (size_t i = 0; i < keda_findings_count(findings); i++) {
        const keda_finding *f = keda_findings_at(findings, i);
        if (strcmp(f->path, path) == 0 && strstr(f->message, "not relevant") != NULL)
            return true;
    }
    return false;
}

/* Reasons the webhook does not have. */
static bool is_of_the_schema(const keda_finding *f)
{
    static const char *const parts[] = {"must be at least",  "is required",
                                        "is empty",          "is not one of",
                                        "must not be empty", "must be \"AverageValue\""};
    if (strstr(f->message, "cpu and memory") != NULL)
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(f->message, parts[i]) != NULL)
            return true;
    return f->severity != KEDA_SEVERITY_ERROR;
}

static void compare(const char *id, const node *expected, config_rig *rig)
{
    const node *warnings = node_get(expected, "warnings");
    const bool is_refused = keda_findings_errors(rig->findings) > 0;
    if (has_check_of_one_object(expected))
        cr_expect(is_refused, "%s is accepted", id);
    if (node_get(expected, "error")->boolean)
        return; /* the webhook warns only about what it accepts */
    for (size_t i = 0; i < keda_findings_count(rig->findings); i++)
        cr_expect(is_of_the_schema(keda_findings_at(rig->findings, i)), "%s: %s", id,
                  config_rig_lines(rig));
    cr_expect_eq(is_warned(rig->findings, "spec.pollingInterval"),
                 has_text(warnings, "pollingInterval"), "%s", id);
    cr_expect_eq(is_warned(rig->findings, "spec.cooldownPeriod"),
                 has_text(warnings, "cooldownPeriod"), "%s", id);
}

static bool take_line(tree *t, node *take_root, void *user)
{
    size_t *nlines = user;
    keda_buf text = {0};
    node *object = NULL;
    const node *input = node_get(take_root, "input");
    (void)t;
    for (size_t i = 0; i < input->nitems; i++)
        if (strcmp(input->items[i]->key, "scaledObject") == 0)
            object = input->items[i];
    const document doc = {.root = object, .object = NULL};
    cr_assert_eq(document_json(&doc, &text, NULL), KEDA_OK);
    config_rig rig = config_rig_read(text.data, text.size);
    config_rig_resources(&rig, false);
    compare(node_get(take_root, "id")->text, node_get(take_root, "expected"), &rig);
    config_rig_close(&rig);
    keda_buf_clear(&text);
    node_free(take_root);
    (*nlines)++;
    return true;
}

Test(admission, agrees_with_the_webhook_about_single_objects)
{
    static const char path[] =
        KEDA_SOURCE_DIR "/tests/vectors/scaled_object_spec/admission.jsonl";
    keda_buf text = {0};
    size_t nlines = 0;
    tree t = {.file = path};
    report_init(&t.report, NULL);
    cr_assert_eq(buf_read_file(&text, path, TREE_MAX_BYTES, NULL), KEDA_OK);
    cr_expect_eq(json_read(&t, text.data, text.size, take_line, &nlines), JSON_READ);
    cr_expect_eq(nlines, 170);
    keda_buf_clear(&text);
}
