/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.advanced.scalingModifiers as a whole (spec: admission S15; scaledobject 8.1): the formula compiled
 * with the names of the triggers, its target, and what becomes of them in a policy. Members are read by
 * advanced.c.
 */
#include <keda/formula.h>

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "draft.h"
#include "lang/gofloat.h"

bool trigger_spec_is_resource(const trigger_spec *trigger)
{
    return text_equal(trigger->type, "cpu") || text_equal(trigger->type, "memory");
}

static bool is_filled(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool is_variable(const trigger_spec *trigger)
{
    return is_filled(trigger->name) && !trigger_spec_is_resource(trigger);
}

int32_t scaled_object_variable(const scaled_object *object, size_t trigger)
{
    int32_t number = 0;

    if (object->compiled_formula == NULL || !is_variable(&object->triggers[trigger]))
        return 0;
    for (size_t i = 0; i <= trigger; i++)
        number += is_variable(&object->triggers[i]) ? 1 : 0;
    return number;
}

/* ---- checks */

static bool read_number(const char *text, double *out)
{
    return is_filled(text) && gofloat_parse(text, strlen(text), out) == KEDA_OK;
}

static void compile(reader *r, const node *modifiers, scaled_object *object)
{
    const char **names = mem_zalloc(object->ntriggers + 1, sizeof *names);
    keda_error err = KEDA_ERROR_INIT;
    size_t n = 0;

    if (names == NULL) {
        reader_out_of_memory(r);
        return;
    }
    for (size_t i = 0; i < object->ntriggers; i++)
        if (is_variable(&object->triggers[i]))
            names[n++] = object->triggers[i].name;
    const keda_status rc =
        keda_formula_new(&object->compiled_formula, object->formula, names, n, &err);
    if (rc == KEDA_ENOMEM)
        reader_out_of_memory(r);
    else if (rc != KEDA_OK && err.line > 1)
        reader_error_in(r, modifiers, "formula", "line %d, column %d: %s", (int)err.line,
                        (int)err.column, err.text);
    else if (rc != KEDA_OK && err.column > 0)
        reader_error_in(r, modifiers, "formula", "column %d: %s", (int)err.column, err.text);
    else if (rc != KEDA_OK)
        reader_error_in(r, modifiers, "formula", "%s", err.text);
    mem_free(names);
}

static void check_target(reader *r, const node *modifiers, const scaled_object *object)
{
    const char *target = object->modifiers_target;
    double value = 0.0;

    if (target == NULL && reader_get(modifiers, "target") != NULL)
        return; /* of a wrong type, which was told */
    if (!is_filled(target))
        reader_error_in(r, modifiers, "target", "is required");
    else if (!read_number(target, &value) || !(value > 0.0) || isinf(value))
        reader_error_in(r, modifiers, "target", "\"%.64s\" is not a number above 0", target);
    const char *activation = object->modifiers_activation;
    if (is_filled(activation) && !read_number(activation, &value)) /* Q5c */
        reader_error_in(r, modifiers, "activationTarget", "\"%.64s\" is not a number",
                        activation);
}

void modifiers_check(reader *r, const node *spec, scaled_object *object)
{
    if (!object->has_modifiers)
        return;
    const node *modifiers = node_get(node_get(spec, "advanced"), "scalingModifiers");
    const size_t mark = reader_enter(r, "advanced");

    (void)reader_enter(r, "scalingModifiers");
    if (is_filled(object->formula))
        compile(r, modifiers, object);
    else if (object->formula != NULL || reader_get(modifiers, "formula") == NULL)
        reader_error_in(r, modifiers, "formula", "is required");
    check_target(r, modifiers, object);
    reader_leave(r, mark);
}

/* ---- policy */

/* KEDA: a fallback goes with a target that is a whole number in plain digits (Q7a). */
static bool is_whole(const char *text)
{
    const size_t skip = text[0] == '+' || text[0] == '-' ? 1 : 0;
    return text[skip] != '\0' && text[skip + strspn(text + skip, "0123456789")] == '\0';
}

void modifiers_policy(const scaled_object *object, keda_policy *out)
{
    double activation = 0.0;

    if (object->compiled_formula == NULL)
        return;
    (void)read_number(object->modifiers_target, &out->composite_target);
    if (read_number(object->modifiers_activation, &activation))
        out->composite_activation = activation;
    out->formula = object->compiled_formula;
    out->is_whole_modifiers_target = is_whole(object->modifiers_target);
    out->composite_target_type = text_equal(object->modifiers_metric_type, "Value")
                                     ? KEDA_TARGET_VALUE
                                     : KEDA_TARGET_AVERAGE_VALUE;
}
