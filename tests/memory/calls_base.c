/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of keda/base.h and error.h, and of formula.h. */
#include "memory/every_call.h"

#include <stdlib.h>
#include <string.h>

static keda_status names(world *w)
{
    (void)w;
    const bool is_well = keda_version() != NULL && keda_abi_version() > 0 &&
                         keda_features() != NULL && keda_status_name(KEDA_ENOMEM) != NULL;
    return is_well ? KEDA_OK : KEDA_EINVAL;
}

static keda_status clear_buf(world *w)
{
    keda_buf_clear(&w->text);
    return KEDA_OK;
}

static keda_status set_allocator(world *w)
{
    (void)w;
    keda_set_allocator(NULL, NULL, NULL); /* leaves it as it is */
    return KEDA_OK;
}

static keda_status errors(world *w)
{
    keda_error err = KEDA_ERROR_INIT;

    (void)w;
    const bool is_well = keda_error_set(&err, KEDA_EINVAL, "%s", "inner") == KEDA_EINVAL &&
                         keda_error_wrap(&err, KEDA_EINVAL, "outer %d", 1) == KEDA_EINVAL &&
                         strcmp(err.text, "outer 1: inner") == 0 &&
                         keda_error_set_text(&err, KEDA_EAUTH, "text") == KEDA_EAUTH;
    keda_error_clear(&err);
    return is_well && err.code == KEDA_OK ? KEDA_OK : KEDA_EINVAL;
}

/* ---- findings ------------------------------------------------------------------------------- */

static keda_status findings_new(world *w)
{
    return keda_findings_new(&w->findings, &w->err);
}

static void findings(world *w)
{
    world_engine(w);
    world_need(w, keda_findings_new(&w->findings, &w->err));
    if (keda_engine_put(w->engine, "bad", "kind: ScaledObject\n", w->findings, &w->err) ==
        KEDA_OK)
        abort();
}

static keda_status findings_read(world *w)
{
    return keda_findings_count(w->findings) > 0 && keda_findings_errors(w->findings) > 0 &&
                   keda_findings_at(w->findings, 0) != NULL
               ? KEDA_OK
               : KEDA_EINVAL;
}

static keda_status findings_print(world *w)
{
    return keda_findings_print(w->findings, 0, world_write, NULL, &w->err);
}

static keda_status findings_free(world *w)
{
    keda_findings_free(w->findings);
    w->findings = NULL;
    return KEDA_OK;
}

/* ---- formulas ------------------------------------------------------------------------------- */

static const char formula_text[] = "sum([a, b * 2]) > 10 ? max(a, b) : len(\"x\" + string(a))";
static const char *const variables[] = {"a", "b"};

static keda_status formula_new(world *w)
{
    return keda_formula_new(&w->formula, formula_text, variables, 2, &w->err);
}

static void formula(world *w)
{
    world_need(w, formula_new(w));
}

static keda_status formula_eval(world *w)
{
    static const double values[][2] = {{1, 2}, {100, 2}};
    double out;
    int32_t is_nil;
    keda_status rc = keda_formula_eval(w->formula, values[0], NULL, &out, &is_nil, &w->err);

    if (rc == KEDA_OK)
        rc = keda_formula_eval(w->formula, values[1], NULL, &out, &is_nil, &w->err);
    return rc;
}

static keda_status formula_read(world *w)
{
    return strcmp(keda_formula_text(w->formula), formula_text) == 0 &&
                   strcmp(keda_formula_name(w->formula, 1), "b") == 0
               ? KEDA_OK
               : KEDA_EINVAL;
}

static keda_status formula_free(world *w)
{
    keda_formula_free(w->formula);
    w->formula = NULL;
    return KEDA_OK;
}

static const every_call rows[] = {
    QUIET(keda_version, NULL, names, NULL),
    QUIET(keda_abi_version, NULL, names, NULL),
    QUIET(keda_features, NULL, names, NULL),
    QUIET(keda_status_name, NULL, names, NULL),
    QUIET(keda_buf_clear, NULL, clear_buf, NULL),
    QUIET(keda_set_allocator, NULL, set_allocator, NULL),
    QUIET(keda_error_set, NULL, errors, NULL),
    QUIET(keda_error_wrap, NULL, errors, NULL),
    QUIET(keda_error_set_text, NULL, errors, NULL),
    QUIET(keda_error_clear, NULL, errors, NULL),
    FAILS(keda_findings_new, NULL, findings_new, world_end),
    QUIET(keda_findings_count, findings, findings_read, world_end),
    QUIET(keda_findings_errors, findings, findings_read, world_end),
    QUIET(keda_findings_at, findings, findings_read, world_end),
    FAILS(keda_findings_print, findings, findings_print, world_end),
    QUIET(keda_findings_free, findings, findings_free, world_end),
    FAILS(keda_formula_new, NULL, formula_new, world_end),
    QUIET(keda_formula_eval, formula, formula_eval, world_end),
    QUIET(keda_formula_text, formula, formula_read, world_end),
    QUIET(keda_formula_name, formula, formula_read, world_end),
    QUIET(keda_formula_free, formula, formula_free, world_end),
};
const every_table calls_base = {rows, sizeof rows / sizeof rows[0]};
