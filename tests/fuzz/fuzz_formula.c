/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a scaling formula: compiled, admitted, evaluated. Whatever it is, it ends, an error has
 * a place, and the same values give the same result.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lang/formula.h"

enum { NNAMES = 4 };

static const char *const names[NNAMES] = {"a", "b", "x", "queue_len"};

static void check_error(keda_status rc, const keda_error *err, const char *text)
{
    assert(rc == KEDA_EINVAL || rc == KEDA_ELIMIT);
    assert(err->code == (int32_t)rc && err->text[0] != '\0');
    assert((err->line >= 1 && err->column >= 1) || text[0] == '\0' || strlen(text) > 65000);
}

static void evaluate(formula *f, const char *text, const bool *is_set)
{
    static const double values[NNAMES] = {5.0, -0.25, 1e9, 3.0};
    keda_error err = KEDA_ERROR_INIT;
    formula_result first = {.value = 1.0}, second = {.value = 2.0};
    const keda_status rc = formula_eval(f, values, is_set, &first, &err);
    int64_t milli = 0;

    if (rc != KEDA_OK)
        check_error(rc, &err, text);
    assert(formula_eval(f, values, is_set, &second, &err) == rc);
    if (rc != KEDA_OK)
        return;
    assert(first.is_nil == second.is_nil);
    assert(memcmp(&first.value, &second.value, sizeof first.value) == 0 ||
           first.value != first.value);
    if (formula_milli(first.value, &milli, &err) != KEDA_OK)
        assert(!(first.value > -9e15 && first.value < 9e15));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const bool some[NNAMES] = {true, false, true, false};
    char *text = malloc(size + 1);
    keda_error err = KEDA_ERROR_INIT;
    formula *f = NULL;

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    keda_status rc = formula_compile(&f, text, names, NNAMES, &err);
    assert((rc == KEDA_OK) == (f != NULL));
    if (rc != KEDA_OK)
        check_error(rc, &err, text);
    if (f != NULL) {
        assert(formula_memory(f) > strlen(text));
        if ((rc = formula_admit(f, &err)) != KEDA_OK)
            check_error(rc, &err, text);
        evaluate(f, text, NULL);
        evaluate(f, text, some);
        formula_free(f);
    }
    free(text);
    return 0;
}
