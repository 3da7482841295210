/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scaled_object_spec/hpa_build: the object checks run alone, and the HorizontalPodAutoscaler that is made
 * of an object, whatever the checks said of it. The target is a Deployment with two containers.
 */
#include "trigger.h"

#include <stdlib.h>
#include <string.h>

#include "base/findings.h"
#include "config/hpa.h"
#include "config/pod_template.h"
#include "config/scaled_object.h"

enum { MAX_TRIGGERS = 64 };

struct case_line {
    const json_t *object, *expected;
    documents docs;
    scaled_object parsed;
    struct trigger_line triggers[MAX_TRIGGERS];
    size_t nopened;
};

/* ---- documents ---- */

static bool read_document(documents *out, const json_t *object)
{
    char *text = json_dumps(object, 0);

    if (text == NULL)
        abort();
    const keda_status rc = documents_read(out, text, strlen(text), "line", NULL, NULL);
    free(text);
    return rc == KEDA_OK && out->count == 1;
}

/* Errors that the object has with these checks. */
static size_t count_errors(const document *doc, uint32_t checks)
{
    keda_findings *findings = NULL;
    scaled_object object = {0};
    size_t n = 0;

    if (keda_findings_new(&findings, NULL) != KEDA_OK)
        abort();
    (void)scaled_object_read_checked(&object, doc, checks, false, findings, NULL);
    for (size_t i = 0; i < keda_findings_count(findings); i++)
        n += keda_findings_at(findings, i)->severity == KEDA_SEVERITY_ERROR ? 1 : 0;
    scaled_object_clear(&object);
    keda_findings_free(findings);
    return n;
}

static void compare_checks(const struct case_line *c, struct report *report)
{
    static const struct {
        const char *name;
        uint32_t checks;
    } rows[] = {{"triggers_ok", CHECK_TRIGGERS},
                {"replica_bounds_ok", CHECK_REPLICAS},
                {"fallback_ok", CHECK_FALLBACK}};
    const json_t *checks = vector_get(c->expected, "checks");
    const document *doc = &c->docs.items[0];
    const size_t others = count_errors(doc, 0);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        report_bool(report, rows[i].name, vector_bool(checks, rows[i].name, report),
                    count_errors(doc, rows[i].checks) == others);
}

/* ---- building ---- */

static bool has_container(const char *name)
{
    static const char text[] =
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":"
        "{\"name\":\"web\"},\"spec\":{\"template\":{\"spec\":{"
        "\"containers\":[{\"name\":\"app\"},{\"name\":\"side\"}]}}}}";
    documents docs = {0};
    pod_template pods = {0};

    if (documents_read(&docs, text, strlen(text), "web", NULL, NULL) != KEDA_OK ||
        pod_template_read(&pods, &docs.items[0], NULL) != KEDA_OK)
        abort();
    const bool has = pod_template_find(&pods, name) != NULL;
    pod_template_clear(&pods);
    documents_clear(&docs);
    return has;
}

static bool open_trigger(struct case_line *c, size_t i, struct report *report)
{
    const trigger_spec *spec = &c->parsed.triggers[i];
    const keda_scaler_desc *desc = trigger_type(spec->type);
    struct trigger_line *t = &c->triggers[i];

    if (desc == NULL)
        return false;
    json_t *input = json_pack("{s:i, s:b, s:s, s:s}", "triggerIndex", (int)i, "asMetricSource",
                              c->parsed.has_modifiers, "metricType", spec->metric_type,
                              "namespace", c->parsed.space);
    if (input == NULL)
        abort();
    trigger_line_open(t, desc, &spec->metadata, input, report);
    json_decref(input);
    c->nopened++;
    return !t->is_refused;
}

static bool open_all(struct case_line *c, struct report *report)
{
    const document *doc = &c->docs.items[0];

    if (scaled_object_read_checked(&c->parsed, doc, CHECK_MODIFIERS, false, NULL, NULL) !=
            KEDA_OK ||
        !has_container(c->parsed.env_container) || c->parsed.ntriggers > MAX_TRIGGERS)
        return false;
    for (size_t i = 0; i < c->parsed.ntriggers; i++)
        if (!open_trigger(c, i, report))
            return false;
    return true;
}

static bool build(struct case_line *c, json_t **hpa, json_t **status)
{
    const keda_spec_list *specs[MAX_TRIGGERS];
    keda_buf text = {0}, seen = {0};
    keda_error err = KEDA_ERROR_INIT;
    const hpa_input in = {.doc = &c->docs.items[0], .object = &c->parsed, .specs = specs};

    for (size_t i = 0; i < c->parsed.ntriggers; i++)
        specs[i] = &c->triggers[i].specs;
    const bool is_built = hpa_build(&in, &text, &seen, &err) == KEDA_OK;
    if (is_built) {
        *hpa = json_loads(text.data, 0, NULL);
        *status = json_loads(seen.data, 0, NULL);
        if (*hpa == NULL || *status == NULL)
            abort();
    }
    keda_buf_clear(&text);
    keda_buf_clear(&seen);
    return is_built;
}

/* ---- comparing ---- */

/* Absent, null and empty are the same, and so is the version of who made it. */
static json_t *normal(const json_t *value)
{
    json_t *copy = json_deep_copy(value), *member;
    const char *name;
    void *next;
    size_t i;

    if (json_is_array(copy) && json_array_size(copy) == 0) {
        json_decref(copy);
        return json_null();
    }
    json_array_foreach(copy, i, member) json_array_set_new(copy, i, normal(member));
    json_object_foreach_safe(copy, next, name, member)
    {
        json_t *inner = normal(member);
        const bool is_empty = json_is_null(inner) ||
                              (json_is_object(inner) && json_object_size(inner) == 0) ||
                              (json_is_array(inner) && json_array_size(inner) == 0);
        if (is_empty || strcmp(name, "app.kubernetes.io/version") == 0) {
            json_object_del(copy, name);
            json_decref(inner);
        } else {
            json_object_set_new(copy, name, inner);
        }
    }
    return copy;
}

static void compare(const char *what, const json_t *expected, const json_t *got,
                    struct report *report)
{
    json_t *left = expected == NULL ? json_null() : normal(expected);
    json_t *right = got == NULL ? json_null() : normal(got);

    if (!json_equal(left, right)) {
        char *a = json_dumps(left, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        char *b = json_dumps(right, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        report_text(report, what, a, b);
        free(a);
        free(b);
    }
    json_decref(left);
    json_decref(right);
}

static void compare_hpa(const struct case_line *c, const json_t *got, struct report *report)
{
    static const char *const in_metadata[] = {"name", "labels", "annotations"};
    const json_t *expected = vector_get(c->expected, "hpa");
    const json_t *metadata = json_object_get(got, "metadata");

    for (size_t i = 0; i < sizeof in_metadata / sizeof in_metadata[0]; i++)
        compare(in_metadata[i], json_object_get(expected, in_metadata[i]),
                json_object_get(metadata, in_metadata[i]), report);
    compare("spec", json_object_get(expected, "spec"), json_object_get(got, "spec"), report);
}

static void compare_status(const struct case_line *c, const json_t *got, struct report *report)
{
    static const char *const names[] = {"compositeScalerName", "externalMetricNames",
                                        "resourceMetricNames"};
    const json_t *expected = vector_get(c->expected, "status");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        compare(names[i], json_object_get(expected, names[i]), json_object_get(got, names[i]),
                report);
}

/* Of objects that can be read at all. */
static void compare_types(const struct case_line *c, struct report *report)
{
    keda_buf types = {0};

    if (c->parsed.ntriggers > 0 && hpa_trigger_types(&c->parsed, &types, NULL) != KEDA_OK)
        abort();
    if (c->parsed.ntriggers > 0)
        report_text(report, "triggersTypes", vector_text(c->expected, "triggersTypes", report),
                    types.data);
    keda_buf_clear(&types);
}

static void run_case(struct case_line *c, struct report *report)
{
    const bool is_error = vector_bool(c->expected, "error", report);
    json_t *hpa = NULL, *status = NULL;

    compare_checks(c, report);
    const bool is_built = open_all(c, report) && build(c, &hpa, &status);
    compare_types(c, report);
    report_bool(report, "error", is_error, !is_built);
    if (is_built && !is_error) {
        compare_hpa(c, hpa, report);
        compare_status(c, status, report);
    }
    json_decref(hpa);
    json_decref(status);
}

int run_hpa_build(const json_t *line, struct report *report)
{
    struct case_line *c = calloc(1, sizeof *c);

    if (c == NULL)
        abort();
    c->object = vector_get(vector_get(line, "input"), "scaledObject");
    c->expected = vector_get(line, "expected");
    if (c->object == NULL || !read_document(&c->docs, c->object))
        report_malformed(report, "input.scaledObject");
    else
        run_case(c, report);
    for (size_t i = 0; i < c->nopened; i++)
        trigger_line_close(&c->triggers[i]);
    scaled_object_clear(&c->parsed);
    documents_clear(&c->docs);
    free(c);
    return 0;
}
