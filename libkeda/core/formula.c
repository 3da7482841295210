/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formulas as the public calls see them: compiled code with its text and names beside it. The
 * language is lang/formula.h's; what a result means for scaling is in composite.c.
 */
#include "core/formula.h"

#include "base/mem.h"

/* Leaves what was copied to keda_formula_free. */
static keda_status copy_inputs(keda_formula *f, const char *text, const char *const *names,
                               keda_error *err)
{
    f->text = mem_strdup(text);
    f->names = mem_zalloc(f->nnames + 1, sizeof *f->names);
    f->values = mem_zalloc(f->nnames + 1, sizeof *f->values);
    f->is_set = mem_zalloc(f->nnames + 1, sizeof *f->is_set);
    bool is_complete =
        f->text != NULL && f->names != NULL && f->values != NULL && f->is_set != NULL;
    for (size_t i = 0; is_complete && i < f->nnames; i++) {
        f->names[i] = mem_strdup(names[i]);
        is_complete = f->names[i] != NULL;
    }
    return is_complete ? KEDA_OK : keda_error_set(err, KEDA_ENOMEM, "out of memory");
}

keda_status keda_formula_new(keda_formula **out, const char *text, const char *const *names,
                             size_t nnames, keda_error *err)
{
    keda_formula *f = mem_zalloc(1, sizeof *f);
    keda_status rc;

    if (f == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    f->nnames = nnames;
    if ((rc = formula_compile(&f->code, text, names, nnames, err)) != KEDA_OK)
        goto out;
    if ((rc = formula_admit(f->code, err)) != KEDA_OK)
        goto out;
    if ((rc = copy_inputs(f, text, names, err)) != KEDA_OK)
        goto out;
    *out = f;
    f = NULL;
out:
    keda_formula_free(f);
    return rc;
}

void keda_formula_free(keda_formula *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; f->names != NULL && i < f->nnames; i++)
        mem_free(f->names[i]);
    mem_free(f->names);
    mem_free(f->is_set);
    mem_free(f->values);
    mem_free(f->text);
    formula_free(f->code);
    mem_free(f);
}

const char *keda_formula_text(const keda_formula *f)
{
    return f->text;
}

const char *keda_formula_name(const keda_formula *f, size_t i)
{
    return i < f->nnames ? f->names[i] : NULL;
}

keda_status keda_formula_eval(keda_formula *f, const double *values, const int32_t *is_set,
                              double *out, int32_t *is_nil, keda_error *err)
{
    formula_result result;

    for (size_t i = 0; i < f->nnames; i++)
        f->is_set[i] = is_set == NULL || is_set[i] != 0;
    const keda_status rc = formula_eval(f->code, values, f->is_set, &result, err);
    if (rc != KEDA_OK)
        return rc;
    *is_nil = result.is_nil;
    *out = result.value;
    return KEDA_OK;
}
