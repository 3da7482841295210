/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generators as text: which parameters each has is one table.
 */
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "simulate/generator.h"
#include "simulate/moment.h"

typedef enum slot_kind { SLOT_NONE = 0, SLOT_NUMBER, SLOT_SPAN } slot_kind;

enum { SLOTS = 5, WORD = 128, REQUIRED = 1, POSITIVE = 2 };

typedef struct slot {
    const char *name;
    slot_kind kind;
    int index; /* in numbers or spans */
    int flags;
} slot;

typedef struct shape {
    const char *name;
    slot slots[SLOTS]; /* in the order of ramp(a,b,c) */
} shape;

/* clang-format off: one line a parameter */
static const shape shapes[GENERATOR_COUNT] = {
    [GENERATOR_CONSTANT] = {"constant", {{"value", SLOT_NUMBER, 0, REQUIRED}}},
    [GENERATOR_RAMP] = {"ramp",
                        {{"from", SLOT_NUMBER, 0, 0},
                         {"to", SLOT_NUMBER, 1, REQUIRED},
                         {"over", SLOT_SPAN, 0, REQUIRED | POSITIVE},
                         {"after", SLOT_SPAN, 1, 0}}},
    [GENERATOR_STEP] = {"step",
                        {{"from", SLOT_NUMBER, 0, 0},
                         {"to", SLOT_NUMBER, 1, REQUIRED},
                         {"at", SLOT_SPAN, 0, 0},
                         {"until", SLOT_SPAN, 1, 0}}},
    [GENERATOR_SINE] = {"sine",
                        {{"mean", SLOT_NUMBER, 0, REQUIRED},
                         {"amplitude", SLOT_NUMBER, 1, REQUIRED},
                         {"period", SLOT_SPAN, 0, REQUIRED | POSITIVE},
                         {"phase", SLOT_SPAN, 1, 0}}},
    [GENERATOR_BURST] = {"burst",
                         {{"base", SLOT_NUMBER, 0, 0},
                          {"peak", SLOT_NUMBER, 1, REQUIRED},
                          {"every", SLOT_SPAN, 0, REQUIRED | POSITIVE},
                          {"for", SLOT_SPAN, 1, REQUIRED | POSITIVE},
                          {"at", SLOT_SPAN, 2, 0}}},
    [GENERATOR_POISSON] = {"poisson",
                           {{"mean", SLOT_NUMBER, 0, REQUIRED},
                            {"every", SLOT_SPAN, 0, POSITIVE}}},
};
/* clang-format on */

typedef struct parsing {
    generator *g;
    const shape *shape;
    const char *text, *at;
    bool is_given[SLOTS];
    size_t nplaced; /* parameters without a name */
    char name[WORD], value[WORD];
    keda_error *err;
} parsing;

static keda_status fail_at(const parsing *p, const char *at)
{
    if (p->err != NULL)
        p->err->column = (int32_t)(at - p->text) + 1;
    return keda_error_wrap(p->err, KEDA_EINVAL, "generator \"%.60s\", column %d", p->text,
                           (int)(at - p->text) + 1);
}

#define FAIL(p, where, ...)                                                                    \
    (keda_error_set((p)->err, KEDA_EINVAL, __VA_ARGS__), fail_at((p), (where)))

/* ---- one parameter */

static keda_status set_number(parsing *p, const slot *s, const char *at)
{
    double number;

    if (!num_parse_json_double(p->value, &number) || number < 0.0 || number > 1e15)
        return FAIL(p, at, "%s must be a number from 0 to 1e15, not \"%s\"", s->name, p->value);
    p->g->numbers[s->index] = number;
    return KEDA_OK;
}

static keda_status set_span(parsing *p, const slot *s, const char *at)
{
    int64_t ms;

    if (moment_is_too_long(p->value))
        return FAIL(p, at, "%s is " MOMENT_LONG ": \"%s\"", s->name, p->value);
    if (!moment_parse_span(p->value, &ms))
        return FAIL(p, at, "%s must be " MOMENT_SPANS ", not \"%s\"", s->name, p->value);
    if (ms == 0 && (s->flags & POSITIVE) != 0)
        return FAIL(p, at, "%s must be longer than nothing", s->name);
    p->g->spans[s->index] = ms;
    return KEDA_OK;
}

static keda_status set_slot(parsing *p, size_t i, const char *at)
{
    const slot *s = &p->shape->slots[i];

    if (p->is_given[i])
        return FAIL(p, at, "%s is given twice", s->name);
    p->is_given[i] = true;
    return s->kind == SLOT_NUMBER ? set_number(p, s, at) : set_span(p, s, at);
}

static keda_status set_common(parsing *p, const char *at)
{
    generator *g = p->g;
    int64_t seed;

    if (strcmp(p->name, "trigger") == 0) {
        (void)text_copy(g->trigger, sizeof g->trigger, p->value);
        return KEDA_OK;
    }
    if (strcmp(p->name, "seed") == 0) {
        if (!num_parse_json_i64(p->value, &seed) || seed < 0)
            return FAIL(p, at, "seed must be a whole number, not \"%s\"", p->value);
        g->seed = (uint64_t)seed;
        g->has_seed = true;
        return KEDA_OK;
    }
    if (strcmp(p->value, "value") == 0)
        g->meaning = GENERATOR_VALUE;
    else if (strcmp(p->value, "rate") == 0)
        g->meaning = GENERATOR_RATE;
    else
        return FAIL(p, at, "as must be value or rate, not \"%s\"", p->value);
    return KEDA_OK;
}

static keda_status unknown(parsing *p, const char *at)
{
    const char *known[SLOTS + 3];
    char list[160];
    size_t n = 0, size = 0;

    for (; n < SLOTS && p->shape->slots[n].kind != SLOT_NONE; n++)
        known[n] = p->shape->slots[n].name;
    known[n++] = "trigger";
    known[n++] = "as";
    known[n++] = "seed";
    list[0] = '\0';
    for (size_t i = 0; i < n && size < sizeof list; i++) {
        size += text_copy(list + size, sizeof list - size, i == 0 ? "" : ", ");
        size += text_copy(list + size, sizeof list - size, known[i]);
    }
    return FAIL(p, at, "%s has no parameter \"%s\": expected one of %s", p->shape->name,
                p->name, list);
}

static keda_status set_named(parsing *p, const char *at)
{
    for (size_t i = 0; i < SLOTS && p->shape->slots[i].kind != SLOT_NONE; i++)
        if (strcmp(p->shape->slots[i].name, p->name) == 0)
            return set_slot(p, i, at);
    if (strcmp(p->name, "trigger") == 0 || strcmp(p->name, "seed") == 0 ||
        strcmp(p->name, "as") == 0)
        return set_common(p, at);
    return unknown(p, at);
}

/* ---- the text */

/* Up to one of the ends; blanks around it are not part of it. */
static keda_status take_word(parsing *p, const char *ends, char *out)
{
    const size_t size = strcspn(p->at, ends);
    const text_view view = text_trim(p->at, size);

    if (view.size >= WORD)
        return FAIL(p, p->at, "longer than %d characters", WORD - 1);
    memcpy(out, view.data, view.size);
    out[view.size] = '\0';
    p->at += size;
    return KEDA_OK;
}

static keda_status take_parameter(parsing *p, const char *ends)
{
    const char *begin = p->at;
    const size_t size = strcspn(begin, ends);
    keda_status rc = KEDA_OK;

    if (memchr(begin, '=', size) == NULL) {
        if ((rc = take_word(p, ends, p->value)) != KEDA_OK)
            return rc;
        if (p->nplaced >= SLOTS || p->shape->slots[p->nplaced].kind == SLOT_NONE)
            return FAIL(p, begin, "%s has not so many parameters", p->shape->name);
        return set_slot(p, p->nplaced++, begin);
    }
    if ((rc = take_word(p, "=", p->name)) != KEDA_OK)
        return rc;
    p->at++;
    begin = p->at;
    if ((rc = take_word(p, ends, p->value)) != KEDA_OK)
        return rc;
    return set_named(p, begin);
}

static keda_status take_parameters(parsing *p)
{
    const bool is_call = *p->at == '(';
    const char *ends = is_call ? ",)" : ",";
    keda_status rc = KEDA_OK;

    if (*p->at == '\0')
        return KEDA_OK;
    do {
        p->at++;
        rc = take_parameter(p, ends);
    } while (rc == KEDA_OK && *p->at == ',');
    if (rc != KEDA_OK || !is_call)
        return rc;
    if (*p->at != ')' || p->at[1] != '\0')
        return FAIL(p, p->at, "expected ) at the end");
    return KEDA_OK;
}

static keda_status take_shape(parsing *p)
{
    const keda_status rc = take_word(p, ":(", p->name);

    for (int i = 0; rc == KEDA_OK && i < GENERATOR_COUNT; i++) {
        if (strcmp(shapes[i].name, p->name) != 0)
            continue;
        p->g->kind = (generator_kind)i;
        p->shape = &shapes[i];
        return KEDA_OK;
    }
    if (rc != KEDA_OK)
        return rc;
    return FAIL(p, p->text, "expected constant, ramp, step, sine, burst or poisson, not \"%s\"",
                p->name);
}

static keda_status check(parsing *p)
{
    const generator *g = p->g;

    for (size_t i = 0; i < SLOTS && p->shape->slots[i].kind != SLOT_NONE; i++)
        if ((p->shape->slots[i].flags & REQUIRED) != 0 && !p->is_given[i])
            return FAIL(p, p->at, "%s needs %s", p->shape->name, p->shape->slots[i].name);
    if (g->kind == GENERATOR_BURST && g->spans[1] > g->spans[0])
        return FAIL(p, p->at, "for must not be longer than every");
    if (g->kind == GENERATOR_STEP && g->spans[1] > 0 && g->spans[1] <= g->spans[0])
        return FAIL(p, p->at, "until must be later than at");
    return KEDA_OK;
}

keda_status generator_parse(generator *out, const char *text, keda_error *err)
{
    generator g = {.spans = {0}};
    parsing p = {.g = &g, .text = text, .at = text, .err = err};
    keda_status rc = take_shape(&p);

    if (rc == KEDA_OK && g.kind == GENERATOR_POISSON)
        g.spans[0] = 1000;
    if (rc == KEDA_OK)
        rc = take_parameters(&p);
    if (rc == KEDA_OK)
        rc = check(&p);
    if (rc == KEDA_OK)
        *out = g;
    return rc;
}
