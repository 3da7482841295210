/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of formula.h: wrapping as KEDA does it, compiling step by step, evaluating, and places in
 * the user's text.
 */
#include "formula.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "formula_build.h"
#include "formula_check.h"
#include "formula_emit.h"
#include "formula_machine.h"
#include "formula_optimize.h"
#include "formula_parser.h"
#include "unicode.h"

/* --- places ------------------------------------------------------------------------------------- */

/* err->column is an offset: line and column of it, counted in characters. */
static void locate(const char *text, size_t size, keda_error *err)
{
    uint32_t c = 0;
    if (err == NULL)
        return;
    size_t end = (size_t)err->column;
    if (end > size)
        end = size;
    err->line = 1;
    err->column = 1;
    for (size_t i = 0; i < end;) {
        i += utf8_decode(text + i, size - i, &c);
        err->column = c == '\n' ? 1 : err->column + 1;
        err->line += c == '\n' ? 1 : 0;
    }
}

/* --- compiling ----------------------------------------------------------------------------------- */

/* The text as KEDA compiles it (spec: languages 1.1): text, not tree. */
typedef struct wrapping {
    const char *before, *behind;
    bool as_result; /* nil stays nil, the rest goes through float() */
} wrapping;

static wrapping wrapping_of(const char *text)
{
    if (strstr(text, "??") != NULL)
        return (wrapping){"(", ")", true};
    if (strncmp(text, "float(", 6) == 0)
        return (wrapping){"", "", false};
    return (wrapping){"float(", ")", false};
}

static keda_status wrap(keda_buf *out, const wrapping *w, const char *text)
{
    keda_status rc = buf_puts(out, w->before);
    if (rc == KEDA_OK)
        rc = buf_puts(out, text);
    return rc == KEDA_OK ? buf_puts(out, w->behind) : rc;
}

static keda_status as_result(formula_tree *tree, keda_error *err)
{
    formula_node node = formula_node_of(FORMULA_RESULT, FORMULA_TYPE_UNKNOWN, 0);
    node.a = tree->root;
    node.heap = tree->nodes[tree->root].heap;
    const keda_status rc = formula_check_node(tree, &node, err);
    return rc == KEDA_OK ? formula_tree_make(tree, &node, &tree->root, err) : rc;
}

/* From the wrapped text to instructions. */
static keda_status translate(formula_tree *tree, formula_draft *draft, const char *text,
                             const formula_names *names, const wrapping *w, keda_error *err)
{
    keda_buf wrapped = {0};
    const uint32_t shift = (uint32_t)strlen(w->before), size = (uint32_t)strlen(text);
    keda_status rc = wrap(&wrapped, w, text);
    if (rc != KEDA_OK)
        (void)keda_error_set(err, rc, "out of memory");
    if (rc == KEDA_OK)
        rc = formula_parse(tree,
                           &(formula_source){.text = wrapped.data,
                                             .size = (uint32_t)wrapped.size,
                                             .begin = shift,
                                             .end = shift + size},
                           names, err);
    if (rc == KEDA_OK && w->as_result)
        rc = as_result(tree, err);
    if (rc == KEDA_OK)
        rc = formula_optimize(tree, err);
    if (rc == KEDA_OK)
        rc = formula_emit(tree, shift, size, draft, err);
    if (rc == KEDA_EINVAL && err != NULL)
        err->column = err->column > (int32_t)shift ? err->column - (int32_t)shift : 0;
    if (rc == KEDA_EINVAL)
        locate(text, size, err);
    keda_buf_clear(&wrapped);
    return rc;
}

keda_status formula_compile(formula **out, const char *text, const char *const *names,
                            size_t nnames, keda_error *err)
{
    formula_tree tree = {.root = FORMULA_NONE};
    formula_draft draft = {0};
    formula_names known = {.names = names, .count = nnames};
    const wrapping w = wrapping_of(text);
    keda_status rc = KEDA_OK;
    if (strlen(text) > FORMULA_MAX_TEXT - 8)
        return keda_error_set(err, KEDA_EINVAL, "a formula of more than 64 KiB");
    if (text[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL, "expected a formula, found an empty text");
    if ((known.is_used = mem_zalloc(nnames + 1, sizeof *known.is_used)) == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if ((rc = translate(&tree, &draft, text, &known, &w, err)) == KEDA_OK)
        rc = formula_build(out, &tree, &draft, text, &known, err);
    mem_free(known.is_used);
    formula_draft_clear(&draft);
    formula_tree_clear(&tree);
    return rc;
}

void formula_free(formula *f)
{
    mem_free(f);
}

/* --- evaluating ----------------------------------------------------------------------------------- */

keda_status formula_eval(formula *f, const double *values, const bool *is_set,
                         formula_result *out, keda_error *err)
{
    machine m = {
        .f = f, .values = values, .is_set = is_set, .err = err, .steps = FORMULA_MAX_STEPS};
    const formula_value v = machine_run(&m);
    if (m.rc == KEDA_OK && v.kind != FORMULA_VALUE_FLOAT && !formula_is_nil(&v))
        machine_fail(&m, "expected a float as the result, found %s", formula_kind_name(&v));
    if (m.rc != KEDA_OK) {
        locate(f->text, f->text_size, err);
        return m.rc;
    }
    out->is_nil = formula_is_nil(&v);
    out->value = out->is_nil ? 0.0 : v.as.real;
    return KEDA_OK;
}

/* The result does not matter, nor its type: only that there is one (KEDA: scaledobject_webhook). */
keda_status formula_admit(formula *f, keda_error *err)
{
    machine m = {.f = f, .err = err, .steps = FORMULA_MAX_STEPS};
    (void)machine_run(&m);
    if (m.rc != KEDA_OK)
        locate(f->text, f->text_size, err);
    return m.rc;
}

keda_status formula_milli(double value, int64_t *milli, keda_error *err)
{
    static const double limit = 9223372036854775808.0;
    const double product = value * 1000.0;
    if (!(product >= -limit && product < limit))
        return keda_error_set(err, KEDA_EINVAL,
                              "the formula's result has no thousandths in 64 bits");
    *milli = (int64_t)product;
    return KEDA_OK;
}

bool formula_uses(const formula *f, size_t name)
{
    return name < f->nnames && (f->is_used[name] || f->names != NULL);
}

size_t formula_memory(const formula *f)
{
    return f->size_bytes;
}
