/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations (libkeda/simulate/expect.c). */
#include <criterion/criterion.h>

#include <stdio.h>

#include <keda/simulate.h>

#include "support/rig.h"

static rig r;
static keda_simulation *sim;
static keda_findings *differences;
static keda_error err;

/* 0 until 60 s, then 3, then 5 from 120 s; a reading is unknown at 240 s. */
static void begin(const char *times)
{
    static const char numbers[] = "t,s0\n0,0\n60,30\n120,50\n240,\n255,50\n300,50\n";
    const char *text = times != NULL ? times : numbers;

    rig_open(&r);
    cr_assert_eq(rig_put(&r, "a", rig_object("a", NULL, NULL)), KEDA_OK, "%s", r.err.text);
    cr_assert_eq(keda_simulation_new(&sim, r.engine, NULL, NULL, &err), KEDA_OK);
    cr_assert_eq(keda_simulation_add_trace(sim, "t", text, strlen(text), &err), KEDA_OK, "%s",
                 err.text);
    cr_assert_eq(keda_simulation_run(sim, NULL, NULL, &err), KEDA_OK, "%s", err.text);
}

static void end(void)
{
    keda_findings_free(differences);
    keda_simulation_free(sim);
    rig_close(&r);
}

static keda_status expect(const char *text, size_t *n)
{
    keda_findings_free(differences);
    differences = NULL;
    *n = 99;
    cr_assert_eq(keda_findings_new(&differences, NULL), KEDA_OK);
    keda_error_clear(&err);
    return keda_simulation_expect(sim, "e.yaml", text, strlen(text), differences, n, &err);
}

Test(expect, holds)
{
    static const char *const texts[] = {
        "maxReplicas: 5",
        "maxReplicas: {atMost: 5}",
        "maxReplicas: {atLeast: 4, atMost: 6}",
        "maxReplicas: \"<= 5\"",
        "maxReplicas: \"<6\"",
        "maxReplicas: \"> 4.5\"",
        "maxReplicas: \"== 5\"",
        "minReplicas: 0\nfinalReplicas: 5\nscaleEvents: 2\nscaleUps: 2\nscaleDowns: 0",
        "zeroSeconds: \"<= 1m\"\nreversals: 0\npeakLag: 50\nfinalLag: 50\nunknownSteps: 1",
        "replicas: {0s: 0, 59.999: 0, 60: 3, 1m30s: 3, 2m: 5, 5m: 5}",
        "replicas: {2m: {atLeast: 5}}",
        "neverUnknown: false",
        "{\"maxReplicas\": 5, \"meanWaitingSeconds\": 0}",
    };
    begin(NULL);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t n;
        cr_expect_eq(expect(texts[i], &n), KEDA_OK, "%s: %s", texts[i], err.text);
        cr_expect_eq(n, 0, "%s", texts[i]);
    }
    end();
}

Test(expect, says_what_differs_and_where)
{
    static const struct {
        const char *text, *path, *says;
        int32_t line;
    } rows[] = {
        {"maxReplicas: 4", "maxReplicas", "expected 4, got 5", 1},
        {"maxReplicas: 5\nminReplicas: {atLeast: 1}", "minReplicas", "at least 1, got 0", 2},
        {"maxReplicas: {atLeast: 6, atMost: 7}", "maxReplicas", "6 to 7, got 5", 1},
        {"maxReplicas: \"<5\"", "maxReplicas", "less than 5, got 5", 1},
        {"maxReplicas: \">5\"", "maxReplicas", "more than 5, got 5", 1},
        {"scaleEvents: \"<= 1\"", "scaleEvents", "at most 1, got 2", 1},
        {"replicas:\n  1m: 2", "replicas.1m", "expected 2, got 3", 2},
        {"neverUnknown: true", "neverUnknown", "unknown at 1 decisions", 1},
    };
    begin(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n;
        cr_expect_eq(expect(rows[i].text, &n), KEDA_OK, "%s: %s", rows[i].text, err.text);
        cr_assert_eq(n, 1, "%s", rows[i].text);
        const keda_finding *f = keda_findings_at(differences, 0);
        cr_expect_str_eq(f->path, rows[i].path);
        cr_expect_neq(strstr(f->message, rows[i].says), NULL, "%s", f->message);
        cr_expect_eq(f->line, rows[i].line);
        cr_expect_str_eq(f->file, "e.yaml");
    }
    end();
}

Test(expect, says_what_is_no_expectation)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "e.yaml:1:1: expected members"},
        {"[]", "e.yaml:1:1: expected members"},
        {"{}", "e.yaml:1:1: expected members"},
        {"maxReplica: 4", "e.yaml:1:13: nothing is called \"maxReplica\", did you mean"},
        {"maxReplicas: many", "expected a number, such as"},
        {"maxReplicas: \"<= many\"", "expected a number, such as"},
        {"maxReplicas: []", "expected a number, such as"},
        {"maxReplicas: {most: 4}", "expected atLeast or atMost"},
        {"maxReplicas: {atMost: x}", "e.yaml:1:23: expected a number"},
        {"replicas: 4", "expected times and counts"},
        {"replicas: {soon: 4}", "expected a time"},
        {"replicas: {1h: 4}", "does not reach"},
        {"replicas: {\"2026-01-31T12:00:00Z\": 4}", "the run has none"},
        {"neverUnknown: 1", "expected true or false"},
        {"maxReplicas: [", "e.yaml:"},
    };
    begin(NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n;
        cr_expect_eq(expect(rows[i].text, &n), KEDA_EINVAL, "%s", rows[i].text);
        cr_expect_neq(strstr(err.text, rows[i].says), NULL, "%s: %s", rows[i].text, err.text);
    }
    end();
}

Test(expect, takes_civil_times)
{
    size_t n;

    begin("t,s0\n2026-01-31T12:00:00Z,0\n2026-01-31T12:01:00Z,30\n2026-01-31T12:02:00Z,30\n");
    cr_expect_eq(expect("replicas: {\"2026-01-31T12:01:00Z\": 3}", &n), KEDA_OK, "%s",
                 err.text);
    cr_expect_eq(n, 0);
    cr_expect_eq(expect("replicas: {\"2026-01-31T11:01:00Z\": 3}", &n), KEDA_EINVAL);
    end();
}
