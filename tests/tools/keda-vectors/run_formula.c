/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formula/formula: a scaling formula from its admission to what the HPA sees. Power is libm's, so that
 * results with it are compared with a tolerance; where upstream's milli depends on the processor the
 * library must refuse.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/formula.h"
#include "lang/gofloat.h"
#include "lang/quantity.h"
#include "vectors.h"

enum { MAX_NAMES = 64 };

/* One line while it runs. */
typedef struct run {
    struct report *report;
    const json_t *input, *expected;
    const char *names[MAX_NAMES];
    double values[MAX_NAMES];
    bool is_set[MAX_NAMES];
    size_t nnames;
    double target;
    keda_error err;
} run;

/* --- input ------------------------------------------------------------------------------------- */

static void add_name(run *r, const char *name)
{
    if (r->nnames == MAX_NAMES ||
        vector_list_has(vector_get(r->input, "resource_triggers"), name))
        return;
    const json_t *value = vector_get(vector_get(r->input, "values"), name);
    quantity q;
    r->is_set[r->nnames] =
        json_is_string(value) && quantity_parse(json_string_value(value), &q);
    r->values[r->nnames] = r->is_set[r->nnames] ? q.approx : 0.0;
    r->names[r->nnames++] = name;
    if (json_is_string(value) && !r->is_set[r->nnames - 1])
        report_malformed(r->report, "input.values");
}

static void read_names(run *r)
{
    const json_t *declared = vector_get(r->input, "declared");
    const json_t *values = vector_get(r->input, "values");
    const char *name = NULL;
    for (size_t i = 0; i < json_array_size(declared); i++)
        if ((name = json_string_value(json_array_get(declared, i))) != NULL)
            add_name(r, name);
    /* jansson's walk takes no constant object, and changes none */
    void *iterator = declared == NULL ? json_object_iter((json_t *)(uintptr_t)values) : NULL;
    for (; iterator != NULL;
         iterator = json_object_iter_next((json_t *)(uintptr_t)values, iterator))
        add_name(r, json_object_iter_key(iterator));
}

static bool read_target(run *r)
{
    const char *text = vector_text_or(r->input, "target", "2", r->report);
    return gofloat_parse(text, strlen(text), &r->target) == KEDA_OK && !(r->target <= 0.0);
}

/* --- comparing ----------------------------------------------------------------------------------- */

static void expect_failure(run *r, const char *stage)
{
    const bool is_refused = vector_bool_or(r->expected, "error", false, r->report);
    const bool is_open =
        vector_bool_or(r->expected, "milli_platform_dependent", false, r->report);
    if (!is_refused && !is_open)
        report_difference(r->report, stage, "accepted", r->err.text);
    else if (is_refused)
        report_text(r->report, "stage", vector_text(r->expected, "stage", r->report), stage);
}

static bool has_power(const run *r)
{
    const char *text = vector_text(r->input, "formula", r->report);
    return strstr(text, "**") != NULL || strchr(text, '^') != NULL;
}

static void compare_value(run *r, double value)
{
    static const double tolerance = 1e-14;
    uint64_t bits = 0;
    char got[24], wanted_text[32];
    const char *expected = vector_text(r->expected, "bits", r->report);
    memcpy(&bits, &value, sizeof bits);
    (void)snprintf(got, sizeof got, "%016llx", (unsigned long long)bits);
    if (isnan(value))
        (void)snprintf(got, sizeof got, "nan");
    const uint64_t wanted_bits = strtoull(expected, NULL, 16);
    double wanted = 0.0;
    memcpy(&wanted, &wanted_bits, sizeof wanted);
    if (has_power(r) && strcmp(expected, "nan") != 0 && isfinite(wanted) && isfinite(value) &&
        fabs(value - wanted) <= tolerance * fabs(wanted))
        return;
    (void)snprintf(wanted_text, sizeof wanted_text, "%s", expected);
    report_text(r->report, "bits", wanted_text, got);
}

static void compare_milli(run *r, double value)
{
    int64_t milli = 0;
    const bool is_open =
        vector_bool_or(r->expected, "milli_platform_dependent", false, r->report);
    const keda_status rc = formula_milli(value, &milli, &r->err);
    if (is_open || rc != KEDA_OK) {
        report_bool(r->report, "milli refused", is_open, rc != KEDA_OK);
        return;
    }
    const int64_t wanted = vector_i64(r->expected, "milli", r->report);
    const int64_t difference = milli > wanted ? milli - wanted : wanted - milli;
    if (!has_power(r) || difference > 1)
        report_i64(r->report, "milli", wanted, milli);
}

/* nil: the fallback's replicas times the target. */
static void compare_nil(run *r)
{
    if (!vector_has(r->input, "fallback_replicas")) {
        (void)keda_error_set(&r->err, KEDA_EINVAL, "nil and no fallback");
        expect_failure(r, "run");
        return;
    }
    report_bool(r->report, "nil", vector_bool_or(r->expected, "nil", false, r->report), true);
    compare_milli(r, (double)vector_i32(r->input, "fallback_replicas", r->report) * r->target);
}

static void compare_result(run *r, const formula_result *result)
{
    if (result->is_nil) {
        compare_nil(r);
    } else if (vector_bool_or(r->expected, "error", false, r->report)) {
        report_difference(r->report, "error", "refused", "accepted");
    } else {
        report_bool(r->report, "nil", vector_bool_or(r->expected, "nil", false, r->report),
                    false);
        compare_value(r, result->value);
        compare_milli(r, result->value);
    }
}

int run_formula(const json_t *line, struct report *report)
{
    run r = {.report = report,
             .input = vector_get(line, "input"),
             .expected = vector_get(line, "expected"),
             .err = KEDA_ERROR_INIT};
    formula *f = NULL;
    formula_result result;
    const char *text = vector_text(r.input, "formula", report);
    read_names(&r);
    const bool is_target_good = read_target(&r);
    if (!is_target_good)
        (void)keda_error_set(&r.err, KEDA_EINVAL, "target");
    if (!is_target_good || formula_compile(&f, text, r.names, r.nnames, &r.err) != KEDA_OK ||
        formula_admit(f, &r.err) != KEDA_OK)
        expect_failure(&r, "admission");
    else if (formula_eval(f, r.values, r.is_set, &result, &r.err) != KEDA_OK)
        expect_failure(&r, "run");
    else
        compare_result(&r, &result);
    formula_free(f);
    return 0;
}
